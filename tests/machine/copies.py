"""Copies of the shop's database, as a backup keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from flask_antom.simulator import Account
from tests.machine.order_book import OrderBook


@dataclass(frozen=True)
class DatabaseCopy:
    """All rows of all tables at one moment, ours and the host's.

    :ivar book: the host's orders, which are not in a table here.
    :ivar accounts: what Antom knew then; it is not restored.
    """

    rows: dict[sa.Table, list[dict[str, Any]]]
    book: OrderBook
    accounts: dict[str, Account]


def copy_database(
    engine: sa.Engine,
    tables: list[sa.Table],
    book: OrderBook,
    accounts: dict[str, Account],
) -> DatabaseCopy:
    with engine.connect() as connection:
        rows = {
            table: [dict(row._mapping) for row in connection.execute(sa.select(table))]
            for table in tables
        }
    return DatabaseCopy(rows, book.copy(), accounts)


def restore_database(engine: sa.Engine, copy: DatabaseCopy) -> None:
    """Replace all rows by those of a copy. The numbers of later rows go on."""
    with engine.begin() as connection:
        for table in reversed(copy.rows):
            connection.execute(table.delete())
        for table, rows in copy.rows.items():
            if rows:
                connection.execute(table.insert(), rows)
