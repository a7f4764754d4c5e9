"""Amounts and times, compared with what Babel writes out of the same CLDR."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from babel.core import Locale
from babel.dates import format_skeleton
from babel.numbers import format_currency

from flask_antom.domain.money import DECIMALS, Money
from flask_antom.i18n.formats import FILE, amount, moment
from flask_antom.i18n.translations import LOCALES
from tools import formats as written
from tools.locales import CLDR

VALUES = [0, 1, 99, 4200, 123456, 1234567890, 10**16 - 1]
MORNING = datetime(2026, 11, 5, 9, 3, tzinfo=UTC)


def babel_amount(money: Money, locale: str) -> str:
    """Return an amount as Babel writes it, with Antom's decimals.

    Babel leaves out the CLDR's blank between letters and digits, as in ``RM 42.00``.
    """
    known = Locale.parse(CLDR[locale])
    decimals = "." + "0" * DECIMALS[money.currency]
    pattern = known.currency_formats["standard"].pattern
    text = format_currency(
        money.decimal,
        money.currency,
        format=pattern.replace(".00", decimals.rstrip(".")),
        locale=known,
        currency_digits=False,
    )
    return re.sub(r"([^\W\d])(\d)", "\\1\u00a0\\2", text)


@pytest.mark.parametrize("locale", LOCALES)
def test_amounts_are_those_of_babel(locale: str) -> None:
    for currency in DECIMALS:
        for value in VALUES:
            money = Money(value, currency)
            assert amount(money, locale) == babel_amount(money, locale)


@pytest.mark.parametrize(
    ("locale", "money", "text"),
    [
        ("en_US", Money(420000, "USD"), "$4,200.00"),
        ("en_US", Money(4200, "MYR"), "MYR\u00a042.00"),
        ("ms_MY", Money(4200, "MYR"), "RM\u00a042.00"),
        ("in_ID", Money(1200000, "IDR"), "Rp\u00a012.000,00"),
        ("de_DE", Money(123456, "EUR"), "1.234,56\u00a0€"),
        ("fr_FR", Money(123456, "EUR"), "1\u202f234,56\u00a0€"),
        ("pt_BR", Money(4200, "BRL"), "R$\u00a042,00"),
        ("nl_NL", Money(4200, "EUR"), "€\u00a042,00"),
        ("vi_VN", Money(42000, "VND"), "42.000\u00a0₫"),
        ("ko_KR", Money(42000, "KRW"), "₩42,000"),
        ("th_TH", Money(4200, "THB"), "฿42.00"),
        ("tl_PH", Money(4200, "PHP"), "₱42.00"),
        ("zh_CN", Money(4200, "CNY"), "¥42.00"),
        ("zh_HK", Money(4200, "HKD"), "HK$42.00"),
        ("zh_HK", Money(4200, "TWD"), "NT$42.00"),
        ("it_IT", Money(42005, "KWD"), "42,005\u00a0KWD"),
    ],
)
def test_amounts_look_as_people_write_them(
    locale: str, money: Money, text: str
) -> None:
    assert amount(money, locale) == text


@pytest.mark.parametrize("locale", LOCALES)
def test_times_are_those_of_babel(locale: str) -> None:
    known = Locale.parse(written.DATES[locale])
    for month in range(1, 13):
        time = MORNING.replace(month=month)
        # The Thai calendar is Babel's with other years.
        year = time.year + (543 if locale == "th_TH" else 0)
        date = format_skeleton("yMMMd", time.replace(year=year), locale=known)
        clock = format_skeleton("Hm", time, locale=known)
        together = str(known.datetime_formats["medium"])
        zone = str(known.zone_formats["gmt"]) % "+0"
        expected = together.format(f"{clock} ({zone})", date)
        if locale != "en_US":  # Babel's British September has four letters.
            assert moment(time, locale) == expected
        assert all(part in moment(time, locale) for part in (str(year), clock))


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en_US", "5 Nov 2026, 09:03 (GMT+0)"),
        ("de_DE", "5. Nov. 2026, 09:03 (GMT+0)"),
        ("in_ID", "5 Nov 2026 09.03 (GMT+0)"),
        ("ko_KR", "2026년 11월 5일 09:03 (GMT+0)"),
        ("th_TH", "5 พ.ย. 2569 09:03 น. (GMT+0)"),
        ("vi_VN", "9:03 (GMT+0) 5 thg 11, 2026"),
        ("zh_HK", "2026年11月5日 09:03 (GMT+0)"),
    ],
)
def test_times_look_as_people_write_them(locale: str, text: str) -> None:
    assert moment(MORNING, locale) == text


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    there = MORNING.astimezone(timezone(timedelta(hours=8)))
    assert moment(there, "en_US") == moment(MORNING, "en_US")


@pytest.mark.parametrize(
    ("name", "locale", "text"),
    [
        ("Asia/Kuala_Lumpur", "en_US", "5 Nov 2026, 17:03 (GMT+8)"),
        ("Asia/Kolkata", "en_US", "5 Nov 2026, 14:33 (GMT+5:30)"),
        ("America/Sao_Paulo", "pt_BR", "5 de nov. de 2026 06:03 (GMT-3)"),
        ("Asia/Ho_Chi_Minh", "vi_VN", "16:03 (GMT+7) 5 thg 11, 2026"),
        ("Europe/Paris", "fr_FR", "5 nov. 2026, 10:03 (UTC+1)"),
        ("Pacific/Auckland", "en_US", "5 Nov 2026, 22:03 (GMT+13)"),
    ],
)
def test_a_time_is_written_in_a_zone_that_people_know(
    name: str, locale: str, text: str
) -> None:
    assert moment(MORNING, locale, ZoneInfo(name)) == text


def test_the_file_is_what_the_cldr_says() -> None:
    assert FILE.read_text("utf-8") == written.content()
    licence = FILE.with_name("LICENSE.unicode").read_text("utf-8")
    assert licence.startswith("UNICODE LICENSE V3")
