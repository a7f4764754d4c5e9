"""Writes ``flask_antom/translations/formats.json`` from the CLDR, with Babel.

The CLDR (Common Locale Data Repository) belongs to Unicode. Its licence is written
beside the file.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

from babel.core import Locale, get_cldr_version
from babel.numbers import get_currency_symbol

from flask_antom.domain.money import DECIMALS
from flask_antom.i18n.formats import FILE
from tools.locales import CLDR

#: English is read outside of America too, so the day comes first.
DATES = {**CLDR, "en_US": "en_GB"}

#: How many years the local calendar is ahead (CLDR: calendarPreference).
YEARS_AHEAD = {"th_TH": 543}

#: The letters of the CLDR's date patterns, as fields of ``str.format``.
FIELDS = {
    "d": "{day}",
    "dd": "{day:02}",
    "M": "{month}",
    "MMM": "{name}",
    "y": "{year}",
    "H": "{hour}",
    "HH": "{hour:02}",
    "mm": "{minute:02}",
}

_TOKEN = re.compile(r"'([^']*)'|([a-zA-Z])\2*")


def describe(locale: str) -> dict[str, Any]:
    """Return how one of Antom's locales writes amounts and times."""
    known = Locale.parse(CLDR[locale])
    marks = known.number_symbols["latn"]
    symbols = {code: get_currency_symbol(code, known) for code in sorted(DECIMALS)}
    months = known.months["format"]["abbreviated"]
    return {
        "amount": amount_pattern(known),
        "decimal": marks["decimal"],
        "group": marks["group"],
        "symbols": {code: sign for code, sign in symbols.items() if sign != code},
        "moment": moment_pattern(Locale.parse(DATES[locale])),
        "zone": str(known.zone_formats["gmt"]).replace("%s", "{offset}"),
        "years_ahead": YEARS_AHEAD.get(locale, 0),
        "months": [months[number] for number in range(1, 13)],
    }


def amount_pattern(locale: Locale) -> str:
    """Convert ``¤#,##0.00`` to ``{symbol}{number}``.

    :raises ValueError: for a pattern that does not group by threes.
    """
    positive = str(locale.currency_formats["standard"].pattern).partition(";")[0]
    if re.fullmatch("(¤\u00a0?)?#,##0.00(\u00a0?¤)?", positive) is None:
        raise ValueError(f"{locale} has the pattern {positive!r}.")
    return positive.replace("#,##0.00", "{number}").replace("¤", "{symbol}")


def moment_pattern(locale: Locale) -> str:
    """Convert the CLDR's patterns for date and time to one for ``str.format``."""
    skeletons = locale.datetime_skeletons
    together = str(locale.datetime_formats["medium"])
    date, time = str(skeletons["yMMMd"].pattern), str(skeletons["Hm"].pattern)
    return together.format(f"{_fields(time)} ({{zone}})", _fields(date))


def _fields(pattern: str) -> str:
    return _TOKEN.sub(
        lambda token: FIELDS[token[0]] if token[1] is None else token[1], pattern
    )


def content() -> str:
    """Return the content of the file: a line for each value, special spaces escaped."""
    parts = []
    for locale in CLDR:
        lines = [
            f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
            for name, value in describe(locale).items()
        ]
        parts.append(f'"{locale}": {{\n' + ",\n".join(lines) + "\n}")
    source = f"Unicode CLDR {get_cldr_version()}; see LICENSE.unicode"
    text = f'{{\n"source": "{source}",\n' + ",\n".join(parts) + "\n}\n"
    return re.sub("[\u00a0\u202f]", lambda blank: json.dumps(blank[0])[1:-1], text)


def main() -> None:
    FILE.write_text(content(), "utf-8")
    licence = files("babel").joinpath("locale-data", "LICENSE.unicode").read_text()
    FILE.with_name("LICENSE.unicode").write_text(licence, "utf-8")
    print(f"Wrote {FILE.name}")


if __name__ == "__main__":
    main()
