"""How ``flask antom show`` writes what became of an order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..flows.timeline import timeline
from .printing import harmless, money, table, time

Values = Mapping[str, Any]

#: Where the values begin.
_MARGIN = 18


def write(attempts: Sequence[Values]) -> str:
    """Return the attempts as text, a page of aligned lines for each."""
    parts: list[str] = []
    for reference in dict.fromkeys(one["order_reference"] for one in attempts):
        of_order = [one for one in attempts if one["order_reference"] == reference]
        count = "1 payment" if len(of_order) == 1 else f"{len(of_order)} payments"
        parts.append(f"Order {reference}: {count}\n")
        parts += ["\n".join(_attempt(one)) + "\n" for one in of_order]
    return harmless("\n".join(parts).rstrip())


def _attempt(one: Values) -> Iterator[str]:
    yield f"Payment {one['request_id']}"
    yield from _pairs(_facts(one))
    yield from _table("Captures", _captures(one))
    yield from _table("Refunds", (_refund(row) for row in one["refunds"]))
    yield from _table("Events", (_event(row) for row in one["events"]))
    told = (_notification(row) for row in one["notifications"])
    yield from _table("Notifications", told)
    story = ((time(at), kind, text) for at, kind, text in timeline(one))
    yield from _table("Story", story)


def _facts(one: Values) -> Iterator[tuple[str, str]]:
    yield "Status", _joined(f"{one['status']}: {one['status_text']}")
    for reason in one["review_reasons"]:
        told = f"{reason['reason']}: {reason['text']}"
        yield "For review", told.removesuffix(": ")
    yield "Antom's paymentId", one["payment_id"] or "none yet"
    yield "Result code", one["result_code"] or ""
    yield "Amount asked", money(one, one["amount_value"])
    yield "Captured", money(one, one["captured_value"])
    yield "Refunded", money(one, one["refunded_value"])
    method = one["method"] or "not chosen yet"
    authorizes = "authorizes first" if one["authorizes"] else ""
    yield "Method", _joined(method, f"mode {one['mode']}", authorizes)
    yield "Account", _joined(one["client_id"], one["environment"])
    outdated = "the order has changed or was closed since" if one["outdated"] else ""
    yield "Outdated", outdated
    yield "Risk review", "it is running" if one["under_review"] else ""
    for label, name in _TIMES.items():
        yield label, time(one[name])
    asked = _times(one["inquiries"]) if one["inquiries"] else ""
    yield "Antom was asked", _joined(time(one["asked_at"]), asked)
    yield "Asked again", time(one["inquire_at"])


_TIMES = {
    "Opened": "created_at",
    "Session until": "session_expires_at",
    "Paid": "paid_at",
    "Capture until": "authorized_until",
    "Cancel asked": "cancel_asked_at",
    "Order closed": "order_closed_at",
    "Changed": "updated_at",
}


def _captures(one: Values) -> Iterator[Sequence[str]]:
    """Yield the captures that we asked for, and those that Antom has told of."""
    requests: Mapping[str, Values] = one["capture_requests"] or {}
    for request_id, asked in requests.items():
        is_open = request_id == one["capture_request_id"]
        words = "under way" if is_open else "ended"
        failed = asked.get("failed")
        yield (
            request_id,
            f"failed: {failed}" if failed else words,
            money(one, asked.get("amount")),
            "the last one" if asked.get("final") else "more may follow",
            str(asked.get("at") or ""),
            f"key {asked['key']}" if asked.get("key") else "",
        )
    if one["capture_request_id"] and one["capture_request_id"] not in requests:
        amount = money(one, one["capture_value"])
        yield one["capture_request_id"], "under way", amount, "", "", ""
    for capture_id, value in (one["captures"] or {}).items():
        name = capture_id or "(without an id)"
        yield name, "captured", money(one, value), "", "", ""


def _refund(row: Values) -> Sequence[str]:
    reported = row["reported_value"]
    return (
        row["request_id"],
        row["status"],
        money(row, row["amount_value"]),
        "" if reported is None else f"reported {money(row, reported)}",
        row["refund_id"] or "no refundId yet",
        time(row["created_at"]),
        row["result_code"] or "",
        f"key {row['key']}" if row["key"] else "",
    )


def _event(row: Values) -> Sequence[str]:
    state = row["state"]
    if state == "waits":
        state = f"waits for event {row['waits_for']}"
    is_delivered = row["delivered_at"] is not None
    again = row["redelivered_at"]
    is_over = is_delivered or row["state"] == "given up"
    due = None if is_over else row["next_attempt_at"]
    return (
        str(row["id"]),
        _joined(row["name"], row["about"], by=" "),
        state,
        time(row["delivered_at"]) or (f"again {time(due)}" if due else ""),
        f"{row['attempts']} tries" if row["attempts"] != 1 else "1 try",
        f"asked for again {time(again)}" if again else "",
        row["last_error"] or "",
    )


def _notification(row: Values) -> Sequence[str]:
    at, copies = time(row["received_at"]), _times(row["copies"])
    return row["notify_type"], row["outcome"], at, copies, row["payment_id"] or ""


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _joined(*parts: str | None, by: str = ", ") -> str:
    return by.join(part for part in parts if part)


def _pairs(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for label, value in pairs:
        if value:
            yield f"  {label:{_MARGIN}}{value}"


def _table(title: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a title and aligned rows; without rows, nothing."""
    found = list(rows)
    if found:
        yield f"  {title}"
        yield from table(found, indent="    ")
