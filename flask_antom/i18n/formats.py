"""Formats of amounts and times in each locale.

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


def moment(time: datetime, locale: str) -> str:
    """Return a time as text, to the minute, in UTC: ``23 Nov 2026, 09:30 UTC``."""
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
    """Whether a character is a sign such as ``$``.

    Between a letter and the digits there is a blank (CLDR: spacing).
    """
    return unicodedata.category(character)[0] in "SZ"


@cache
def _rules() -> Mapping[str, Any]:
    rules: Mapping[str, Any] = json.loads(FILE.read_text("utf-8"))
    return rules
