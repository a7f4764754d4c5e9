"""Rules for single parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ..clock import parse_time
from ..domain.money import DECIMALS, Money
from ..errors import InvalidMoney


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule for a field.

    :ivar kind: a name in the table at the end of this file.
    :ivar limit: the most characters, or items of a list.
    :ivar required: whether the field must be present if its parent is present.
    :ivar is_ascii: whether Antom allows ASCII characters only.
    :ivar one_of: the allowed values.
    """

    kind: str
    limit: int | None = None
    required: bool = False
    is_ascii: bool = False
    one_of: tuple[str, ...] | None = None

    def broken_by(self, value: Any) -> str:
        """Return what is wrong with a value, or an empty string."""
        return _KINDS[self.kind](value, self)


def text(limit: int, **more: Any) -> Rule:
    return Rule("text", limit, **more)


def one_of(*values: str, required: bool = False) -> Rule:
    return Rule("text", required=required, one_of=values)


def url(limit: int = 2048, *, required: bool = False) -> Rule:
    return Rule("url", limit, required)


OBJECT = Rule("object")
LIST = Rule("list")
AMOUNT = Rule("amount")
BOOLEAN = Rule("boolean")
COUNT = Rule("count")
POSITIVE = Rule("positive")
TIME = Rule("time")
REGION = Rule("region")


def _check_text(value: Any, rule: Rule) -> str:
    if not isinstance(value, str):
        return "must be a string."
    if not value:
        return "must not be empty."
    if rule.limit is not None and len(value) > rule.limit:
        return f"is longer than {rule.limit} characters."
    if rule.one_of is not None and value not in rule.one_of:
        return f"must be {' or '.join(rule.one_of)}."
    if rule.is_ascii and not value.isascii():
        return "must hold ASCII characters only."
    return ""


def _check_url(value: Any, rule: Rule) -> str:
    if reason := _check_text(value, rule):
        return reason
    try:
        parts = urlsplit(value)
    except ValueError:
        return "is not a URL."
    is_absolute = parts.scheme in ("http", "https") and parts.hostname
    return "" if is_absolute else "must be an absolute http or https URL."


def _check_amount(value: Any, rule: Rule) -> str:
    if not isinstance(value, dict):
        return "must be an object with currency and value."
    if not isinstance(value.get("value"), str):
        return "must have a value, which is a string of minor units."
    try:
        Money.from_antom(value)
    except InvalidMoney as error:
        return f"is illegal: {error}"
    return ""


def _check_time(value: Any, rule: Rule) -> str:
    try:
        datetime.fromisoformat(value)
        parse_time(value)
    except (TypeError, ValueError):
        return "must be a time in ISO 8601 with an offset."
    return ""


def _matches(pattern: str, reason: str) -> Callable[[Any, Rule], str]:
    def check_pattern(value: Any, rule: Rule) -> str:
        is_right = isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII)
        return "" if is_right else reason

    return check_pattern


def _check_count(value: Any, rule: Rule) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    is_digits = isinstance(value, str) and value.isascii() and value.isdigit()
    return "" if is_number or is_digits else "must be a whole number."


def _check_positive(value: Any, rule: Rule) -> str:
    if reason := _check_count(value, rule):
        return reason
    return "" if int(value) >= 1 else "must be at least 1."


def _check_currency(value: Any, rule: Rule) -> str:
    is_known = isinstance(value, str) and value in DECIMALS
    return "" if is_known else "must be an ISO 4217 currency code."


def _check_list(value: Any, rule: Rule) -> str:
    if not isinstance(value, list):
        return "must be a list."
    if rule.limit is not None and len(value) > rule.limit:
        return f"has more than {rule.limit} items."
    return ""


def _check_object(value: Any, rule: Rule) -> str:
    return "" if isinstance(value, dict) else "must be an object."


def _check_boolean(value: Any, rule: Rule) -> str:
    is_boolean = isinstance(value, bool) or value in ("true", "false")
    return "" if is_boolean else "must be true or false."


_KINDS: Mapping[str, Callable[[Any, Rule], str]] = {
    "text": _check_text,
    "url": _check_url,
    "amount": _check_amount,
    "time": _check_time,
    "count": _check_count,
    "positive": _check_positive,
    "boolean": _check_boolean,
    "currency": _check_currency,
    "list": _check_list,
    "object": _check_object,
    "refund-id": _matches(
        "[A-Za-z0-9_-]{1,64}",
        "must be 1 to 64 letters, digits, hyphens or underscores.",
    ),
    "region": _matches("[A-Z]{2}", "must be a region of two capital letters."),
    "method": _matches("[A-Z0-9_]{1,64}", "must be a type such as GCASH."),
    "method-region": _matches("[A-Z]{2}|GLOBAL", "must be a region or GLOBAL."),
}
