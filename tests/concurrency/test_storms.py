"""Many threads, one payment, and a database as any host may have set it up.

A few settings are tried each time; ``make neighbours`` tries all of them, with each
driver. Whatever the level, the sessions and the pool of the host are, a paid order is
fulfilled once, no more is given back than was taken, and nobody sees a 500.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from flask_antom import Money
from flask_antom.signals import payment_succeeded
from tests.concurrency.host_settings import FEW, NEIGHBOURS, Setting, every_setting
from tests.concurrency.storm_shop import (
    PRICE,
    WORKERS,
    StormShop,
    at_once,
    open_storm_shop,
)
from tests.support.databases import empty_database

pytestmark = pytest.mark.slow

ROUNDS = 3

#: What receivers count in; no table of ours.
STOCK = sa.Table(
    "stock",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sold", sa.Integer, nullable=False),
)


@pytest.fixture(
    scope="module", params=list(every_setting()) if NEIGHBOURS else FEW, ids=str
)
def storm(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StormShop]:
    """A shop over a database that is set up in one of the ways."""
    setting: Setting = request.param
    directory: Path = tmp_path_factory.mktemp("storm")
    with empty_database(setting.kind, request, directory) as url:
        if setting.snapshots is not None and not has_snapshots(url):
            pytest.skip("This MariaDB has no innodb_snapshot_isolation.")
        with open_storm_shop(setting, url) as storm:
            with storm.shop.app.app_context():
                STOCK.create(storm.shop.db.engine)
            yield storm


def has_snapshots(url: str) -> bool:
    """Whether a MariaDB knows ``innodb_snapshot_isolation``."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        query = "SHOW VARIABLES LIKE 'innodb_snapshot_isolation'"
        return connection.execute(sa.text(query)).first() is not None


@pytest.fixture
def stock(storm: StormShop) -> Iterator[Callable[[], dict[int, int]]]:
    """Two rows of a stock of which nothing is sold; gives what reads them."""
    with storm.shop.app.app_context(), storm.shop.db.engine.begin() as connection:
        connection.execute(STOCK.delete())
        rows = [{"id": 1, "sold": 0}, {"id": 2, "sold": 0}]
        connection.execute(STOCK.insert(), rows)

    def read() -> dict[int, int]:
        with storm.shop.app.app_context(), storm.shop.db.engine.connect() as connection:
            return {row.id: row.sold for row in connection.execute(STOCK.select())}

    yield read
    for signal, receiver in storm.shop.receivers[1:]:  # the first one fulfils
        signal.disconnect(receiver)
    del storm.shop.receivers[1:]


def post_at_once(*notifications: Callable[[], Any]) -> Counter[int]:
    """Post notifications at the same moment, and count the answers by status."""
    return Counter(answer.status_code for answer in at_once(notifications))


def sell_24(storm: StormShop, receiver: Callable[..., None]) -> None:
    """Have 24 orders paid, eight at a time, with this receiver beside the shop's."""
    storm.shop.connect(payment_succeeded, receiver)
    notifications = [storm.paid(storm.click(storm.new_order())) for _ in range(24)]
    for begin in range(0, 24, WORKERS):
        answers = post_at_once(*notifications[begin : begin + WORKERS])
        assert answers == {200: WORKERS}


def test_copies_of_a_notification_fulfil_once(storm: StormShop) -> None:
    for _ in range(ROUNDS):
        reference = storm.new_order()
        copy = storm.paid(storm.click(reference))
        assert post_at_once(*[copy] * WORKERS) == {200: WORKERS}
        assert storm.shop.fulfilled(reference) == 1
        (payment,) = storm.shop.payments(reference)
        assert payment.status == "succeeded"


def test_of_two_attempts_paid_at_once_one_succeeds(storm: StormShop) -> None:
    for _ in range(ROUNDS):
        reference = storm.new_order()
        first, second = (
            storm.paid(storm.click(reference, method)) for method in ("GCASH", "DANA")
        )
        assert post_at_once(*[first, second] * (WORKERS // 2)) == {200: WORKERS}
        assert storm.shop.fulfilled(reference) == 1
        statuses = sorted(row.status for row in storm.shop.payments(reference))
        assert statuses == ["review", "succeeded"]


def test_a_button_that_is_clicked_at_once_opens_one_session(storm: StormShop) -> None:
    for _ in range(ROUNDS):
        reference = storm.new_order()
        answers = at_once([partial(storm.shop.pay, reference)] * WORKERS)
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {201: 1, 200: WORKERS - 1}
        (payment,) = storm.shop.payments(reference)
        ids = {(answer.json or {})["paymentRequestId"] for answer in answers}
        assert ids == {payment.request_id}
        sessions = [row.order_reference for row in storm.simulator.payments()]
        assert sessions.count(reference) == 1


def test_notification_status_and_checkout_at_once_agree(storm: StormShop) -> None:
    for _ in range(ROUNDS):
        reference = storm.new_order()
        session = storm.shop.pay(reference).json or {}
        request_id = session["paymentRequestId"]
        storm.simulator.approve(request_id)
        actions: list[Callable[[], TestResponse]] = [
            storm.paid(request_id),
            partial(storm.look, session["statusUrl"]),
            partial(storm.shop.pay, reference),
        ]
        answers = at_once(actions * 3)
        assert {answer.status_code for answer in answers[0::3]} == {200}
        assert {answer.status_code for answer in answers[1::3]} == {200}
        assert {answer.status_code for answer in answers[2::3]} <= {200, 409}
        assert storm.look(session["statusUrl"]).json == {
            "status": "succeeded",
            "final": True,
        }
        assert storm.shop.fulfilled(reference) == 1


@pytest.mark.parametrize(
    "amount", [None, Money(3000, "MYR")], ids=["the whole", "the larger part"]
)
def test_refunds_at_once_never_exceed_the_payment(
    storm: StormShop, amount: Money | None
) -> None:
    setting = storm.setting
    for _ in range(ROUNDS):
        request_id = storm.pay_at_antom(storm.new_order())
        # Each of them has looked at the payment before any of them refunds it.
        have_looked = threading.Barrier(WORKERS, timeout=60)
        waits: dict[str, Any] = (
            {} if setting.has_one_connection else {"once_seen": have_looked.wait}
        )
        before = storm.refunds_sent()
        refund = partial(storm.refund, request_id, amount, again=True, **waits)
        outcomes = Counter(at_once([refund] * WORKERS))
        assert len(storm.refunds_sent() - before) == 1
        assert outcomes == {"done": 1, "NotPossible": WORKERS - 1}
        account = storm.simulator.accounts()[request_id]
        assert account.refunded == (amount or PRICE)
        assert storm.refunded(request_id) == (amount or PRICE)


@pytest.mark.parametrize("amount", [None, Money(1000, "MYR")], ids=["all", "a part"])
@pytest.mark.parametrize("key", ["return-{}", None], ids=["key", "no key"])
def test_a_button_that_is_clicked_at_once_refunds_once(
    storm: StormShop, amount: Money | None, key: str | None
) -> None:
    """With a key each click gets the refund; without one, the others are told."""
    for _ in range(ROUNDS):
        request_id = storm.pay_at_antom(storm.new_order())
        have_looked = threading.Barrier(WORKERS, timeout=60)
        waits: dict[str, Any] = (
            {} if storm.setting.has_one_connection else {"once_seen": have_looked.wait}
        )
        before = storm.refunds_sent()
        named = key and key.format(request_id)
        click = partial(storm.refund, request_id, amount, key=named, **waits)
        outcomes = Counter(at_once([click] * WORKERS))
        assert len(storm.refunds_sent() - before) == 1
        assert outcomes == (
            {"done": WORKERS} if key else {"done": 1, "RepeatedCall": WORKERS - 1}
        )
        account = storm.simulator.accounts()[request_id]
        assert account.refunded == storm.refunded(request_id) == (amount or PRICE)


def test_receivers_that_deadlock_count_each_sale_once(
    storm: StormShop, stock: Callable[[], dict[int, int]]
) -> None:
    """Every second receiver sells from the two rows the other way round."""

    def sell(app: Flask, payment: Any, **extra: Any) -> None:
        number = int(payment.order_reference.partition("-")[2])
        for row in (1, 2) if number % 2 else (2, 1):
            storm.shop.db.session.execute(
                sa.update(STOCK).where(STOCK.c.id == row).values(sold=STOCK.c.sold + 1)
            )

    sell_24(storm, sell)
    assert stock() == {1: 24, 2: 24}


def test_receivers_that_read_before_they_write_count_each_sale_once(
    storm: StormShop, stock: Callable[[], dict[int, int]]
) -> None:
    """Read the number, and write one more: right where the host is serializable.

    At another level a host locks the row first.
    """

    def sell(app: Flask, payment: Any, **extra: Any) -> None:
        session = storm.shop.db.session
        query = sa.select(STOCK.c.sold).where(STOCK.c.id == 1)
        if not storm.setting.is_serializable:
            query = query.with_for_update()
        sold = session.scalars(query).one()
        session.execute(sa.update(STOCK).where(STOCK.c.id == 1).values(sold=sold + 1))

    sell_24(storm, sell)
    assert stock() == {1: 24, 2: 0}
