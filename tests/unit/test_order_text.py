"""Whatever a shop writes into an order, Antom gets text that it takes."""

from __future__ import annotations

import logging
import subprocess
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_antom import Address, Buyer, Goods, Money, Order, Shipping
from flask_antom.domain import order_text
from tests.unit.test_orders import IDS, LIMITS, Make, find, goods, name_of, order

#: Fields of which Antom's methods take ASCII only.
ASCII_ONLY = {"orderDescription", "goodsName", "goodsCategory", "goodsUrl"}

#: Fields that are of no use in part.
WHOLE = {
    *("goodsUrl", "buyerEmail", "buyerPhoneNo", "shippingPhoneNo", "shipToEmail"),
    *("state", "zipCode"),
}

TEXTS = [case for case in LIMITS if case[:2] not in IDS]
every_text = pytest.mark.parametrize(("make", "field", "limit", "place"), TEXTS)

E_ACUTE = "\N{LATIN SMALL LETTER E WITH ACUTE}"
ACCENT = "\N{COMBINING ACUTE ACCENT}"


@pytest.fixture(autouse=True)
def nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_text, "_told", set())


def sent(made: Any, place: str) -> str | None:
    """Return what Antom gets in a field; ``None`` for nothing."""
    try:
        text: str = find(made.to_antom(), place)
    except KeyError:
        return None
    return text


@every_text
@settings(deadline=None, max_examples=20)
@given(
    text=st.text(max_size=40)
    | st.text(st.characters(categories=["Cc", "Cs", "Co", "Zl", "Mn"]), max_size=9)
    | st.integers(0, 3000).map(lambda number: "\u84dd" * number)
)
def test_antom_gets_text_that_it_takes_or_none(
    make: Make, field: str, limit: int, place: str, text: str
) -> None:
    made = make(**{field: text})
    got = sent(made, place)

    assert getattr(made, field) == text
    if got is None:
        assert place not in ("orderDescription", "goodsName")
    else:
        assert 0 < len(got.strip()) <= len(got) <= limit
        assert got.isascii() or place not in ASCII_ONLY
        assert {unicodedata.category(sign) for sign in got}.isdisjoint(
            {"Cc", "Cs", "Zl", "Zp"}
        )


@every_text
def test_text_of_one_character_more_is_cut_or_left_out(
    make: Make, field: str, limit: int, place: str
) -> None:
    made = make(**{field: "x" * (limit + 1)})
    assert sent(made, place) == (None if place in WHOLE else "x" * limit)
    assert len(getattr(made, field)) == limit + 1


@every_text
@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_empty_text_is_left_out(
    make: Make, field: str, limit: int, place: str, empty: str
) -> None:
    instead = {"orderDescription": "A-1", "goodsName": "mug"}.get(place)
    assert sent(make(**{field: empty}), place) == instead


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (f"Caf{E_ACUTE} mug", "Cafe mug"),
        (f"Cafe{ACCENT} mug", "Cafe mug"),
        ("\u84dd\u8272\u676f\u5b50", "LanSeBeiZi"),
        ("\u041a\u0440\u0443\u0436\u043a\u0430", "Kruzhka"),
        ("Stra\u00dfe 5\u00a0\u20ac", "Strasse 5 EUR"),
        ("Mug\nBlue", "Mug Blue"),
        ("\ue000", "A-1"),
    ],
)
def test_a_description_is_written_in_ascii_and_the_host_keeps_its_own(
    text: str, plain: str
) -> None:
    made = order(description=text)
    assert made.to_antom()["orderDescription"] == plain
    assert made.description == text


def test_goods_without_a_letter_are_called_by_their_reference() -> None:
    assert goods(name="\ue000").to_antom()["goodsName"] == "mug"
    assert "goodsCategory" not in goods(category="\ue000").to_antom()


def test_an_address_that_is_not_ascii_is_left_out_and_not_made_another() -> None:
    line = goods(url=f"https://shop.example/caf{E_ACUTE}")
    assert "goodsUrl" not in line.to_antom()


def test_blanks_around_a_phone_number_are_no_reason_to_drop_it() -> None:
    buyer = Buyer(phone=" +60 3-1234\n")
    assert buyer.to_antom() == {"buyerPhoneNo": "+60 3-1234"}


@pytest.mark.parametrize(
    "last", [f"e{ACCENT}", "\u2764\ufe0f", "\U0001f469\u200d\U0001f680"]
)
def test_a_cut_does_not_part_a_letter_from_its_accent(last: str) -> None:
    name = "x" * (32 - len(last) + 1) + last
    cut = Address(region="MY", city=name).to_antom()["city"]
    assert cut == name.removesuffix(last)


def test_text_of_accents_alone_is_cut_all_the_same() -> None:
    assert Address(region="MY", city=ACCENT * 40).to_antom()["city"] == ACCENT * 32


def test_the_log_names_each_field_once_and_shows_no_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = Order(
        "A-1",
        Money(4200, "MYR"),
        "\u84dd\u8272" * 300,
        buyer=Buyer(full_name="Mei" * 50, email="mei@shop.example" * 9),
        goods=[Goods(reference="mug", name=f"Caf{E_ACUTE}")] * 101,
        shipping=Shipping(carrier="\x00"),
    )
    with caplog.at_level(logging.WARNING, "flask_antom"):
        for _ in range(3):
            made.to_antom()
    told = [record.getMessage() for record in caplog.records]
    changes = {line.split("'s ")[1].split(" ")[0]: line for line in told}
    assert len(changes) == len(told) == 6
    assert "written in ASCII and cut to 256" in changes["Order.description"]
    assert "left out" in changes["Buyer.email"]
    assert "cut to 100 lines" in changes["Order.goods"]
    for text in ("Mei", "mei@", "Caf", "\u84dd", "LanSe"):
        assert text not in caplog.text


def test_the_tables_of_letters_are_loaded_only_when_they_are_needed() -> None:
    program = (
        "import sys, flask_antom as a\n"
        "order = lambda t: a.Order('A-1', a.Money(1, 'MYR'), t).to_antom()\n"
        "order('plain'); assert 'anyascii' not in sys.modules\n"
        "order('caf\\xe9'); assert 'anyascii' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@every_text
def test_what_antom_takes_is_sent_as_it_is(
    make: Make,
    field: str,
    limit: int,
    place: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    text = " two  blanks "[:limit]
    assert sent(make(**{field: text}), place) == text
    assert name_of(make, field) not in caplog.text


@every_text
def test_only_the_beginning_of_a_very_long_text_is_read(
    make: Make, field: str, limit: int, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    is_forbidden = order_text._is_forbidden

    def note(sign: str) -> bool:
        seen.append(sign)
        return is_forbidden(sign)

    made = make(**{field: E_ACUTE * 1_000_000})
    monkeypatch.setattr(order_text, "_is_forbidden", note)
    assert sent(made, place) in (None, "e" * limit, E_ACUTE * limit)
    assert len(seen) <= 10 * limit
