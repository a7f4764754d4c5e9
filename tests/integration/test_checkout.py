"""A buyer starts to pay: sessions are opened, handed out again, closed, refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.test import TestResponse

from flask_antom import Buyer, FlaskAntom, Money, Order
from flask_antom.domain.payment_states import Fact, Observation
from flask_antom.signals import payment_expired, payment_pending
from flask_antom.simulator import Simulator
from flask_antom.store.models import PaymentMixin
from tests.support.keys import OTHER_PRIVATE_KEY
from tests.support.shop import Shopfront, make_order, make_shop, shop_settings

pytestmark = pytest.mark.every_database

NO_ANSWER = "http-500"


def operations(simulator: Simulator) -> list[str]:
    return [call.operation for call in simulator.calls]


def forget_pause(shop: Shopfront) -> None:
    """Allow the shop to ask Antom again at once, as if seconds had passed."""
    with shop.app.app_context():
        shop.db.session.execute(
            shop.db.update(shop.antom.Payment).values(_asked_at=None)
        )
        shop.db.session.commit()


def give_up(
    shop: Shopfront, request_id: str, method: str = "ALIPAY_CN"
) -> TestResponse:
    """Click once more, after the buyer was told of a payment that they have begun."""
    return shop.app.test_client().post(
        "/antom/session",
        json={
            "orderReference": "A-1",
            "paymentMethodType": method,
            "insteadOf": request_id,
        },
    )


def set_expiry(shop: Shopfront, expires_at: datetime) -> None:
    with shop.app.app_context():
        shop.db.session.execute(
            shop.db.update(shop.antom.Payment).values(_session_expires_at=expires_at)
        )
        shop.db.session.commit()


def test_the_first_click_opens_a_session(shop: Shopfront, simulator: Simulator) -> None:
    answer = shop.pay()
    assert answer.status_code == 201
    (payment,) = shop.payments()
    assert answer.json is not None
    assert answer.json["paymentRequestId"] == payment.request_id
    assert answer.json["paymentSessionData"] == payment.session_data
    assert payment.status == "created"
    assert payment.amount == Money(4200, "MYR")
    assert simulator.payment(payment.request_id).amount == Money(4200, "MYR")


def test_the_second_click_gets_the_same_session(
    shop: Shopfront, simulator: Simulator
) -> None:
    first, second = shop.pay(), shop.pay()
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert operations(simulator).count("createPaymentSession") == 1
    assert len(shop.payments()) == 1


def test_two_clicks_at_once_open_one_session(shop: Shopfront) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.pay(), range(8)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    ids = {(answer.json or {})["paymentRequestId"] for answer in answers}
    assert ids == {payment.request_id for payment in shop.payments()}
    assert len(ids) == 1


def test_the_attempt_is_committed_before_antom_is_called(
    shop: Shopfront, simulator: Simulator
) -> None:
    simulator.faults.next("createPaymentSession", "reset", times=99)
    answer = shop.pay()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    (payment,) = shop.payments()
    assert (payment.status, payment.session_data) == ("created", None)


@pytest.mark.parametrize(
    "fault",
    ["lost-answer", "garbage", "unsigned", "half-signed", "bad-signature", "unknown"],
)
def test_an_unknown_outcome_is_asked_again_with_the_same_id(
    shop: Shopfront, simulator: Simulator, fault: str
) -> None:
    simulator.faults.next("createPaymentSession", fault, times=99)
    assert shop.pay().status_code == 503
    simulator.faults.clear()
    answer = shop.pay()
    assert answer.status_code == 201
    assert [payment.request_id for payment in shop.payments()] == [
        (answer.json or {})["paymentRequestId"]
    ]
    assert {call.request_id for call in simulator.calls} - {None} == {
        (answer.json or {})["paymentRequestId"]
    }


def test_a_passing_fault_is_not_seen_by_the_buyer(
    shop: Shopfront, simulator: Simulator
) -> None:
    simulator.faults.next("createPaymentSession", "unknown", times=2)
    assert shop.pay().status_code == 201
    assert len(shop.payments()) == 1


def test_a_paid_order_is_refused(shop: Shopfront, simulator: Simulator) -> None:
    answer = shop.pay()
    simulator.approve((answer.json or {})["paymentRequestId"])
    forget_pause(shop)
    refused = shop.pay()
    assert refused.status_code == 409
    assert (refused.json or {})["code"] == "order_already_paid"
    assert shop.payments()[0].status == "succeeded"
    assert shop.fulfilled() == 1
    assert shop.pay(method="ALIPAY_CN").status_code == 409


def test_a_payment_that_was_made_meanwhile_is_found_before_another_method_opens(
    shop: Shopfront, simulator: Simulator
) -> None:
    answer = shop.pay()
    simulator.approve((answer.json or {})["paymentRequestId"])
    refused = shop.pay(method="ALIPAY_CN")
    assert (refused.json or {})["code"] == "order_already_paid"
    assert shop.fulfilled() == 1
    assert "cancel" not in operations(simulator)


def test_another_method_closes_the_attempt_that_the_buyer_gives_up(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    simulator.process(first)
    assert give_up(shop, first).status_code == 201
    assert [payment.status for payment in shop.payments()] == ["cancelled", "created"]
    assert simulator.payment(first).status == "CANCELLED"


def test_another_method_leaves_a_session_open_that_nobody_used(
    shop: Shopfront,
) -> None:
    first = shop.pay()
    shop.pay(method="ALIPAY_CN")
    assert [payment.status for payment in shop.payments()] == ["created", "created"]
    assert shop.payments()[0].inquire_at is not None
    again = shop.pay()
    assert (again.status_code, again.json) == (200, first.json)


def test_a_retired_session_that_is_paid_after_all_counts(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    shop.pay(method="ALIPAY_CN")
    simulator.approve(first)
    sync(shop, first)
    assert [payment.status for payment in shop.payments()] == ["succeeded", "created"]
    assert shop.fulfilled() == 1


def test_two_paid_attempts_of_one_order_fulfil_once(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    second = (shop.pay(method="ALIPAY_CN").json or {})["paymentRequestId"]
    for request_id in (second, first):
        simulator.approve(request_id)
        sync(shop, request_id)
    assert [payment.status for payment in shop.payments()] == ["review", "succeeded"]
    assert shop.fulfilled() == 1


def sync(shop: Shopfront, request_id: str) -> None:
    with shop.app.app_context():
        payment = shop.antom.Payment
        shop.antom.sync(
            shop.db.session.scalars(
                shop.db.select(payment).where(payment.request_id == request_id)
            ).one()
        )


def test_a_changed_amount_closes_the_old_attempt(
    shop: Shopfront, simulator: Simulator
) -> None:
    old = (shop.pay().json or {})["paymentRequestId"]
    shop.orders["A-1"] = make_order("A-1", Money(5000, "MYR"))
    answer = shop.pay()
    assert answer.status_code == 201
    new = (answer.json or {})["paymentRequestId"]
    assert new != old
    assert simulator.payment(new).amount == Money(5000, "MYR")
    simulator.approve(old)
    sync(shop, old)
    assert [payment.status for payment in shop.payments()] == ["review", "created"]
    assert shop.fulfilled() == 0


def test_while_the_old_attempt_is_unclear_no_other_is_opened(
    shop: Shopfront, simulator: Simulator
) -> None:
    shop.pay()
    simulator.faults.next("inquiryPayment", NO_ANSWER, times=99)
    answer = shop.pay(method="ALIPAY_CN")
    assert (answer.status_code, (answer.json or {})["code"]) == (503, "outcome_unknown")
    simulator.faults.clear()
    simulator.process(shop.payments()[0].request_id)
    simulator.faults.next("cancel", NO_ANSWER, times=99)
    assert give_up(shop, shop.payments()[0].request_id).status_code == 503
    assert "cancel" in operations(simulator)
    assert len(shop.payments()) == 1


def test_a_refused_cancel_keeps_the_order_closed_to_other_attempts(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    simulator.process(first)
    simulator.faults.next("cancel", ("result", "PROCESS_FAIL", "F"))
    assert give_up(shop, first).status_code == 503
    assert operations(simulator)[-1] == "cancel"
    assert len(shop.payments()) == 1


def test_an_open_session_is_handed_out_though_antom_is_silent(
    shop: Shopfront, simulator: Simulator
) -> None:
    shop.pay()
    forget_pause(shop)
    simulator.faults.next("inquiryPayment", NO_ANSWER, times=99)
    assert shop.pay().status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(50, 201), (70, 200)])
def test_a_session_is_handed_out_again_if_it_lasts_a_minute(
    shop: Shopfront, seconds: int, status: int
) -> None:
    shop.pay()
    set_expiry(shop, datetime.now(UTC) + timedelta(seconds=seconds))
    assert shop.pay().status_code == status


def test_an_expired_session_is_replaced(shop: Shopfront, simulator: Simulator) -> None:
    first = shop.pay()
    set_expiry(shop, datetime.now(UTC) + timedelta(seconds=30))
    second = shop.pay()
    assert second.status_code == 201
    assert first.json != second.json
    assert [payment.status for payment in shop.payments()] == ["created", "created"]
    assert operations(simulator).count("createPaymentSession") == 2


def test_an_attempt_that_is_long_over_expires(shop: Shopfront) -> None:
    expired: list[Any] = []
    shop.connect(payment_expired, lambda app, payment, **extra: expired.append(payment))
    shop.pay()
    set_expiry(shop, datetime.now(UTC) - timedelta(hours=1))
    assert shop.pay().status_code == 201
    assert [payment.status for payment in shop.payments()] == ["expired", "created"]
    assert len(expired) == 1


def test_after_a_failure_a_new_attempt_opens(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    simulator.decline(first)
    simulator.close(first)
    forget_pause(shop)
    answer = shop.pay()
    assert answer.status_code == 201
    assert (answer.json or {})["paymentRequestId"] != first
    assert [payment.status for payment in shop.payments()] == ["failed", "created"]


def test_a_success_after_the_failure_is_found_before_another_attempt_opens(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    simulator.decline(first)
    sync(shop, first)
    assert shop.payments()[0].status == "failed"
    simulator.approve(first)
    forget_pause(shop)
    refused = shop.pay()
    assert (refused.json or {})["code"] == "order_already_paid"
    assert [payment.status for payment in shop.payments()] == ["succeeded"]
    assert shop.fulfilled() == 1


def test_a_retired_session_that_was_paid_is_found_before_another_opens(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    shop.pay(method="ALIPAY_CN")
    simulator.approve(first)
    forget_pause(shop)
    assert shop.pay(method="TNG").status_code == 409
    assert shop.fulfilled() == 1


def test_money_under_way_in_a_retired_session_keeps_another_from_being_opened(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    shop.pay(method="ALIPAY_CN")
    simulator.process(first)
    forget_pause(shop)
    simulator.faults.next("cancel", ("result", "PROCESS_FAIL", "F"))
    assert give_up(shop, first).status_code == 503
    assert give_up(shop, first).status_code == 200
    assert [payment.status for payment in shop.payments()] == ["cancelled", "created"]


def test_money_under_way_after_a_failure_is_found_first(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    simulator.decline(first)
    sync(shop, first)
    simulator.process(first)
    forget_pause(shop)
    assert give_up(shop, first, method="GCASH").status_code == 201
    assert [payment.status for payment in shop.payments()] == ["cancelled", "created"]
    assert operations(simulator)[-2:] == ["cancel", "createPaymentSession"]


@pytest.mark.parametrize("end", ["retired", "failed"])
def test_money_under_way_at_the_end_of_a_session_is_found_first(
    shop: Shopfront, simulator: Simulator, end: str
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    if end == "failed":
        simulator.decline(first)
        sync(shop, first)
    else:
        shop.pay(method="ALIPAY_CN")
    simulator.process(first)
    set_expiry(shop, datetime.now(UTC) - timedelta(minutes=15))
    forget_pause(shop)
    assert shop.pay(method="TNG").status_code == 503
    assert give_up(shop, first, method="TNG").status_code == 201
    assert shop.payments()[0].status == "cancelled"


def test_a_buyer_who_has_done_his_part_does_not_get_the_session_again(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    simulator.pend(first)
    answer = shop.pay()
    assert (answer.status_code, (answer.json or {})["code"]) == (503, "outcome_unknown")
    simulator.approve(first)
    forget_pause(shop)
    assert shop.pay().status_code == 409


def test_while_a_failed_attempt_is_unclear_no_other_is_opened(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    simulator.decline(first)
    sync(shop, first)
    forget_pause(shop)
    simulator.faults.next("inquiryPayment", NO_ANSWER)
    assert shop.pay().status_code == 503
    assert len(shop.payments()) == 1


def test_a_receiver_that_raises_does_not_leave_two_attempts_open(
    shop: Shopfront, simulator: Simulator
) -> None:
    def refuse(app: Any, payment: Any, **extra: Any) -> None:
        raise RuntimeError

    shop.connect(payment_pending, refuse)
    simulator.pend((shop.pay().json or {})["paymentRequestId"])
    assert shop.pay(method="ALIPAY_CN").status_code == 503
    assert [payment.status for payment in shop.payments()] == ["pending"]


@pytest.mark.parametrize("end", ["retired", "failed", "unclear"])
def test_no_earlier_attempt_pays_an_order_that_costs_more_now(
    shop: Shopfront, simulator: Simulator, end: str
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    if end == "retired":
        shop.pay(method="ALIPAY_CN")
    elif end == "failed":
        simulator.decline(first)
        sync(shop, first)
    else:
        simulator.faults.next("inquiryPayment", NO_ANSWER, times=99)
    shop.orders["A-1"] = make_order("A-1", Money(42000, "MYR"))
    shop.pay(method="ALIPAY_CN")
    simulator.faults.clear()
    simulator.approve(first)
    sync(shop, first)
    assert shop.payments()[0].status == "review"
    assert shop.fulfilled() == 0


def test_an_authorized_card_stays_good_when_the_order_changes(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay(method="CARD").json or {})["paymentRequestId"]
    simulator.approve(first)
    sync(shop, first)
    shop.orders["A-1"] = make_order("A-1", Money(42000, "MYR"))
    assert shop.pay().status_code == 409
    assert not shop.payments()[0].outdated


def test_money_counts_where_there_was_nothing_to_cancel(
    shop: Shopfront, simulator: Simulator
) -> None:
    first = (shop.pay().json or {})["paymentRequestId"]
    shop.pay(method="ALIPAY_CN")
    assert shop.payments()[0].cancel_asked_at is None
    closed = Observation(Fact.CANCELLED, "inquiry", first)
    with shop.app.app_context():
        shop.app.extensions["antom"].payments.apply(closed)
    assert shop.payments()[0].status == "cancelled"
    simulator.approve(first)
    forget_pause(shop)
    assert shop.pay(method="TNG").status_code == 409
    assert shop.fulfilled() == 1


def test_orders_are_told_apart_where_the_database_ignores_case(
    simulator: Simulator, gateway: Any
) -> None:
    app, db = Flask("shop"), SQLAlchemy()

    class Payment(PaymentMixin, db.Model):  # type: ignore[name-defined, misc]
        order_reference: Mapped[str] = mapped_column(String(64, collation="NOCASE"))

    antom = FlaskAntom(db=db, payment_model=Payment)
    antom.order_loader(lambda reference: make_order(reference, Money(4200, "MYR")))
    app.config.update(shop_settings(simulator.public_key, gateway.url))
    db.init_app(app)
    antom.init_app(app)
    with app.app_context():
        db.create_all()
        for reference in ("a-1", "A-1"):
            body = {"orderReference": reference, "paymentMethodType": "GCASH"}
            answer = app.test_client().post("/antom/session", json=body)
            assert answer.status_code == 201
            assert answer.json is not None
            simulator.approve(answer.json["paymentRequestId"])
            query = db.select(Payment).where(Payment.status == "created")
            antom.sync(db.session.scalars(query).one())
        statuses = db.session.scalars(db.select(Payment.status)).all()
        db.session.remove()
        db.engine.dispose()
    assert statuses == ["succeeded", "succeeded"]


def test_a_signed_refusal_fails_the_attempt_and_the_next_click_is_new(
    shop: Shopfront, simulator: Simulator
) -> None:
    fault = ("result", "PAYMENT_AMOUNT_EXCEED_LIMIT", "F")
    simulator.faults.next("createPaymentSession", fault)
    answer = shop.pay()
    assert answer.status_code == 422
    assert (answer.json or {})["code"] == "payment_refused"
    assert (answer.json or {})["resultCode"] == "PAYMENT_AMOUNT_EXCEED_LIMIT"
    assert shop.pay().status_code == 201
    assert [payment.status for payment in shop.payments()] == ["failed", "created"]


def test_an_unsigned_refusal_is_logged_with_its_code(
    simulator: Simulator, gateway: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings = shop_settings(simulator.public_key, gateway.url)
    shop = make_shop(settings | {"ANTOM_PRIVATE_KEY": OTHER_PRIVATE_KEY})
    assert shop.pay().status_code == 422
    shop.close()
    assert "createPaymentSession: INVALID_SIGNATURE" in caplog.text


def test_a_method_whose_rule_the_amount_breaks_is_not_offered(shop: Shopfront) -> None:
    shop.orders["T-1"] = make_order("T-1", Money(150, "TWD"))
    answer = shop.pay("T-1", "JKOPAY")
    assert (answer.status_code, (answer.json or {})["code"]) == (
        422,
        "method_not_offered",
    )
    assert shop.payments("T-1") == []


def test_a_card_is_asked_for_an_authorization(
    shop: Shopfront, simulator: Simulator
) -> None:
    answer = shop.pay(method="CARD")
    assert answer.status_code == 201
    assert shop.payments()[0].authorizes


@pytest.mark.parametrize(
    ("agent", "env"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64)", {"terminalType": "WEB"}),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)",
            {"terminalType": "WAP", "osType": "IOS"},
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) Mobile",
            {"terminalType": "WAP", "osType": "ANDROID"},
        ),
    ],
)
def test_antom_gets_the_buyers_terminal(
    shop: Shopfront, agent: str, env: dict[str, str]
) -> None:
    sent: list[dict[str, Any]] = []
    shop.antom.session_request(lambda payload, order: sent.append(dict(payload)))
    shop.pay(headers={"User-Agent": agent}, environ_base={"REMOTE_ADDR": "203.0.113.7"})
    assert sent[0]["env"] == {**env, "clientIp": "203.0.113.7"}


def test_the_request_is_the_guides(shop: Shopfront) -> None:
    sent: list[dict[str, Any]] = []
    shop.antom.session_request(lambda payload, order: sent.append(dict(payload)))
    shop.orders["A-1"] = Order(
        "A-1",
        Money(4200, "MYR"),
        "antom sdk test order",
        Buyer(reference="yourBuyerId"),
    )
    shop.pay(method="ONLINEBANKING_FPX")
    (payment,) = shop.payments()
    request = sent[0]
    assert request.pop("paymentRedirectUrl").startswith(
        "http://127.0.0.1:5000/antom/result/"
    )
    request.pop("env")
    assert request == {
        "paymentNotifyUrl": "http://127.0.0.1:5000/antom/notify",
        "paymentRequestId": payment.request_id,
        "paymentAmount": {"currency": "MYR", "value": "4200"},
        "productCode": "CASHIER_PAYMENT",
        "paymentMethod": {"paymentMethodType": "ONLINEBANKING_FPX"},
        "order": {
            "orderAmount": {"currency": "MYR", "value": "4200"},
            "referenceOrderId": "A-1",
            "orderDescription": "antom sdk test order",
            "buyer": {"referenceBuyerId": "yourBuyerId"},
        },
    }


def test_the_settlement_currency_is_sent_when_set(
    simulator: Simulator, gateway: Any
) -> None:
    settings = shop_settings(simulator.public_key, gateway.url)
    shop = make_shop({**settings, "ANTOM_SETTLEMENT_CURRENCY": "USD"})
    sent: list[dict[str, Any]] = []
    shop.antom.session_request(lambda payload, order: sent.append(dict(payload)))
    shop.pay()
    assert sent[0]["settlementStrategy"] == {"settlementCurrency": "USD"}
    shop.close()
