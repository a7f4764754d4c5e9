"""Amounts: minor units in and out, Antom's table of decimals and its special rules."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_antom import Money
from flask_antom.domain.money import DECIMALS, MULTIPLES, check_chargeable
from flask_antom.errors import AntomError, InvalidMoney

#: Antom's own table, as it stands in its documentation (Antom: Amount).
ANTOMS_TABLE = {
    0: ["CLP", "JPY", "KRW", "VND"],
    2: [
        *("AUD", "BDT", "BRL", "CAD", "CNY", "EUR", "GBP", "HKD", "IDR", "MXN"),
        *("MYR", "NZD", "PEN", "PHP", "PKR", "PLN", "SGD", "THB", "TWD", "USD"),
    ],
}


CURRENCIES = st.sampled_from(sorted(DECIMALS))
MONEY = st.builds(Money, st.integers(0, 10**16 - 1), CURRENCIES)


def all_refused(match: str, *attempts: Callable[[], object]) -> None:
    for attempt in attempts:
        with pytest.raises(InvalidMoney, match=match):
            attempt()


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [(code, count) for count, codes in ANTOMS_TABLE.items() for code in codes],
)
def test_antoms_own_currencies_have_antoms_decimals(
    currency: str, decimals: int
) -> None:
    assert DECIMALS[currency] == decimals
    one = Money.parse("1", currency)
    assert one.value == 10**decimals
    assert str(one) == ("1" if decimals == 0 else "1.00") + f" {currency}"


def test_antoms_table_is_whole() -> None:
    assert sum(len(codes) for codes in ANTOMS_TABLE.values()) == 24


@pytest.mark.parametrize("currency", ["BHD", "JOD", "KWD", "OMR", "TND"])
def test_currencies_of_three_decimals_follow_iso_4217(currency: str) -> None:
    assert Money.parse("1.234", currency) == Money(1234, currency)


def test_every_code_is_three_capital_letters() -> None:
    assert all(
        len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()
        for code in DECIMALS
    )


def test_an_amount_is_read_as_people_write_it() -> None:
    assert Money.parse("42.00", "MYR") == Money(4200, "MYR")
    assert Money.parse("42", "MYR") == Money(4200, "MYR")
    assert Money.parse("42.5", "MYR") == Money(4250, "MYR")
    assert Money.parse("0.05", "MYR") == Money(5, "MYR")
    assert Money.parse("007.10", "MYR") == Money(710, "MYR")
    assert Money.parse("500", "JPY") == Money(500, "JPY")


@settings(deadline=None)
@given(MONEY)
def test_what_is_written_is_read_again(money: Money) -> None:
    number, currency = str(money).split(" ")

    assert Money.parse(number, currency) == money
    assert currency == money.currency
    assert len(number.partition(".")[2]) == DECIMALS[currency]


@settings(deadline=None)
@given(MONEY, st.integers(0, 30))
def test_superfluous_zeros_change_nothing(money: Money, zeros: int) -> None:
    plain = f"{money.decimal:f}"
    padded = (plain if "." in plain else f"{plain}.") + "0" * (zeros + 1)

    assert Money.parse(padded, money.currency) == money
    assert Money.parse(Decimal(padded), money.currency) == money
    assert Money.parse(money.decimal, money.currency) == money
    assert Money.parse(money.decimal.normalize(), money.currency) == money


@settings(deadline=None)
@given(st.decimals() | st.decimals(0, 10**20, places=4), CURRENCIES)
def test_a_decimal_is_read_exactly_or_not_at_all(
    decimal: Decimal, currency: str
) -> None:
    try:
        money = Money.parse(decimal, currency)
    except InvalidMoney:
        decimals = DECIMALS[currency]
        is_plain = decimal.is_finite() and not decimal < 0
        minor = Fraction(decimal) * 10**decimals if is_plain else None
        assert minor is None or minor.denominator > 1 or minor >= 10**16
    else:
        assert Fraction(money.value, 10 ** DECIMALS[currency]) == Fraction(decimal)


@pytest.mark.parametrize(
    ("decimal", "currency", "value"),
    [
        ("42.0000", "MYR", 4200),
        ("500.00", "JPY", 500),
        ("1E+2", "MYR", 10000),
        ("0.0010", "KWD", 1),
        ("0E+999999", "MYR", 0),
        ("-0.00", "MYR", 0),
    ],
)
def test_a_decimal_of_a_numeric_column_is_taken(
    decimal: str, currency: str, value: int
) -> None:
    assert Money.parse(Decimal(decimal), currency) == Money(value, currency)


def test_no_context_rounds_a_decimal() -> None:
    with localcontext() as context:
        context.prec = 3
        assert Money.parse(Decimal("12345.67"), "MYR") == Money(1234567, "MYR")


@pytest.mark.parametrize(
    ("decimal", "reason"),
    [
        ("NaN", "NaN"),
        ("sNaN", "NaN"),
        ("Infinity", "Infinity"),
        ("-1", "negative"),
        ("1E+1000000", "16 digits"),
        ("1E-1000000", "2 decimals"),
        ("42.001", "2 decimals"),
    ],
)
def test_a_decimal_that_is_no_amount_is_refused(decimal: str, reason: str) -> None:
    with pytest.raises(InvalidMoney, match=reason):
        Money.parse(Decimal(decimal), "MYR")


@settings(deadline=None)
@given(MONEY)
def test_what_antom_gets_is_read_again(money: Money) -> None:
    amount = json.loads(json.dumps(money.to_antom()))

    assert amount == {"currency": money.currency, "value": str(money.value)}
    assert Money.from_antom(amount) == money


@settings(deadline=None)
@given(MONEY)
def test_the_decimal_is_exact_whatever_the_context(money: Money) -> None:
    with localcontext() as context:
        context.prec = 3
        decimal, text = money.decimal, str(money)

    assert decimal * 10 ** DECIMALS[money.currency] == money.value
    assert text == f"{decimal} {money.currency}"


def test_the_decimal_is_in_major_units() -> None:
    assert Money(4200, "MYR").decimal == Decimal("42.00")
    assert Money(500, "JPY").decimal == Decimal(500)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "NaN",
        "Infinity",
        "inf",
        "1e3",
        "1E3",
        "4_200",
        "1,000.00",
        "42,00",
        "42.",
        ".5",
        "4.2.0",
        "+42",
        "-42",
        "\N{MINUS SIGN}42",
        " 42",
        "42 ",
        "42\n",
        "0x10",
        "RM42",
        "٤٢",
        "\N{FULLWIDTH DIGIT FOUR}\N{FULLWIDTH DIGIT TWO}",
        "4²",
        "1.५",
    ],
)
def test_text_that_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidMoney, match="digits and at most one point"):
        Money.parse(text, "MYR")


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.005", "MYR"), ("1.001", "MYR"), ("1.5", "JPY"), ("1.2345", "KWD")],
)
def test_more_decimals_than_the_currency_has_are_refused(
    text: str, currency: str
) -> None:
    with pytest.raises(InvalidMoney, match=f"{currency} has . decimals"):
        Money.parse(text, currency)


@pytest.mark.parametrize("value", [42, 42.0, None, b"42", True, ["42"]])
def test_parse_reads_nothing_but_text_and_decimals(value: Any) -> None:
    with pytest.raises(InvalidMoney, match=type(value).__name__):
        Money.parse(value, "MYR")


@pytest.mark.parametrize(
    "value", [1.0, 42.5, float("nan"), True, False, "4200", Decimal(4200), None, b"1"]
)
def test_a_value_that_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(InvalidMoney, match=f"not {type(value).__name__}"):
        Money(value, "MYR")


@pytest.mark.parametrize(
    "currency",
    [
        "",
        "myr",
        "RM",
        "MYRR",
        "XXX",
        "ABC",
        " MYR",
        "MYR\n",
        "MY\N{FULLWIDTH LATIN CAPITAL LETTER R}",
    ],
)
def test_an_unknown_currency_is_refused(currency: str) -> None:
    all_refused(
        "ISO 4217",
        lambda: Money(1, currency),
        lambda: Money.parse("1", currency),
        lambda: Money.from_antom({"value": "1", "currency": currency}),
    )


@pytest.mark.parametrize("currency", [None, 458, True])
def test_a_currency_that_is_no_text_is_refused(currency: Any) -> None:
    all_refused(
        "ISO 4217", lambda: Money(1, currency), lambda: Money.parse("1", currency)
    )


def test_an_amount_is_never_negative() -> None:
    with pytest.raises(InvalidMoney, match="negative"):
        Money(-1, "MYR")
    with pytest.raises(InvalidMoney, match="negative"):
        Money(1, "MYR") - Money(2, "MYR")
    with pytest.raises(InvalidMoney, match="negative"):
        Money.from_antom({"value": -1, "currency": "MYR"})


def test_sixteen_digits_are_taken_and_seventeen_refused() -> None:
    largest = Money(10**16 - 1, "JPY")

    assert Money.parse("9" * 16, "JPY") == largest
    assert Money.from_antom(largest.to_antom()) == largest
    all_refused(
        "16 digits",
        lambda: Money(10**16, "JPY"),
        lambda: Money.parse("1" + "0" * 16, "JPY"),
        lambda: Money.parse("1" + "0" * 14, "MYR"),
        lambda: Money.from_antom({"value": "1" * 17, "currency": "JPY"}),
        lambda: Money.from_antom({"value": 10**16, "currency": "JPY"}),
        lambda: largest + Money(1, "JPY"),
    )


def test_absurdly_long_numbers_are_refused_like_long_ones() -> None:
    all_refused(
        "16 digits",
        lambda: Money(10**5000, "JPY"),
        lambda: Money.parse("9" * 5000, "JPY"),
        lambda: Money.from_antom({"value": 10**5000, "currency": "JPY"}),
        lambda: Money.from_antom({"value": "9" * 5000, "currency": "JPY"}),
    )


@pytest.mark.parametrize(
    "amount",
    [
        None,
        "4200",
        4200,
        [],
        ["4200", "MYR"],
        {},
        {"value": "4200"},
        {"currency": "MYR"},
        {"value": None, "currency": "MYR"},
        {"value": "4200", "currency": None},
        {"value": "4200", "currency": ["MYR"]},
        {"value": ["4200"], "currency": "MYR"},
        {"value": 42.0, "currency": "MYR"},
        {"value": True, "currency": "MYR"},
        {"value": "", "currency": "MYR"},
        {"value": "42.00", "currency": "MYR"},
        {"value": "+4200", "currency": "MYR"},
        {"value": "-4200", "currency": "MYR"},
        {"value": " 4200", "currency": "MYR"},
        {"value": "4200\n", "currency": "MYR"},
        {"value": "4e3", "currency": "MYR"},
        {"value": "NaN", "currency": "MYR"},
        {"value": "٤٢", "currency": "MYR"},
    ],
)
def test_what_is_no_amount_of_antoms_is_refused(amount: object) -> None:
    with pytest.raises(InvalidMoney):
        Money.from_antom(amount)


def test_antoms_value_may_be_text_or_a_whole_number() -> None:
    assert Money.from_antom({"value": "4200", "currency": "MYR"}) == Money(4200, "MYR")
    assert Money.from_antom({"value": 4200, "currency": "MYR"}) == Money(4200, "MYR")
    assert Money.from_antom({"value": "0", "currency": "MYR", "more": 1}).value == 0


@settings(deadline=None)
@given(st.integers(0, 10**15), st.integers(0, 10**15), st.integers(0, 9))
def test_sums_and_comparisons_are_those_of_the_minor_units(
    one: int, two: int, times: int
) -> None:
    a, b = Money(one, "MYR"), Money(two, "MYR")

    assert a + b == Money(one + two, "MYR")
    assert a * times == Money(one * times, "MYR")
    assert (a + b) - b == a
    assert (a < b, a <= b, a > b, a >= b, a == b) == (
        one < two,
        one <= two,
        one > two,
        one >= two,
        one == two,
    )
    assert bool(a) is (one != 0)
    assert hash(a) == hash(Money(one, "MYR"))


def test_two_currencies_neither_add_nor_compare_and_are_never_equal() -> None:
    ringgit, dollars = Money(1, "MYR"), Money(1, "USD")

    assert ringgit != dollars
    all_refused(
        "MYR and USD",
        lambda: ringgit + dollars,
        lambda: ringgit - dollars,
        lambda: ringgit < dollars,
        lambda: ringgit <= dollars,
        lambda: ringgit > dollars,
        lambda: ringgit >= dollars,
    )


@pytest.mark.parametrize("other", [1, 1.0, "1", None, Decimal(1)])
def test_money_only_adds_to_money(other: Any) -> None:
    money = Money(1, "MYR")

    assert money != other
    with pytest.raises(TypeError, match="Money"):
        money + other
    with pytest.raises(TypeError, match="Money"):
        assert money < other


@pytest.mark.parametrize("times", [1.5, -1, "2", Decimal(2)])
def test_money_is_multiplied_by_whole_numbers_only(times: Any) -> None:
    with pytest.raises((InvalidMoney, TypeError)):
        Money(4200, "MYR") * times


def test_money_does_not_change_and_can_be_copied() -> None:
    money = Money(4200, "MYR")

    with pytest.raises(AttributeError):
        money.value = 1  # type: ignore[misc]
    assert copy.deepcopy(money) == money


def test_invalid_money_is_caught_as_an_error_of_ours_and_as_a_value_error() -> None:
    assert issubclass(InvalidMoney, AntomError)
    assert issubclass(InvalidMoney, ValueError)


def test_nothing_is_no_payment() -> None:
    assert not Money(0, "MYR")
    with pytest.raises(InvalidMoney, match="zero"):
        check_chargeable(Money(0, "MYR"))


@pytest.mark.parametrize(
    ("currency", "method", "multiple"),
    [
        ("IDR", None, 100),
        ("IDR", "DANA", 100),
        ("TWD", "JKOPAY", 100),
        ("HKD", "OCTOPUS", 10),
    ],
)
def test_some_amounts_go_in_multiples(
    currency: str, method: str | None, multiple: int
) -> None:
    check_chargeable(Money(multiple, currency), method)
    check_chargeable(Money(30_000, currency), method)
    for value in (1, multiple - 1, multiple + 1, 30_001):
        with pytest.raises(InvalidMoney, match=f"multiple of {multiple} minor"):
            check_chargeable(Money(value, currency), method)


@pytest.mark.parametrize(
    ("currency", "method"),
    [
        ("TWD", None),
        ("TWD", "CARD"),
        ("HKD", None),
        ("HKD", "ALIPAY_HK"),
        ("MYR", "JKOPAY"),
        ("KRW", "KAKAOPAY"),
    ],
)
def test_all_other_amounts_are_free(currency: str, method: str | None) -> None:
    check_chargeable(Money(1, currency), method)
    check_chargeable(Money(33, currency), method)


def test_the_rule_that_is_broken_is_named_with_its_method() -> None:
    with pytest.raises(InvalidMoney, match="TWD with JKOPAY") as caught:
        check_chargeable(Money(150, "TWD"), "JKOPAY")
    assert "150" in str(caught.value)
    with pytest.raises(InvalidMoney, match=r"amount in IDR:"):
        check_chargeable(Money(150, "IDR"), "DANA")


def test_there_are_no_other_rules_than_antoms() -> None:
    assert set(MULTIPLES) == {("IDR", None), ("TWD", "JKOPAY"), ("HKD", "OCTOPUS")}
