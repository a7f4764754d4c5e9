"""The four routes: what each takes, what it answers, what it never tells."""

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
from tests.support.inbox import GUIDE, SESSION, SIGNER, Inbox, failed, open_inbox
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.shop import shop_settings

WANTED = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
NOT_EXIST = {"result": failed("ORDER_NOT_EXIST")}
SIX = Money(600, "MYR")


@pytest.fixture
def inbox(inbox: Inbox) -> Inbox:
    """A shop for which Antom opens sessions that nobody has paid yet."""
    inbox.answers["createPaymentSession"] = SESSION
    inbox.answers["inquiryPayment"] = NOT_EXIST
    return inbox


def opened(inbox: Inbox) -> dict[str, Any]:
    """Open a session; gives the answer."""
    answer = inbox.shop.pay()
    assert answer.status_code in (200, 201)
    return dict(answer.json or {})


def sent(inbox: Inbox) -> dict[str, Any]:
    """Give the only request for a session that Antom has had."""
    [fields] = [f for operation, f in inbox.asked if operation != "inquiryPayment"]
    return fields


def get(inbox: Inbox, url: str, **options: Any) -> TestResponse:
    """Follow a public URL."""
    return inbox.shop.app.test_client().get(urlsplit(url).path, **options)


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


def test_a_new_session_is_created(inbox: Inbox) -> None:
    answer = inbox.shop.pay()
    assert answer.status_code == 201
    assert answer.content_type == "application/json"
    fields = dict(answer.json or {})
    result_url, status_url = fields.pop("resultUrl"), fields.pop("statusUrl")
    assert fields == {
        "paymentRequestId": inbox.shop.payments()[0].request_id,
        "paymentSessionData": "opaque&&SG&&111&&e30=",
        "paymentSessionExpiryTime": "2099-01-01T00:00:00Z",
    }
    token = result_url.removeprefix("http://127.0.0.1:5000/antom/result/")
    assert status_url == f"http://127.0.0.1:5000/antom/status/{token}"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_open_session_is_handed_out_again(inbox: Inbox) -> None:
    first, second = inbox.shop.pay(), inbox.shop.pay()
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert second.headers["Cache-Control"] == "no-store"


def test_the_normal_url_is_passed_on(inbox: Inbox) -> None:
    url = "https://checkout.antom.com/pay/1"
    inbox.answers["createPaymentSession"] = SESSION | {"normalUrl": url}
    assert opened(inbox)["normalUrl"] == url
    assert opened(inbox)["normalUrl"] == url


def test_only_the_order_and_the_method_are_taken_from_the_browser(inbox: Inbox) -> None:
    client = inbox.shop.app.test_client()
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
    fields = sent(inbox)
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
def test_what_our_script_would_not_send_is_invalid(inbox: Inbox, body: Any) -> None:
    answer = inbox.shop.app.test_client().post("/antom/session", json=body)
    check_problem(answer, 400, "invalid_request")
    assert inbox.asked == []
    assert inbox.books.payments == []


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
    inbox: Inbox, body: bytes, content_type: str | None
) -> None:
    client = inbox.shop.app.test_client()
    answer = client.post("/antom/session", data=body, content_type=content_type)
    check_problem(answer, 400, "invalid_request")


def test_a_body_of_more_than_16_kib_is_refused(inbox: Inbox) -> None:
    body = json.dumps(WANTED | {"more": "x" * 16 * 1024})
    client = inbox.shop.app.test_client()
    answer = client.post("/antom/session", data=body, content_type="application/json")
    check_problem(answer, 413, "too_large")


def test_an_unknown_order_is_not_found(inbox: Inbox) -> None:
    check_problem(inbox.shop.pay("A-9"), 404, "order_not_found")
    assert inbox.asked == []


def test_a_paid_order_is_not_paid_again(inbox: Inbox) -> None:
    inbox.expect(status="succeeded")
    check_problem(inbox.shop.pay(), 409, "order_already_paid")
    assert inbox.asked == []


def test_the_loader_may_say_that_the_order_is_paid(inbox: Inbox) -> None:
    def load(reference: str) -> Order | None:
        raise OrderAlreadyPaid("Paid by bank transfer.")

    inbox.shop.antom.order_loader(load)
    answer = inbox.shop.pay()
    check_problem(answer, 409, "order_already_paid")
    assert (answer.json or {})["detail"] == "Paid by bank transfer."


def test_a_method_that_the_shop_does_not_offer_is_refused() -> None:
    with open_inbox(ANTOM_PAYMENT_METHODS=["GCASH"]) as inbox:
        inbox.answers["createPaymentSession"] = SESSION
        check_problem(inbox.shop.pay(method="TNG"), 422, "method_not_offered")
        assert inbox.asked == []
        assert inbox.shop.pay().status_code == 201


def test_a_signed_refusal_fails_the_attempt(inbox: Inbox) -> None:
    inbox.answers["createPaymentSession"] = {"result": failed("RISK_REJECT")}
    answer = inbox.shop.pay()
    check_problem(answer, 422, "payment_refused")
    assert (answer.json or {})["resultCode"] == "RISK_REJECT"
    (payment,) = inbox.shop.payments()
    assert (payment.status, payment.result_code) == ("failed", "RISK_REJECT")
    assert inbox.told == [("payment_failed", payment.request_id)]
    inbox.answers["createPaymentSession"] = SESSION
    assert opened(inbox)["paymentRequestId"] != payment.request_id


def test_an_unsigned_refusal_explains_and_changes_nothing(inbox: Inbox) -> None:
    body = json.dumps({"result": failed("INVALID_SIGNATURE")}).encode()
    inbox.answers["createPaymentSession"] = Reply(200, {}, body)
    answer = inbox.shop.pay()
    check_problem(answer, 422, "payment_refused")
    assert (answer.json or {})["resultCode"] == "INVALID_SIGNATURE"
    (payment,) = inbox.shop.payments()
    assert (payment.status, payment.result_code) == ("created", None)
    assert inbox.told == []
    inbox.answers["createPaymentSession"] = SESSION
    assert opened(inbox)["paymentRequestId"] == payment.request_id


def test_an_unknown_outcome_is_tried_again_with_the_same_id(inbox: Inbox) -> None:
    del inbox.answers["createPaymentSession"]
    answer = inbox.shop.pay()
    check_problem(answer, 503, "outcome_unknown")
    assert int(answer.headers["Retry-After"]) > 0
    (payment,) = inbox.shop.payments()
    assert payment.status == "created"
    inbox.answers["createPaymentSession"] = SESSION
    assert inbox.shop.pay().status_code == 201
    ids = [fields["paymentRequestId"] for _, fields in inbox.asked]
    assert set(ids) == {payment.request_id}
    assert len(inbox.shop.payments()) == 1


# GET /antom/result/<token>, GET /antom/status/<token>


def test_the_status_is_told(inbox: Inbox) -> None:
    answer = get(inbox, opened(inbox)["statusUrl"])
    assert answer.status_code == 200
    assert answer.json == {"status": "created", "final": False}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("status", [str(status) for status in Status])
def test_each_status_has_a_page_that_tells_it(inbox: Inbox, status: str) -> None:
    urls = opened(inbox)
    set_columns(inbox, status=status, _asked_at=datetime.now(UTC))
    final = status in ("succeeded", "failed", "cancelled", "expired", "review")
    page = get(inbox, urls["resultUrl"])
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert ("data-antom-status-url" in page.text) is not final
    assert ("result.js" in page.text) is not final
    assert get(inbox, urls["statusUrl"]).json == {"status": status, "final": final}
    assert [operation for operation, _ in inbox.asked] == ["createPaymentSession"]


def set_columns(inbox: Inbox, **columns: Any) -> None:
    db = inbox.shop.db
    with inbox.shop.app.app_context():
        db.session.execute(db.update(inbox.shop.antom.Payment).values(**columns))
        db.session.commit()


def test_the_page_leads_back_to_the_order_while_there_is_one(inbox: Inbox) -> None:
    order = inbox.shop.orders["A-1"]
    url = opened(inbox)["resultUrl"]
    changed = Order(order.reference, order.amount, "x", url="/orders/A-1")
    inbox.shop.orders["A-1"] = changed
    assert 'href="/orders/A-1"' in get(inbox, url).text
    del inbox.shop.orders["A-1"]
    assert get(inbox, url).status_code == 200
    assert 'href="/orders/A-1"' not in get(inbox, url).text


def test_the_page_needs_no_order_that_can_be_paid(inbox: Inbox) -> None:
    def load(reference: str) -> Order | None:
        raise OrderAlreadyPaid("It is paid.")

    url = opened(inbox)["resultUrl"]
    inbox.shop.antom.order_loader(load)
    assert get(inbox, url).status_code == 200


@pytest.mark.parametrize("error", [ValueError("nothing is due"), NotFound()])
def test_the_page_stands_whatever_the_loader_raises(
    inbox: Inbox, error: Exception
) -> None:
    def load(reference: str) -> Order | None:
        raise error

    url = opened(inbox)["resultUrl"]
    inbox.shop.antom.order_loader(load)
    answer = get(inbox, url)
    assert answer.status_code == 200
    assert "MYR\u00a042.00" in answer.text


def test_antom_is_asked_when_no_notification_has_come(inbox: Inbox) -> None:
    urls = opened(inbox)
    inbox.answers["inquiryPayment"] = GUIDE | {
        "paymentStatus": "SUCCESS",
        "paymentRequestId": urls["paymentRequestId"],
    }
    assert get(inbox, urls["statusUrl"]).json == {"status": "succeeded", "final": True}
    assert inbox.shop.fulfilled() == 1
    assert inbox.told == [("payment_succeeded", urls["paymentRequestId"])]


@pytest.mark.parametrize("status", ["failed", "expired"])
def test_a_success_after_a_failure_is_seen_without_its_notification(
    inbox: Inbox, status: str
) -> None:
    urls = opened(inbox)
    set_columns(inbox, status=status)
    inbox.answers["inquiryPayment"] = GUIDE | {
        "paymentStatus": "SUCCESS",
        "paymentRequestId": urls["paymentRequestId"],
    }
    assert "Payment received" in get(inbox, urls["resultUrl"]).text
    assert inbox.shop.fulfilled() == 1


@pytest.mark.parametrize("status", ["succeeded", "cancelled", "review"])
def test_what_is_settled_is_not_asked_about(inbox: Inbox, status: str) -> None:
    urls = opened(inbox)
    set_columns(inbox, status=status, _cancel_asked_at=datetime.now(UTC))
    get(inbox, urls["resultUrl"])
    assert inquiries(inbox) == 0


def test_an_order_that_antom_closed_is_asked_about(inbox: Inbox) -> None:
    urls = opened(inbox)
    set_columns(inbox, status="cancelled")
    get(inbox, urls["resultUrl"])
    assert inquiries(inbox) == 1


@pytest.mark.parametrize("status", ["failed", "expired", "cancelled"])
def test_after_the_sessions_end_an_old_link_asks_once_more_and_never_again(
    inbox: Inbox, status: str
) -> None:
    urls = opened(inbox)
    long_ago = datetime.now(UTC) - timedelta(days=2)
    set_columns(inbox, status=status, _session_expires_at=long_ago)
    for _ in range(3):
        get(inbox, urls["statusUrl"])
        assert inquiries(inbox) == 1
        an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
        set_columns(inbox, _asked_at=an_hour_ago)


@pytest.mark.parametrize("kind", ["statusUrl", "resultUrl"])
def test_a_silent_antom_leaves_what_was_known(inbox: Inbox, kind: str) -> None:
    url = opened(inbox)[kind]
    del inbox.answers["inquiryPayment"]
    answer = get(inbox, url)
    assert answer.status_code == 200
    assert inbox.books.payments[0][1] == "created"


def test_a_receiver_that_raises_does_not_hide_the_truth(inbox: Inbox) -> None:
    def refuse(app: Flask, payment: Any, **extra: Any) -> None:
        raise RuntimeError

    urls = opened(inbox)
    inbox.shop.connect(payment_succeeded, refuse)
    inbox.answers["inquiryPayment"] = GUIDE | {
        "paymentStatus": "SUCCESS",
        "paymentRequestId": urls["paymentRequestId"],
    }
    assert get(inbox, urls["statusUrl"]).json == {"status": "succeeded", "final": True}
    assert inbox.books.events == [("payment_succeeded", "", False)]


def inquiries(inbox: Inbox) -> int:
    return [operation for operation, _ in inbox.asked].count("inquiryPayment")


def test_two_polls_make_one_inquiry(inbox: Inbox) -> None:
    urls = opened(inbox)
    for url in (urls["statusUrl"], urls["resultUrl"], urls["statusUrl"]):
        assert get(inbox, url).status_code == 200
    assert inquiries(inbox) == 1


def test_each_payment_has_a_pace_of_its_own(inbox: Inbox) -> None:
    inbox.shop.orders["A-2"] = Order("A-2", inbox.shop.orders["A-1"].amount, "x")
    for reference in ("A-1", "A-2"):
        answer = inbox.shop.pay(reference)
        get(inbox, (answer.json or {})["statusUrl"])
    assert inquiries(inbox) == 2


@pytest.mark.parametrize(
    ("asked_before", "seconds_ago", "is_asked"),
    [(1, 1, False), (1, 3, True), (100, 50, False), (100, 61, True)],
)
def test_the_longer_it_takes_the_more_seldom_antom_is_asked(
    inbox: Inbox, asked_before: int, seconds_ago: int, is_asked: bool
) -> None:
    url = opened(inbox)["statusUrl"]
    asked_at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    set_columns(inbox, inquiries=asked_before, _asked_at=asked_at)
    get(inbox, url)
    assert inquiries(inbox) == is_asked


def sign_token(value: Any, secret: str, salt: str = "flask-antom result") -> str:
    return str(URLSafeSerializer(secret, salt=salt).dumps(value))


def test_only_a_token_of_this_app_opens_a_payment(inbox: Inbox) -> None:
    fields = opened(inbox)
    request_id = fields["paymentRequestId"]
    token = fields["statusUrl"].rpartition("/")[2]
    secret = inbox.shop.app.config["SECRET_KEY"]
    assert sign_token(request_id, secret) == token
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
        sign_token(request_id, "another secret"),
        sign_token(request_id, secret, salt="another salt"),
        sign_token("another id", secret),
        sign_token([request_id], secret),
        sign_token({"id": request_id}, secret),
        sign_token(1, secret),
    ]
    for forged in wrong:
        for kind in ("result", "status"):
            answer = inbox.shop.app.test_client().get(f"/antom/{kind}/{forged}")
            assert answer.status_code == 404, forged
            assert request_id not in answer.text
    assert inquiries(inbox) == 0


def test_a_token_of_another_app_opens_nothing(inbox: Inbox) -> None:
    token = opened(inbox)["statusUrl"].rpartition("/")[2]
    for secret in ("another secret", "for tests only"):
        with open_inbox(SECRET_KEY=secret) as other:
            answer = other.shop.app.test_client().get(f"/antom/status/{token}")
            assert answer.status_code == 404


def test_a_token_outlives_its_secret_key_among_the_fallbacks(inbox: Inbox) -> None:
    config, url = inbox.shop.app.config, opened(inbox)["statusUrl"]
    config["SECRET_KEY"] = "new"
    assert get(inbox, url).status_code == 404
    config["SECRET_KEY_FALLBACKS"] = ["oldest", "for tests only"]
    assert get(inbox, url).status_code == 200
    fresh = opened(inbox)["statusUrl"]
    config["SECRET_KEY_FALLBACKS"] = None
    assert get(inbox, fresh).status_code == 200


def test_the_host_may_draw_the_page(inbox: Inbox) -> None:
    own = "{{ payment.status }} {{ final }} {{ status_url }}"
    inbox.shop.app.jinja_loader = DictLoader({"antom/result.html": own})
    urls = opened(inbox)
    page = get(inbox, urls["resultUrl"])
    assert page.text == f"created False {urlsplit(urls['statusUrl']).path}"


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_the_host_may_have_its_own_view(inbox: Inbox, kind: str) -> None:
    def show(payment: Any) -> Any:
        return f"{payment.order_reference}: {payment.status}", 202, {"X-Own": "yes"}

    async def show_async(payment: Any) -> Any:
        return show(payment)

    assert inbox.shop.antom.result_view(show) is show
    if kind == "async":
        inbox.shop.antom.result_view(show_async)
    page = get(inbox, opened(inbox)["resultUrl"])
    assert (page.status_code, page.text) == (202, "A-1: created")
    assert page.headers["X-Own"] == "yes"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert get(inbox, "/antom/result/forged").status_code == 404


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/antom/session", "/antom/notify"])
def test_what_is_posted_to_takes_nothing_else(
    inbox: Inbox, path: str, method: str
) -> None:
    answer = getattr(inbox.shop.app.test_client(), method)(path)
    assert answer.status_code == 405
    assert inbox.recorded == []


@pytest.mark.parametrize("kind", ["resultUrl", "statusUrl"])
def test_what_is_looked_at_can_only_be_looked_at(inbox: Inbox, kind: str) -> None:
    client, path = inbox.shop.app.test_client(), urlsplit(opened(inbox)[kind]).path
    head = client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(path).status_code == 405


def test_no_other_origin_is_let_in(inbox: Inbox) -> None:
    client = inbox.shop.app.test_client()
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
    with open_inbox(ANTOM_PUBLIC_URL="https://shop.example/store/") as inbox:
        app = inbox.shop.app
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1
        )
        proxied = {
            "X-Forwarded-For": "203.0.113.7",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "internal.example",
            "X-Forwarded-Prefix": "/store",
        }
        inbox.answers["createPaymentSession"] = SESSION
        inbox.answers["inquiryPayment"] = NOT_EXIST
        fields = inbox.shop.pay(headers=proxied).json or {}
        root = "https://shop.example/store/antom"
        assert fields["resultUrl"].startswith(f"{root}/result/")
        assert fields["statusUrl"].startswith(f"{root}/status/")
        assert sent(inbox)["paymentNotifyUrl"] == f"{root}/notify"
        assert sent(inbox)["paymentRedirectUrl"] == fields["resultUrl"]
        assert sent(inbox)["env"]["clientIp"] == "203.0.113.7"

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
    with open_inbox(ANTOM_URL_PREFIX="/pay/antom") as inbox:
        inbox.answers["createPaymentSession"] = SESSION
        client = inbox.shop.app.test_client()
        fields = client.post("/pay/antom/session", json=WANTED).json or {}
        root = "http://127.0.0.1:5000/pay/antom"
        assert fields["statusUrl"].startswith(f"{root}/status/")
        assert sent(inbox)["paymentNotifyUrl"] == f"{root}/notify"
        assert get(inbox, fields["statusUrl"]).status_code == 200
        body, headers = SIGNER.notification("unknown", SIX, "/pay/antom/notify")
        answer = client.post("/pay/antom/notify", data=body, headers=headers)
        assert answer.status_code == 404
        assert client.post("/antom/session", json=WANTED).status_code == 404


def test_a_forged_host_header_reaches_nobody(inbox: Inbox) -> None:
    client = inbox.shop.app.test_client()
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
    for text in (answer.text, json.dumps(inbox.asked), page.text, notified.text):
        assert "evil" not in text


def test_without_a_secret_key_no_link_is_made() -> None:
    with open_inbox(SECRET_KEY=None, PROPAGATE_EXCEPTIONS=False) as inbox:
        inbox.answers["createPaymentSession"] = SESSION
        assert inbox.shop.pay().status_code == 500
        assert inbox.asked == []
