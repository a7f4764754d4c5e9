"""Notifications that Flask-Antom does not act on: kept, and told once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.signals import notification_unhandled
from flask_antom.store.purge import Purged
from tests.support.offline import ACKNOWLEDGEMENT, GUIDE, OfflineShop, open_offline

pytestmark = pytest.mark.every_database

AMOUNT = {"value": "14204", "currency": "KRW"}

#: The fields of the sample in Antom's documentation (Antom: notifyDispute).
DISPUTE: dict[str, Any] = {
    "defendable": True,
    "defenseDueTime": "2026-12-01T00:00:00+08:00",
    "disputeAmount": AMOUNT,
    "disputeId": "D-1",
    "disputeNotificationType": "DISPUTE_CREATED",
    "disputeReasonCode": "10.4",
    "disputeReasonMsg": "Other fraud, card absent",
    "disputeSource": "SCHEME",
    "disputeTime": "2026-11-20T00:00:00+08:00",
    "disputeType": "CHARGEBACK",
    "paymentId": "P-1",
    "paymentRequestId": "paymentRequestId01",
}
DOCUMENT: dict[str, Any] = {
    "disputeId": "D-1",
    "notifyTime": "2026-11-21T00:00:00+08:00",
    "defenseFile": {"fileName": "a.pdf", "fileFormat": "PDF", "fileMd5": "0f"},
    "winRateLevel": "HIGH",
    "recommendedEvidence": [{"tag": "INVOICE", "why": {"any": "thing"}}],
    "suggestionsForImprovement": "Add the invoice.",
}
STRATEGY: dict[str, Any] = {
    "disputeId": "D-1",
    "notifyTime": "2026-11-21T00:00:00+08:00",
    "winRateLevel": "LOW",
    "evidenceList": [{"tag": "TRACKING"}],
    "cardholderDisputeReason": "not received",
    "defenseStrategyDescription": "Show the delivery.",
}
AUTHORIZATION: dict[str, Any] = {
    "authorizationNotifyType": "TOKEN_CREATED",
    "authClientId": "C-1",
    "accessToken": "canary",
    "authCode": "canary",
    "userLoginId": "canary",
    "result": GUIDE["result"],
}
IDS = {"disputeId": "D-1"}
ALL_IDS = IDS | {"paymentId": "P-1", "paymentRequestId": "paymentRequestId01"}

#: Message, stored type, family, ids.
FAMILIES: dict[str, tuple[dict[str, Any], str, str, dict[str, str]]] = {
    "dispute": (DISPUTE, "DISPUTE_CREATED", "DISPUTE", ALL_IDS),
    "dispute with a notifyType": (
        {"notifyType": "DISPUTE_JUDGED", "disputeId": "D-1"},
        "DISPUTE_JUDGED",
        "DISPUTE",
        IDS,
    ),
    "document": (DOCUMENT, "DEFENSE_DOCUMENT", "DEFENSE_DOCUMENT", IDS),
    "strategy": (STRATEGY, "DEFENSE_STRATEGY", "DEFENSE_STRATEGY", IDS),
    "authorization": (AUTHORIZATION, "TOKEN_CREATED", "AUTHORIZATION", {}),
    "vaulting": (
        {"notifyType": "VAULTING_RESULT", "vaultingRequestId": "V-1"},
        "VAULTING_RESULT",
        "VAULTING",
        {"vaultingRequestId": "V-1"},
    ),
    "subscription": (
        {"subscriptionNotificationType": "CREATE", "subscriptionId": "S-1"},
        "CREATE",
        "SUBSCRIPTION",
        {"subscriptionId": "S-1"},
    ),
    "reversal": (
        {"notifyType": "PAYMENT_REVERSAL", "paymentId": "P-1"},
        "PAYMENT_REVERSAL",
        "UNKNOWN",
        {"paymentId": "P-1"},
    ),
    "amount": (
        {"notifyType": "UPDATE_AMOUNT_RESULT", "paymentRequestId": "R-1"},
        "UPDATE_AMOUNT_RESULT",
        "UNKNOWN",
        {"paymentRequestId": "R-1"},
    ),
    "new": ({"notifyType": "NEW"}, "NEW", "UNKNOWN", {}),
    "an id": ({"rewardId": "R-1"}, "UNKNOWN", "UNKNOWN", {}),
    "no text": ({"disputeNotificationType": 7}, "DISPUTE", "DISPUTE", {}),
}
TOLD = ("notification_unhandled", "DISPUTE")


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    return offline


@pytest.mark.parametrize("name", FAMILIES)
def test_it_is_acknowledged_kept_and_told_once(
    offline: OfflineShop, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    message, notify_type, family, ids = FAMILIES[name]
    for copies in (1, 2, 3):
        answer = offline.notify(json.dumps(message).encode())
        assert (answer.status_code, answer.json) == (200, ACKNOWLEDGEMENT)
        tables = offline.tables
        assert tables.notifications == [(notify_type, "unhandled", copies)]
        ((event, about, is_delivered),) = tables.events
        (row,) = offline.shop.rows(offline.shop.antom.Notification)
        assert (event, about, is_delivered) == (TOLD[0], str(row.id), True)
    ((signal, extra),) = offline.recorded
    assert signal == "notification_unhandled"
    assert set(extra) == {"family", "ids", "notification"}
    assert (extra["family"], extra["ids"]) == (family, ids)
    assert extra["notification"].id == row.id
    assert extra["notification"].notify_type == notify_type
    assert tables.payments == [("paymentRequestId01", "created", None)]
    summary = offline.shop.sweep()
    assert summary == type(summary)()
    assert caplog.records == []


@pytest.mark.parametrize("message", [DISPUTE, DOCUMENT, STRATEGY])
def test_all_that_is_said_of_a_dispute_is_stored(
    offline: OfflineShop, message: dict[str, Any]
) -> None:
    offline.notify(message | {"acquirerInfo": {"merchantName": "canary"}})
    (row,) = offline.shop.rows(offline.shop.antom.Notification)
    stored = json.loads(row.body)
    assert stored.pop("acquirerInfo") == {"merchantName": "***"}
    assert stored == message


def test_a_secret_of_an_authorization_is_masked(offline: OfflineShop) -> None:
    offline.notify(AUTHORIZATION)
    (row,) = offline.shop.rows(offline.shop.antom.Notification)
    assert "canary" not in row.body
    assert set(json.loads(row.body)) == set(AUTHORIZATION)


@pytest.mark.parametrize("message", [DISPUTE, DOCUMENT, STRATEGY])
def test_a_repeat_may_be_written_in_other_bytes(
    offline: OfflineShop, message: dict[str, Any]
) -> None:
    offline.notify(json.dumps(message).encode())
    again = json.dumps(dict(reversed(message.items())), indent=2).encode()
    assert offline.notify(again).json == ACKNOWLEDGEMENT
    assert [copies for *_, copies in offline.tables.notifications] == [2]
    assert len(offline.signals) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (DISPUTE, DISPUTE | {"disputeId": "D-2"}),
        (DISPUTE, DISPUTE | {"disputeNotificationType": "DISPUTE_JUDGED"}),
        (DISPUTE, DISPUTE | {"disputeJudgedTime": "2026-11-30T00:00:00+08:00"}),
        (DISPUTE, DISPUTE | {"defenseDueTime": "2026-12-02T00:00:00+08:00"}),
        (DOCUMENT, STRATEGY),
        (DOCUMENT, DOCUMENT | {"notifyTime": "2026-11-22T00:00:00+08:00"}),
        ({"notifyType": "NEW"}, {"notifyType": "NEW", "a": 1}),
        ({"disputeId": "D-1", "a": 1}, {"disputeId": "D-1", "a": 2}),
        ({"rewardId": "R-1"}, {"rewardId": "R-1", "a": 1}),
    ],
)
def test_other_news_is_not_taken_for_a_copy(
    offline: OfflineShop, first: dict[str, Any], second: dict[str, Any]
) -> None:
    for message in (first, second, first):
        assert offline.notify(json.dumps(message).encode()).status_code == 200
    assert [copies for *_, copies in offline.tables.notifications] == [2, 1]
    assert len(offline.signals) == 2


@pytest.mark.parametrize("by", ["repeat", "sweep"])
def test_a_receiver_that_failed_is_called_again_and_its_writes_happen_once(
    offline: OfflineShop, by: str
) -> None:
    shop, calls = offline.shop, []

    def note(app: Any, family: str, ids: dict[str, str], **extra: Any) -> None:
        calls.append(family)
        row = shop.fulfilment(order_reference="A-1", request_id=ids["disputeId"])
        shop.db.session.add(row)
        if len(calls) == 1:
            raise RuntimeError

    shop.connect(notification_unhandled, note)
    assert offline.notify(DISPUTE).status_code == 500
    assert offline.tables.notifications == [("DISPUTE_CREATED", "unhandled", 1)]
    assert shop.fulfilled() == 0
    shop.clock.wind(timedelta(minutes=2))
    if by == "repeat":
        assert offline.notify(DISPUTE).status_code == 200
    else:
        assert shop.sweep().events == 1
    assert offline.notify(DISPUTE).status_code == 200
    assert calls == ["DISPUTE"] * 2
    assert shop.fulfilled() == 1
    assert [done for *_, done in offline.tables.events] == [True]


def test_copies_that_come_at_once_are_told_once(offline: OfflineShop) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(offline.notify, [DISPUTE] * 8))
    assert {answer.status_code for answer in answers} == {200}
    assert offline.tables.notifications == [("DISPUTE_CREATED", "unhandled", 8)]
    assert offline.signals == [TOLD]
    assert [done for *_, done in offline.tables.events] == [True]


def test_a_receiver_may_keep_the_notification(offline: OfflineShop) -> None:
    kept: list[Any] = []

    def keep(app: Any, notification: Any, **extra: Any) -> None:
        kept.append(notification)

    offline.shop.connect(notification_unhandled, keep)
    offline.notify(DISPUTE)
    assert json.loads(kept[0].body)["disputeAmount"] == AMOUNT
    assert kept[0].received_at.tzinfo is UTC


def test_a_worker_tells_it(shop_url: str) -> None:
    settings = {"ANTOM_EVENT_DELIVERY": "worker", "SQLALCHEMY_DATABASE_URI": shop_url}
    with open_offline(**settings) as offline:
        assert offline.notify(DISPUTE).status_code == 200
        assert offline.notify(DISPUTE).status_code == 200
        assert offline.signals == []
        assert offline.shop.sweep().events == 1
        assert offline.signals == [TOLD]
        assert offline.shop.sweep().events == 0


def test_it_changes_no_payment_that_it_names(offline: OfflineShop) -> None:
    offline.notify(paymentId="P-1")
    (before,) = offline.shop.payments()
    offline.notify(DISPUTE)
    offline.notify({"notifyType": "PAYMENT_REVERSAL", "paymentId": "P-1"})
    (after,) = offline.shop.payments()
    assert (after.status, after.version) == ("succeeded", before.version)
    assert after.refunded == Money(0, "MYR")


def test_a_purge_keeps_it_until_it_is_told(offline: OfflineShop) -> None:
    def fail(app: Any, family: str, **extra: Any) -> None:
        if family == "DISPUTE":
            raise RuntimeError

    shop = offline.shop
    shop.connect(notification_unhandled, fail)
    offline.notify(DISPUTE)
    offline.notify({"notifyType": "NEW"})
    antom, db = shop.antom, shop.db
    with shop.app.app_context():
        past = datetime.now(UTC) - timedelta(days=400)
        db.session.execute(db.update(antom.Notification).values(_received_at=past))
        db.session.execute(
            db.update(antom.Event)
            .where(antom.Event._delivered_at.is_not(None))
            .values(_created_at=past, _delivered_at=past)
        )
        db.session.commit()
        assert antom.purge(timedelta(days=30)) == Purged(notifications=1, events=1)
        assert antom.purge(timedelta(days=30)) == Purged()
    assert offline.tables.notifications == [("DISPUTE_CREATED", "unhandled", 1)]


def test_a_purge_keeps_it_as_long_as_its_event(offline: OfflineShop) -> None:
    offline.notify(DISPUTE)
    antom, db = offline.shop.antom, offline.shop.db
    with offline.shop.app.app_context():
        past = datetime.now(UTC) - timedelta(days=400)
        db.session.execute(db.update(antom.Notification).values(_received_at=past))
        db.session.commit()
        assert antom.purge(timedelta(days=30)) == Purged()
    (told,) = offline.shop.rows(antom.Event)
    runner = offline.shop.app.test_cli_runner()
    command = ["antom", "redeliver", str(told.id), "--yes"]
    assert runner.invoke(args=command).exit_code == 0
    assert offline.signals == [TOLD, TOLD]


def test_one_that_is_gone_is_not_told(offline: OfflineShop) -> None:
    offline.notify(DISPUTE)
    antom, db = offline.shop.antom, offline.shop.db
    with offline.shop.app.app_context():
        db.session.execute(db.delete(antom.Notification))
        db.session.execute(
            db.update(antom.Event).values(
                _delivered_at=None, claim=None, _next_attempt_at=datetime.now(UTC)
            )
        )
        db.session.commit()
    assert offline.shop.sweep().failed == 0
    assert [done for *_, done in offline.tables.events] == [True]
    assert offline.signals == [TOLD]


def test_a_signature_is_needed(offline: OfflineShop) -> None:
    body = json.dumps(DISPUTE).encode()
    headers = {"Client-Id": "SANDBOX_5YDEMO00000000001", "Request-Time": "1"}
    assert offline.post(body, headers).status_code == 401
    assert offline.tables.notifications == []


@pytest.mark.parametrize("message", [{}, {"hello": "world"}, {"rewardId": 7}])
def test_what_names_neither_a_type_nor_an_id_is_malformed(
    offline: OfflineShop, message: dict[str, Any]
) -> None:
    assert offline.notify(json.dumps(message).encode()).status_code == 400
    assert offline.tables.notifications == []
    assert offline.signals == [("notification_refused", "fields")]
