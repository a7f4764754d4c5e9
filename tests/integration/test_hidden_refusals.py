"""Is a lock that a receiver did not get, and passes over, a success? It is not."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_antom.signals import payment_succeeded
from tests.support.conflicts import (
    IMPATIENT,
    B,
    open_stocked,
    run_into_a_deadlock,
    run_into_a_lock,
    take,
    taken,
)
from tests.support.offline import OfflineShop
from tests.support.receivers import (
    disconnect_all,
    event,
    is_delivered,
    write_row,
    written,
)


def lock(offline: OfflineShop, pool: Executor) -> None:
    run_into_a_lock(offline)


def deadlock(offline: OfflineShop, pool: Executor) -> None:
    run_into_a_deadlock(offline, pool)


@pytest.mark.parametrize("database_kind", ["postgresql", "mariadb"])
@pytest.mark.parametrize("refusal", [deadlock, lock])
def test_a_refusal_that_a_receiver_hides_is_not_a_success(
    shop_url: str, database_kind: str, refusal: Callable[..., None]
) -> None:
    """1213 has undone all before it and 1205 one statement; a receiver that goes on
    writes half of what it should."""
    calls: list[str] = []

    def fulfil(app: Flask, payment: Any, **extra: Any) -> None:
        calls.append(payment.request_id)
        write_row(offline, "before")
        offline.shop.db.session.flush()
        with contextlib.suppress(sa.exc.DBAPIError):
            if len(calls) == 1:
                refusal(offline, pool)
            take(offline.shop.db.session, offline, B)
        if goes_on:
            write_row(offline, "after")

    goes_on = database_kind == "mariadb"  # PostgreSQL would refuse that, too
    others = 1 if refusal is deadlock else 0
    arguments = IMPATIENT[database_kind] if refusal is lock else {}
    with (
        open_stocked(shop_url, connect_args=arguments) as offline,
        ThreadPoolExecutor() as pool,
    ):
        disconnect_all(offline)
        offline.shop.connect(payment_succeeded, fulfil)
        status = offline.notify().status_code
        pool.shutdown(wait=True)
        if status == 500:
            kept = event(offline)
            assert (kept.delivered_at, kept.attempts) == (None, 1)
            assert kept.last_error
            assert written(offline) == []
            assert taken(offline) == (others, others)
            assert offline.notify().status_code == 200
        else:
            assert status == 200
        assert is_delivered(offline)
        assert sorted(written(offline)) == ["after", "before"][not goes_on :]
        assert taken(offline) == (others, others + 1)
