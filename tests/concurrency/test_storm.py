"""Many workers, many callers, one payment: everything happens once.

Every test runs on gunicorn with four workers, over PostgreSQL and over a SQLite file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from flask_antom.routes import ACKNOWLEDGEMENT
from tests.concurrency.farm import (
    WORKERS,
    Answer,
    Farm,
    session_request,
    status_request,
)

COPIES = 32


@pytest.fixture(autouse=True)
def log(farm: Farm) -> Iterator[None]:
    """No worker may log an exception but those that a receiver was told to raise."""
    begin = len(farm.log.read_text())
    yield
    text = farm.log.read_text()[begin:]
    told = text.count("RuntimeError: This receiver was told to fail.")
    assert text.count("Traceback (most recent call last)") == told, text


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def are_acknowledged(answers: list[Answer]) -> bool:
    return all(
        answer.status == 200 and answer.body == ACKNOWLEDGEMENT for answer in answers
    )


def paid_at_antom(farm: Farm, request_id: str) -> str:
    """Let the buyer pay, while the notification is lost; gives Antom's payment id."""
    farm.simulator.faults.notifications("drop")
    farm.simulator.approve(request_id)
    farm.simulator.postman.drain()
    payment_id = farm.simulator.payment(request_id).payment_id
    assert payment_id is not None
    return payment_id


def test_copies_of_a_notification_fulfil_each_of_50_payments_once(farm: Farm) -> None:
    workers: set[str] = set()
    for number in range(50):
        reference = f"storm-{number}"
        request_id = farm.start_payment(reference)["paymentRequestId"]
        copy = farm.notification(request_id, f"paid-{number}")

        answers = farm.at_once([copy] * COPIES)

        assert are_acknowledged(answers), statuses(answers)
        assert farm.front.fulfilled(reference) == 1
        (payment,) = farm.front.payments(reference)
        assert payment.status == "succeeded"
        workers |= {answer.worker for answer in answers}
    assert len(workers) == WORKERS
    inbox = farm.front.rows(farm.front.antom.Notification)
    assert [row.copies for row in inbox] == [COPIES] * 50


@pytest.mark.parametrize("number", range(8))
def test_notification_inquiry_and_checkout_at_once_agree(
    farm: Farm, number: int
) -> None:
    reference = f"meeting-{number}"
    session = farm.start_payment(reference)
    request_id = session["paymentRequestId"]
    copy = farm.notification(request_id, paid_at_antom(farm, request_id))
    requests = [copy, status_request(session), session_request(reference)]

    answers = farm.at_once(requests * 8)

    assert are_acknowledged(answers[0::3]), statuses(answers)
    assert statuses(answers[1::3]) == {200: 8}
    for answer in answers[2::3]:
        assert answer.status in (200, 409), answer
        if answer.status == 200:
            assert answer.body["paymentRequestId"] == request_id
        else:
            assert answer.body["code"] == "order_already_paid"
    (payment,) = farm.front.payments(reference)
    assert payment.status == "succeeded"
    assert farm.front.fulfilled(reference) == 1
    assert farm.send(status_request(session)).body == {
        "status": "succeeded",
        "final": True,
    }


@pytest.mark.parametrize("number", range(4))
def test_a_button_clicked_16_times_opens_one_session(farm: Farm, number: int) -> None:
    reference = f"click-{number}"

    answers = farm.at_once([session_request(reference)] * 16)

    assert statuses(answers) == {201: 1, 200: 15}
    (payment,) = farm.front.payments(reference)
    told = {
        (answer.body["paymentRequestId"], answer.body["paymentSessionData"])
        for answer in answers
    }
    assert told == {(payment.request_id, payment.session_data)}
    sessions = [row.order_reference for row in farm.simulator.payments()]
    assert sessions.count(reference) == 1


@pytest.mark.parametrize("number", range(4))
def test_of_two_attempts_paid_at_once_one_succeeds(farm: Farm, number: int) -> None:
    reference = f"twice-{number}"
    sessions: list[Any] = [
        farm.start_payment(reference, method) for method in ("GCASH", "DANA")
    ]
    first, second = (
        farm.notification(session["paymentRequestId"], f"{reference}-{place}")
        for place, session in enumerate(sessions)
    )

    answers = farm.at_once([first, second] * (COPIES // 2))

    assert are_acknowledged(answers), statuses(answers)
    attempts = farm.front.payments(reference)
    assert sorted(row.status for row in attempts) == ["review", "succeeded"]
    assert farm.front.fulfilled(reference) == 1


@pytest.mark.parametrize("number", range(4))
def test_a_receiver_that_fails_at_first_writes_once(farm: Farm, number: int) -> None:
    reference, faults = f"fault-{number}", 5
    request_id = farm.start_payment(reference)["paymentRequestId"]
    copy = farm.notification(request_id, f"fault-paid-{number}")
    for fault in range(faults):
        (farm.faults / str(fault)).touch()

    answers = farm.at_once([copy] * COPIES)

    assert statuses(answers) == {500: faults, 200: COPIES - faults}
    assert farm.front.fulfilled(reference) == 1
    assert are_acknowledged(farm.at_once([copy] * faults))
    assert farm.front.fulfilled(reference) == 1
    (payment,) = farm.front.payments(reference)
    (event,) = (
        row
        for row in farm.front.rows(farm.front.antom.Event)
        if row.payment_ref == payment.id
    )
    assert event.delivered_at is not None
    assert event.attempts == faults + 1
