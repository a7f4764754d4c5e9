"""Rows of another environment or account: they stay, and pay no order."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import NotPossible
from flask_antom.flows.result_links import make_token
from flask_antom.flows.sweep import count_due
from flask_antom.testing import Signer
from tests.support.keys import ANTOM_PRIVATE_KEY
from tests.support.offline import (
    GUIDE,
    PATH,
    SESSION,
    OfflineShop,
    capture_notice,
    open_offline,
)

pytestmark = pytest.mark.every_database

MYR = Money(4200, "MYR")
PAID: dict[str, Any] = {
    "status": "succeeded",
    "captured": MYR,
    "payment_id": "P-1",
    "session_data": None,
    "open_key": None,
}
#: The shop of these tests is in the sandbox, so the others are live.
ELSEWHERE = {"environment": "prod", "client_id": "LIVE"}
OTHER_ACCOUNT = {"environment": "sandbox", "client_id": "SANDBOX_OTHER"}
LIVE = {
    "ANTOM_CLIENT_ID": "LIVE",
    "ANTOM_PUBLIC_URL": "https://shop.example",
    "ANTOM_GATEWAY_URL": "https://gateway.example",
}


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.answers["createPaymentSession"] = SESSION
    return offline


def everything(offline: OfflineShop) -> list[tuple[str, int]]:
    return [(row.request_id, row.version) for row in offline.shop.payments()]


def open_shops_payment(offline: OfflineShop) -> str:
    """Open a payment of the shop's own; return its ``paymentRequestId``."""
    answer = offline.shop.pay()
    assert answer.status_code == 201
    return str((answer.json or {})["paymentRequestId"])


@pytest.mark.parametrize("others", [ELSEWHERE, OTHER_ACCOUNT])
@pytest.mark.parametrize("status", ["succeeded", "authorized", "review"])
@pytest.mark.parametrize("has_failed_before", [False, True])
def test_an_order_that_was_paid_elsewhere_can_be_paid(
    offline: OfflineShop, others: dict[str, str], status: str, has_failed_before: bool
) -> None:
    offline.add_payment("theirs", **PAID | others | {"status": status})
    if has_failed_before:
        offline.add_payment("failed", status="failed", open_key=None, session_data=None)
    before = everything(offline)

    request_id = open_shops_payment(offline)
    assert offline.notify(paymentRequestId=request_id).status_code == 200

    assert [name for name, _ in offline.calls] == ["createPaymentSession"]
    assert offline.signals == [("payment_succeeded", request_id)]
    assert offline.shop.pay().status_code == 409
    if others is ELSEWHERE:
        assert everything(offline)[:1] == before[:1]


@pytest.mark.parametrize("columns", [{}, {"environment": "sandbox"}])
def test_a_row_that_names_no_environment_or_account_is_the_shops(
    offline: OfflineShop, columns: dict[str, str]
) -> None:
    offline.add_payment("ours", **PAID | columns)
    assert offline.shop.pay().status_code == 409


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "created", "session_data": "opaque"},
        {"status": "pending", "session_data": "opaque"},
        {"status": "failed", "open_key": None},
        {"status": "created", "amount": Money(1, "MYR")},
        {"order_closed_at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
)
def test_an_open_payment_of_another_environment_is_left_alone(
    offline: OfflineShop, columns: dict[str, Any]
) -> None:
    end = datetime.now(UTC) + timedelta(hours=1)
    offline.add_payment("theirs", session_expires_at=end, **ELSEWHERE | columns)
    before = everything(offline)
    request_id = open_shops_payment(offline)
    assert offline.notify(paymentRequestId=request_id).status_code == 200
    assert [name for name, _ in offline.calls] == ["createPaymentSession"]
    assert everything(offline)[:1] == before
    assert offline.signals == [("payment_succeeded", request_id)]


def add_elsewhere(offline: OfflineShop) -> None:
    """Add all that a sweep could have to do with a payment of another environment."""
    antom, db, now = offline.shop.antom, offline.shop.db, datetime.now(UTC)
    offline.add_payment("theirs", inquire_at=now, **PAID | ELSEWHERE)
    offline.add_payment("looked at", "A-2", **PAID | ELSEWHERE | {"status": "review"})
    (theirs,) = offline.shop.payments()
    message = json.dumps(capture_notice("P-9"))
    rows = [
        antom.Refund(
            request_id="F-1",
            payment_ref=theirs.id,
            payment_id="P-1",
            amount=MYR,
            status="pending",
            inquire_at=now,
        ),
        antom.Notification(
            key="k",
            notify_type="CAPTURE_RESULT",
            payment_id="P-9",
            body=message,
            body_hash="h",
            outcome="orphan",
            **ELSEWHERE,
        ),
        antom.Event(
            name="payment_succeeded", payment_ref=theirs.id, next_attempt_at=now
        ),
        antom.Event(
            name="refund_failed",
            payment_ref=theirs.id,
            next_attempt_at=datetime(9999, 1, 1, tzinfo=UTC),
        ),
    ]
    with offline.shop.app.app_context():
        db.session.add_all(rows)
        db.session.commit()


def test_a_sweep_has_nothing_to_do_for_another_environment(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    add_elsewhere(offline)
    before = offline.tables, everything(offline)
    with offline.shop.app.app_context():
        assert count_due(offline.shop.app.extensions["antom"]) == 0
    for _ in range(2):
        summary = offline.shop.sweep()
        assert summary == type(summary)()
    assert offline.calls == []
    assert offline.signals == []
    assert (offline.tables, everything(offline)) == before
    assert caplog.records == []


def test_an_event_of_another_environment_is_not_delivered_by_a_worker(
    offline: OfflineShop,
) -> None:
    add_elsewhere(offline)
    event = offline.shop.rows(offline.shop.antom.Event)[0]
    with offline.shop.app.app_context():
        assert offline.shop.antom.deliver(event.id) is False
    assert offline.signals == []
    assert offline.shop.fulfilled() == 0


@pytest.mark.parametrize("method", ["sync", "cancel", "refund"])
@pytest.mark.parametrize("client_id", ["LIVE", ""])
def test_a_call_about_a_payment_of_another_environment_is_refused(
    offline: OfflineShop, method: str, client_id: str
) -> None:
    offline.add_payment(**PAID | ELSEWHERE | {"client_id": client_id})
    with pytest.raises(NotPossible, match="environment prod, and this app is in sandb"):
        offline.shop.call(method)
    assert offline.calls == []
    assert offline.tables.refunds == 0


def test_the_result_page_of_another_environment_shows_the_stored_status(
    offline: OfflineShop,
) -> None:
    offline.add_payment(**ELSEWHERE)
    (payment,) = offline.shop.payments()
    client = offline.shop.app.test_client()
    token = make_token(offline.shop.app, payment)
    assert client.get(f"/antom/result/{token}").status_code == 200
    answer = client.get(f"/antom/status/{token}")
    assert answer.json == {"status": "created", "final": False}
    assert offline.calls == []
    (after,) = offline.shop.payments()
    assert (after.version, after.inquiries) == (payment.version, 0)


def test_a_shop_that_goes_live_on_the_same_database_sells_its_orders(
    shop_url: str,
) -> None:
    with open_offline(SQLALCHEMY_DATABASE_URI=shop_url) as sandbox:
        sandbox.answers["createPaymentSession"] = SESSION
        played = open_shops_payment(sandbox)
        sandbox.notify(paymentRequestId=played)
        sandbox.shop.orders["A-2"] = sandbox.shop.orders["A-1"]
        assert sandbox.signals == [("payment_succeeded", played)]
    with open_offline(SQLALCHEMY_DATABASE_URI=shop_url, **LIVE) as live:
        live.answers["createPaymentSession"] = SESSION
        answer = live.shop.pay()
        assert [name for name, _ in live.calls] == ["createPaymentSession"]
        paid = (live.shop.payments())[-1]
        assert (paid.environment, paid.client_id) == ("prod", "LIVE")
        assert answer.status_code == 503  # nobody signs for the live account here
        body = json.dumps(GUIDE | {"paymentRequestId": paid.request_id}).encode()
        headers = Signer(ANTOM_PRIVATE_KEY, "LIVE").headers(PATH, body)
        assert live.post(body, headers).status_code == 200
        assert live.signals == [("payment_succeeded", paid.request_id)]
        assert live.shop.pay().status_code == 409


def test_unhandled_news_of_another_environment_is_not_told(
    offline: OfflineShop,
) -> None:
    antom, db = offline.shop.antom, offline.shop.db
    dispute = {"notify_type": "DISPUTE_CREATED", "outcome": "unhandled"}
    told = antom.Notification(
        key="k", body='{"disputeId": "D-1"}', body_hash="h", **dispute | ELSEWHERE
    )
    with offline.shop.app.app_context():
        db.session.add(told)
        db.session.flush()
        about, now = str(told.id), datetime.now(UTC)
        name = "notification_unhandled"
        waiting = antom.Event(name=name, about=about, next_attempt_at=now)
        db.session.add(waiting)
        db.session.commit()
        ref = str(waiting.id)
        assert count_due(offline.shop.app.extensions["antom"]) == 0
    assert offline.shop.sweep().events == 0
    runner = offline.shop.app.test_cli_runner()
    result = runner.invoke(args=["antom", "redeliver", ref, "--yes"])
    assert "left alone: it belongs to another environment." in result.output
    with offline.shop.app.app_context():
        assert offline.shop.antom.deliver(int(ref)) is False
    assert offline.signals == []
    assert [done for *_, done in offline.tables.events] == [False]
