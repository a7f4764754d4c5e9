"""The test kit for hosts, used as a host would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from flask_antom import Money
from flask_antom.simulator import Simulator
from flask_antom.testing import Signer, record_signals
from tests.support.shop import Shopfront, make_shop


@pytest.fixture
def shop(antom_settings: dict[str, Any]) -> Iterator[Shopfront]:
    front = make_shop(
        antom_settings
        | {"SECRET_KEY": "for tests only", "SQLALCHEMY_DATABASE_URI": "sqlite://"}
    )
    yield front
    front.close()


def open_session(app: Flask) -> str:
    wanted = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
    answer = app.test_client().post("/antom/session", json=wanted)
    return str((answer.json or {})["paymentRequestId"])


def test_the_simulator_serves_the_app(
    app: Flask, shop: Shopfront, antom_simulator: Simulator
) -> None:
    request_id = open_session(app)
    assert antom_simulator.payment(request_id).amount == Money(4200, "MYR")
    antom_simulator.approve(request_id)
    with app.app_context():
        payment = shop.db.session.scalars(shop.db.select(shop.antom.Payment)).one()
        shop.antom.sync(payment)
    assert shop.payments()[0].status == "succeeded"


def test_the_signer_notifies_the_app(
    app: Flask, shop: Shopfront, antom_signer: Signer
) -> None:
    request_id = open_session(app)
    body, headers = antom_signer.notification(request_id, Money(4200, "MYR"))
    with record_signals(app) as recorded:
        answer = app.test_client().post("/antom/notify", data=body, headers=headers)
    assert answer.status_code == 200
    assert [name for name, _ in recorded] == ["payment_succeeded"]
    assert shop.fulfilled() == 1


def test_the_signer_takes_and_leaves_out_fields(antom_signer: Signer) -> None:
    amount = Money(4200, "MYR")
    body, _ = antom_signer.notification("R-1", amount, paymentTime=None, cardNo="4")
    assert b'"cardNo": "4"' in body
    assert b'"paymentTime"' not in body


def test_the_signer_signs_for_one_path(
    app: Flask, shop: Shopfront, antom_signer: Signer
) -> None:
    body, headers = antom_signer.notification("R-1", Money(1, "MYR"), path="/other")
    with record_signals(app) as recorded:
        answer = app.test_client().post("/antom/notify", data=body, headers=headers)
    assert answer.status_code == 401
    assert recorded == [("notification_refused", {"reason": "mismatch"})]


def test_a_recorded_payment_can_be_read_after_the_request(
    app: Flask, shop: Shopfront, antom_signer: Signer
) -> None:
    request_id = open_session(app)
    body, headers = antom_signer.notification(request_id, Money(4200, "MYR"))
    with record_signals(app) as recorded:
        app.test_client().post("/antom/notify", data=body, headers=headers)
    [(_, arguments)] = recorded
    payment = arguments["payment"]
    assert payment.request_id == request_id
    assert payment.status == "succeeded"
    assert payment.amount == Money(4200, "MYR")
    assert payment.paid_at.tzinfo is not None


def test_only_the_signals_of_this_app_are_recorded_and_only_meanwhile(
    app: Flask, shop: Shopfront, antom_signer: Signer
) -> None:
    client = app.test_client()
    with record_signals(Flask("other")) as elsewhere, record_signals(app) as recorded:
        client.post("/antom/notify")
    client.post("/antom/notify")
    assert [name for name, _ in recorded] == ["notification_refused"]
    assert elsewhere == []
