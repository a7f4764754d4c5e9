"""The macro on the page of an order: the truth in place of a form that misleads."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import render_template_string

from flask_antom import Money, Order
from flask_antom.errors import (
    CheckoutError,
    InvalidRequest,
    NothingToPay,
    OrderAlreadyPaid,
    OrderClosed,
    OrderNotFound,
)
from flask_antom.i18n.english import CHECKOUT, RESULT
from tests.support.offline import SESSION, OfflineShop

MACRO = """{% from "antom/checkout.html" import antom_checkout -%}
{{ antom_checkout("A-1", methods=["GCASH"], **options) }}"""

MONEY = Money(4200, "MYR")
NOW = datetime(2026, 11, 27, tzinfo=UTC)

#: What is stored of a payment -> what the buyer reads, and whether they may pay.
ORDERS: dict[str, tuple[dict[str, Any], str, bool]] = {
    "created": ({}, "", True),
    "failed": ({"status": "failed"}, "", True),
    "pending": ({"status": "pending"}, "Your payment is on its way", False),
    "processing": ({"status": "processing"}, "Waiting for your payment", True),
    "held": (
        {"status": "processing", "under_review": True},
        "Waiting for your payment",
        False,
    ),
    "authorized": ({"status": "authorized"}, "Your payment is approved", False),
    "paid": ({"status": "succeeded", "captured": MONEY}, "Payment received", False),
    "review": ({"status": "review"}, RESULT["review"].heading, False),
    "refunded": (
        {
            "status": "succeeded",
            "captured": MONEY,
            "refunded": MONEY,
            "open_key": None,
            "session_data": None,
        },
        "Your payment was refunded",
        False,
    ),
    "undone": (
        {"status": "cancelled", "paid_at": NOW, "open_key": None},
        "Your payment was refunded",
        False,
    ),
    "closed": (
        {"status": "expired", "order_closed_at": NOW},
        CHECKOUT["order_closed"],
        False,
    ),
    "closed while they pay": (
        {"status": "processing", "order_closed_at": NOW},
        "Waiting for your payment",
        False,
    ),
}


def draw(offline: OfflineShop, **options: Any) -> str:
    with offline.shop.app.test_request_context("/orders/A-1"):
        return render_template_string(MACRO, options=options)


def link_in(html: str) -> str | None:
    """Return the link to the result page that is shown, not the script's."""
    found = re.search(r'<a href="([^"]+)"', html)
    return found and found[1]


def store(offline: OfflineShop, columns: dict[str, Any]) -> None:
    """Store the payment that the buyer has begun to make, or not."""
    offline.add_payment(**columns)


@pytest.mark.every_database
@pytest.mark.parametrize("name", ORDERS)
def test_each_order_is_told_as_it_is(offline: OfflineShop, name: str) -> None:
    columns, words, is_payable = ORDERS[name]
    store(offline, columns)
    html = draw(offline)
    assert words in html
    assert ("<form" in html) is is_payable
    assert ('type="submit"' in html) is is_payable
    assert offline.calls == []


@pytest.mark.parametrize("name", ORDERS)
def test_above_a_form_the_notice_says_that_one_can_pay(
    offline: OfflineShop, name: str
) -> None:
    store(offline, ORDERS[name][0])
    is_said = CHECKOUT["not_paid"] in draw(offline)
    assert is_said is (name == "processing")


@pytest.mark.parametrize("name", [name for name in ORDERS if ORDERS[name][1]])
def test_the_result_page_that_is_linked_says_the_same(
    offline: OfflineShop, name: str
) -> None:
    columns, words, _ = ORDERS[name]
    store(offline, columns)
    url = link_in(draw(offline))
    if name == "closed":
        assert url is None
        return
    assert url is not None
    page = offline.shop.app.test_client().get(urlsplit(url).path)
    assert page.status_code == 200
    assert words in page.text


def test_an_order_is_being_refunded(offline: OfflineShop) -> None:
    offline.add_payment(status="succeeded", captured=MONEY, payment_id="P")
    offline.shop.call("refund")  # Antom is silent
    html = draw(offline)
    assert "Your refund is on its way" in html
    assert "<form" not in html
    url = link_in(html)
    assert url is not None
    page = offline.shop.app.test_client().get(urlsplit(url).path)
    assert "Your refund is on its way" in page.text
    assert "Payment received" not in page.text


def test_a_refunded_order_can_be_paid_again_where_the_shop_wants_it(
    offline: OfflineShop,
) -> None:
    store(offline, ORDERS["refunded"][0])
    html = draw(offline, again=True)
    assert "Your payment was refunded" in html
    assert "<form" in html
    offline.answers["createPaymentSession"] = SESSION
    assert offline.shop.pay().status_code == 201


def test_a_paid_order_is_not_paid_again(offline: OfflineShop) -> None:
    store(offline, ORDERS["paid"][0])
    assert "<form" not in draw(offline, again=True)


@pytest.mark.parametrize("mode", ["cashier", "element", "page", "hosted"])
def test_no_mode_draws_a_button_for_a_pending_payment(
    offline: OfflineShop, mode: str
) -> None:
    store(offline, ORDERS["pending"][0])
    html = draw(offline, mode=mode)
    assert re.findall("<(?:form|button|script)", html) == []


# Orders that cannot be paid


def texts(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(caplog.messages)


def test_there_is_nothing_to_pay(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    offline.shop.orders["A-1"] = Order("A-1", Money(0, "MYR"), "Order")
    html = draw(offline)
    assert CHECKOUT["nothing"] in html
    assert "<form" not in html
    expected = "antom_checkout('A-1') draws no form: the order's amount is zero"
    assert expected in texts(caplog)
    answer: Any = offline.shop.pay()
    assert (answer.status_code, answer.json["code"]) == (422, "nothing_to_pay")
    page = offline.shop.app.test_client().post(
        "/antom/hosted", data={"orderReference": "A-1"}
    )
    assert (page.status_code, CHECKOUT["nothing"] in page.text) == (422, True)


def test_a_free_order_that_was_paid_is_told_as_paid(offline: OfflineShop) -> None:
    store(offline, ORDERS["paid"][0])
    offline.shop.orders["A-1"] = Order("A-1", Money(0, "MYR"), "Order")
    assert "Payment received" in draw(offline)


def test_a_free_order_whose_payment_is_processing_has_no_form(
    offline: OfflineShop,
) -> None:
    store(offline, ORDERS["processing"][0])
    offline.shop.orders["A-1"] = Order("A-1", Money(0, "MYR"), "Order")
    html = draw(offline)
    assert "Waiting for your payment" in html
    assert "<form" not in html


def test_an_unknown_order_is_told_to_the_developer(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    offline.shop.orders.clear()
    html = draw(offline)
    assert "We cannot find this order" in html
    assert "<form" not in html
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "antom_checkout('A-1') draws no form: the order loader" in record.message


def test_whoever_may_not_pay_an_order_learns_nothing_about_it(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    store(offline, ORDERS["paid"][0])
    offline.shop.antom.visitor_may_pay(lambda order: False)
    html = draw(offline)
    assert "We cannot find this order" in html
    assert link_in(html) is None
    assert "@antom.visitor_may_pay returned False" in texts(caplog)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (OrderAlreadyPaid, CHECKOUT["paid"]),
        (OrderClosed, CHECKOUT["order_closed"]),
        (NothingToPay, CHECKOUT["nothing"]),
        (OrderNotFound, CHECKOUT["missing"]),
        (InvalidRequest, CHECKOUT["reload"]),
        (CheckoutError, CHECKOUT["reload"]),
    ],
)
def test_what_the_loader_says_is_told(
    offline: OfflineShop, problem: Callable[[str], Exception], words: str
) -> None:
    store(offline, ORDERS["paid"][0])

    def load(reference: str) -> Order:
        raise problem("The shop's own words.")

    offline.shop.antom.order_loader(load)
    html = draw(offline)
    assert words in html
    assert "own words" not in html
    assert link_in(html) is None  # who asks is not known


def test_the_texts_are_the_shops_where_it_has_its_own(offline: OfflineShop) -> None:
    offline.shop.orders.clear()
    html = draw(offline, texts={"missing": "Nope."})
    assert "Nope." in html
    assert "lang=" not in html


def test_without_methods_the_buyer_is_told(offline: OfflineShop) -> None:
    offline.shop.antom.payment_methods(lambda order, methods: [])
    html = draw(offline)
    assert "cannot be paid here" in html
    assert "<form" not in html
