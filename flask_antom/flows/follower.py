"""Follows the tables: what is new or has changed since the last look, as facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from ..app_state import AppState
from ..domain.money import Money
from ..domain.schedule import NEVER
from ..store.dossiers import Values
from ..store.news import KINDS

#: So many rows of each table are watched: the latest. An older payment is read when
#: something new is about it.
WATCHED: Final = 500

#: A transaction that began earlier may commit a lower id later.
_LOOK_BACK: Final = 100


class Fact(NamedTuple):
    """Something that has happened.

    :ivar at: when; of a failure, when its event was stored.
    :ivar kind: ``payment``, ``notification``, ``refund`` or ``event``.
    :ivar outcome: a status, an outcome, or what became of an event.
    :ivar payment: the ``paymentRequestId``, if it is known.
    """

    at: datetime
    kind: str
    text: str
    outcome: str
    order: str | None = None
    payment: str | None = None
    refund: str | None = None
    event_id: int | None = None


class Follower:
    """A person's view of what happens from now on.

    :param order: the reference of the only order that is followed, if there is one.
    """

    def __init__(self, state: AppState, order: str | None = None) -> None:
        self._state = state
        self._order = order
        self._seen: dict[str, dict[int, Values]] = {
            kind: {row["id"]: row for row in state.news.latest(kind, WATCHED)}
            for kind in KINDS
        }

    def look(self) -> list[Fact]:
        """Return what has happened since, in time."""
        facts: list[Fact] = []
        touched: set[int] = set()
        for kind in reversed(KINDS):  # what is told of a payment was stored before
            for row, before in self._changed(kind):
                if kind in ("event", "refund") and row["payment_ref"] is not None:
                    touched.add(row["payment_ref"])
                facts += _TELL[kind](row, before)
            self._forget(kind)
        unknown = touched - set(self._seen["payment"])
        for row in self._state.news.again("payment", unknown) if unknown else ():
            self._seen["payment"][row["id"]] = row
            facts += _tell_payment(row, {**row, "status": None})
        kept = (one for one in facts if self._order in (None, one.order))
        order = {kind: place for place, kind in enumerate(KINDS)}
        return sorted(kept, key=lambda one: (one.at, order[one.kind]))

    def _changed(self, kind: str) -> Iterator[tuple[Values, Values | None]]:
        """Yield each row that is new or has changed, and what it was."""
        seen, news = self._seen[kind], self._state.news
        rows = news.again(kind, list(seen)) if seen else []
        last = max(seen, default=0)
        while True:
            new = news.after(kind, max(last - _LOOK_BACK, 0), WATCHED)
            rows += new
            if len(new) < WATCHED:
                break
            last = new[-1]["id"] + _LOOK_BACK
        for row in rows:
            before = seen.get(row["id"])
            if row != before:
                seen[row["id"]] = row
                yield row, before

    def _forget(self, kind: str) -> None:
        seen = self._seen[kind]
        for ref in sorted(seen)[: max(len(seen) - WATCHED, 0)]:
            del seen[ref]


def _tell_payment(row: Values, before: Values | None) -> Iterator[Fact]:
    names: dict[str, Any] = {"order": row["its_order"], "payment": row["its_payment"]}
    if before is None:
        method = row["method"] or "any method"
        text = f"opened for {_money(row, 'amount_value')}, {method}, mode {row['mode']}"
        yield Fact(row["created_at"], "payment", text, "opened", **names)
        before = {**row, "status": "created", "captured_value": 0, "refunded_value": 0}
    at, status = row["updated_at"], row["status"]
    if status != before["status"]:
        was = f", was {before['status']}" if before["status"] else ""
        code = f" ({row['result_code']})" if status in ("failed", "review") else ""
        yield Fact(at, "payment", f"{status}{was}{code}", status, **names)
    for word in ("captured", "refunded"):
        if row[f"{word}_value"] != before[f"{word}_value"]:
            text = f"{word} {_money(row, f'{word}_value')} in all"
            yield Fact(at, "payment", text, word, **names)


def _tell_refund(row: Values, before: Values | None) -> Iterator[Fact]:
    if before is not None and row["status"] == before["status"]:
        return
    was = "" if before is None else f", was {before['status']}"
    code = f" ({row['result_code']})" if row["status"] == "failed" else ""
    yield Fact(
        row["created_at"] if before is None else row["updated_at"],
        "refund",
        f"of {_money(row, 'amount_value')}: {row['status']}{was}{code}",
        row["status"],
        row["its_order"],
        row["its_payment"],
        refund=row["request_id"],
    )


def _tell_notification(row: Values, before: Values | None) -> Iterator[Fact]:
    if before is None or row["outcome"] != before["outcome"]:
        text = f"{row['notify_type']}: {row['outcome']}"
        yield Fact(
            row["received_at"],
            "notification",
            text,
            row["outcome"],
            row["its_order"],
            row["its_payment"] or row["request_id"],
        )


def _tell_event(row: Values, before: Values | None) -> Iterator[Fact]:
    word = _word(row)
    if before is not None and word == _word(before):
        has_failed_again = word == "failed" and row["attempts"] != before["attempts"]
        if not has_failed_again:
            return
    error = f": {row['last_error']}" if word in ("failed", "given up") else ""
    yield Fact(
        row["delivered_at"] or row["created_at"],
        "event",
        f"{row['name']} {word}{error}",
        word,
        row["its_order"],
        row["its_payment"],
        event_id=row["id"],
    )


def _word(row: Values) -> str:
    if row["delivered_at"] is not None:
        return "delivered"
    if row["next_attempt_at"] >= NEVER:
        return "given up"
    if row["claim"] is not None:
        return "being delivered"
    return "failed" if row["last_error"] else "stored"


def _money(row: Values, column: str) -> str:
    return str(Money(row[column], row["currency"]))


_TELL = {
    "payment": _tell_payment,
    "refund": _tell_refund,
    "notification": _tell_notification,
    "event": _tell_event,
}
