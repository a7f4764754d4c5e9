"""Amounts of money: whole minor units of a currency, never a float."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..errors import InvalidMoney

#: Digits that Antom accepts in ``Amount.value`` (Antom: Amount, "value", 16).
MAX_DIGITS = 16

#: The largest value of an amount; amounts that Antom reports may add up to more.
MAX_VALUE = 10**MAX_DIGITS - 1

_CODES_BY_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL "
        "BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP "
        "ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
        "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD "
        "MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN "
        "PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
        "SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES "
        "WST YER ZAR ZMW ZWG "
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
}

#: Decimals of each currency. Antom's own table (Antom: Amount) lists 24 of these and
#: says that it follows ISO 4217, which has the others. TWD and IDR have two.
DECIMALS: Mapping[str, int] = {
    code: decimals
    for decimals, codes in _CODES_BY_DECIMALS.items()
    for code in codes.split()
}

#: Minor units of which an amount must be a multiple, by currency and payment method.
#: ``None`` stands for every method (Antom: Amount, special rules for IDR, JKOPay and
#: Octopus).
MULTIPLES: Mapping[tuple[str, str | None], int] = {
    ("IDR", None): 100,
    ("TWD", "JKOPAY"): 100,
    ("HKD", "OCTOPUS"): 10,
}

_PLAIN_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: ``Money(4200, "MYR")`` is 42 ringgit, ``Money(500, "JPY")`` 500 yen.

    :ivar value: minor units, zero or more; at most 16 digits, as Antom takes no more.
    :ivar currency: ISO 4217, three capital letters.
    :raises InvalidMoney: for a float, a negative number or an unknown currency.
    """

    value: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in DECIMALS:
            raise InvalidMoney(
                f"{self.currency!r} is not an ISO 4217 currency code;"
                ' write it like "MYR".'
            )
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise InvalidMoney(
                "An amount must be a whole number of minor units, not"
                f" {type(self.value).__name__}: use Money(4200, {self.currency!r}), or"
                f' Money.parse("42.00", {self.currency!r}) for text.'
            )
        if self.value < 0:
            raise InvalidMoney("An amount must not be negative.")
        if self.value >= 10**MAX_DIGITS:
            raise InvalidMoney(f"Antom takes at most {MAX_DIGITS} digits.")

    @classmethod
    def parse(cls, amount: str | Decimal, currency: str) -> Money:
        """Parse an amount in major units: ``Money.parse("42.00", "MYR")``.

        It has to be exact: zeros at the end may exceed the currency's decimals, other
        digits may not. So a ``Decimal`` of a ``Numeric`` column can be passed as it is.

        :param amount: a ``Decimal``; or text: digits with at most one point, no sign,
            comma or exponent.
        :param currency: ISO 4217, three capital letters.
        :raises InvalidMoney: for anything else, and for an amount that the currency
            cannot express.
        """
        if isinstance(amount, str):
            if _PLAIN_NUMBER.fullmatch(amount) is None:
                raise InvalidMoney(
                    "An amount is written with digits and at most one point, like"
                    ' "42.00".'
                )
            amount = Decimal(amount)  # exact, always
        if not isinstance(amount, Decimal):
            raise InvalidMoney(
                'Money.parse takes text such as "42.00" or a Decimal, not'
                f" {type(amount).__name__}. A whole number of minor units is"
                f" Money(4200, {currency!r})."
            )
        decimals = DECIMALS[cls(0, currency).currency]  # an unknown one raises
        return cls(_minor_units(amount, currency, decimals), currency)

    @classmethod
    def from_antom(cls, amount: object) -> Money:
        """Parse Antom's ``Amount`` object, ``{"value": "4200", "currency": "MYR"}``.

        The value may be a whole number or text: Antom's own libraries send both.

        :raises InvalidMoney: for any other shape.
        """
        if not isinstance(amount, Mapping):
            raise InvalidMoney("An amount is an object with value and currency.")
        value, currency = amount.get("value"), amount.get("currency")
        if isinstance(value, str):
            if not re.fullmatch(r"\d{1,16}", value, re.ASCII):
                raise InvalidMoney("An amount's value is at most 16 digits.")
            value = int(value)
        if not isinstance(value, int) or not isinstance(currency, str):
            raise InvalidMoney("An amount's value is digits, its currency a code.")
        return cls(value, currency)

    def to_antom(self) -> dict[str, Any]:
        """Return Antom's ``Amount`` object, whose value is text (Antom: Amount)."""
        return {"currency": self.currency, "value": str(self.value)}

    @property
    def decimal(self) -> Decimal:
        """The amount in major units: ``Decimal("42.00")``."""
        return Decimal(f"{self.value}E-{DECIMALS[self.currency]}")  # exact, always

    def __str__(self) -> str:
        return f"{self.decimal:f} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.value + self._same(other).value, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.value - self._same(other).value, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.value * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.value < self._same(other).value

    def __le__(self, other: Money) -> bool:
        return self.value <= self._same(other).value

    def __gt__(self, other: Money) -> bool:
        return self.value > self._same(other).value

    def __ge__(self, other: Money) -> bool:
        return self.value >= self._same(other).value

    def __bool__(self) -> bool:
        return self.value != 0

    def _same(self, other: Money) -> Money:
        if not isinstance(other, Money):
            raise TypeError("Money can only be added to or compared with Money.")
        if other.currency != self.currency:
            raise InvalidMoney(
                f"{self.currency} and {other.currency} cannot be added or compared."
            )
        return other


def _minor_units(amount: Decimal, currency: str, decimals: int) -> int:
    """Return an amount in minor units. It is never rounded.

    :raises InvalidMoney: if it is not finite, negative, too large or not exact.
    """
    if not amount.is_finite():
        raise InvalidMoney("An amount must be a number, not NaN or Infinity.")
    if not amount:
        return 0
    sign, digits, exponent = amount.as_tuple()
    if sign:
        raise InvalidMoney("An amount must not be negative.")
    if amount.adjusted() >= MAX_DIGITS:  # before a large exponent is written out
        raise InvalidMoney(f"Antom takes at most {MAX_DIGITS} digits.")
    number = "".join(map(str, digits)).rstrip("0")
    places = int(exponent) + len(digits) - len(number) + decimals
    if places < 0:
        raise InvalidMoney(
            f"{currency} has {decimals} decimals at most; round the amount first."
        )
    return int(number + "0" * places)


def check_chargeable(money: Money, method: str | None = None) -> None:
    """Raise an error if Antom would refuse this amount for this payment method.

    :param method: a payment method type; ``None`` applies the rules for every method.
    :raises InvalidMoney: for zero, or a value that breaks a rule of :data:`MULTIPLES`.
    """
    if money.value == 0:
        raise InvalidMoney("Antom takes no payment of zero.")
    for rule in {(money.currency, None), (money.currency, method)}:
        multiple = MULTIPLES.get(rule)
        if multiple is not None and money.value % multiple:
            where = f" with {rule[1]}" if rule[1] else ""
            raise InvalidMoney(
                f"{money.value} is not a valid amount in {money.currency}{where}: it"
                f" must be a multiple of {multiple} minor units."
            )
