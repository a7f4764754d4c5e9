"""The host's order in Antom's words: every limit, and the shape of the JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_antom import Address, Buyer, Goods, Money, Order, Shipping
from flask_antom.errors import AntomError, InvalidOrder

PRICE = Money(4200, "MYR")


def order(**fields: Any) -> Order:
    needed: dict[str, Any] = {"reference": "A-1", "amount": PRICE, "description": "Mug"}
    return Order(**needed | fields)


def goods(**fields: Any) -> Goods:
    return Goods(**{"reference": "mug", "name": "Blue mug"} | fields)


def address(**fields: Any) -> Address:
    return Address(**{"region": "MY"} | fields)


Make = Callable[..., Any]

#: Every field of text: who takes it, its limit, and where it stands in Antom's object
#: (Antom: createPaymentSession, "order").
LIMITS: list[tuple[Make, str, int, str]] = [
    (order, "reference", 64, "referenceOrderId"),
    (order, "description", 256, "orderDescription"),
    (goods, "reference", 64, "referenceGoodsId"),
    (goods, "name", 256, "goodsName"),
    (goods, "category", 64, "goodsCategory"),
    (goods, "url", 2048, "goodsUrl"),
    (Buyer, "reference", 64, "referenceBuyerId"),
    (Buyer, "first_name", 32, "buyerName.firstName"),
    (Buyer, "middle_name", 32, "buyerName.middleName"),
    (Buyer, "last_name", 32, "buyerName.lastName"),
    (Buyer, "full_name", 128, "buyerName.fullName"),
    (Buyer, "email", 64, "buyerEmail"),
    (Buyer, "phone", 24, "buyerPhoneNo"),
    (Shipping, "full_name", 128, "shippingName.fullName"),
    (Shipping, "first_name", 32, "shippingName.firstName"),
    (Shipping, "middle_name", 32, "shippingName.middleName"),
    (Shipping, "last_name", 32, "shippingName.lastName"),
    (Shipping, "carrier", 128, "shippingCarrier"),
    (Shipping, "phone", 16, "shippingPhoneNo"),
    (Shipping, "email", 64, "shipToEmail"),
    (address, "state", 8, "state"),
    (address, "city", 32, "city"),
    (address, "address1", 256, "address1"),
    (address, "address2", 256, "address2"),
    (address, "zip_code", 32, "zipCode"),
]

NEEDED = [
    (order, "reference"),
    (order, "description"),
    (goods, "reference"),
    (goods, "name"),
    (address, "region"),
]

#: Identifiers, which are checked and never changed.
IDS = [(order, "reference"), (goods, "reference"), (Buyer, "reference")]

all_fields = pytest.mark.parametrize(
    ("make", "field"), [(make, field) for make, field, _, _ in LIMITS]
)


def name_of(make: Make, field: str) -> str:
    return f"{make.__name__.capitalize()}.{field}"


def find(tree: Any, path: str) -> Any:
    for name in path.split("."):
        tree = tree[name]
    return tree


@pytest.mark.parametrize(("make", "field", "limit", "place"), LIMITS)
def test_text_as_long_as_antom_takes_goes_where_antom_wants_it(
    make: Make, field: str, limit: int, place: str
) -> None:
    made = make(**{field: "x" * limit})
    assert find(made.to_antom(), place) == "x" * limit


@pytest.mark.parametrize(("make", "field"), IDS)
def test_an_id_of_one_character_more_is_refused_by_its_name(
    make: Make, field: str
) -> None:
    with pytest.raises(InvalidOrder, match="takes at most 64") as caught:
        make(**{field: "x" * 65})
    assert str(caught.value).startswith(name_of(make, field))
    assert "65 characters" in str(caught.value)


@pytest.mark.parametrize(("make", "field"), IDS)
@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_an_empty_id_is_refused(make: Make, field: str, empty: str) -> None:
    with pytest.raises(InvalidOrder, match=f"{name_of(make, field)} is empty"):
        make(**{field: empty})


@all_fields
@pytest.mark.parametrize("value", [5, 5.0, True, b"bytes", ["list"], PRICE])
def test_what_is_no_text_is_refused(make: Make, field: str, value: Any) -> None:
    with pytest.raises(InvalidOrder, match=name_of(make, field)) as caught:
        make(**{field: value})
    assert type(value).__name__ in str(caught.value)


@pytest.mark.parametrize(("make", "field"), IDS)
@pytest.mark.parametrize("sign", ["\x00", "\n", "\r", "\t", "\x1b", "\x7f"])
def test_control_characters_are_refused_in_ids(
    make: Make, field: str, sign: str
) -> None:
    with pytest.raises(InvalidOrder, match=f"{name_of(make, field)} holds a control"):
        make(**{field: f"a{sign}b"})


@pytest.mark.parametrize(
    "sign", ["\x85", "\N{LINE SEPARATOR}", "\N{PARAGRAPH SEPARATOR}", "\ud800"]
)
def test_line_breaks_and_broken_characters_are_refused_in_ids(sign: str) -> None:
    with pytest.raises(InvalidOrder, match=r"Buyer\.reference holds a control"):
        Buyer(reference=f"a{sign}b")


@pytest.mark.parametrize(("make", "field"), NEEDED)
def test_what_antom_needs_cannot_be_left_out(make: Make, field: str) -> None:
    with pytest.raises(InvalidOrder, match=f"{name_of(make, field)} must be text"):
        make(**{field: None})


@pytest.mark.parametrize("make", [order, goods])
@pytest.mark.parametrize("text", ["蓝色杯子", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_ids_are_ascii_where_some_methods_fail_else(make: Make, text: str) -> None:
    with pytest.raises(InvalidOrder, match=r"reference must be plain ASCII"):
        make(reference=text)


@pytest.mark.parametrize(
    "name",
    [
        "陈美玲",
        "Zoë Müller-Łukasz",
        "محمد",
        "नरेंद्र",
        "山田\N{IDEOGRAPHIC SPACE}太郎",
        "Jean\N{NO-BREAK SPACE}Paul",
        "علی\N{ZERO WIDTH NON-JOINER}رضا",
    ],
)
def test_people_and_places_may_be_called_what_they_are_called(name: str) -> None:
    assert Buyer(full_name=name).to_antom() == {"buyerName": {"fullName": name}}
    assert Shipping(full_name=name).to_antom() == {"shippingName": {"fullName": name}}
    assert Address(region="MY", city=name).to_antom() == {"region": "MY", "city": name}


def test_a_limit_counts_characters_not_bytes() -> None:
    assert Buyer(reference="玲" * 64).to_antom() == {"referenceBuyerId": "玲" * 64}
    with pytest.raises(InvalidOrder, match="65 characters"):
        Buyer(reference="玲" * 65)


def test_the_smallest_order_is_the_guides_without_a_buyer() -> None:
    made = Order("referenceOrderId01", PRICE, "antom sdk test order")
    assert made.to_antom() == {
        "orderAmount": {"currency": "MYR", "value": "4200"},
        "referenceOrderId": "referenceOrderId01",
        "orderDescription": "antom sdk test order",
    }


def test_the_guides_sample_order_comes_out_as_it_stands_there() -> None:
    made = Order(
        "referenceOrderId01",
        PRICE,
        "antom sdk test order",
        buyer=Buyer(reference="yourBuyerId"),
    )
    sample = json.loads(
        """
        {
          "orderAmount": {
            "currency": "MYR",
            "value": "4200"
          },
          "referenceOrderId": "referenceOrderId01",
          "orderDescription": "antom sdk test order",
          "buyer": {
            "referenceBuyerId": "yourBuyerId"
          }
        }
        """
    )
    assert json.loads(json.dumps(made.to_antom())) == sample


def test_a_full_order_has_every_field_in_its_place() -> None:
    made = Order(
        "A-1",
        Money(9000, "MYR"),
        "Two mugs",
        buyer=Buyer(
            reference="b-7",
            first_name="Mei",
            middle_name="L.",
            last_name="Chen",
            full_name="Mei L. Chen",
            email="mei@shop.example",
            phone="+60 3-1234",
        ),
        goods=[
            Goods(
                reference="mug",
                name="Blue mug",
                quantity=2,
                unit_amount=Money(4500, "MYR"),
                category="kitchen",
                url="https://shop.example/mug",
            ),
            Goods(reference="card", name="Card"),
        ],
        shipping=Shipping(
            full_name="Mei L. Chen",
            address=Address(
                region="my",
                state="KUL",
                city="Kuala Lumpur",
                address1="1 Jalan Satu",
                address2="Flat 2",
                zip_code="50000",
            ),
            carrier="Pos",
            phone="+60 3-1234",
            email="mei@shop.example",
        ),
        url="https://shop.example/orders/A-1",
    )
    assert made.to_antom() == {
        "referenceOrderId": "A-1",
        "orderDescription": "Two mugs",
        "orderAmount": {"currency": "MYR", "value": "9000"},
        "buyer": {
            "referenceBuyerId": "b-7",
            "buyerName": {
                "firstName": "Mei",
                "middleName": "L.",
                "lastName": "Chen",
                "fullName": "Mei L. Chen",
            },
            "buyerEmail": "mei@shop.example",
            "buyerPhoneNo": "+60 3-1234",
        },
        "goods": [
            {
                "referenceGoodsId": "mug",
                "goodsName": "Blue mug",
                "goodsQuantity": "2",
                "goodsUnitAmount": {"currency": "MYR", "value": "4500"},
                "goodsCategory": "kitchen",
                "goodsUrl": "https://shop.example/mug",
            },
            {
                "referenceGoodsId": "card",
                "goodsName": "Card",
                "goodsQuantity": "1",
            },
        ],
        "shipping": {
            "shippingName": {"fullName": "Mei L. Chen"},
            "shippingAddress": {
                "region": "MY",
                "state": "KUL",
                "city": "Kuala Lumpur",
                "address1": "1 Jalan Satu",
                "address2": "Flat 2",
                "zipCode": "50000",
            },
            "shippingCarrier": "Pos",
            "shippingPhoneNo": "+60 3-1234",
            "shipToEmail": "mei@shop.example",
        },
    }


names = st.none() | st.sampled_from(["x", "Mei"])
buyers = st.builds(
    Buyer, reference=names, first_name=names, full_name=names, email=names, phone=names
)
addresses = st.builds(Address, region=st.just("MY"), state=names, city=names)
shippings = st.builds(
    Shipping, full_name=names, address=st.none() | addresses, carrier=names
)
lines = st.builds(
    Goods,
    reference=st.just("mug"),
    name=st.just("Mug"),
    quantity=st.integers(1, 10**6),
    unit_amount=st.none() | st.builds(Money, st.integers(0, 10**9), st.just("MYR")),
    category=names,
)
orders = st.builds(
    Order,
    st.just("A-1"),
    st.just(PRICE),
    st.just("Mug"),
    buyer=st.none() | buyers,
    goods=st.lists(lines, max_size=3) | st.lists(lines, max_size=3).map(tuple),
    shipping=st.none() | shippings,
)


def nodes(tree: Any) -> list[Any]:
    below = tree.values() if isinstance(tree, dict) else tree
    if not isinstance(tree, dict | list):
        return [tree]
    return [tree, *(node for branch in below for node in nodes(branch))]


@settings(deadline=None)
@given(orders)
def test_antom_never_gets_a_null_an_empty_object_or_a_number(made: Order) -> None:
    tree = json.loads(json.dumps(made.to_antom()))

    for node in nodes(tree):
        assert node is not None
        assert node != {}
        assert node != []
        assert isinstance(node, str | dict | list)


def test_what_holds_nothing_is_left_out() -> None:
    made = order(buyer=Buyer(), goods=[], shipping=Shipping())
    assert made.to_antom() == order().to_antom()


def test_a_gift_among_the_goods_has_no_price_for_antom() -> None:
    line = goods(unit_amount=Money(0, "MYR"))
    assert line.to_antom() == goods().to_antom()


def test_antom_gets_a_hundred_lines_and_the_host_keeps_all() -> None:
    made = order(goods=[goods(reference=str(number)) for number in range(101)])
    sent = made.to_antom()["goods"]
    assert [line["referenceGoodsId"] for line in sent] == [str(n) for n in range(100)]
    assert len(made.goods) == 101


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_quantity_is_at_least_one(quantity: int) -> None:
    with pytest.raises(InvalidOrder, match=r"Goods\.quantity must be at least 1"):
        goods(quantity=quantity)


@pytest.mark.parametrize("quantity", [1.0, "1", True, None])
def test_a_quantity_is_a_whole_number(quantity: Any) -> None:
    with pytest.raises(InvalidOrder, match=r"Goods\.quantity must be a whole number"):
        goods(quantity=quantity)


@pytest.mark.parametrize("amount", [4200, 42.0, "42.00", None, {"value": "4200"}])
def test_an_amount_that_is_no_money_is_refused(amount: Any) -> None:
    with pytest.raises(InvalidOrder, match=r"Order\.amount must be a Money"):
        order(amount=amount)
    if amount is not None:
        with pytest.raises(InvalidOrder, match=r"Goods\.unit_amount must be a Money"):
            goods(unit_amount=amount)


def test_an_amount_that_antom_never_takes_is_refused() -> None:
    with pytest.raises(InvalidOrder, match=r"Order\.amount: "):
        order(amount=Money(150, "IDR"))


def test_an_order_may_cost_nothing() -> None:
    assert order(amount=Money(0, "MYR")).amount == Money(0, "MYR")


@pytest.mark.parametrize(
    "region", ["M", "MYS", "M1", "--", "M ", "\N{CYRILLIC CAPITAL LETTER EM}Y", 5]
)
def test_a_region_is_two_letters(region: Any) -> None:
    with pytest.raises(InvalidOrder, match=r"Address\.region"):
        Address(region=region)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("buyer", {"reference": "b-7"}),
        ("buyer", "b-7"),
        ("buyer", ""),
        ("shipping", {}),
        ("buyer", Shipping()),
        ("shipping", "1 Jalan Satu"),
        ("shipping", Address(region="MY")),
        ("goods", ["mug"]),
        ("goods", [goods(), {"reference": "mug"}]),
        ("goods", [None]),
        ("goods", "mug"),
        ("goods", goods()),
        ("goods", None),
        ("goods", 5),
        ("goods", {goods(): 1}),
    ],
)
def test_parts_of_the_wrong_kind_are_refused(field: str, value: Any) -> None:
    with pytest.raises(InvalidOrder, match=rf"Order\.{field} must"):
        order(**{field: value})


def test_a_shipping_address_is_an_address() -> None:
    wrong: Any = "1 Jalan Satu"
    with pytest.raises(InvalidOrder, match=r"Shipping\.address must be an Address"):
        Shipping(address=wrong)


def test_an_order_does_not_change() -> None:
    made = order()
    with pytest.raises(FrozenInstanceError):
        made.amount = Money(1, "MYR")  # type: ignore[misc]


def test_an_invalid_order_is_caught_as_an_error_of_ours_and_as_a_value_error() -> None:
    assert issubclass(InvalidOrder, AntomError)
    assert issubclass(InvalidOrder, ValueError)


def test_the_error_never_shows_what_the_buyer_wrote() -> None:
    with pytest.raises(InvalidOrder) as caught:
        Buyer(reference="mei@shop.example" + "m" * 64)
    assert "mei@" not in str(caught.value)


def test_an_order_needs_no_description() -> None:
    made = Order("A-1", PRICE)
    assert (made.description, made.to_antom()["orderDescription"]) == ("", "A-1")
