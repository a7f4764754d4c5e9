"""How a locale writes amounts of money and times.

The rules come from the CLDR; ``make words`` writes them into ``formats.json``.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from ..domain.money import Money

FILE = Path(__file__).parents[1] / "translations" / "formats.json"


def amount(money: Money, locale: str) -> str:
    """Write an amount: ``Money(123450, "EUR")`` is ``1.234,50 €`` in ``de_DE``.

    :param locale: one of Antom's, such as ``pt_BR``.

    The blanks in it do not break.
    """
    rules = _rules()[locale]
    separators = str.maketrans({",": rules["group"], ".": rules["decimal"]})
    number = f"{money.decimal:,f}".translate(separators)
    symbol = rules["symbols"].get(money.currency, money.currency)
    if rules["amount"].startswith("{symbol}{") and not _is_sign(symbol[-1]):
        symbol += "\u00a0"
    return str(rules["amount"].format(symbol=symbol, number=number))


def moment(time: datetime, locale: str) -> str:
    """Write a time to the minute, in UTC: ``23 Nov 2026, 09:30 UTC``."""
    rules = _rules()[locale]
    time = time.astimezone(UTC)
    return str(
        rules["moment"].format(
            year=time.year + rules["years_ahead"],
            month=time.month,
            name=rules["months"][time.month - 1],
            day=time.day,
            hour=time.hour,
            minute=time.minute,
        )
    )


def _is_sign(character: str) -> bool:
    """Tell ``$`` from a letter, which a blank keeps off the digits (CLDR: spacing)."""
    return unicodedata.category(character)[0] in "SZ"


@cache
def _rules() -> Mapping[str, Any]:
    rules: Mapping[str, Any] = json.loads(FILE.read_text("utf-8"))
    return rules
