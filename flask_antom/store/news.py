"""Rows that are new, or that were seen before, for a person who follows the tables.

Rows are found by their ids alone. Secrets and bodies are not read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from .dossiers import Values
from .host_models import Models
from .rows import in_utc
from .transactions import Store, Transactions, reading

#: The tables that are followed.
KINDS: Final = ("payment", "notification", "refund", "event")

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "payment": (
        *("id", "order_reference", "request_id", "payment_id", "status"),
        *("result_code", "currency", "amount_value", "captured_value"),
        *("refunded_value", "method", "mode", "created_at", "updated_at"),
    ),
    "notification": (
        *("id", "notify_type", "request_id", "payment_id", "outcome", "received_at"),
    ),
    "refund": (
        *("id", "request_id", "payment_ref", "status", "result_code", "currency"),
        *("amount_value", "created_at", "updated_at"),
    ),
    "event": (
        *("id", "name", "payment_ref", "refund_ref", "attempts", "last_error", "claim"),
        *("created_at", "delivered_at", "next_attempt_at"),
    ),
}


class News(Store):
    """Reads the rows of one table, with the order and the payment that they are about.

    These are ``its_order`` and ``its_payment``.
    """

    def __init__(self, transactions: Transactions, models: Models) -> None:
        super().__init__(transactions)
        self._tables: dict[str, Any] = {
            kind: getattr(models, kind).__table__ for kind in KINDS
        }
        self._queries = {kind: self._query(kind) for kind in KINDS}

    @reading
    def latest(self, kind: str, most: int) -> list[Values]:
        """Return the latest rows, oldest first."""
        query, c = self._queries[kind], self._tables[kind].c
        return self._read(query.order_by(c.id.desc()).limit(most))[::-1]

    @reading
    def after(self, kind: str, ref: int, most: int) -> list[Values]:
        """Return rows with higher ids, lowest first."""
        query, c = self._queries[kind], self._tables[kind].c
        return self._read(query.where(c.id > ref).order_by(c.id).limit(most))

    @reading
    def again(self, kind: str, refs: Collection[int]) -> list[Values]:
        """Return rows by their ids, lowest first."""
        query, c = self._queries[kind], self._tables[kind].c
        return self._read(query.where(c.id.in_(sorted(refs))).order_by(c.id))

    def _read(self, query: Any) -> list[Values]:
        return [
            {
                name: in_utc(value) if isinstance(value, datetime) else value
                for name, value in row.items()
            }
            for row in self.execute(query).mappings()
        ]

    def _query(self, kind: str) -> Any:
        table = self._tables[kind]
        columns = [table.c[name] for name in _COLUMNS[kind]]
        its = [self._its(kind, name) for name in ("order_reference", "request_id")]
        its_order, its_payment = its
        return sa.select(
            *columns, its_order.label("its_order"), its_payment.label("its_payment")
        )

    def _its(self, kind: str, name: str) -> Any:
        """Return a column of the payment that a row is about.

        The row of a notification about a refund names no payment.
        """
        table = self._tables[kind]
        if kind == "payment":
            return table.c[name]
        payment = self._tables["payment"].alias()
        found = sa.select(payment.c[name]).limit(1)
        if kind != "notification":
            return found.where(payment.c.id == table.c.payment_ref).scalar_subquery()
        return sa.func.coalesce(
            *(
                found.where(condition).scalar_subquery()
                for condition in (
                    payment.c.request_id == table.c.request_id,
                    payment.c.payment_id == table.c.payment_id,
                )
            )
        )
