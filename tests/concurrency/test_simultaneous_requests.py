"""Many workers, many callers, one payment: everything happens once.

Every test runs on gunicorn with four workers, over a database of each kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money
from tests.concurrency.gunicorn_shop import (
    WORKERS,
    Answer,
    GunicornShop,
    clerk_request,
    session_request,
    status_request,
)
from tests.support.offline import ACKNOWLEDGEMENT
from tests.support.thorough import THOROUGH

PAYMENTS = 50 if THOROUGH else 10
COPIES = 32


@pytest.fixture(autouse=True)
def log(gunicorn: GunicornShop) -> Iterator[None]:
    """No worker may log an exception but those that a receiver was told to raise."""
    begin = len(gunicorn.log.read_text())
    yield
    text = gunicorn.log.read_text()[begin:]
    raised = text.count("RuntimeError: This receiver was told to fail.")
    assert text.count("Traceback (most recent call last)") == raised, text


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def are_acknowledged(answers: list[Answer]) -> bool:
    return all(
        answer.status == 200 and answer.body == ACKNOWLEDGEMENT for answer in answers
    )


def paid_at_antom(gunicorn: GunicornShop, request_id: str) -> str:
    """Pay as the buyer, lose the notification, and return Antom's payment id."""
    gunicorn.simulator.faults.notifications("drop")
    gunicorn.simulator.approve(request_id)
    gunicorn.simulator.notifier.drain()
    payment_id = gunicorn.simulator.payment(request_id).payment_id
    assert payment_id is not None
    return payment_id


def make_due(gunicorn: GunicornShop, references: list[str]) -> None:
    """Make it time to ask Antom about these orders' payments."""
    shop, payment = gunicorn.shop, gunicorn.shop.antom.Payment
    with shop.app.app_context():
        shop.db.session.execute(
            shop.db.update(payment)
            .where(payment.order_reference.in_(references))
            .values(_inquire_at=datetime.now(UTC) - timedelta(seconds=1))
        )
        shop.db.session.commit()


def events(gunicorn: GunicornShop, payment: Any) -> list[Any]:
    """Return a payment's events."""
    rows = gunicorn.shop.rows(gunicorn.shop.antom.Event)
    return [row for row in rows if row.payment_ref == payment.id]


def test_copies_of_a_notification_fulfil_each_payment_once(
    gunicorn: GunicornShop,
) -> None:
    workers: set[str] = set()
    for number in range(PAYMENTS):
        reference = f"copies-{number}"
        request_id = gunicorn.start_payment(reference)["paymentRequestId"]
        copy = gunicorn.notification(request_id, f"paid-{number}")

        answers = gunicorn.at_once([copy] * COPIES)

        assert are_acknowledged(answers), statuses(answers)
        assert gunicorn.shop.fulfilled(reference) == 1
        (payment,) = gunicorn.shop.payments(reference)
        assert payment.status == "succeeded"
        workers |= {answer.worker for answer in answers}
    assert len(workers) == WORKERS
    notifications = gunicorn.shop.rows(gunicorn.shop.antom.Notification)
    assert [row.copies for row in notifications] == [COPIES] * PAYMENTS


@pytest.mark.parametrize("number", range(8))
def test_notification_inquiry_and_checkout_at_once_agree(
    gunicorn: GunicornShop, number: int
) -> None:
    reference = f"meeting-{number}"
    session = gunicorn.start_payment(reference)
    request_id = session["paymentRequestId"]
    copy = gunicorn.notification(request_id, paid_at_antom(gunicorn, request_id))
    requests = [copy, status_request(session), session_request(reference)]

    answers = gunicorn.at_once(requests * 8)

    assert are_acknowledged(answers[0::3]), statuses(answers)
    assert statuses(answers[1::3]) == {200: 8}
    for answer in answers[2::3]:
        assert answer.status in (200, 409), answer
        if answer.status == 200:
            assert answer.body["paymentRequestId"] == request_id
        else:
            assert answer.body["code"] == "order_already_paid"
    (payment,) = gunicorn.shop.payments(reference)
    assert payment.status == "succeeded"
    assert gunicorn.shop.fulfilled(reference) == 1
    assert gunicorn.send(status_request(session)).body == {
        "status": "succeeded",
        "final": True,
    }


@pytest.mark.parametrize("number", range(4))
def test_a_button_clicked_16_times_opens_one_session(
    gunicorn: GunicornShop, number: int
) -> None:
    reference = f"click-{number}"

    answers = gunicorn.at_once([session_request(reference)] * 16)

    assert statuses(answers) == {201: 1, 200: 15}
    (payment,) = gunicorn.shop.payments(reference)
    answered = {
        (answer.body["paymentRequestId"], answer.body["paymentSessionData"])
        for answer in answers
    }
    assert answered == {(payment.request_id, payment.session_data)}
    sessions = [row.order_reference for row in gunicorn.simulator.payments()]
    assert sessions.count(reference) == 1


@pytest.mark.parametrize("number", range(4))
def test_of_two_attempts_paid_at_once_one_succeeds(
    gunicorn: GunicornShop, number: int
) -> None:
    reference = f"twice-{number}"
    sessions: list[Any] = [
        gunicorn.start_payment(reference, method) for method in ("GCASH", "DANA")
    ]
    first, second = (
        gunicorn.notification(session["paymentRequestId"], f"{reference}-{place}")
        for place, session in enumerate(sessions)
    )

    answers = gunicorn.at_once([first, second] * (COPIES // 2))

    assert are_acknowledged(answers), statuses(answers)
    attempts = gunicorn.shop.payments(reference)
    assert sorted(row.status for row in attempts) == ["review", "succeeded"]
    assert gunicorn.shop.fulfilled(reference) == 1


@pytest.mark.parametrize("number", range(4))
def test_a_receiver_that_fails_at_first_writes_once(
    gunicorn: GunicornShop, number: int
) -> None:
    reference, faults = f"fault-{number}", 5
    request_id = gunicorn.start_payment(reference)["paymentRequestId"]
    copy = gunicorn.notification(request_id, f"fault-paid-{number}")
    for fault in range(faults):
        (gunicorn.faults / str(fault)).touch()

    answers = gunicorn.at_once([copy] * COPIES)

    assert statuses(answers) == {500: faults, 200: COPIES - faults}
    assert gunicorn.shop.fulfilled(reference) == 1
    assert are_acknowledged(gunicorn.at_once([copy] * faults))
    assert gunicorn.shop.fulfilled(reference) == 1
    (payment,) = gunicorn.shop.payments(reference)
    (event,) = events(gunicorn, payment)
    assert event.delivered_at is not None
    assert event.attempts == faults + 1


@pytest.mark.parametrize("number", range(4))
def test_notification_inquiry_and_cancel_at_once_agree_with_antom(
    gunicorn: GunicornShop, number: int
) -> None:
    reference = f"undone-{number}"
    session = gunicorn.start_payment(reference)
    request_id = session["paymentRequestId"]
    copy = gunicorn.notification(request_id, paid_at_antom(gunicorn, request_id))
    requests = [copy, status_request(session), clerk_request("cancel", reference)]

    answers = gunicorn.at_once(requests * 8)

    assert statuses(answers) == {200: 24}
    (payment,) = gunicorn.shop.payments(reference)
    assert payment.status == "cancelled"
    account = gunicorn.simulator.accounts()[request_id]
    assert (account.status, account.paid) == ("CANCELLED", Money(0, "MYR"))
    events_by_name = Counter(event.name for event in events(gunicorn, payment))
    assert events_by_name["payment_cancelled"] == 1
    assert (
        gunicorn.shop.fulfilled(reference) <= events_by_name["payment_succeeded"] <= 1
    )


@pytest.mark.parametrize(("value", "done"), [(3000, 1), (1000, 4), (4200, 1)])
def test_refunds_at_once_never_exceed_the_payment(
    gunicorn: GunicornShop, value: int, done: int
) -> None:
    reference = f"refund-{value}"
    session = gunicorn.start_payment(reference)
    request_id = session["paymentRequestId"]
    paid_at_antom(gunicorn, request_id)
    assert gunicorn.send(status_request(session)).body["status"] == "succeeded"

    answers = gunicorn.at_once([clerk_request("refund", reference, value)] * 8)

    assert statuses(answers) == {200: done, 409: 8 - done}
    assert {a.body["error"] for a in answers} == {None, "NotPossible"}
    given_back = Money(value * done, "MYR")
    (payment,) = gunicorn.shop.payments(reference)
    assert payment.refunded == given_back
    account = gunicorn.simulator.accounts()[request_id]
    assert account.refunded == given_back
    assert len(account.refunds) == done
    events_by_name = Counter(event.name for event in events(gunicorn, payment))
    assert events_by_name == {"payment_succeeded": 1, "refund_succeeded": done}


def test_four_sweeps_ask_once_about_each_of_40_payments(gunicorn: GunicornShop) -> None:
    references = [f"due-{number}" for number in range(40)]
    paid = []
    for reference in references:
        paid.append(gunicorn.start_payment(reference)["paymentRequestId"])
        paid_at_antom(gunicorn, paid[-1])
    make_due(gunicorn, references)

    sweeps = gunicorn.sweep_at_once(4)

    # A payment in review needs a person, and other tests have left some.
    expected = 1 if gunicorn.waits_for_a_person() else 0
    assert statuses(sweeps) == {expected: 4}, sweeps
    assert not any("Traceback" in sweep.body for sweep in sweeps), sweeps
    asked = Counter(
        call.request_id
        for call in gunicorn.simulator.calls
        if call.operation == "inquiryPayment" and call.request_id in paid
    )
    assert asked == Counter(paid)
    assert [gunicorn.shop.fulfilled(reference) for reference in references] == [1] * 40
