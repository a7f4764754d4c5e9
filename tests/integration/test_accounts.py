"""Payments of another account, and an app with two accounts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import NotPossible
from flask_antom.flows.result_links import PaymentIds, make_token
from flask_antom.gateway.keys import Keyring
from flask_antom.gateway.transport import Account
from flask_antom.testing import Signer
from tests.support.keys import (
    ANTOM_PRIVATE_KEY,
    MERCHANT_PRIVATE_KEY,
    OTHER_PRIVATE_KEY,
    OTHER_PUBLIC_KEY,
)
from tests.support.offline import GUIDE, PATH, OfflineShop, capture_notice
from tests.support.shop import CLIENT_ID, make_order

pytestmark = pytest.mark.every_database

OTHER = "SANDBOX_OTHER"
SENTENCE = (
    f"The payment belongs to the account {OTHER}, which this app has no keys for."
)
MYR = Money(4200, "MYR")
PAID: dict[str, Any] = {"status": "succeeded", "captured": MYR, "payment_id": "P-1"}
HELD: dict[str, Any] = {
    "status": "authorized",
    "method": "CARD",
    "payment_id": "P-1",
    "authorized_until": datetime(2099, 1, 1, tzinfo=UTC),
}


def add_account(offline: OfflineShop) -> None:
    """Add a second account, whose notifications have a key of their own."""
    keyring = Keyring(MERCHANT_PRIVATE_KEY, {"1": OTHER_PUBLIC_KEY})
    state = offline.shop.app.extensions["antom"]
    state.accounts = {**state.accounts, OTHER: Account(OTHER, keyring, sandbox=True)}


@pytest.mark.parametrize(
    ("method", "columns"),
    [
        ("sync", {}),
        ("cancel", {}),
        ("cancel", PAID),
        ("refund", PAID),
        ("capture", HELD),
    ],
)
def test_a_call_about_a_payment_of_another_account_is_refused(
    offline: OfflineShop, method: str, columns: dict[str, Any]
) -> None:
    offline.add_payment(client_id=OTHER, **columns)
    (before,) = offline.shop.payments()
    with pytest.raises(NotPossible) as caught:
        offline.shop.call(method)
    assert str(caught.value) == SENTENCE
    assert offline.calls == []
    (after,) = offline.shop.payments()
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert offline.tables.refunds == 0


@pytest.mark.parametrize("method", ["sync", "refund", "capture", "cancel"])
def test_a_payment_that_names_no_account_belongs_to_the_apps(
    offline: OfflineShop, method: str
) -> None:
    offline.add_payment(client_id="", **(HELD if method == "capture" else PAID))
    answer = {"result": GUIDE["result"] | {"resultCode": "NO", "resultStatus": "F"}}
    names = {"sync": "inquiryPayment"}
    offline.answers[names.get(method, method)] = answer
    with pytest.raises(Exception, match="NO"):
        offline.shop.call(method)
    assert len(offline.calls) == 1


def test_a_sweep_puts_off_what_belongs_to_another_account(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.now(UTC)
    antom, db = offline.shop.antom, offline.shop.db
    offline.notify(capture_notice("P-9"))
    with offline.shop.app.app_context():
        db.session.execute(db.update(antom.Notification).values(client_id=OTHER))
        db.session.commit()
    offline.add_payment(client_id=OTHER, inquire_at=now)
    offline.add_payment("R-2", "A-2", client_id=OTHER, **PAID)
    (paid,) = offline.shop.payments("A-2")
    refund = antom.Refund(
        request_id="F-2",
        payment_ref=paid.id,
        payment_id="P-1",
        amount=MYR,
        status="pending",
        inquire_at=now,
    )
    with offline.shop.app.app_context():
        db.session.add(refund)
        db.session.commit()
    offline.add_payment("R-3", "A-3", client_id=CLIENT_ID, inquire_at=now)
    offline.answers["inquiryPayment"] = GUIDE | {
        "paymentRequestId": "R-3",
        "paymentStatus": "SUCCESS",
    }
    offline.calls.clear()
    caplog.clear()

    summary = offline.shop.sweep()

    assert (summary.payments, summary.refunds, summary.orphans) == (1, 0, 0)
    assert summary.failed == 2
    assert offline.calls == [("inquiryPayment", {"paymentRequestId": "R-3"})]
    said = [record.getMessage() for record in caplog.records]
    assert sum(line.startswith(SENTENCE) for line in said) == 3
    assert {line.removeprefix(SENTENCE) for line in said if SENTENCE in line} == {
        " order=A-1 payment=paymentRequestId01",
        " refund=F-2",
        "",
    }
    assert not any(record.exc_info for record in caplog.records)
    due = [
        offline.shop.payments()[0].inquire_at,
        offline.shop.rows(antom.Refund)[0].inquire_at,
        offline.shop.rows(antom.Notification)[0].next_attempt_at,
    ]
    assert all(moment > now for moment in due)


@pytest.mark.parametrize("open_key", ["its own", None])
def test_a_buyer_gets_no_session_while_one_of_another_account_may_be_paid(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture, open_key: str | None
) -> None:
    end = datetime.now(UTC) + timedelta(hours=1)
    offline.shop.orders["A-1"] = make_order("A-1", MYR)
    offline.add_payment(client_id=OTHER, open_key=open_key, session_expires_at=end)
    assert offline.shop.pay().status_code == 503
    assert offline.calls == []
    assert f"paymentRequestId01: {SENTENCE}" in caplog.text
    assert len(offline.shop.payments()) == 1


def test_the_result_page_of_another_account_shows_the_stored_status(
    offline: OfflineShop,
) -> None:
    offline.add_payment(client_id=OTHER)
    app = offline.shop.app
    token = make_token(app, PaymentIds(OTHER, "paymentRequestId01"))
    for _ in range(2):
        answer = app.test_client().get(f"/antom/status/{token}")
        assert answer.json == {"status": "created", "final": False}
    assert app.test_client().get(f"/antom/result/{token}").status_code == 200
    assert offline.calls == []


@pytest.mark.parametrize(
    ("of_row", "of_token", "status"),
    [
        (CLIENT_ID, CLIENT_ID, 200),
        ("", CLIENT_ID, 200),
        ("", "", 200),
        (OTHER, CLIENT_ID, 404),
        (CLIENT_ID, OTHER, 404),
        (CLIENT_ID, "", 404),
    ],
)
def test_a_token_opens_a_payment_of_its_account_only(
    offline: OfflineShop, of_row: str, of_token: str, status: int
) -> None:
    offline.add_payment(client_id=of_row, **PAID)
    token = make_token(offline.shop.app, PaymentIds(of_token, "paymentRequestId01"))
    client = offline.shop.app.test_client()
    for kind in ("status", "result"):
        assert client.get(f"/antom/{kind}/{token}").status_code == status


@pytest.mark.parametrize(
    ("client_id", "key", "status"),
    [
        (CLIENT_ID, ANTOM_PRIVATE_KEY, 200),
        (OTHER, OTHER_PRIVATE_KEY, 200),
        (CLIENT_ID, OTHER_PRIVATE_KEY, 401),
        (OTHER, ANTOM_PRIVATE_KEY, 401),
        ("SANDBOX_THIRD", ANTOM_PRIVATE_KEY, 401),
    ],
)
def test_the_keys_of_the_account_that_is_named_verify_a_notification(
    offline: OfflineShop, client_id: str, key: str, status: int
) -> None:
    add_account(offline)
    offline.add_payment(client_id=client_id)
    body = json.dumps(GUIDE).encode()
    answer = offline.post(body, Signer(key, client_id).headers(PATH, body))
    assert answer.status_code == status
    stored = offline.shop.rows(offline.shop.antom.Notification)
    assert [row.client_id for row in stored] == [client_id] * (status == 200)


def test_a_new_payment_goes_to_the_account_of_the_settings(
    offline: OfflineShop,
) -> None:
    add_account(offline)
    offline.shop.pay()
    (payment,) = offline.shop.payments()
    assert payment.client_id == CLIENT_ID
