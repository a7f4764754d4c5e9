"""The test cards, and the form that takes them."""

from __future__ import annotations

import pytest

from flask_antom.simulator.cards import (
    BAD_CARDS,
    GOOD_CARDS,
    errors_in,
    is_exempt,
    is_good,
)

FORM = {"number": "4054 6957 2310 0768", "expiry": "12/30", "cvc": "123"}


@pytest.mark.parametrize("number", GOOD_CARDS + BAD_CARDS)
def test_the_documented_cards_are_taken(number: str) -> None:
    form = FORM | {"number": number}

    assert errors_in(form) == {}
    assert is_good(form) is (number in GOOD_CARDS)


def test_one_card_is_exempt_from_3d_secure() -> None:
    exempt = [number for number in GOOD_CARDS if is_exempt({"number": number})]

    assert exempt == ["4035501000000008"]


@pytest.mark.parametrize("number", ["", "4111111111111111", "4054695723100769", "x"])
def test_no_other_card_is_taken(number: str) -> None:
    errors = errors_in(FORM | {"number": number})

    assert errors["number"][0] == "INVALID_CARD_NUMBER"


@pytest.mark.parametrize("expiry", ["", "13/30", "00/30", "1/30", "12/2030", "12-30"])
def test_the_expiry_is_a_month_and_a_year(expiry: str) -> None:
    assert (
        errors_in(FORM | {"expiry": expiry})["expiry"][0] == "INVALID_EXPIRATION_DATE"
    )


@pytest.mark.parametrize("cvc", ["", "99", "1234", "abc"])
def test_the_cvc_is_three_digits(cvc: str) -> None:
    assert errors_in(FORM | {"cvc": cvc})["cvc"][0] == "INVALID_CVV"


@pytest.mark.parametrize("expiry", ["01/20", "12 / 31", " 06/27 "])
def test_any_expiry_will_do(expiry: str) -> None:
    assert errors_in(FORM | {"expiry": expiry}) == {}


def test_an_empty_form_has_three_errors() -> None:
    assert set(errors_in({})) == {"number", "expiry", "cvc"}
