"""A database that is busy is asked again; one that refuses is believed."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from flask_antom import Money
from flask_antom.errors import NotPossible
from flask_antom.signals import payment_succeeded
from flask_antom.simulator import Simulator
from flask_antom.store.transactions import Transactions
from tests.integration.actions import act
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.shop import Shopfront, make_shop, shop_settings


class Refusal(Exception):
    """An exception of a database driver, with PostgreSQL's code."""

    def __init__(self, code: str, attribute: str = "sqlstate") -> None:
        super().__init__("refused")
        setattr(self, attribute, code)


class MariaDBRefusal(Exception):
    """An exception of MariaDB Connector/Python, whose arguments are text."""

    def __init__(self, errno: int) -> None:
        super().__init__("Deadlock found when trying to get lock")
        self.errno = errno


def units(shop: Shopfront, **options: Any) -> Transactions:
    connections = shop.app.extensions["antom"].payments.transactions.connections
    return Transactions(connections, **options)


def run(shop: Shopfront, *refusals: Exception, **options: Any) -> int:
    """Run a work that is refused at first; give how often it was begun."""
    left = list(refusals)
    begun = 0

    def work() -> int:
        nonlocal begun
        begun += 1
        if left:
            raise OperationalError("COMMIT", None, left.pop(0))
        return begun

    with shop.app.app_context():
        return units(shop, **options).run("test", work)


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("40001"),
        Refusal("40P01"),
        Refusal("40001", "pgcode"),
        Exception({"S": "ERROR", "C": "40001"}),
        Exception(1213, "Deadlock found"),
        MariaDBRefusal(1213),
        sqlite3.OperationalError("database is locked"),
    ],
    ids=[
        "serialisation",
        "deadlock",
        "psycopg2",
        "pg8000",
        "mariadb",
        "connector",
        "sqlite",
    ],
)
def test_a_passing_refusal_is_tried_again(shop: Shopfront, refusal: Exception) -> None:
    assert run(shop, refusal, refusal) == 3


def test_another_refusal_is_raised(shop: Shopfront) -> None:
    with pytest.raises(OperationalError):
        run(shop, Refusal("42P01"))


def test_patience_ends(shop: Shopfront) -> None:
    with pytest.raises(OperationalError):
        run(shop, *[Refusal("40001")] * 3, pauses=(0.0, 0.0))


def add_notification(units: Transactions, shop: Shopfront, **columns: Any) -> None:
    row = {"key": "k", "notify_type": "T", "body": "{}", "body_hash": "h"}
    insert = sa.insert(shop.antom.Notification)
    units.execute(insert, **row | {"outcome": "x"} | columns)


def test_an_error_of_ours_rolls_back(shop: Shopfront) -> None:
    with shop.app.app_context():
        transactions = units(shop)

        def work() -> None:
            add_notification(transactions, shop)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            transactions.run("test", work)
    assert shop.rows(shop.antom.Notification) == []


def test_what_the_host_added_is_neither_committed_nor_lost(shop: Shopfront) -> None:
    with shop.app.app_context():
        shop.db.session.add(shop.fulfilment(order_reference="A-1", request_id="x"))
        units(shop).run("test", lambda: None)
        assert len(shop.db.session.new) == 1
        shop.db.session.rollback()
    assert shop.fulfilled() == 0


def test_a_work_needs_a_unit(shop: Shopfront) -> None:
    with shop.app.app_context(), pytest.raises(RuntimeError, match="unit of work"):
        units(shop).execute(sa.select(1))


def test_a_busy_sqlite_delays_a_delivery_but_does_not_fail_it(
    shop: Shopfront, simulator: Simulator, tmp_path: Path
) -> None:
    told: list[Any] = []
    shop.connect(payment_succeeded, lambda app, payment, **extra: told.append(payment))
    with shop.app.app_context():
        shop.db.session.execute(shop.db.text("PRAGMA busy_timeout = 50"))
        request_id = (shop.pay().json or {})["paymentRequestId"]
        simulator.approve(request_id)
        payment = shop.db.session.scalars(shop.db.select(shop.antom.Payment)).one()
        shop.db.session.commit()
        other = sqlite3.connect(
            tmp_path / "shop.sqlite", isolation_level=None, check_same_thread=False
        )
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.5, other.rollback).start()
        shop.antom.sync(payment)
    other.close()
    assert len(told) == 1
    assert shop.fulfilled() == 1


@pytest.mark.parametrize(
    ("broken", "tries"), [({}, 2), ({"body": None}, 1)], ids=["unique", "not null"]
)
def test_of_broken_constraints_only_a_key_that_is_taken_is_tried_again(
    database_url: str, broken: dict[str, Any], tries: int
) -> None:
    settings = shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9")
    shop = make_shop(settings | {"SQLALCHEMY_DATABASE_URI": database_url})
    begun = 0

    with shop.app.app_context():
        transactions = units(shop, pauses=(0.0,))

        def work() -> None:
            nonlocal begun
            begun += 1
            if begun == 1:
                add_notification(transactions, shop)
                add_notification(transactions, shop, **broken)

        with contextlib.suppress(IntegrityError):
            transactions.run("test", work)
    assert begun == tries
    shop.close()


def test_what_the_host_read_before_does_not_hide_a_refund(
    simulator: Simulator, gateway: Any, database_url: str
) -> None:
    settings = shop_settings(simulator.public_key, gateway.url)
    shop = make_shop(settings | {"SQLALCHEMY_DATABASE_URI": database_url})
    simulator.approve((shop.pay().json or {})["paymentRequestId"])
    act(shop, "sync")
    with shop.app.app_context():
        payment = shop.db.session.scalars(shop.db.select(shop.antom.Payment)).one()
        assert shop.db.session.scalars(shop.db.select(shop.antom.Refund)).all() == []
        other = threading.Thread(target=act, args=(shop, "refund", Money(3000, "MYR")))
        other.start()
        other.join()
        with pytest.raises(NotPossible):
            shop.antom.refund(payment, Money(3000, "MYR"))
    assert shop.payments()[0].refunded == Money(3000, "MYR")
    shop.close()
