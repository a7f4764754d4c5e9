"""Formats of amounts and times in each locale.

The rules come from the CLDR; ``make words`` writes them into ``formats.json``.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from ..domain.money import Money

FILE = Path(__file__).parents[1] / "translations" / "formats.json"


def amount(money: Money, locale: str) -> str:
    """Return an amount as text: ``1.234,50 €`` for ``Money(123450, "EUR")``.

    Its blanks do not break.

    :param locale: one of Antom's locales, such as ``de_DE``.
    """
    rules = _rules()[locale]
    separators = str.maketrans({",": rules["group"], ".": rules["decimal"]})
    number = f"{money.decimal:,f}".translate(separators)
    symbol = rules["symbols"].get(money.currency, money.currency)
    if rules["amount"].startswith("{symbol}{") and not _is_sign(symbol[-1]):
        symbol += "\u00a0"
    return str(rules["amount"].format(symbol=symbol, number=number))


def moment(time: datetime, locale: str, zone: tzinfo = UTC) -> str:
    """Return a time as text, to the minute: ``23 Nov 2026, 17:30 (GMT+8)``.

    :param locale: one of Antom's locales, such as ``de_DE``.
    :param zone: the time zone to write it in.
    """
    rules = _rules()[locale]
    time = time.astimezone(zone)
    return str(
        rules["moment"].format(
            year=time.year + rules["years_ahead"],
            month=time.month,
            name=rules["months"][time.month - 1],
            day=time.day,
            hour=time.hour,
            minute=time.minute,
            zone=rules["zone"].format(offset=_offset(time)),
        )
    )


def _offset(time: datetime) -> str:
    """Return how far a time is from Greenwich: ``+8``, ``+5:30``."""
    offset = time.utcoffset() or timedelta()
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    sign = "-" if offset < timedelta() else "+"
    return f"{sign}{hours}:{minutes:02}" if minutes else f"{sign}{hours}"


def _is_sign(character: str) -> bool:
    """Whether a character is a sign such as ``$``.

    Between a letter and the digits there is a blank (CLDR: spacing).
    """
    return unicodedata.category(character)[0] in "SZ"


@cache
def _rules() -> Mapping[str, Any]:
    rules: Mapping[str, Any] = json.loads(FILE.read_text("utf-8"))
    return rules
