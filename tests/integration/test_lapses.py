"""An authorization lapses after seven days: nobody waits for ever, and unheard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money
from tests.integration.actions import act, capture, make_due, review_reasons
from tests.support.gateways import SUCCESS
from tests.support.offline import GUIDE, OfflineShop, capture_notice

pytestmark = pytest.mark.every_database

PAYMENT_ID = GUIDE["paymentId"]
PAID_AT = datetime.fromisoformat(GUIDE["paymentTime"])
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    """A shop that waits for a card."""
    offline.add_payment(method="CARD")
    return offline


def payment(offline: OfflineShop) -> Any:
    (row,) = offline.shop.payments()
    return row


def authorize(offline: OfflineShop, until: datetime | None = SOON) -> None:
    time = None if until is None else until.isoformat()
    assert offline.notify(authExpiryTime=time).status_code == 200
    assert payment(offline).status == "authorized"


def inquiry(offline: OfflineShop, **changes: Any) -> None:
    """Set what Antom answers when it is asked."""
    offline.answers["inquiryPayment"] = {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        "paymentRequestId": payment(offline).request_id,
        "paymentId": PAYMENT_ID,
        "paymentAmount": GUIDE["paymentAmount"],
        "paymentMethodType": "CARD",
    } | changes


def lapse(offline: OfflineShop) -> None:
    """Move the authorization's end to a day ago, and sweep."""
    shop = offline.shop
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
    shop.sweep()


@pytest.mark.parametrize("until", [SOON, None])
def test_it_is_known_when_an_authorization_lapses(
    offline: OfflineShop, until: datetime | None
) -> None:
    authorize(offline, until)
    expected = PAID_AT + timedelta(days=7) if until is None else until
    assert payment(offline).authorized_until == expected


def test_an_inquiry_tells_it_as_well(offline: OfflineShop) -> None:
    inquiry(offline, authExpiryTime=SOON.isoformat())
    act(offline.shop, "sync")
    assert payment(offline).authorized_until == SOON
    later = SOON + timedelta(days=7)
    inquiry(offline, authExpiryTime=later.isoformat())
    act(offline.shop, "sync")
    assert payment(offline).authorized_until == later


def test_an_authorization_that_lapsed_is_cancelled_if_antom_says_so(
    offline: OfflineShop,
) -> None:
    authorize(offline)
    inquiry(offline, paymentStatus="CANCELLED")
    lapse(offline)
    row = payment(offline)
    assert (row.status, row.authorized_until) == ("cancelled", None)
    assert offline.signals[-1] == ("payment_cancelled", row.request_id)
    assert review_reasons(offline.shop) == []


def test_an_authorization_that_lapsed_is_for_a_person_if_antom_does_not_say_so(
    offline: OfflineShop,
) -> None:
    authorize(offline)
    inquiry(offline)
    for _ in range(2):
        lapse(offline)
    row = payment(offline)
    assert row.status == "authorized"
    assert row.inquire_at is not None
    assert review_reasons(offline.shop) == [f"lapsed {PAYMENT_ID}"]


def test_an_authorization_that_lapses_while_antom_is_asked_is_for_a_person(
    offline: OfflineShop,
) -> None:
    authorize(offline)
    inquiry(offline)
    fields: Any = offline.answers["inquiryPayment"]

    def answer_late() -> dict[str, Any]:
        offline.shop.clock.wind(timedelta(days=3))
        return dict(fields)

    offline.answers["inquiryPayment"] = answer_late
    act(offline.shop, "sync")
    assert review_reasons(offline.shop) == [f"lapsed {PAYMENT_ID}"]


def test_an_authorization_that_antom_has_extended_has_not_lapsed(
    offline: OfflineShop,
) -> None:
    authorize(offline)
    inquiry(offline, authExpiryTime=SOON.isoformat())
    lapse(offline)
    assert payment(offline).authorized_until == SOON
    assert review_reasons(offline.shop) == []


def capture_part(offline: OfflineShop, *, final: bool) -> None:
    offline.answers["capture"] = {"result": SUCCESS, "captureId": "C1"}
    capture(offline.shop, 1000, final=final)
    captured = {
        "transactionType": "CAPTURE",
        "transactionStatus": "SUCCESS",
        "transactionId": "C1",
        "transactionAmount": {"value": "1000", "currency": "MYR"},
    }
    inquiry(offline, transactions=[captured])


def test_what_is_left_of_an_authorization_does_not_lapse_unnoticed(
    offline: OfflineShop,
) -> None:
    authorize(offline)
    capture_part(offline, final=False)
    row = payment(offline)
    assert (row.status, row.authorized_until) == ("succeeded", SOON)
    assert row.inquire_at == SOON + timedelta(hours=1)
    lapse(offline)
    row = payment(offline)
    assert (row.status, row.captured) == ("succeeded", Money(1000, "MYR"))
    assert row.inquire_at is None
    assert review_reasons(offline.shop) == [f"lapsed {PAYMENT_ID}"]


def test_after_the_last_capture_nothing_can_lapse(offline: OfflineShop) -> None:
    authorize(offline)
    capture_part(offline, final=True)
    row = payment(offline)
    assert (row.status, row.authorized_until, row.inquire_at) == (
        "succeeded",
        None,
        None,
    )
    inquiry(offline, authExpiryTime=(SOON - timedelta(days=9)).isoformat())
    act(offline.shop, "sync")
    assert offline.notify(authExpiryTime=SOON.isoformat()).status_code == 200
    assert payment(offline).authorized_until is None
    assert review_reasons(offline.shop) == []


def test_what_is_captured_as_a_whole_cannot_lapse(offline: OfflineShop) -> None:
    authorize(offline)
    assert offline.notify(capture_notice(PAYMENT_ID)).status_code == 200
    row = payment(offline)
    assert (row.status, row.authorized_until, row.inquire_at) == (
        "succeeded",
        None,
        None,
    )
