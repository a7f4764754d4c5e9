"""An authorization lapses after seven days: nobody waits for ever, and unheard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money
from tests.integration.test_captures import capture as capture_ourselves
from tests.integration.test_captures import make_due, reasons
from tests.integration.test_refunds import act, sweep
from tests.support.gateways import SUCCESS
from tests.support.inbox import GUIDE, Inbox, capture

pytestmark = pytest.mark.every_database

PAYMENT_ID = GUIDE["paymentId"]
PAID_AT = datetime.fromisoformat(GUIDE["paymentTime"])
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)


@pytest.fixture
def inbox(inbox: Inbox) -> Inbox:
    """A shop that waits for a card."""
    inbox.expect(method="CARD")
    return inbox


def payment(inbox: Inbox) -> Any:
    (row,) = inbox.shop.payments()
    return row


def authorize(inbox: Inbox, until: datetime | None = SOON) -> None:
    time = None if until is None else until.isoformat()
    assert inbox.notify(authExpiryTime=time).status_code == 200
    assert payment(inbox).status == "authorized"


def inquiry(inbox: Inbox, **changes: Any) -> None:
    """Set what Antom answers when it is asked."""
    inbox.answers["inquiryPayment"] = {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        "paymentRequestId": payment(inbox).request_id,
        "paymentId": PAYMENT_ID,
        "paymentAmount": GUIDE["paymentAmount"],
        "paymentMethodType": "CARD",
    } | changes


def lapse(inbox: Inbox) -> None:
    """Let the authorization have lapsed a day ago, and sweep."""
    shop = inbox.shop
    past = datetime.now(UTC) - timedelta(days=1)
    with shop.app.app_context():
        model = shop.antom.Payment
        shop.db.session.execute(
            shop.db.update(model)
            .where(model._authorized_until.is_not(None))
            .values(_authorized_until=past)
        )
        shop.db.session.commit()
    make_due(shop)
    sweep(shop)


@pytest.mark.parametrize("until", [SOON, None])
def test_it_is_known_when_an_authorization_lapses(
    inbox: Inbox, until: datetime | None
) -> None:
    authorize(inbox, until)
    expected = PAID_AT + timedelta(days=7) if until is None else until
    assert payment(inbox).authorized_until == expected


def test_an_inquiry_tells_it_as_well(inbox: Inbox) -> None:
    inquiry(inbox, authExpiryTime=SOON.isoformat())
    act(inbox.shop, "sync")
    assert payment(inbox).authorized_until == SOON
    later = SOON + timedelta(days=7)
    inquiry(inbox, authExpiryTime=later.isoformat())
    act(inbox.shop, "sync")
    assert payment(inbox).authorized_until == later


def test_an_authorization_that_lapsed_is_cancelled_if_antom_says_so(
    inbox: Inbox,
) -> None:
    authorize(inbox)
    inquiry(inbox, paymentStatus="CANCELLED")
    lapse(inbox)
    row = payment(inbox)
    assert (row.status, row.authorized_until) == ("cancelled", None)
    assert inbox.told[-1] == ("payment_cancelled", row.request_id)
    assert reasons(inbox.shop) == []


def test_an_authorization_that_lapsed_is_for_a_person_if_antom_does_not_say_so(
    inbox: Inbox,
) -> None:
    authorize(inbox)
    inquiry(inbox)
    for _ in range(2):
        lapse(inbox)
    row = payment(inbox)
    assert row.status == "authorized"
    assert row.inquire_at is not None
    assert reasons(inbox.shop) == [f"lapsed {PAYMENT_ID}"]


def test_an_authorization_that_antom_has_extended_has_not_lapsed(inbox: Inbox) -> None:
    authorize(inbox)
    inquiry(inbox, authExpiryTime=SOON.isoformat())
    lapse(inbox)
    assert payment(inbox).authorized_until == SOON
    assert reasons(inbox.shop) == []


def capture_part(inbox: Inbox, *, final: bool) -> None:
    inbox.answers["capture"] = {"result": SUCCESS, "captureId": "C1"}
    capture_ourselves(inbox.shop, 1000, final=final)
    captured = {
        "transactionType": "CAPTURE",
        "transactionStatus": "SUCCESS",
        "transactionId": "C1",
        "transactionAmount": {"value": "1000", "currency": "MYR"},
    }
    inquiry(inbox, transactions=[captured])


def test_what_is_left_of_an_authorization_does_not_lapse_unheard(inbox: Inbox) -> None:
    authorize(inbox)
    capture_part(inbox, final=False)
    row = payment(inbox)
    assert (row.status, row.authorized_until) == ("succeeded", SOON)
    assert row.inquire_at == SOON + timedelta(hours=1)
    lapse(inbox)
    row = payment(inbox)
    assert (row.status, row.captured) == ("succeeded", Money(1000, "MYR"))
    assert row.inquire_at is None
    assert reasons(inbox.shop) == [f"lapsed {PAYMENT_ID}"]


def test_after_the_last_capture_nothing_can_lapse(inbox: Inbox) -> None:
    authorize(inbox)
    capture_part(inbox, final=True)
    row = payment(inbox)
    assert (row.status, row.authorized_until, row.inquire_at) == (
        "succeeded",
        None,
        None,
    )
    inquiry(inbox, authExpiryTime=(SOON - timedelta(days=9)).isoformat())
    act(inbox.shop, "sync")
    assert inbox.notify(authExpiryTime=SOON.isoformat()).status_code == 200
    assert payment(inbox).authorized_until is None
    assert reasons(inbox.shop) == []


def test_what_is_captured_as_a_whole_cannot_lapse(inbox: Inbox) -> None:
    authorize(inbox)
    assert inbox.notify(capture(PAYMENT_ID)).status_code == 200
    row = payment(inbox)
    assert (row.status, row.authorized_until, row.inquire_at) == (
        "succeeded",
        None,
        None,
    )
