"""The rows of what people did: written before Antom is called, completed after."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from ...store.dossiers import Values
from ...store.listings import Page
from ...store.rows import in_utc
from ...store.transactions import Store, Transactions, atomic, reading

#: The most rows that are shown of one payment.
MOST_OF_A_PAYMENT = 50


class Begun(NamedTuple):
    """A row, and whether it is new: else the form was sent before."""

    row: Values
    is_new: bool


class AuditLog(Store):
    """Reads and writes the rows of ``antom_action``.

    :param model: the class of :class:`~flask_antom.contrib.admin.ActionMixin`.
    """

    def __init__(self, transactions: Transactions, model: Any) -> None:
        super().__init__(transactions)
        self._table: sa.Table = model.__table__

    def begin(self, **values: Any) -> Begun:
        """Write down what is about to be done, and commit it.

        If the form's key is there already, that row is returned. It may be our own, if
        a COMMIT's answer was lost: the ticket tells.
        """
        return self._begin(
            values | {"ticket": secrets.token_hex(16), "outcome": "started"}
        )

    @atomic
    def _begin(self, values: dict[str, Any]) -> Begun:
        found = self._of_key(values["key"])
        if found is None:
            new = values | {"started_at": self.now()}
            self.execute(sa.insert(self._table).values(**new))
            found = self._of_key(values["key"]) or {}
        return Begun(found, found["ticket"] == values["ticket"])

    @atomic
    def end(self, ref: int, outcome: str, told: str) -> None:
        """Write down the outcome."""
        self.execute(
            sa.update(self._table)
            .where(self._table.c.id == ref)
            .values(outcome=outcome, told=told, ended_at=self.now())
        )

    @reading
    def of_key(self, key: str) -> Values | None:
        """Return the row of a form; ``None`` if it was not sent yet."""
        return self._of_key(key)

    @reading
    def of_payment(self, request_id: str) -> list[Values]:
        """Return the latest actions on a payment, newest first."""
        c = self._table.c
        return self._read(c.request_id == request_id, limit=MOST_OF_A_PAYMENT)

    @reading
    def of_event(self, event_id: int) -> list[Values]:
        """Return the latest actions on an event, newest first."""
        c = self._table.c
        return self._read(c.event_id == event_id, limit=MOST_OF_A_PAYMENT)

    @reading
    def latest(self, *, before: int | None = None, limit: int = 50) -> Page:
        """Return a page of the latest actions, newest first.

        :param before: the id of the last row that was seen.
        """
        c = self._table.c
        where = [] if before is None else [c.id < before]
        page = Page(self._read(*where, limit=limit + 1))
        if len(page) > limit:
            del page[limit:]
            page.more = page[-1]["id"]
        return page

    def _of_key(self, key: str) -> Values | None:
        rows = self._read(self._table.c.key == key, limit=1)
        return rows[0] if rows else None

    def _read(self, *where: Any, limit: int) -> list[Values]:
        query = sa.select(self._table).where(*where).order_by(self._table.c.id.desc())
        return [_in_utc(row) for row in self.execute(query.limit(limit)).mappings()]


def _in_utc(row: Mapping[str, Any]) -> Values:
    return {
        name: in_utc(value) if isinstance(value, datetime) else value
        for name, value in row.items()
    }
