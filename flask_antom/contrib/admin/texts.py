"""How the page writes times, amounts and statuses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...domain.money import Money
from ...domain.schedule import NEVER
from ...errors import InvalidMoney

#: The colour of a word: ``good``, ``bad``, ``wait``, or none.
_TONES: Mapping[str, str] = {
    **dict.fromkeys(
        ("succeeded", "authorized", "delivered", "done", "applied"), "good"
    ),
    **dict.fromkeys(("review", "failed", "given up", "refused", "error"), "bad"),
    **dict.fromkeys(("pending", "processing", "due", "waits", "started"), "wait"),
    **dict.fromkeys(("unknown", "not delivered", "orphan", "nobody listens"), "wait"),
}

#: The labels of actions, on buttons and in headings.
ACTIONS: Mapping[str, str] = {
    "sync": "Ask Antom",
    "capture": "Capture",
    "cancel": "Cancel",
    "refund": "Refund",
    "redeliver": "Deliver again",
}


def time(moment: datetime | None) -> str:
    """Return a time to the second, in UTC."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def machine_time(moment: datetime) -> str:
    """Return a time for the attribute of a ``time`` element."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def money(value: int | None, currency: str | None) -> str:
    """Return an amount in major units."""
    if value is None or currency is None:
        return ""
    try:
        return str(Money(value, currency))
    except InvalidMoney:
        return f"{value} minor units of {currency}"


def tone(word: str) -> str:
    """Return the colour of a word; empty if it has none."""
    return _TONES.get(word, "")


def signal(name: str) -> str:
    """Return the name of a signal as words."""
    return name.replace("_", " ")


def event_state(row: Mapping[str, Any]) -> str:
    """Return the state of an event in a word, by its own row alone."""
    if row["delivered_at"] is not None:
        return "delivered"
    due_at: datetime | None = row["next_attempt_at"]
    if due_at is None or due_at >= NEVER:
        return "given up"
    return "failed" if row["last_error"] else "due"


def sentence(text: str) -> str:
    """Return a text as a sentence."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def seconds(value: float) -> str:
    """Return a length of time, rounded, in its largest units."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if value >= size:
            return f"{value / size:.0f} {unit}"
    return f"{value:.0f} s"


def menu_name(item: Any) -> str:
    """Return the text of an entry in Flask-Admin's menu.

    The only text that Flask-Admin translates there is "Home". It fails if Flask-Babel
    is installed and the app does not use it.
    """
    try:
        return str(item.name)
    except KeyError:
        return "Home"
