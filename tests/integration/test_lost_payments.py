"""A genuine link to a payment that is not in the database: it was restored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from itsdangerous import URLSafeSerializer

from flask_antom.errors import OrderAlreadyPaid
from flask_antom.flows.result_links import PaymentIds, make_token, read_token
from flask_antom.i18n.english import UNKNOWN
from tests.support.offline import SESSION, OfflineShop
from tests.support.shop import CLIENT_ID

pytestmark = pytest.mark.every_database

LOST = PaymentIds(CLIENT_ID, "R-1", "A-1")


def link(offline: OfflineShop, ids: PaymentIds = LOST) -> str:
    return make_token(offline.shop.app, ids)


def link_of_old(offline: OfflineShop) -> str:
    """Return a link as the version before made them."""
    key = offline.shop.settings["SECRET_KEY"]
    signer = URLSafeSerializer(key, salt="flask-antom result")
    return str(signer.dumps([CLIENT_ID, "R-1"]))


def get(offline: OfflineShop, path: str, **headers: str) -> Any:
    return offline.shop.app.test_client().get(f"/antom{path}", headers=headers)


def test_its_page_says_so_and_names_the_order(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    page = get(offline, f"/result/{link(offline)}")
    assert page.status_code == 404
    assert "We cannot find this payment" in page.text
    assert UNKNOWN["message"] in page.text
    assert "<bdi>A-1</bdi>" in page.text
    assert "<a " not in page.text  # this order has no page
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "R-1 of order 'A-1'" in caplog.text
    assert "After a restore from a backup" in caplog.text
    assert offline.calls == []


def test_its_page_leads_back_to_the_order(offline: OfflineShop) -> None:
    orders = offline.shop.orders
    orders["A-1"] = replace(orders["A-1"], url="/orders/A-1")
    page = get(offline, f"/result/{link(offline)}")
    assert 'href="/orders/A-1">Back to your order</a>' in page.text


@pytest.mark.parametrize("error", [OrderAlreadyPaid("paid"), RuntimeError("oops")])
def test_its_page_is_there_whatever_the_loader_does(
    offline: OfflineShop, error: Exception
) -> None:
    def fail(reference: str) -> Any:
        raise error

    offline.shop.antom.order_loader(fail)
    page = get(offline, f"/result/{link(offline)}")
    assert (page.status_code, "<a " in page.text) == (404, False)
    assert "<bdi>A-1</bdi>" in page.text


def test_its_page_does_not_lead_a_stranger_to_the_order(offline: OfflineShop) -> None:
    orders = offline.shop.orders
    orders["A-1"] = replace(orders["A-1"], url="/orders/A-1")
    offline.shop.antom.visitor_may_pay(lambda order: False)
    page = get(offline, f"/result/{link(offline)}")
    assert (page.status_code, "<a " in page.text) == (404, False)


def test_its_page_is_in_the_buyers_language(offline: OfflineShop) -> None:
    headers = {"Accept-Language": "de"}
    page = get(offline, f"/result/{link(offline)}", **headers)
    assert '<html lang="de"' in page.text
    assert "Wir können diese Zahlung nicht finden" in page.text


def test_a_reference_is_escaped(offline: OfflineShop) -> None:
    ids = LOST._replace(order_reference="<script>")
    page = get(offline, f"/result/{link(offline, ids)}")
    assert "<bdi>&lt;script&gt;</bdi>" in page.text


def test_its_status_is_a_problem(offline: OfflineShop) -> None:
    answer = get(offline, f"/status/{link(offline)}")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert (answer.json or {})["code"] == "payment_not_found"


def test_an_old_link_to_it_names_no_order(offline: OfflineShop) -> None:
    page = get(offline, f"/result/{link_of_old(offline)}")
    assert page.status_code == 404
    assert "We cannot find this payment" in page.text
    assert "<dl" not in page.text


def test_an_old_link_still_opens_its_payment(offline: OfflineShop) -> None:
    offline.add_payment("R-1", status="succeeded", open_key=None)
    page = get(offline, f"/result/{link_of_old(offline)}")
    assert page.status_code == 200
    assert "Payment received" in page.text


@pytest.mark.parametrize("kind", ["result", "status"])
@pytest.mark.parametrize("token", ["nonsense", "R-1", "W10.abc"])
def test_a_link_that_the_shop_did_not_sign_is_a_bare_404(
    offline: OfflineShop, kind: str, token: str
) -> None:
    answer = get(offline, f"/{kind}/{token}")
    assert answer.status_code == 404
    assert "We cannot find" not in answer.text
    assert "payment_not_found" not in answer.text


def test_the_host_may_change_the_page(offline: OfflineShop) -> None:
    from jinja2 import ChoiceLoader, DictLoader

    own = (
        '{% extends "antom/unknown_page.html" %}{% block heading %}Lost!{% endblock %}'
    )
    app = offline.shop.app
    first: Any = DictLoader({"antom/unknown.html": own})
    app.jinja_loader = ChoiceLoader([first, *filter(None, [app.jinja_loader])])
    page = get(offline, f"/result/{link(offline)}")
    assert "Lost!" in page.text
    assert "<h1>" not in page.text


def test_the_links_of_a_session_name_the_order(offline: OfflineShop) -> None:
    offline.answers["createPaymentSession"] = SESSION
    answer = offline.shop.pay().json or {}
    token = answer["resultUrl"].rpartition("/")[2]
    ids = read_token(offline.shop.app, token)
    assert ids is not None
    assert ids == (CLIENT_ID, answer["paymentRequestId"], "A-1")
    ((_, asked),) = offline.calls
    sent = read_token(offline.shop.app, asked["paymentRedirectUrl"].rpartition("/")[2])
    assert sent == ids

    antom, db = offline.shop.antom, offline.shop.db
    with offline.shop.app.app_context():
        db.session.execute(sa.delete(antom.Payment))  # the backup is older
        db.session.commit()
    assert get(offline, f"/status/{token}").status_code == 404
    assert (
        offline.notify(paymentRequestId=answer["paymentRequestId"]).status_code == 404
    )
    assert offline.tables.notifications == [("PAYMENT_RESULT", "orphan", 1)]
