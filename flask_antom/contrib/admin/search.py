"""The payments of a buyer, by the shop's own reference."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ...store.dossiers import PAYMENT, Values
from ...store.rows import in_utc
from ...store.transactions import Store, Transactions, reading

#: The most payments of a buyer that are shown.
MOST = 50


class Buyers(Store):
    """Reads a buyer's payments; the reference itself is never shown."""

    def __init__(self, transactions: Transactions, payment: Any) -> None:
        super().__init__(transactions)
        self._table: sa.Table = payment.__table__

    @reading
    def payments(self, buyer_reference: str) -> list[Values]:
        """Return a buyer's latest payments, newest first."""
        c = self._table.c
        query = (
            sa.select(*(c[name] for name in PAYMENT))
            .where(c.buyer_reference == buyer_reference)
            .order_by(c.id.desc())
            .limit(MOST)
        )
        return [
            {**row, "created_at": in_utc(row["created_at"])}
            for row in self.execute(query).mappings()
        ]
