"""Copies of the shop's database, as a backup keeps them."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
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


@dataclass(kw_only=True)
class Backups:
    """The copy of a database, and what the shop has forgotten by restoring it.

    :ivar lost: the payments that the restored database does not know.
    :ivar forgotten: those that were captured or cancelled after the copy was made.
    :ivar is_restored: whether a copy was restored.
    """

    backup: DatabaseCopy | None = None
    lost: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    is_restored: bool = False

    def forget_nothing(self) -> None:
        """Begin anew."""
        self.backup, self.is_restored = None, False
        self.lost.clear()
        self.forgotten.clear()

    def forget(self, accounts: dict[str, Account], known: Set[str]) -> None:
        """Note what Antom knows and the restored database does not.

        :param known: the payments that it knows.
        """
        assert self.backup is not None
        self.is_restored = True
        self.lost |= accounts.keys()
        self.lost -= known
        for request_id, account in accounts.items():
            then = self.backup.accounts.get(request_id)
            captured = account.captured * 0 if then is None else then.captured
            if account.status == "CANCELLED" or account.captured != captured:
                self.forgotten.add(request_id)
