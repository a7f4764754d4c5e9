"""Each thing that a test lacks is said, and so is what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue

from flask_antom import Money, Order
from flask_antom.signals import payment_succeeded
from flask_antom.testing import AntomKit, KitError, SessionRefused
from tests.support.shop import Shopfront, make_shop


@pytest.fixture
def kit(shop: Shopfront) -> Iterator[AntomKit]:
    with AntomKit(shop.app) as kit:
        yield kit


def test_an_app_that_may_be_in_use_is_left_alone(shop: Shopfront) -> None:
    shop.app.testing = False
    with pytest.raises(KitError, match=r'set app.config\["TESTING"\] = True'):
        AntomKit(shop.app)


def test_an_app_without_the_extension_is_named() -> None:
    app = Flask("other")
    app.testing = True
    with pytest.raises(KitError, match=r"antom.init_app\(app\) was not called"):
        AntomKit(app)


def test_an_app_without_a_secret_key_is_named(shop: Shopfront) -> None:
    shop.app.secret_key = None
    with pytest.raises(KitError, match="SECRET_KEY"):
        AntomKit(shop.app)


def test_an_order_that_the_loader_does_not_know(kit: AntomKit) -> None:
    with pytest.raises(SessionRefused, match="The order loader returns None") as error:
        kit.pay("A-2")
    assert (error.value.status, error.value.code) == (404, "order_not_found")


def test_an_order_that_the_visitor_may_not_pay(shop: Shopfront, kit: AntomKit) -> None:
    shop.antom.visitor_may_pay(lambda order: False)
    with pytest.raises(SessionRefused, match="refuses 'A-1': set") as error:
        kit.pay("A-1")
    assert error.value.code == "order_not_found"


def test_an_order_that_antom_would_refuse(shop: Shopfront, kit: AntomKit) -> None:
    def load(reference: str) -> Order:
        return Order(reference, Money(-1, "MYR"), "Order")

    shop.antom.order_loader(load)
    with pytest.raises(
        SessionRefused, match=r"500 invalid_order: .* raises InvalidMoney"
    ):
        kit.pay("A-1")


def test_a_loader_that_raises_fails_the_test_with_its_own_error(
    shop: Shopfront, kit: AntomKit
) -> None:
    def load(reference: str) -> Order:
        raise ZeroDivisionError("the loader is wrong")

    shop.antom.order_loader(load)
    with pytest.raises(ZeroDivisionError, match="the loader is wrong"):
        kit.pay("A-1")


def test_a_method_that_the_shop_does_not_offer(shop: Shopfront) -> None:
    settings = shop.settings | {"ANTOM_PAYMENT_METHODS": ["TNG"]}
    other = make_shop(settings)
    with (
        AntomKit(other.app) as kit,
        pytest.raises(SessionRefused, match="422 method_not_offered"),
    ):
        kit.pay("A-1", "GCASH")
    other.close()


def test_a_paid_order(kit: AntomKit) -> None:
    kit.pay("A-1")
    with pytest.raises(SessionRefused, match="409 order_already_paid"):
        kit.pay("A-1")


def test_a_buyer_cannot_do_what_antom_does_not_offer(kit: AntomKit) -> None:
    kit.pending("A-1")
    with pytest.raises(KitError, match="does not offer 'TNG'"):
        kit.pay("A-1", "TNG")


def test_a_clerk_cannot_do_what_nothing_is_there_for(kit: AntomKit) -> None:
    with pytest.raises(KitError, match="The order 'A-1' has no payment"):
        kit.refund("A-1")
    kit.pay("A-1")
    with pytest.raises(KitError, match="No refund of 'A-1' waits"):
        kit.finish_refund("A-1")
    with pytest.raises(KitError, match="nothing left to be captured"):
        kit.fail_capture("A-1")
    with pytest.raises(KitError, match="REFUND_AMOUNT_EXCEED"):
        kit.refund_in_dashboard("A-1", Money(9900, "MYR"))


@pytest.mark.parametrize("path", ["/antom/session", "/antom/notify"])
def test_something_in_the_app_answers_first(
    shop: Shopfront, kit: AntomKit, path: str
) -> None:
    @shop.app.before_request
    def ask_for_login() -> ResponseReturnValue | None:
        return redirect("/login") if request.path == path else None

    with pytest.raises(
        KitError, match=rf"POST {path} answers 302 \(to /login\), which is not"
    ):
        kit.pay("A-1")


def test_a_shop_that_nobody_listens_in(shop: Shopfront, kit: AntomKit) -> None:
    for signal, receiver in shop.receivers:
        signal.disconnect(receiver)
    with pytest.raises(KitError, match="Nobody listens to payment_succeeded"):
        kit.pay("A-1")
    assert kit.signals == []
    shop.antom.ignores(payment_succeeded)
    kit.clock.advance(minutes=1)


def test_what_the_test_has_not_committed(shop: Shopfront, kit: AntomKit) -> None:
    row: Any = shop.fulfilment(order_reference="B-1", request_id="")
    with shop.app.app_context():
        shop.db.session.add(row)
        with pytest.raises(KitError, match=r"new objects, .*commit\(\) first"):
            kit.pay("A-1")
        shop.db.session.commit()
        assert kit.pay("A-1").status == "succeeded"


def test_the_context_of_another_app_is_no_concern(
    shop: Shopfront, kit: AntomKit
) -> None:
    with Flask("other").app_context():
        assert kit.pay("A-1").status == "succeeded"


def test_a_closed_kit_gives_the_app_back(shop: Shopfront) -> None:
    before = shop.app.extensions["antom"]
    kit = AntomKit(shop.app)
    kit.close()
    kit.close()
    assert shop.app.extensions["antom"] is before
    assert shop.pay().status_code == 503
    assert kit.signals == []


def test_the_kit_takes_the_place_of_any_antom(shop: Shopfront) -> None:
    """An app with the settings of production reaches nobody."""
    from tests.support.keys import ANTOM_PUBLIC_KEY, MERCHANT_PRIVATE_KEY

    other = make_shop(
        shop.settings
        | {
            "ANTOM_CLIENT_ID": "5YDEMO00000000001",
            "ANTOM_PRIVATE_KEY": MERCHANT_PRIVATE_KEY,
            "ANTOM_PUBLIC_KEY": ANTOM_PUBLIC_KEY,
            "ANTOM_PUBLIC_URL": "https://shop.example/my",
            "ANTOM_URL_PREFIX": "/pay",
            "ANTOM_AGENT_TOKEN": "agent-token",
            "ANTOM_KEY_VERSION": "3",
        }
    )
    with AntomKit(other.app) as kit:
        payment = kit.pay("A-1")
        assert (payment.status, payment.environment) == ("succeeded", "sandbox")
        (delivery,) = kit.simulator.deliveries
        assert delivery.acknowledged
    other.close()
