"""Calls of a host whose session holds locks or rows, and a refund under way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_antom import Money, checkpoints
from flask_antom.errors import NotPossible, UncommittedWrites
from flask_antom.signals import payment_succeeded
from tests.support.offline import GUIDE, SESSION, OfflineShop
from tests.support.receivers import (
    DONE,
    Switch,
    disconnect_all,
    write_row,
    written,
)

TEN = Money(1000, "MYR")


def load(offline: OfflineShop) -> Any:
    model = offline.shop.antom.Payment
    return offline.shop.db.session.scalars(sa.select(model)).one()


@pytest.mark.every_database
def test_a_refund_does_not_free_rows_that_the_host_has_locked(
    offline: OfflineShop, database_kind: str
) -> None:
    """A host locks its order so that two clicks do not refund it twice."""
    if database_kind.startswith("sqlite"):
        pytest.skip("SQLite has no row locks.")
    offline.add_payment()
    offline.notify()
    offline.answers["refund"] = DONE
    model = offline.shop.fulfilment
    with offline.shop.app.app_context():
        payment = load(offline)
        offline.shop.db.session.scalars(sa.select(model).with_for_update()).one()
        try:
            offline.shop.antom.refund(payment, TEN)
        except NotPossible:
            return
        with offline.shop.db.engine.connect() as other:
            free = sa.select(model.__table__).with_for_update(skip_locked=True)
            assert other.execute(free).all() == []


def save_in_bulk(offline: OfflineShop) -> None:
    row = offline.shop.fulfilment(order_reference="own", request_id="", about="new")
    offline.shop.db.session.bulk_save_objects([row])


def insert_in_bulk(offline: OfflineShop) -> None:
    values = {"order_reference": "own", "request_id": "", "about": "new"}
    offline.shop.db.session.bulk_insert_mappings(offline.shop.fulfilment, [values])


def write_text(offline: OfflineShop) -> None:
    offline.shop.db.session.execute(
        sa.text(
            "INSERT INTO fulfilment (order_reference, request_id, about)"
            " VALUES ('own', '', 'new')"
        )
    )


@pytest.mark.every_database
@pytest.mark.parametrize("write", [save_in_bulk, insert_in_bulk, write_text])
def test_a_refund_does_not_commit_what_it_does_not_see(
    offline: OfflineShop, write: Callable[[OfflineShop], None]
) -> None:
    offline.add_payment()
    offline.notify()
    offline.answers["refund"] = DONE
    with offline.shop.app.app_context():
        payment = load(offline)
        write(offline)
        with suppress(NotPossible):
            offline.shop.antom.refund(payment, TEN)
        offline.shop.db.session.rollback()
    assert written(offline) == []


READS = [
    "SELECT 1",
    "WITH one AS (SELECT 1) SELECT * FROM one",
]
WRITES = [
    "UPDATE fulfilment SET about = 'x'",
    "SELECT id FROM fulfilment FOR UPDATE",
    "WITH gone AS (DELETE FROM fulfilment RETURNING id) SELECT * FROM gone",
]


@pytest.mark.parametrize("database_kind", ["postgresql"])
@pytest.mark.parametrize(
    ("text", "refuses"),
    [*((text, False) for text in READS), *((text, True) for text in WRITES)],
)
def test_texts_that_write_or_lock_are_told_from_reads(
    offline: OfflineShop, text: str, refuses: bool
) -> None:
    offline.add_payment()
    offline.notify()
    offline.answers["refund"] = DONE
    with offline.shop.app.app_context():
        payment = load(offline)
        offline.shop.db.session.execute(sa.text(text))
        with pytest.raises(UncommittedWrites) if refuses else nullcontext():
            offline.shop.antom.refund(payment, TEN)
        offline.shop.db.session.rollback()
    assert bool(offline.calls) is not refuses


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_sync_does_not_wait_for_a_row_that_its_own_host_has_written(
    offline: OfflineShop,
) -> None:
    """PostgreSQL sees no deadlock here, and waits for ever by default."""
    model, session = offline.shop.fulfilment, offline.shop.db.session

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        session.execute(sa.update(model).values(about="paid"))

    def be_impatient(connection: Any, record: Any) -> None:
        connection.execute("SET lock_timeout = '500ms'")
        connection.commit()

    disconnect_all(offline)
    offline.shop.connect(payment_succeeded, fulfil)
    offline.answers["inquiryPayment"] = GUIDE | {"paymentStatus": "SUCCESS"}
    offline.add_payment()
    with offline.shop.app.app_context():
        engine = offline.shop.db.engine
        sa.event.listen(engine, "connect", be_impatient)
        engine.dispose()
        payment = load(offline)
        write_row(offline, "checked")
        session.commit()
        session.scalars(sa.select(model)).one().about = "checked again"
        session.flush()
        with suppress(NotPossible):
            offline.shop.antom.sync(payment)
        session.rollback()


@pytest.mark.every_database
def test_a_payment_is_not_told_while_all_of_it_is_being_given_back(
    offline: OfflineShop,
) -> None:
    switch = Switch()
    disconnect_all(offline)
    offline.shop.connect(payment_succeeded, switch)
    offline.add_payment()
    offline.notify()
    offline.shop.call("refund")  # Antom is silent: the outcome is not known
    switch.is_broken = False
    offline.shop.clock.wind(timedelta(seconds=50))
    offline.shop.sweep()
    assert switch.calls == 1


@pytest.mark.every_database
def test_a_paid_attempt_is_found_although_an_answer_to_a_commit_is_lost(
    offline: OfflineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right to ask Antom is taken twice, and refused to its own holder."""
    lost = sa.exc.DBAPIError("COMMIT", {}, Exception(), connection_invalidated=True)

    def hook(passed: str) -> None:
        if passed == "after commit may_inquire":
            monkeypatch.setattr(checkpoints, "hook", None)
            raise lost

    offline.add_payment(
        open_key=None,
        created_at=datetime.now(UTC),
        session_expires_at=datetime.now(UTC) + timedelta(minutes=50),
        inquire_at=datetime.now(UTC) + timedelta(minutes=1),
    )
    offline.answers |= {
        "createPaymentSession": SESSION,
        "inquiryPayment": GUIDE | {"paymentStatus": "SUCCESS"},
    }
    monkeypatch.setattr(checkpoints, "hook", hook)
    assert offline.shop.pay().status_code == 409
    assert len(offline.shop.payments()) == 1
