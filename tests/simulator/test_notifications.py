"""Notifications: signed, repeated on the documented schedule, and sent wrongly."""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import pairwise

import pytest

from flask_antom.clock import parse_time
from flask_antom.errors import SignatureError
from flask_antom.gateway.keys import load_public_key
from flask_antom.gateway.signing import verify
from flask_antom.simulator import Delivery, Simulator
from tests.simulator.merchant import ACKNOWLEDGEMENT, Letterbox, Merchant
from tests.support.keys import ANTOM_PUBLIC_KEY

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def is_signed(headers: dict[str, str], body: bytes, path: str) -> bool:
    keys = {"1": load_public_key(ANTOM_PUBLIC_KEY)}
    moment, client_id = headers["request-time"], headers["client-id"]
    try:
        verify(keys, headers["signature"], path, client_id, moment, body)
    except SignatureError:
        return False
    return True


@pytest.fixture
def paid(merchant: Merchant, simulator: Simulator, letterbox: Letterbox) -> Merchant:
    """A merchant with one session whose notifications go to the letterbox."""
    merchant.create_session(paymentNotifyUrl=letterbox.url)
    return merchant


@pytest.mark.usefixtures("paid")
def test_a_notification_is_signed_and_looks_like_the_guides_sample(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.approve("request-1")
    simulator.notifier.drain()

    ((headers, body),) = letterbox.received
    (notification,) = letterbox.bodies
    assert is_signed(headers, body, "/antom/notify")
    assert headers["content-type"] == "application/json; charset=UTF-8"
    assert parse_time(headers["request-time"]) <= simulator.clock.now()
    assert notification == {
        "notifyType": "PAYMENT_RESULT",
        "result": ACKNOWLEDGEMENT["result"],
        "paymentRequestId": "request-1",
        "paymentId": simulator.payment("request-1").payment_id,
        "paymentAmount": {"currency": "MYR", "value": "4200"},
        "paymentCreateTime": notification["paymentCreateTime"],
        "paymentMethodType": "GCASH",
        "paymentTime": notification["paymentTime"],
    }
    assert notification["paymentTime"].endswith("+08:00")


def test_the_query_of_the_notify_url_is_signed(
    merchant: Merchant, simulator: Simulator, letterbox: Letterbox
) -> None:
    merchant.create_session(paymentNotifyUrl=f"{letterbox.url}?shop=1")
    simulator.approve("request-1")
    simulator.notifier.drain()

    ((headers, body),) = letterbox.received
    assert is_signed(headers, body, "/antom/notify?shop=1")


@pytest.mark.usefixtures("paid")
def test_a_pending_payment_is_notified_with_status_s(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.pend("request-1")
    simulator.notifier.drain()

    assert letterbox.results == [("PAYMENT_PENDING", "S")]
    assert "paymentTime" not in letterbox.bodies[0]


@pytest.mark.usefixtures("paid")
def test_every_try_is_notified(simulator: Simulator, letterbox: Letterbox) -> None:
    simulator.decline("request-1", "RISK_REJECT")
    simulator.approve("request-1")
    simulator.notifier.drain()

    assert letterbox.results == [("PAYMENT_RESULT", "F"), ("PAYMENT_RESULT", "S")]
    failed, succeeded = letterbox.bodies
    assert failed["result"]["resultCode"] == "RISK_REJECT"
    assert failed["paymentId"] != succeeded["paymentId"]


@pytest.mark.usefixtures("paid")
def test_an_acknowledged_notification_is_not_repeated(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.approve("request-1")
    simulator.clock.advance(days=2)

    (delivery,) = simulator.deliveries
    assert (delivery.http_status, delivery.acknowledged) == (200, True)
    assert len(letterbox.received) == 1


@pytest.mark.usefixtures("paid")
def test_the_whole_schedule_of_a_day_takes_no_time(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    letterbox.answers = [(500, {})] * 20
    start = time.monotonic()
    simulator.approve("request-1")
    simulator.clock.advance(days=2)

    pauses = [
        later.at - earlier.at for earlier, later in pairwise(simulator.deliveries)
    ]
    expected = [
        2 * MINUTE,
        10 * MINUTE,
        10 * MINUTE,
        HOUR,
        2 * HOUR,
        6 * HOUR,
        15 * HOUR,
    ]
    for pause, wanted in zip(pauses, expected, strict=True):
        assert wanted <= pause < wanted + timedelta(seconds=5)
    assert [delivery.attempt for delivery in simulator.deliveries] == list(range(1, 9))
    assert all(is_signed(*message, "/antom/notify") for message in letterbox.received)
    assert len({headers["request-time"] for headers, _ in letterbox.received}) == 8
    assert time.monotonic() - start < 5


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (500, ACKNOWLEDGEMENT, "answered 500 instead of 200"),
        (404, {}, "answered 404 instead of 200"),
        (200, {}, "not with the acknowledgement"),
        (200, "success", "not with the acknowledgement"),
        (
            200,
            {"result": ACKNOWLEDGEMENT["result"] | {"resultStatus": "F"}},
            "not with the acknowledgement",
        ),
    ],
)
def test_only_the_exact_acknowledgement_counts(
    simulator: Simulator,
    letterbox: Letterbox,
    status: int,
    answer: object,
    error: str,
) -> None:
    letterbox.answers = [(status, answer)]
    simulator.approve("request-1")
    simulator.notifier.drain()
    simulator.clock.advance(minutes=2)

    refused, accepted = simulator.deliveries
    assert error in refused.error
    assert (refused.http_status, refused.acknowledged) == (status, False)
    assert accepted.acknowledged


def test_nobody_at_home_is_tried_again(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session(paymentNotifyUrl="http://127.0.0.1:1/notify")
    simulator.approve("request-1")
    simulator.clock.advance(minutes=3)

    assert [d.http_status for d in simulator.deliveries] == [None, None]
    assert all("no answer" in d.error for d in simulator.deliveries)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.shop.example/notify",
        "http://192.0.2.1/notify",
        "http://localhost.shop.example/notify",
        "http://127.0.0.1@shop.example/notify",
    ],
)
def test_nothing_leaves_this_machine(
    merchant: Merchant, simulator: Simulator, url: str
) -> None:
    merchant.create_session(paymentNotifyUrl=url)
    simulator.approve("request-1")
    simulator.notifier.drain()

    (delivery,) = simulator.deliveries
    assert "only calls loopback" in delivery.error
    assert delivery.http_status is None


def test_a_session_without_a_notify_url_is_not_notified(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    simulator.approve("request-1")
    simulator.notifier.drain()

    assert "no paymentNotifyUrl" in simulator.deliveries[0].error


@pytest.mark.usefixtures("paid")
def test_notifications_go_out_by_themselves_while_serving(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.approve("request-1")
    deadline = time.monotonic() + 10
    while not letterbox.received and time.monotonic() < deadline:
        time.sleep(0.005)

    assert letterbox.results == [("PAYMENT_RESULT", "S")]


@pytest.mark.usefixtures("paid")
def test_a_notification_is_sent_again_on_request(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    with pytest.raises(ValueError, match="never notified"):
        simulator.resend("request-1")
    simulator.approve("request-1")
    simulator.notifier.drain()
    simulator.resend("request-1")
    simulator.notifier.drain()

    first, second = letterbox.bodies
    assert first == second
    (notification,) = simulator.payment("request-1").notifications
    assert notification.acknowledged
    assert notification.result_status == "S"


@pytest.mark.usefixtures("paid")
def test_any_field_of_a_notification_can_be_overridden(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    with pytest.raises(ValueError, match="is not submitted yet"):
        simulator.notify("request-1")
    simulator.approve("request-1")
    simulator.notifier.drain()
    letterbox.answers = [(404, {})]
    amount = {"currency": "MYR", "value": "1"}

    delivery = simulator.notify("request-1", paymentAmount=amount, surprise=True)
    simulator.clock.advance(days=2)

    headers, body = letterbox.received[-1]
    assert isinstance(delivery, Delivery)
    assert delivery.http_status == 404
    assert is_signed(headers, body, "/antom/notify")
    assert letterbox.bodies[-1]["paymentAmount"] == amount
    assert letterbox.bodies[-1]["surprise"] is True
    assert len(letterbox.received) == 2


def test_any_body_can_be_signed(simulator: Simulator) -> None:
    body = b"not even JSON"
    headers = simulator.signed_notification(body, "/shop/notify")

    small = {name.lower(): value for name, value in headers.items()}
    assert is_signed(small, body, "/shop/notify")
    assert not is_signed(small, body, "/notify")


@pytest.mark.usefixtures("paid")
def test_a_dropped_notification_comes_with_the_next_repeat(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.faults.notifications("drop", times=2)
    simulator.approve("request-1")
    simulator.notifier.drain()
    assert letterbox.received == []

    simulator.clock.advance(minutes=12)

    assert letterbox.results == [("PAYMENT_RESULT", "S")]
    assert [d.acknowledged for d in simulator.deliveries] == [False, False, True]


@pytest.mark.usefixtures("paid")
def test_a_delayed_notification_waits_for_the_clock(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.faults.notifications("delay")
    simulator.approve("request-1")
    simulator.clock.advance(minutes=4)
    assert letterbox.received == []

    simulator.clock.advance(minutes=1)

    assert letterbox.results == [("PAYMENT_RESULT", "S")]


@pytest.mark.usefixtures("paid")
def test_a_late_notification_bears_a_signature_of_yesterday(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.faults.notifications("late")
    signed_at = simulator.clock.now()
    simulator.approve("request-1")
    simulator.clock.advance(hours=23)
    assert letterbox.received == []

    simulator.clock.advance(hours=1)

    ((headers, body),) = letterbox.received
    assert is_signed(headers, body, "/antom/notify")
    age = parse_time(headers["request-time"]) - signed_at
    assert abs(age) < timedelta(minutes=1)


@pytest.mark.usefixtures("paid")
def test_a_notification_comes_twice(simulator: Simulator, letterbox: Letterbox) -> None:
    simulator.faults.notifications("duplicate")
    simulator.approve("request-1")
    simulator.clock.advance(days=1)

    first, second = letterbox.received
    assert first[1] == second[1]
    assert [d.attempt for d in simulator.deliveries] == [1, 1]


@pytest.mark.usefixtures("paid")
def test_a_notification_is_overtaken_by_the_next(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.faults.notifications("reorder")
    simulator.decline("request-1")
    simulator.notifier.drain()
    assert letterbox.received == []
    simulator.approve("request-1")
    simulator.clock.advance(days=1)

    assert letterbox.results == [("PAYMENT_RESULT", "S"), ("PAYMENT_RESULT", "F")]


@pytest.mark.usefixtures("paid")
def test_a_notification_that_none_overtakes_comes_after_two_minutes(
    simulator: Simulator, letterbox: Letterbox
) -> None:
    simulator.faults.notifications("reorder")
    simulator.approve("request-1")
    simulator.clock.advance(minutes=2)

    assert letterbox.results == [("PAYMENT_RESULT", "S")]


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize("fault", ["tamper", "tamper-signature"])
def test_a_tampered_notification_does_not_verify(
    simulator: Simulator, letterbox: Letterbox, fault: str
) -> None:
    simulator.faults.notifications(fault)
    letterbox.answers = [(401, {})]
    simulator.approve("request-1")
    simulator.clock.advance(minutes=2)

    tampered, repeated = letterbox.received
    assert not is_signed(*tampered, "/antom/notify")
    assert is_signed(*repeated, "/antom/notify")
    changed = letterbox.bodies[0]["paymentAmount"] != {
        "currency": "MYR",
        "value": "4200",
    }
    assert changed is (fault == "tamper")


def test_an_unknown_fault_is_refused(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="'explode'"):
        simulator.faults.notifications("explode")
