"""Who tries again when the database refuses a delivery? We do, and at once."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_antom.signals import payment_succeeded
from tests.support.conflicts import (
    IMPATIENT,
    A,
    elsewhere,
    open_stocked,
    run_into_a_deadlock,
    run_into_a_lock,
    take,
    taken,
)
from tests.support.offline import OfflineShop
from tests.support.receivers import (
    event,
    is_delivered,
    write_row,
    written,
)

SERVERS = ["postgresql", "mariadb"]


def assert_told_once(offline: OfflineShop, calls: int) -> None:
    """Antom is answered 200, after so many calls of the receiver."""
    assert is_delivered(offline)
    kept = event(offline)
    assert (kept.last_error, kept.next_attempt_at) == (None, None)
    assert calls == 2
    assert written(offline) == ["own"]
    assert offline.shop.fulfilled() == 1


@pytest.mark.parametrize("database_kind", SERVERS)
def test_a_deadlock_of_a_receiver_is_tried_again(shop_url: str) -> None:
    calls: list[str] = []

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        calls.append(payment.request_id)
        write_row(offline, "own")
        if len(calls) == 1:
            run_into_a_deadlock(offline, pool)
            return
        take(offline.shop.db.session, offline, A)

    with open_stocked(shop_url) as offline, ThreadPoolExecutor() as pool:
        offline.shop.connect(payment_succeeded, fulfil)
        assert offline.notify().status_code == 200
        pool.shutdown(wait=True)
        assert_told_once(offline, len(calls))
        assert taken(offline) == (2, 1)  # the other's, and ours


@pytest.mark.parametrize("database_kind", SERVERS)
def test_a_lock_that_a_receiver_does_not_get_is_tried_again(
    shop_url: str, database_kind: str
) -> None:
    calls: list[str] = []

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        calls.append(payment.request_id)
        write_row(offline, "own")
        take(offline.shop.db.session, offline, A)
        if len(calls) == 1:
            run_into_a_lock(offline)

    arguments = IMPATIENT[database_kind]
    with open_stocked(shop_url, connect_args=arguments) as offline:
        offline.shop.connect(payment_succeeded, fulfil)
        assert offline.notify().status_code == 200
        assert_told_once(offline, len(calls))
        assert taken(offline) == (1, 0)


@pytest.mark.parametrize("database_kind", ["postgresql"])
@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_row_that_was_changed_meanwhile_is_tried_again(
    shop_url: str, level: str
) -> None:
    calls: list[str] = []

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        calls.append(payment.request_id)
        write_row(offline, "own")
        assert offline.shop.db.session.get(offline.shop.fulfilment, A) is not None
        if len(calls) == 1:
            with elsewhere(offline) as connection, connection.begin():
                take(connection, offline, A)
        take(offline.shop.db.session, offline, A)

    with open_stocked(shop_url, isolation_level=level) as offline:
        offline.shop.connect(payment_succeeded, fulfil)
        assert offline.notify().status_code == 200
        assert_told_once(offline, len(calls))
        assert taken(offline) == (2, 0)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_commit_that_is_not_serialisable_is_tried_again(shop_url: str) -> None:
    """Each of two transactions has read what the other writes."""
    calls: list[str] = []

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        calls.append(payment.request_id)
        session, model = offline.shop.db.session, offline.shop.fulfilment
        everything = sa.select(sa.func.count()).select_from(model.__table__)
        session.scalar(everything)
        write_row(offline, "own")
        session.flush()
        if len(calls) == 1:
            with (
                elsewhere(offline, isolation_level="SERIALIZABLE") as connection,
                connection.begin(),
            ):
                connection.scalar(everything)
                take(connection, offline, A)

    with open_stocked(shop_url, isolation_level="SERIALIZABLE") as offline:
        offline.shop.connect(payment_succeeded, fulfil)
        assert offline.notify().status_code == 200
        assert_told_once(offline, len(calls))


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_commit_for_which_sqlite_is_busy_is_tried_again(
    shop_url: str, database_kind: str
) -> None:
    """Who still reads, in a file without WAL, holds up a commit."""
    calls: list[str] = []
    readers: list[Any] = []
    refused: list[str] = []

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        calls.append(payment.request_id)
        write_row(offline, "own")
        if len(calls) == 1:
            reader = sqlite3.connect(sa.make_url(shop_url).database or "")
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM antom_payment").fetchone()
            readers.append(reader)

    def stop_reading(context: Any) -> None:
        refused.append(str(context.original_exception))
        readers.pop().close()

    arguments = IMPATIENT[database_kind]
    with open_stocked(shop_url, connect_args=arguments) as offline:
        with offline.shop.app.app_context():
            sa.event.listen(offline.shop.db.engine, "handle_error", stop_reading)
        offline.shop.connect(payment_succeeded, fulfil)
        assert offline.notify().status_code == 200
        assert refused == ["database is locked"]
        assert_told_once(offline, len(calls))


@pytest.mark.every_database
def test_a_unique_key_of_a_receivers_own_is_not_tried_again_at_once(
    shop_url: str,
) -> None:
    calls: list[str] = []

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        calls.append(payment.request_id)
        offline.shop.db.session.add(
            offline.shop.fulfilment(id=A, order_reference="own", request_id="")
        )

    with open_stocked(shop_url) as offline:
        offline.shop.connect(payment_succeeded, fulfil)
        answers = [offline.notify().status_code for _ in range(2)]
        assert (answers, len(calls)) == ([500, 500], 2)
        kept = event(offline)
        assert (kept.delivered_at, kept.attempts) == (None, 2)
        assert kept.last_error.startswith("IntegrityError: ")
        assert offline.shop.fulfilled() == 0
