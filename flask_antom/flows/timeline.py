"""The story of a payment: one entry after the other, in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..domain.money import Money
from ..store.rows import in_utc

Values = Mapping[str, Any]

#: What happens at the same time, in the order in which one follows from the other.
KINDS = (
    *("click", "shop", "call", "refund", "capture", "payment"),
    *("notification", "event", "receiver"),
)


#: How long before a notification an event may be stored that follows from it: both are
#: written in one transaction, the event first.
_TOGETHER = timedelta(seconds=2)

_SECOND = timedelta(seconds=1)


class Entry(NamedTuple):
    """Something that happened to a payment.

    :ivar at: when; aware, in UTC.
    :ivar kind: one of :data:`KINDS`.
    :ivar text: what, in a few words.
    """

    at: datetime
    kind: str
    text: str


def timeline(attempt: Values) -> list[Entry]:
    """Return what happened to a payment, in time.

    :param attempt: the payment as :func:`.dossiers.attempts_of` returns it.
    """
    told = {(row["name"], row["about"]): row["created_at"] for row in attempt["events"]}
    entries = [
        *_payment(attempt),
        *_captures(attempt),
        *(one for row in attempt["refunds"] for one in _refund(row, told)),
        *(one for row in attempt["notifications"] for one in _notification(row)),
        *(one for row in attempt["events"] for one in _event(row)),
    ]

    def place(entry: Entry) -> tuple[datetime, int]:
        at, opened_at = entry.at, attempt["created_at"]
        if entry.kind == "payment" and at <= opened_at < at + _SECOND:
            at = opened_at  # Antom names whole seconds
        elif entry.kind == "notification":
            followed = (
                event for event in told.values() if at - _TOGETHER <= event <= at
            )
            at = max(followed, default=at)
        return at, KINDS.index(entry.kind)

    return sorted(entries, key=place)


def _payment(one: Values) -> Iterator[Entry]:
    method = one["method"] or "to choose at Antom"
    amount = Money(one["amount_value"], one["currency"])
    yield from _entry(
        one["created_at"],
        "click",
        f"A session is opened: {amount}, {method}, mode {one['mode']}",
    )
    yield from _entry(one["paid_at"], "payment", "The buyer has paid, as Antom says")
    yield from _entry(one["order_closed_at"], "shop", "The shop closes the order")
    yield from _entry(one["cancel_asked_at"], "call", "The shop asks Antom to cancel")
    times = one["inquiries"]
    asked = "for the first time" if times == 1 else f"the latest of {times} times"
    yield from _entry(one["asked_at"], "call", f"Antom is asked, {asked}")


def _captures(one: Values) -> Iterator[Entry]:
    requests: Mapping[str, Values] = one["capture_requests"] or {}
    for request_id, asked in requests.items():
        amount = Money(asked["amount"], one["currency"])
        words = f"The shop captures {amount}: {request_id}"
        if "failed" in asked:
            words += f"; it has failed: {asked['failed']}"
        elif "dropped" in asked:
            words += "; it was not possible any more"
        at = in_utc(datetime.fromisoformat(asked["at"]))
        yield from _entry(at, "capture", words)


def _refund(row: Values, told: Mapping[tuple[str, str], datetime]) -> Iterator[Entry]:
    """Yield a refund and its result, which is as old as the event about it."""
    at = told.get((f"refund_{row['status']}", row["request_id"]), row["updated_at"])
    amount = Money(row["amount_value"], row["currency"])
    words = f"Refund of {amount}: {row['request_id']}"
    yield from _entry(row["created_at"], "refund", words)
    if row["status"] == "failed":
        code = row["result_code"] or "no code"
        words = f"Refund of {amount} has failed: {code}"
        yield from _entry(at, "refund", words)
    elif row["status"] == "succeeded":
        name = row["refund_id"] or row["request_id"]
        words = f"Refund of {amount} has succeeded: {name}"
        yield from _entry(at, "refund", words)


def _notification(row: Values) -> Iterator[Entry]:
    copies = row["copies"]
    often = "" if copies == 1 else f"; it came {copies} times"
    words = f"{row['notify_type']} came (notification {row['id']}): {row['outcome']}"
    yield from _entry(row["received_at"], "notification", words + often)


def _event(row: Values) -> Iterator[Entry]:
    name = f"{row['name']} (event {row['id']})"
    about = f": {row['about']}" if row["about"] else ""
    yield from _entry(row["created_at"], "event", f"{name} is to be told{about}")
    raised = f"{name} is not delivered: {row['last_error'] or 'a receiver raised'}"
    yield from _entry(row["first_failure_at"], "receiver", raised)
    again = f"A person asks to deliver {name} again"
    yield from _entry(row["redelivered_at"], "shop", again)
    tries = "" if row["attempts"] < 2 else f", at try {row['attempts']}"
    done = f"{name} is {row['state']}{tries}"
    yield from _entry(row["delivered_at"], "receiver", done)


def _entry(at: datetime | None, kind: str, text: str) -> Iterator[Entry]:
    if at is not None:
        yield Entry(at, kind, text)
