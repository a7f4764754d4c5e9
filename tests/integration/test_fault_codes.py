"""A failure that the buyer cannot mend has a code, which the shop finds in its log."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, got_request_exception, render_template_string
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]
from werkzeug.exceptions import InternalServerError, NotFound
from werkzeug.test import TestResponse

from flask_antom import Address, Buyer, Goods, Money, Order
from flask_antom.errors import CheckoutError, ConfigError, InvalidOrder
from flask_antom.i18n.english import CHECKOUT
from flask_antom.rate_limit import ToldFaults
from tests.support.offline import SESSION, OfflineShop, failed, open_offline

#: What the buyer reads, without the code.
BROKEN = CHECKOUT["broken"].removesuffix("%(code)s")
CODE = re.compile(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}")
FORM = {"orderReference": "A-1", "paymentMethodType": "GCASH"}

#: Mistakes in an order that nobody can mend but the shop.
MISTAKES: dict[str, Callable[[], Any]] = {
    "Order.reference": lambda: Order("caf\xe9", Money(1, "MYR"), "Mug"),
    "Goods.reference": lambda: Goods(reference="x" * 65, name="Mug"),
    "Buyer.reference": lambda: Buyer(reference=""),
    "Address.region": lambda: Address(region="Malaysia"),
    "Order.description": lambda: Order("A-1", Money(1, "MYR"), b"Mug"),  # type: ignore[arg-type]
    "Order.amount": lambda: Order("A-1", Money(150, "IDR"), "Mug"),
    "2 decimals": lambda: Money.parse("42.001", "MYR"),
}

#: Antom's refusals that no other way to pay helps against.
SHOPS = [
    *("INVALID_SIGNATURE", "SIGNATURE_INVALID", "SIGN_VERIFY_FAILURE", "OAUTH_FAIL"),
    *("KEY_NOT_FOUND", "INVALID_CLIENT", "PARAM_ILLEGAL", "ILLEGAL_CLIENT_IP"),
    *("CLIENT_FORBIDDEN_ACCESS_API", "MERCHANT_NOT_REGISTERED"),
]

#: Refusals after which the buyer may choose another way to pay.
BUYERS = [
    *("PAYMENT_NOT_QUALIFIED", "CURRENCY_NOT_SUPPORT", "NO_PAY_OPTIONS"),
    *("USER_BALANCE_NOT_ENOUGH", "PAYMENT_AMOUNT_EXCEED_LIMIT", "RISK_REJECT"),
    *("PROCESS_FAIL", "SOME_NEW_CODE"),
]


@pytest.fixture
def served() -> Any:
    """A shop that answers errors as in production."""
    with open_offline(PROPAGATE_EXCEPTIONS=False) as offline:
        offline.answers["createPaymentSession"] = SESSION
        yield offline


def go(offline: OfflineShop, **fields: Any) -> TestResponse:
    return offline.shop.app.test_client().post("/antom/hosted", data=FORM | fields)


def draw(app: Flask) -> str:
    template = (
        '{% from "antom/checkout.html" import antom_checkout %}'
        '{{ antom_checkout("A-1", methods=["GCASH"]) }}'
    )
    with app.test_request_context():
        return render_template_string(template)


def break_loader(offline: OfflineShop, error: Callable[[], Any]) -> None:
    def load(reference: str) -> Order | None:
        error()
        raise AssertionError("It was no mistake.")

    offline.shop.antom.order_loader(load)


def throw(error: BaseException) -> Callable[[], Any]:
    def raise_it() -> Any:
        raise error

    return raise_it


def break_down(*arguments: Any) -> Any:
    """Stand for a function of the host that fails."""
    raise ZeroDivisionError


def code_in(text: str) -> str:
    """Return the one code in a text."""
    (code,) = CODE.findall(text)
    return str(code)


def logged(caplog: pytest.LogCaptureFixture, code: str) -> logging.LogRecord:
    """Return the one line of the log that has a code."""
    (line,) = [one for one in caplog.records if code in one.getMessage()]
    assert line.levelno == logging.ERROR
    return line


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_order_that_antom_would_refuse_is_a_problem_of_its_own(
    served: OfflineShop, caplog: pytest.LogCaptureFixture, mistake: str
) -> None:
    break_loader(served, MISTAKES[mistake])
    answer = served.shop.pay()
    problem = answer.json or {}
    assert (answer.status_code, problem["code"]) == (500, "invalid_order")
    assert answer.content_type == "application/problem+json"
    assert mistake not in answer.text
    line = logged(caplog, problem["faultCode"])
    assert mistake in line.getMessage()
    assert "'A-1'" in line.getMessage()
    assert served.calls == []

    page = go(served)
    assert page.status_code == 500
    assert BROKEN in page.text
    assert "again" not in page.text
    assert mistake in logged(caplog, code_in(page.text)).getMessage()

    html = draw(served.shop.app)
    assert "<form" not in html
    assert mistake in logged(caplog, code_in(html)).getMessage()


def test_a_stranger_does_not_flood_the_log_with_a_broken_order(
    served: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    break_loader(served, MISTAKES["Goods.reference"])
    codes = {(served.shop.pay().json or {})["faultCode"] for _ in range(5)}
    codes.add(code_in(draw(served.shop.app)))
    (code,) = codes
    logged(caplog, code)

    served.shop.clock.sleep(ToldFaults.PERIOD)
    later = (served.shop.pay().json or {})["faultCode"]
    assert later != code
    logged(caplog, later)


def test_reports_of_browsers_do_not_silence_what_the_shop_has_overlooked(
    served: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    client = served.shop.app.test_client()
    answers = [client.post("/antom/report", json={}).status_code for _ in range(99)]
    assert answers[-1] == 429
    served.shop.antom.visitor_may_pay(lambda order: False)
    draw(served.shop.app)
    assert "draws no form" in caplog.text


def test_another_fault_and_another_order_have_codes_of_their_own(
    served: OfflineShop,
) -> None:
    codes = set()
    for mistake in ("Goods.reference", "Address.region"):
        break_loader(served, MISTAKES[mistake])
        for reference in ("A-1", "A-2"):
            codes.add((served.shop.pay(reference).json or {})["faultCode"])
    assert len(codes) == 4


def test_the_loader_of_money_that_has_come_is_not_asked_for_a_code(
    served: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    served.add_payment()
    break_loader(served, throw(InvalidOrder("Order.reference is empty.")))
    answer = served.notify()
    problem = answer.json or {}
    assert (answer.status_code, problem["code"]) == (500, "receiver_failed")
    assert problem["detail"].startswith("The order loader raised")
    assert CODE.search(caplog.text) is None


@pytest.mark.parametrize("code", SHOPS)
@pytest.mark.parametrize("way", ["session", "hosted"])
def test_a_refusal_that_only_the_shop_can_mend_has_a_code(
    served: OfflineShop, caplog: pytest.LogCaptureFixture, code: str, way: str
) -> None:
    served.answers["createPaymentSession"] = {"result": failed(code)}
    if way == "session":
        answer = served.shop.pay()
        problem = answer.json or {}
        assert (problem["code"], problem["resultCode"]) == ("payment_refused", code)
        told = problem["faultCode"]
    else:
        answer = go(served)
        assert BROKEN in answer.text
        told = code_in(answer.text)
    assert answer.status_code == 422
    line = logged(caplog, told)
    assert code in line.getMessage()
    assert "'A-1'" in line.getMessage()


@pytest.mark.parametrize("code", BUYERS)
def test_a_refusal_of_one_way_to_pay_has_none(
    served: OfflineShop, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    served.answers["createPaymentSession"] = {"result": failed(code)}
    problem = served.shop.pay().json or {}
    assert problem["resultCode"] == code
    assert "faultCode" not in problem
    assert "Fault code" not in caplog.text


@pytest.mark.parametrize("code", ["PAYMENT_NOT_QUALIFIED", "SOME_NEW_CODE"])
def test_another_way_to_pay_is_advised_only_where_there_is_one(
    served: OfflineShop, code: str
) -> None:
    served.answers["createPaymentSession"] = {"result": failed(code)}
    alone, one_of_some = go(served), go(served, canChoose="1")
    assert "cannot be paid here at the moment" in alone.text
    assert "Choose another" in one_of_some.text
    for methods, can_choose in ((["GCASH"], False), (["GCASH", "TNG"], True)):
        with served.shop.app.test_request_context():
            form = render_template_string(
                '{% from "antom/checkout.html" import antom_checkout %}'
                '{{ antom_checkout("A-1", methods=methods) }}',
                methods=methods,
            )
        assert ('name="canChoose"' in form) is can_choose


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("secret of the shop"),
        ConfigError("The order loader must return an Order."),
        InternalServerError("of the host"),
    ],
)
@pytest.mark.parametrize("way", ["session", "hosted"])
def test_an_unexpected_error_has_a_code_and_is_still_seen_by_error_trackers(
    served: OfflineShop,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    way: str,
) -> None:
    seen: list[BaseException] = []

    def see(sender: Flask, exception: BaseException, **extra: Any) -> None:
        seen.append(exception)

    break_loader(served, throw(error))
    with got_request_exception.connected_to(see, sender=served.shop.app):
        answer = served.shop.pay() if way == "session" else go(served)
    assert answer.status_code == 500
    assert answer.headers["Cache-Control"] == "no-store"
    if way == "session":
        problem = answer.json or {}
        assert problem["code"] == "server_error"
        told = problem["faultCode"]
    else:
        assert BROKEN in answer.text
        told = code_in(answer.text)
    assert str(error) not in answer.text
    line = logged(caplog, told)
    assert type(error).__name__ in line.getMessage()
    assert "'A-1'" in line.getMessage()
    if not isinstance(error, InternalServerError):
        assert seen == [error]
        assert any(one.exc_info and one.exc_info[1] is error for one in caplog.records)


def test_each_failure_has_a_code_of_its_own(served: OfflineShop) -> None:
    break_loader(served, throw(RuntimeError("oops")))
    codes = {(served.shop.pay().json or {})["faultCode"] for _ in range(20)}
    assert len(codes) == 20
    assert all(CODE.fullmatch(code) for code in codes)


def test_errors_are_raised_where_the_host_wants_to_see_them() -> None:
    with open_offline(PROPAGATE_EXCEPTIONS=True) as offline:
        break_loader(offline, throw(RuntimeError("oops")))
        with pytest.raises(RuntimeError, match="oops"):
            offline.shop.pay()


@pytest.mark.parametrize("by", [500, InternalServerError, Exception])
def test_the_other_routes_keep_the_error_page_of_the_host(
    served: OfflineShop, by: Any
) -> None:
    app = served.shop.app
    app.register_error_handler(by, lambda error: ("The host's own page", 500))
    result = (served.shop.pay().json or {})["resultUrl"].split(":5000")[1]
    served.shop.antom.result_view(break_down)
    answer = app.test_client().get(result)
    assert (answer.status_code, answer.text) == (500, "The host's own page")


def test_the_other_routes_have_flasks_page_if_the_host_has_none(
    served: OfflineShop,
) -> None:
    result = (served.shop.pay().json or {})["resultUrl"].split(":5000")[1]
    served.shop.antom.result_view(break_down)
    answer = served.shop.app.test_client().get(result)
    assert answer.status_code == 500
    assert "Internal Server Error" in answer.text


def test_a_broken_template_of_the_host_does_not_hide_the_error(
    served: OfflineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(served.shop.app.jinja_env.globals, "_antom_words", None)
    answer = go(served)
    assert answer.status_code == 500
    assert "Internal Server Error" in answer.text


def test_a_refusal_of_the_hosts_own_is_told_in_words(served: OfflineShop) -> None:
    class Holiday(CheckoutError):
        status, code, title = 503, "holiday", "The shop is on holiday."

    break_loader(served, throw(Holiday("Until Monday.")))
    answer = go(served)
    assert answer.status_code == 503
    assert "The payment could not be started. Try again." in answer.text


def test_a_page_of_the_host_that_is_missing_stays_missing(served: OfflineShop) -> None:
    break_loader(served, throw(NotFound()))
    assert served.shop.pay().status_code == 404


def test_the_page_links_back_to_an_order_that_cannot_be_paid(
    served: OfflineShop,
) -> None:
    served.shop.orders["A-1"] = Order("A-1", Money(1, "MYR"), "Mug", url="/orders/A-1")
    served.shop.antom.session_request(break_down)
    answer = go(served)
    assert code_in(answer.text)
    assert 'href="/orders/A-1"' in answer.text


def test_the_way_on_passes_the_hosts_csrf_protection() -> None:
    with open_offline() as offline:
        CSRFProtect(offline.shop.app)
        offline.answers["createPaymentSession"] = SESSION
        offline.shop.app.config["WTF_CSRF_ENABLED"] = False
        request_id = (offline.shop.pay().json or {})["paymentRequestId"]
        offline.answers["inquiryPayment"] = {
            "result": SESSION["result"],
            "paymentStatus": "PROCESSING",
            "paymentRequestId": request_id,
            "paymentAmount": {"value": "4200", "currency": "MYR"},
        }
        answer = go(offline, paymentMethodType="TNG")
    assert f'name="insteadOf" value="{request_id}"' in answer.text
    assert 'name="csrf_token"' in answer.text


def test_without_a_secret_key_the_macro_tells_the_developer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with open_offline(SECRET_KEY=None, PROPAGATE_EXCEPTIONS=False) as offline:
        for _ in range(3):
            html = draw(offline.shop.app)
            assert "Payments are not available at the moment." in html
            assert "<form" not in html
        (line,) = [one for one in caplog.records if "SECRET_KEY" in one.getMessage()]
        assert line.levelno == logging.ERROR
        offline.shop.app.debug = True
        assert "SECRET_KEY" in draw(offline.shop.app)
        offline.shop.app.debug = False
        assert (offline.shop.pay().json or {})["code"] == "server_error"
        assert offline.shop.payments() == []
