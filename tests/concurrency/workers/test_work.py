"""``flask antom work`` as a process of its own."""

from __future__ import annotations

import pytest

from flask_antom import Money
from tests.concurrency.workers.worker_shop import WorkerShop
from tests.support.shop import make_order

pytestmark = pytest.mark.slow


def test_it_delivers_and_stops_when_it_is_told_to(worker_shop: WorkerShop) -> None:
    worker_shop.notify(worker_shop.begin())
    assert worker_shop.shop.fulfilled() == 0
    with worker_shop.antom_work() as program:
        program.until(worker_shop.shop.fulfilled)
        program.terminate()
        assert program.exit_code() == 0
    assert program.log.read_text().endswith("Stopped.\n")
    assert worker_shop.shop.fulfilled() == 1


def test_it_finishes_the_event_in_hand(worker_shop: WorkerShop) -> None:
    worker_shop.shut_the_gate()
    worker_shop.notify(worker_shop.begin())
    with worker_shop.antom_work() as program:
        program.until(worker_shop.is_waiting)
        program.terminate()
        worker_shop.open_the_gate()
        assert program.exit_code() == 0
    assert worker_shop.shop.fulfilled() == 1
    assert worker_shop.event().delivered_at is not None


def test_it_begins_no_other_piece_of_work_once_it_is_told_to_stop(
    worker_shop: WorkerShop,
) -> None:
    worker_shop.shop.orders["A-2"] = make_order("A-2", Money(4200, "MYR"))
    requests = [worker_shop.begin(reference) for reference in ("A-1", "A-2")]
    worker_shop.shut_the_gate()
    for request_id in requests:
        worker_shop.notify(request_id)
    with worker_shop.antom_work() as program:
        program.until(worker_shop.is_waiting)
        program.terminate()
        worker_shop.open_the_gate()
        assert program.exit_code() == 0
    delivered = [worker_shop.shop.fulfilled(reference) for reference in ("A-1", "A-2")]
    assert sorted(delivered) == [0, 1]


def test_it_outlives_a_database_that_is_away(worker_shop: WorkerShop) -> None:
    with worker_shop.antom_work() as program:
        program.says("Working.")
        worker_shop.execute("ALTER TABLE antom_event RENAME TO away")
        program.says("A sweep broke off")
        worker_shop.execute("ALTER TABLE away RENAME TO antom_event")
        worker_shop.notify(worker_shop.begin())
        program.until(worker_shop.shop.fulfilled)
        program.terminate()
        assert program.exit_code() == 0


def test_what_it_had_in_hand_when_it_was_killed_is_delivered_by_the_next(
    worker_shop: WorkerShop,
) -> None:
    worker_shop.shut_the_gate()
    worker_shop.notify(worker_shop.begin())
    with worker_shop.antom_work() as program:
        program.until(worker_shop.is_waiting)
        program.kill()
    assert worker_shop.event().delivered_at is None
    worker_shop.open_the_gate()
    worker_shop.make_due(
        worker_shop.shop.antom.Event, "_next_attempt_at"
    )  # the lease ends
    with worker_shop.antom_work() as program:
        program.until(worker_shop.shop.fulfilled)
    assert worker_shop.shop.fulfilled() == 1
