"""The context in which receivers run, and what the host does around its requests."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, g, has_request_context, session
from flask.sessions import SecureCookieSessionInterface

from flask_antom import Money
from flask_antom.errors import DeliveryFailed
from flask_antom.flows.result_links import make_token
from flask_antom.signals import payment_succeeded
from tests.support.gateways import SUCCESS
from tests.support.offline import GUIDE, OfflineShop
from tests.support.shop import make_order

pytestmark = pytest.mark.every_database


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    return offline


def count_requests(app: Flask) -> None:
    """Do around each request what needs a beginning and an end."""

    @app.before_request
    def begin() -> None:
        g.begun = True

    @app.teardown_request
    def end(error: BaseException | None) -> None:
        del g.begun


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


def test_a_teardown_that_raises_hides_no_review(offline: OfflineShop) -> None:
    count_requests(offline.shop.app)
    offline.shop.orders["A-1"] = make_order("A-1", Money(100000, "MYR"))
    assert offline.notify().status_code == 200
    (payment,) = offline.shop.payments()
    assert (payment.status, offline.shop.fulfilled()) == ("review", 0)
    told = [("payment_needs_review", payment.request_id)]
    assert offline.signals == told


def test_a_teardown_that_raises_is_logged(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    count_requests(offline.shop.app)
    assert offline.notify().status_code == 200
    assert (offline.shop.fulfilled(), errors(caplog)) == (1, [])
    assert "A teardown function of the app raised" in caplog.text
    assert "COMMIT" not in caplog.text


def test_what_a_receiver_keeps_is_not_seen_by_a_visitor(offline: OfflineShop) -> None:
    app, antom = offline.shop.app, offline.shop.antom

    def user() -> Any:
        if "user" not in g:
            g.user = session.get("user")
        return g.user

    @antom.result_view
    def show(payment: Any) -> str:
        return f"{payment.status} for {user()}"

    def receive(app: Flask, payment: Any, **extra: Any) -> None:
        assert user() is None

    offline.shop.connect(payment_succeeded, receive)
    offline.answers["inquiryPayment"] = {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        **{name: GUIDE[name] for name in ("paymentRequestId", "paymentId")},
        "paymentAmount": GUIDE["paymentAmount"],
    }
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["user"] = "aisyah"
    (payment,) = offline.shop.payments()
    page = client.get(f"/antom/result/{make_token(app, payment)}")
    assert page.text == "succeeded for aisyah"


class Broken(SecureCookieSessionInterface):
    """Sessions in a store that is down."""

    def open_session(self, app: Flask, request: Any) -> Any:
        raise RuntimeError("no session store")


def test_a_session_store_that_is_down_leaves_no_request_behind(
    offline: OfflineShop,
) -> None:
    app = offline.shop.app
    offline.answers["inquiryPayment"] = {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        **{name: GUIDE[name] for name in ("paymentRequestId", "paymentId")},
        "paymentAmount": GUIDE["paymentAmount"],
    }
    sound, app.session_interface = app.session_interface, Broken()
    with app.app_context():
        with pytest.raises(DeliveryFailed):
            offline.shop.antom.sync(offline.shop.payments()[0])
        assert not has_request_context()
        app.session_interface = sound
        offline.shop.clock.wind(timedelta(hours=2))
        assert offline.shop.antom.sweep().events == 1
        assert not has_request_context()
    assert offline.shop.fulfilled() == 1
