"""The signals: their names, who sends them, what they carry, what is written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from blinker import NamedSignal
from flask import Flask

from flask_antom import signals
from tests.support.offline import GUIDE, OfflineShop, failed

ID = "paymentRequestId01"
NAMES = [
    "payment_succeeded",
    "payment_failed",
    "payment_authorized",
    "payment_pending",
    "payment_cancelled",
    "payment_expired",
    "payment_needs_review",
    "refund_succeeded",
    "refund_failed",
    "notification_unhandled",
    "notification_refused",
]


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    offline.add_payment()
    return offline


def row(offline: OfflineShop) -> Any:
    db = offline.shop.db
    return db.session.scalars(db.select(offline.shop.antom.Payment)).one()


def cancel(offline: OfflineShop) -> None:
    offline.answers["cancel"] = {"result": GUIDE["result"], "paymentRequestId": ID}
    with offline.shop.app.app_context():
        offline.shop.antom.cancel(row(offline))


def expire(offline: OfflineShop) -> None:
    offline.answers["inquiryPayment"] = {"result": failed("ORDER_NOT_EXIST")}
    with offline.shop.app.app_context():
        payment = row(offline)
        payment.session_expires_at = datetime.now(UTC) - timedelta(hours=1)
        offline.shop.db.session.commit()
        offline.shop.antom.sync(payment)


CAUSES: dict[str, Any] = {
    "payment_succeeded": lambda offline: offline.notify(),
    "payment_failed": lambda offline: offline.notify(result=failed()),
    "payment_authorized": lambda offline: offline.notify(paymentMethodType="GOOGLEPAY"),
    "payment_pending": lambda offline: offline.notify(notifyType="PAYMENT_PENDING"),
    "payment_cancelled": cancel,
    "payment_expired": expire,
    "payment_needs_review": lambda offline: offline.notify(
        paymentAmount={"value": "1", "currency": "MYR"}
    ),
    "notification_unhandled": lambda offline: offline.notify({"notifyType": "NEW"}),
    "notification_refused": lambda offline: offline.post(b"", {}),
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_sender_is_the_app_itself(offline: OfflineShop, name: str) -> None:
    senders: list[Any] = []

    def receive(sender: Any, **extra: Any) -> None:
        senders.append(sender)

    signal = getattr(signals, name)
    signal.connect(receive)
    try:
        CAUSES[name](offline)
    finally:
        signal.disconnect(receive)
    assert len(senders) == 1
    assert type(senders[0]) is Flask
    assert senders[0] is offline.shop.app


@pytest.mark.parametrize("name", CAUSES)
def test_it_carries_what_its_documentation_says(
    offline: OfflineShop, name: str
) -> None:
    CAUSES[name](offline)
    assert [told for told, _ in offline.recorded] == [name]
    extra = offline.recorded[0][1]
    documented = set(
        re.findall(
            r"``(payment|refund|reason|family|ids|notification)``", documentation(name)
        )
    )
    assert set(extra) == documented
    if "payment" in extra:
        assert extra["payment"].request_id == ID
    if "reason" in extra:
        assert isinstance(extra["reason"], str)


def documentation(name: str) -> str:
    """Return the ``#:`` comment above a signal."""
    text = Path(signals.__file__).read_text("utf-8")
    match = re.search(rf"((?:^#: .*\n)+){name}(?:: \w+)? = ", text, re.MULTILINE)
    assert match is not None, f"{name} is not documented"
    return match[1].replace("#:", "")


def test_these_are_all_signals_there_are() -> None:
    found = {n for n, it in vars(signals).items() if isinstance(it, NamedSignal)}
    assert found == set(NAMES)
    assert set(signals.BY_NAME) == set(NAMES) - {"notification_refused"}
    for name, signal in signals.BY_NAME.items():
        assert signal is getattr(signals, name)


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_name_of_its_own_and_a_promise(name: str) -> None:
    assert getattr(signals, name).name == f"antom-{name.replace('_', '-')}"
    assert documentation(name)


def test_the_payment_is_a_row_of_the_hosts_session(offline: OfflineShop) -> None:
    seen: list[Any] = []

    def receive(app: Flask, payment: Any, **extra: Any) -> None:
        seen.append((payment in offline.shop.db.session, payment.status))
        assert isinstance(payment, offline.shop.antom.Payment)

    offline.shop.connect(signals.payment_succeeded, receive)
    assert offline.notify().status_code == 200
    assert seen == [(True, "succeeded")]


def test_a_monitor_that_raises_does_not_change_the_answer(offline: OfflineShop) -> None:
    def monitor(app: Flask, reason: str, **extra: Any) -> None:
        raise RuntimeError("the monitor is down")

    offline.shop.connect(signals.notification_refused, monitor)
    assert offline.post(b"", {}).status_code == 401


def test_an_async_monitor_is_called(offline: OfflineShop) -> None:
    reasons: list[str] = []

    async def monitor(app: Flask, reason: str, **extra: Any) -> None:
        reasons.append(reason)

    offline.shop.connect(signals.notification_refused, monitor)
    offline.post(b"", {})
    assert reasons == ["missing"]
