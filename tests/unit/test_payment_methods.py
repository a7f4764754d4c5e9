"""The names of payment methods that buyers read, and the icons of the kinds."""

from __future__ import annotations

import re

import pytest

from flask_antom.domain.method_icons import ICONS, LETTERS
from flask_antom.domain.payment_methods import (
    METHOD_TYPE,
    METHODS,
    WORDS,
    method_icon,
    method_kind,
    method_name,
)
from flask_antom.i18n import english

TYPES = [type_ for names in METHODS.values() for type_ in names]


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("GCASH", "GCash"),
        ("KAKAOPAY", "Kakao Pay"),
        ("CARD", "Card"),
        ("BANKTRANSFER_QUEST", "Banktransfer Quest"),
        (None, ""),
        ("", ""),
    ],
)
def test_methods_have_readable_names(method: str | None, name: str) -> None:
    assert method_name(method) == name


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("CARD", "card"),
        ("GCASH", "wallet"),
        ("ONLINEBANKING_FPX", "bank"),
        ("PAYNOW", "qr"),
        ("KONBINI", "store"),
        ("BILLEASE", "later"),
        ("SOFTBANK", "carrier"),
        ("ONLINEBANKING_OF_TOMORROW", "bank"),
        ("ONLINBANKING_YAPILY", "bank"),
        ("BANKTRANSFER_VIA_VIETQR", "qr"),
        ("OF_TOMORROW", None),
        (None, None),
    ],
)
def test_a_method_has_the_icon_of_its_kind(
    method: str | None, kind: str | None
) -> None:
    assert method_kind(method) == kind
    letter = LETTERS["G"] if method == "GCASH" else ""
    assert method_icon(method) == (ICONS[kind] + letter if kind else None)


def test_wallets_of_other_names_look_different() -> None:
    wallets = ["GCASH", "ALIPAY_CN", "TNG", "SHOPEEPAY_MY"]
    assert len({method_icon(wallet) for wallet in wallets}) == len(wallets)


def test_each_wallet_has_a_letter() -> None:
    for wallet in METHODS["wallet"]:
        assert method_icon(wallet) != ICONS["wallet"]


def test_every_type_is_listed_once_as_antom_writes_types() -> None:
    assert len(TYPES) == len(set(TYPES))
    assert [type_ for type_ in TYPES if not METHOD_TYPE.fullmatch(type_)] == []
    assert set(TYPES) >= WORDS


def test_every_kind_has_an_icon_of_its_own() -> None:
    assert ICONS.keys() == METHODS.keys()
    assert len(set(ICONS.values())) == len(ICONS)


@pytest.mark.parametrize("path", [*ICONS.values(), *LETTERS.values()])
def test_an_icon_is_the_data_of_one_path(path: str) -> None:
    assert re.fullmatch(r"M[MLHVAazhvl\d .-]+", path)


def test_every_word_among_the_names_is_translated() -> None:
    assert {method_name(method) for method in WORDS} == set(english.METHODS)
