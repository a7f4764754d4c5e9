"""The routes: what each takes, what it answers, what it never tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]
from flask_wtf.csrf import generate_csrf  # type: ignore[import-untyped]
from itsdangerous import URLSafeSerializer
from jinja2 import DictLoader
from werkzeug.exceptions import NotFound
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import TestResponse

from flask_antom import FlaskAntom, Money, Order
from flask_antom.domain.payment_states import Status
from flask_antom.errors import OrderAlreadyPaid
from flask_antom.gateway.http import Reply
from flask_antom.signals import payment_succeeded
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.offline import (
    GUIDE,
    SESSION,
    SIGNER,
    OfflineShop,
    failed,
    open_offline,
)
from tests.support.shop import CLIENT_ID, shop_settings

WANTED = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
NOT_EXIST = {"result": failed("ORDER_NOT_EXIST")}
SIX = Money(600, "MYR")


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    """A shop for which Antom opens sessions that nobody has paid yet."""
    offline.answers["createPaymentSession"] = SESSION
    offline.answers["inquiryPayment"] = NOT_EXIST
    return offline


def opened(offline: OfflineShop) -> dict[str, Any]:
    """Open a session; gives the answer."""
    answer = offline.shop.pay()
    assert answer.status_code in (200, 201)
    return dict(answer.json or {})


def sent(offline: OfflineShop) -> dict[str, Any]:
    """Return the only request for a session that Antom received."""
    [fields] = [f for operation, f in offline.calls if operation != "inquiryPayment"]
    return fields


def get(offline: OfflineShop, url: str, **options: Any) -> TestResponse:
    """Follow a public URL."""
    return offline.shop.app.test_client().get(urlsplit(url).path, **options)


def check_problem(answer: TestResponse, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    problem = answer.json or {}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert isinstance(problem["detail"], str)
    assert answer.headers["Cache-Control"] == "no-store"


# POST /antom/session


def test_a_new_session_is_created(offline: OfflineShop) -> None:
    answer = offline.shop.pay()
    assert answer.status_code == 201
    assert answer.content_type == "application/json"
    fields = dict(answer.json or {})
    result_url, status_url = fields.pop("resultUrl"), fields.pop("statusUrl")
    assert fields == {
        "paymentRequestId": offline.shop.payments()[0].request_id,
        "paymentSessionData": "opaque&&SG&&111&&e30=",
        "paymentSessionExpiryTime": "2099-01-01T00:00:00Z",
        "payText": "Pay MYR\u00a042.00",
    }
    token = result_url.removeprefix("http://127.0.0.1:5000/antom/result/")
    assert status_url == f"http://127.0.0.1:5000/antom/status/{token}"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_open_session_is_handed_out_again(offline: OfflineShop) -> None:
    first, second = offline.shop.pay(), offline.shop.pay()
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert second.headers["Cache-Control"] == "no-store"


def test_the_normal_url_is_passed_on(offline: OfflineShop) -> None:
    url = "https://checkout.antom.com/pay/1"
    offline.answers["createPaymentSession"] = SESSION | {"normalUrl": url}
    assert opened(offline)["normalUrl"] == url
    assert opened(offline)["normalUrl"] == url


def test_only_the_order_and_the_method_are_taken_from_the_browser(
    offline: OfflineShop,
) -> None:
    client = offline.shop.app.test_client()
    stray = {
        "amount": {"value": "1", "currency": "MYR"},
        "currency": "VND",
        "description": "stray-description",
        "env": {"clientIp": "stray-ip"},
        "order": {"referenceOrderId": "stray-order"},
        "paymentAmount": {"value": "1", "currency": "VND"},
        "paymentFactor": {"isAuthorization": "true"},
        "paymentMethod": {"paymentMethodType": "stray-method"},
        "paymentNotifyUrl": "https://evil.example/notify",
        "paymentRedirectUrl": "https://evil.example/",
        "paymentRequestId": "stray-id",
        "productCode": "stray-code",
        "settlementStrategy": {"settlementCurrency": "VND"},
    }
    answer = client.post("/antom/session?amount=1&currency=VND", json=stray | WANTED)
    assert answer.status_code == 201
    fields = sent(offline)
    text = json.dumps(fields)
    for trace in ("stray", "evil", "VND", "isAuthorization"):
        assert trace not in text
    assert set(fields) == {
        "productCode",
        "paymentRequestId",
        "paymentAmount",
        "paymentMethod",
        "order",
        "paymentRedirectUrl",
        "paymentNotifyUrl",
        "env",
    }
    assert fields["paymentAmount"] == {"value": "4200", "currency": "MYR"}


WRONG: list[Any] = [None, 1, True, ["A-1"], {"a": 1}, "", "x" * 65, "a\x00", "\ud800"]
INVALID: list[Any] = [
    None,
    [],
    "A-1",
    {},
    {"orderReference": "A-1"},
    {"paymentMethodType": "GCASH"},
    *({**WANTED, name: value} for name in WANTED for value in WRONG),
    WANTED | {"paymentMethodType": "gcash"},
    WANTED | {"paymentMethodType": "GCASH\n"},
]


@pytest.mark.parametrize("body", INVALID, ids=lambda body: ascii(body)[:70])
def test_what_our_script_would_not_send_is_invalid(
    offline: OfflineShop, body: Any
) -> None:
    answer = offline.shop.app.test_client().post("/antom/session", json=body)
    check_problem(answer, 400, "invalid_request")
    assert offline.calls == []
    assert offline.tables.payments == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps(WANTED).encode(), "text/plain"),
        (json.dumps(WANTED).encode(), None),
        (b"orderReference=A-1", "application/x-www-form-urlencoded"),
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff", "application/json"),
        (b"[" * 16_000, "application/json"),
        (b'{"orderReference":' * 800, "application/json"),
    ],
)
def test_a_body_that_is_no_json_is_invalid(
    offline: OfflineShop, body: bytes, content_type: str | None
) -> None:
    client = offline.shop.app.test_client()
    answer = client.post("/antom/session", data=body, content_type=content_type)
    check_problem(answer, 400, "invalid_request")


def test_a_body_of_more_than_16_kib_is_refused(offline: OfflineShop) -> None:
    body = json.dumps(WANTED | {"more": "x" * 16 * 1024})
    client = offline.shop.app.test_client()
    answer = client.post("/antom/session", data=body, content_type="application/json")
    check_problem(answer, 413, "too_large")


def test_an_unknown_order_is_not_found(offline: OfflineShop) -> None:
    check_problem(offline.shop.pay("A-9"), 404, "order_not_found")
    assert offline.calls == []


def test_a_paid_order_is_not_paid_again(offline: OfflineShop) -> None:
    offline.add_payment(status="succeeded")
    check_problem(offline.shop.pay(), 409, "order_already_paid")
    assert offline.calls == []


def test_the_loader_may_say_that_the_order_is_paid(offline: OfflineShop) -> None:
    def load(reference: str) -> Order | None:
        raise OrderAlreadyPaid("Paid by bank transfer.")

    offline.shop.antom.order_loader(load)
    answer = offline.shop.pay()
    check_problem(answer, 409, "order_already_paid")
    assert (answer.json or {})["detail"] == "Paid by bank transfer."


def test_a_method_that_the_shop_does_not_offer_is_refused() -> None:
    with open_offline(ANTOM_PAYMENT_METHODS=["GCASH"]) as offline:
        offline.answers["createPaymentSession"] = SESSION
        check_problem(offline.shop.pay(method="TNG"), 422, "method_not_offered")
        assert offline.calls == []
        assert offline.shop.pay().status_code == 201


def test_a_signed_refusal_fails_the_attempt(offline: OfflineShop) -> None:
    offline.answers["createPaymentSession"] = {"result": failed("RISK_REJECT")}
    answer = offline.shop.pay()
    check_problem(answer, 422, "payment_refused")
    assert (answer.json or {})["resultCode"] == "RISK_REJECT"
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.result_code) == ("failed", "RISK_REJECT")
    assert offline.signals == [("payment_failed", payment.request_id)]
    offline.answers["createPaymentSession"] = SESSION
    assert opened(offline)["paymentRequestId"] != payment.request_id


def test_an_unsigned_refusal_explains_and_changes_nothing(offline: OfflineShop) -> None:
    body = json.dumps({"result": failed("INVALID_SIGNATURE")}).encode()
    offline.answers["createPaymentSession"] = Reply(200, {}, body)
    answer = offline.shop.pay()
    check_problem(answer, 422, "payment_refused")
    assert (answer.json or {})["resultCode"] == "INVALID_SIGNATURE"
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.result_code) == ("created", None)
    assert offline.signals == []
    offline.answers["createPaymentSession"] = SESSION
    assert opened(offline)["paymentRequestId"] == payment.request_id


def test_an_unknown_outcome_is_tried_again_with_the_same_id(
    offline: OfflineShop,
) -> None:
    del offline.answers["createPaymentSession"]
    answer = offline.shop.pay()
    check_problem(answer, 503, "outcome_unknown")
    assert int(answer.headers["Retry-After"]) > 0
    (payment,) = offline.shop.payments()
    assert payment.status == "created"
    offline.answers["createPaymentSession"] = SESSION
    assert offline.shop.pay().status_code == 201
    ids = [fields["paymentRequestId"] for _, fields in offline.calls]
    assert set(ids) == {payment.request_id}
    assert len(offline.shop.payments()) == 1


# GET /antom/result/<token>, GET /antom/status/<token>


def test_the_status_is_answered(offline: OfflineShop) -> None:
    answer = get(offline, opened(offline)["statusUrl"])
    assert answer.status_code == 200
    assert answer.json == {"status": "created", "final": False}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("status", [str(status) for status in Status])
def test_each_status_has_a_page_that_tells_it(
    offline: OfflineShop, status: str
) -> None:
    urls = opened(offline)
    set_columns(offline, status=status, _asked_at=datetime.now(UTC))
    final = status in ("succeeded", "failed", "cancelled", "expired", "review")
    page = get(offline, urls["resultUrl"])
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    may_change = not final or status == "failed"  # it may have been paid since
    assert ("data-antom-status-url" in page.text) is may_change
    assert ("result.js" in page.text) is may_change
    assert get(offline, urls["statusUrl"]).json == {"status": status, "final": final}
    assert [operation for operation, _ in offline.calls] == ["createPaymentSession"]


def set_columns(offline: OfflineShop, **columns: Any) -> None:
    db = offline.shop.db
    with offline.shop.app.app_context():
        db.session.execute(db.update(offline.shop.antom.Payment).values(**columns))
        db.session.commit()


def test_the_page_leads_back_to_the_order_while_there_is_one(
    offline: OfflineShop,
) -> None:
    order = offline.shop.orders["A-1"]
    url = opened(offline)["resultUrl"]
    changed = Order(order.reference, order.amount, "x", url="/orders/A-1")
    offline.shop.orders["A-1"] = changed
    assert 'href="/orders/A-1"' in get(offline, url).text
    del offline.shop.orders["A-1"]
    assert get(offline, url).status_code == 200
    assert 'href="/orders/A-1"' not in get(offline, url).text


def test_the_page_needs_no_order_that_can_be_paid(offline: OfflineShop) -> None:
    def load(reference: str) -> Order | None:
        raise OrderAlreadyPaid("It is paid.")

    url = opened(offline)["resultUrl"]
    offline.shop.antom.order_loader(load)
    assert get(offline, url).status_code == 200


@pytest.mark.parametrize("error", [ValueError("nothing is due"), NotFound()])
def test_the_page_stands_whatever_the_loader_raises(
    offline: OfflineShop, error: Exception
) -> None:
    def load(reference: str) -> Order | None:
        raise error

    url = opened(offline)["resultUrl"]
    offline.shop.antom.order_loader(load)
    answer = get(offline, url)
    assert answer.status_code == 200
    assert "MYR\u00a042.00" in answer.text


def test_antom_is_asked_when_no_notification_has_come(offline: OfflineShop) -> None:
    urls = opened(offline)
    offline.answers["inquiryPayment"] = GUIDE | {
        "paymentStatus": "SUCCESS",
        "paymentRequestId": urls["paymentRequestId"],
    }
    assert get(offline, urls["statusUrl"]).json == {
        "status": "succeeded",
        "final": True,
    }
    assert offline.shop.fulfilled() == 1
    assert offline.signals == [("payment_succeeded", urls["paymentRequestId"])]


@pytest.mark.parametrize("status", ["failed", "expired"])
def test_a_success_after_a_failure_is_seen_without_its_notification(
    offline: OfflineShop, status: str
) -> None:
    urls = opened(offline)
    set_columns(offline, status=status)
    offline.answers["inquiryPayment"] = GUIDE | {
        "paymentStatus": "SUCCESS",
        "paymentRequestId": urls["paymentRequestId"],
    }
    assert "Payment received" in get(offline, urls["resultUrl"]).text
    assert offline.shop.fulfilled() == 1


@pytest.mark.parametrize("status", ["succeeded", "cancelled", "review"])
def test_what_is_settled_is_not_asked_about(offline: OfflineShop, status: str) -> None:
    urls = opened(offline)
    set_columns(offline, status=status, _cancel_asked_at=datetime.now(UTC))
    get(offline, urls["resultUrl"])
    assert inquiries(offline) == 0


def test_an_order_that_antom_closed_is_asked_about(offline: OfflineShop) -> None:
    urls = opened(offline)
    set_columns(offline, status="cancelled")
    get(offline, urls["resultUrl"])
    assert inquiries(offline) == 1


@pytest.mark.parametrize("status", ["failed", "expired", "cancelled"])
def test_after_the_sessions_end_an_old_link_asks_once_more_and_never_again(
    offline: OfflineShop, status: str
) -> None:
    urls = opened(offline)
    long_ago = datetime.now(UTC) - timedelta(days=2)
    set_columns(offline, status=status, _session_expires_at=long_ago)
    for _ in range(3):
        get(offline, urls["statusUrl"])
        assert inquiries(offline) == 1
        an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
        set_columns(offline, _asked_at=an_hour_ago)


@pytest.mark.parametrize("kind", ["statusUrl", "resultUrl"])
def test_a_silent_antom_leaves_what_was_known(offline: OfflineShop, kind: str) -> None:
    url = opened(offline)[kind]
    del offline.answers["inquiryPayment"]
    answer = get(offline, url)
    assert answer.status_code == 200
    assert offline.tables.payments[0][1] == "created"


def test_a_receiver_that_raises_does_not_hide_the_truth(offline: OfflineShop) -> None:
    def refuse(app: Flask, payment: Any, **extra: Any) -> None:
        raise RuntimeError

    urls = opened(offline)
    offline.shop.connect(payment_succeeded, refuse)
    offline.answers["inquiryPayment"] = GUIDE | {
        "paymentStatus": "SUCCESS",
        "paymentRequestId": urls["paymentRequestId"],
    }
    assert get(offline, urls["statusUrl"]).json == {
        "status": "succeeded",
        "final": True,
    }
    assert offline.tables.events == [("payment_succeeded", "", False)]


def inquiries(offline: OfflineShop) -> int:
    return [operation for operation, _ in offline.calls].count("inquiryPayment")


def test_two_polls_make_one_inquiry(offline: OfflineShop) -> None:
    urls = opened(offline)
    for url in (urls["statusUrl"], urls["resultUrl"], urls["statusUrl"]):
        assert get(offline, url).status_code == 200
    assert inquiries(offline) == 1


def test_each_payment_has_a_pace_of_its_own(offline: OfflineShop) -> None:
    offline.shop.orders["A-2"] = Order("A-2", offline.shop.orders["A-1"].amount, "x")
    for reference in ("A-1", "A-2"):
        answer = offline.shop.pay(reference)
        get(offline, (answer.json or {})["statusUrl"])
    assert inquiries(offline) == 2


@pytest.mark.parametrize(
    ("asked_before", "seconds_ago", "is_asked"),
    [(1, 1, False), (1, 3, True), (100, 50, False), (100, 61, True)],
)
def test_the_longer_it_takes_the_more_seldom_antom_is_asked(
    offline: OfflineShop, asked_before: int, seconds_ago: int, is_asked: bool
) -> None:
    url = opened(offline)["statusUrl"]
    asked_at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    set_columns(offline, inquiries=asked_before, _asked_at=asked_at)
    get(offline, url)
    assert inquiries(offline) == is_asked


def sign_token(value: Any, secret: str, salt: str = "flask-antom result") -> str:
    return str(URLSafeSerializer(secret, salt=salt).dumps(value))


def test_only_a_token_of_this_app_opens_a_payment(offline: OfflineShop) -> None:
    fields = opened(offline)
    request_id = fields["paymentRequestId"]
    token = fields["statusUrl"].rpartition("/")[2]
    secret = offline.shop.app.config["SECRET_KEY"]
    ids = [CLIENT_ID, request_id, "A-1"]
    assert sign_token(ids, secret) == token
    wrong = [
        request_id,
        "x",
        token[:-1],
        token[1:],
        token.partition(".")[0],
        token + "A",
        token.swapcase(),
        "é",
        "%00",
        "%ff",
        sign_token(ids, "another secret"),
        sign_token(ids, secret, salt="another salt"),
        sign_token([CLIENT_ID, "another id"], secret),
        sign_token(["another account", request_id], secret),
        sign_token(["", request_id], secret),
        sign_token([1, request_id], secret),
        sign_token([CLIENT_ID, 1], secret),
        sign_token([*ids, request_id], secret),
        sign_token([request_id], secret),
        sign_token(request_id, secret),
        sign_token({"id": request_id}, secret),
        sign_token(1, secret),
    ]
    for forged in wrong:
        for kind in ("result", "status"):
            answer = offline.shop.app.test_client().get(f"/antom/{kind}/{forged}")
            assert answer.status_code == 404, forged
            assert request_id not in answer.text
    assert inquiries(offline) == 0


def test_a_token_of_another_app_opens_nothing(offline: OfflineShop) -> None:
    token = opened(offline)["statusUrl"].rpartition("/")[2]
    for secret in ("another secret", "for tests only"):
        with open_offline(SECRET_KEY=secret) as other:
            answer = other.shop.app.test_client().get(f"/antom/status/{token}")
            assert answer.status_code == 404


def test_a_token_outlives_its_secret_key_among_the_fallbacks(
    offline: OfflineShop,
) -> None:
    config, url = offline.shop.app.config, opened(offline)["statusUrl"]
    config["SECRET_KEY"] = "new"
    assert get(offline, url).status_code == 404
    config["SECRET_KEY_FALLBACKS"] = ["oldest", "for tests only"]
    assert get(offline, url).status_code == 200
    fresh = opened(offline)["statusUrl"]
    config["SECRET_KEY_FALLBACKS"] = None
    assert get(offline, fresh).status_code == 200


def test_the_host_may_draw_the_page(offline: OfflineShop) -> None:
    own = "{{ payment.status }} {{ final }} {{ status_url }}"
    offline.shop.app.jinja_loader = DictLoader({"antom/result.html": own})
    urls = opened(offline)
    page = get(offline, urls["resultUrl"])
    assert page.text == f"created False {urlsplit(urls['statusUrl']).path}"


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_the_host_may_have_its_own_view(offline: OfflineShop, kind: str) -> None:
    def show(payment: Any) -> Any:
        return f"{payment.order_reference}: {payment.status}", 202, {"X-Own": "yes"}

    async def show_async(payment: Any) -> Any:
        return show(payment)

    assert offline.shop.antom.result_view(show) is show
    if kind == "async":
        offline.shop.antom.result_view(show_async)
    page = get(offline, opened(offline)["resultUrl"])
    assert (page.status_code, page.text) == (202, "A-1: created")
    assert page.headers["X-Own"] == "yes"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert get(offline, "/antom/result/forged").status_code == 404


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/antom/session", "/antom/notify"])
def test_what_is_posted_to_takes_nothing_else(
    offline: OfflineShop, path: str, method: str
) -> None:
    answer = getattr(offline.shop.app.test_client(), method)(path)
    assert answer.status_code == 405
    assert offline.recorded == []


@pytest.mark.parametrize("kind", ["resultUrl", "statusUrl"])
def test_what_is_looked_at_can_only_be_looked_at(
    offline: OfflineShop, kind: str
) -> None:
    client, path = offline.shop.app.test_client(), urlsplit(opened(offline)[kind]).path
    head = client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(path).status_code == 405


def test_no_other_origin_is_let_in(offline: OfflineShop) -> None:
    client = offline.shop.app.test_client()
    origin = {"Origin": "https://evil.example"}
    preflight = client.options("/antom/session", headers=origin)
    answer = client.post("/antom/session", json=WANTED, headers=origin)
    for headers in (preflight.headers, answer.headers):
        assert not [name for name, _ in headers if name.startswith("Access-")]


# CSRFProtect


def protected_app(order: str) -> Flask:
    """Make an app whose CSRFProtect is initialised ``before`` or ``after`` ours."""
    app = Flask("protected")
    app.config.update(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9"))
    db, csrf = SQLAlchemy(), CSRFProtect()
    antom = FlaskAntom(db=db)
    antom.order_loader(lambda reference: None)
    db.init_app(app)
    extensions = [csrf, antom] if order == "before" else [antom, csrf]
    for extension in extensions:
        extension.init_app(app)

    @app.get("/token")
    def token() -> str:
        return str(generate_csrf())

    @app.post("/own")
    def notify() -> str:
        return "posted"

    with app.app_context():
        db.create_all()
    return app


@pytest.fixture(params=["before", "after"])
def protected(request: pytest.FixtureRequest) -> Iterator[Flask]:
    app = protected_app(request.param)
    yield app
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()


def test_antom_needs_no_csrf_token_and_the_buyer_does(protected: Flask) -> None:
    client = protected.test_client()
    for _ in range(2):
        body, headers = SIGNER.notification("unknown", SIX)
        assert (
            client.post("/antom/notify", data=body, headers=headers).status_code == 404
        )
        assert client.post("/antom/notify", data=b"").status_code == 401
        assert client.post("/antom/session", json=WANTED).status_code == 400
        assert client.post("/own").status_code == 400
    token = {"X-CSRFToken": client.get("/token").text}
    check_problem(
        client.post("/antom/session", json=WANTED, headers=token),
        404,
        "order_not_found",
    )
    assert client.post("/own", headers=token).text == "posted"


def test_a_token_of_another_visitor_does_not_do(protected: Flask) -> None:
    token = {"X-CSRFToken": protected.test_client().get("/token").text}
    answer = protected.test_client().post("/antom/session", json=WANTED, headers=token)
    assert answer.status_code == 400


def test_the_hosts_other_routes_have_no_hook_of_ours() -> None:
    app = Flask("plain")
    app.config.update(shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9"))
    db = SQLAlchemy(app)

    def hooks() -> dict[str, Any]:
        by_scope = {
            name: dict(getattr(app, name))
            for name in (
                "before_request_funcs",
                "after_request_funcs",
                "teardown_request_funcs",
                "template_context_processors",
                "url_value_preprocessors",
                "url_default_functions",
                "error_handler_spec",
            )
        }
        return {
            "scopes": {name: scopes.get(None) for name, scopes in by_scope.items()},
            "teardown": list(app.teardown_appcontext_funcs),
            "wsgi": app.wsgi_app,
            "processors": list(app.shell_context_processors),
        }

    before = hooks()
    FlaskAntom(app, db=db)
    assert repr(hooks()) == repr(before)
    with app.app_context():
        db.engine.dispose()


# Where the shop is


def test_behind_a_proxy_with_a_prefix_the_public_url_counts() -> None:
    with open_offline(ANTOM_PUBLIC_URL="https://shop.example/store/") as offline:
        app = offline.shop.app
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1
        )
        proxied = {
            "X-Forwarded-For": "203.0.113.7",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "internal.example",
            "X-Forwarded-Prefix": "/store",
        }
        offline.answers["createPaymentSession"] = SESSION
        offline.answers["inquiryPayment"] = NOT_EXIST
        fields = offline.shop.pay(headers=proxied).json or {}
        root = "https://shop.example/store/antom"
        assert fields["resultUrl"].startswith(f"{root}/result/")
        assert fields["statusUrl"].startswith(f"{root}/status/")
        assert sent(offline)["paymentNotifyUrl"] == f"{root}/notify"
        assert sent(offline)["paymentRedirectUrl"] == fields["resultUrl"]
        assert sent(offline)["env"]["clientIp"] == "203.0.113.7"

        client = app.test_client()
        token = fields["resultUrl"].rpartition("/")[2]
        page = client.get(f"/antom/result/{token}", headers=proxied)
        assert f'data-antom-status-url="/store/antom/status/{token}"' in page.text
        assert "internal.example" not in page.text

        for path, status in (("/antom/notify", 401), ("/store/antom/notify", 404)):
            body, headers = SIGNER.notification("unknown", SIX, path)
            answer = client.post("/antom/notify", data=body, headers=headers | proxied)
            assert answer.status_code == status


def test_the_prefix_of_the_routes_can_be_another() -> None:
    with open_offline(ANTOM_URL_PREFIX="/pay/antom") as offline:
        offline.answers["createPaymentSession"] = SESSION
        client = offline.shop.app.test_client()
        fields = client.post("/pay/antom/session", json=WANTED).json or {}
        root = "http://127.0.0.1:5000/pay/antom"
        assert fields["statusUrl"].startswith(f"{root}/status/")
        assert sent(offline)["paymentNotifyUrl"] == f"{root}/notify"
        assert get(offline, fields["statusUrl"]).status_code == 200
        body, headers = SIGNER.notification("unknown", SIX, "/pay/antom/notify")
        answer = client.post("/pay/antom/notify", data=body, headers=headers)
        assert answer.status_code == 404
        assert client.post("/antom/session", json=WANTED).status_code == 404


def test_a_forged_host_header_reaches_nobody(offline: OfflineShop) -> None:
    client = offline.shop.app.test_client()
    forged = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "/evil.example",
        "Forwarded": "host=evil.example",
    }
    answer = client.post("/antom/session", json=WANTED, headers=forged)
    assert answer.status_code == 201
    page = client.get(urlsplit((answer.json or {})["resultUrl"]).path, headers=forged)
    body, headers = SIGNER.notification("unknown", SIX)
    notified = client.post("/antom/notify", data=body, headers=headers | forged)
    assert notified.status_code == 404
    for text in (answer.text, json.dumps(offline.calls), page.text, notified.text):
        assert "evil" not in text


def test_without_a_secret_key_no_link_is_made() -> None:
    with open_offline(SECRET_KEY=None, PROPAGATE_EXCEPTIONS=False) as offline:
        offline.answers["createPaymentSession"] = SESSION
        assert offline.shop.pay().status_code == 500
        assert offline.calls == []
