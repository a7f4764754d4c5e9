"""``flask antom work`` as a process of its own."""

from __future__ import annotations

from flask_antom import Money
from tests.concurrency.workers.conftest import Works
from tests.support.shop import make_order


def test_it_delivers_and_stops_when_it_is_told_to(works: Works) -> None:
    works.notify(works.begin())
    assert works.front.fulfilled() == 0
    with works.antom_work() as program:
        program.until(works.front.fulfilled)
        program.terminate()
        assert program.exit_code() == 0
    assert program.log.read_text().endswith("Stopped.\n")
    assert works.front.fulfilled() == 1


def test_it_finishes_the_event_in_hand(works: Works) -> None:
    works.shut_the_gate()
    works.notify(works.begin())
    with works.antom_work() as program:
        program.until(works.is_waiting)
        program.terminate()
        works.open_the_gate()
        assert program.exit_code() == 0
    assert works.front.fulfilled() == 1
    assert works.event().delivered_at is not None


def test_it_begins_no_other_piece_of_work_once_it_is_told_to_stop(
    works: Works,
) -> None:
    works.front.orders["A-2"] = make_order("A-2", Money(4200, "MYR"))
    requests = [works.begin(reference) for reference in ("A-1", "A-2")]
    works.shut_the_gate()
    for request_id in requests:
        works.notify(request_id)
    with works.antom_work() as program:
        program.until(works.is_waiting)
        program.terminate()
        works.open_the_gate()
        assert program.exit_code() == 0
    delivered = [works.front.fulfilled(reference) for reference in ("A-1", "A-2")]
    assert sorted(delivered) == [0, 1]


def test_it_outlives_a_database_that_is_away(works: Works) -> None:
    with works.antom_work() as program:
        program.says("Working.")
        works.execute("ALTER TABLE antom_event RENAME TO away")
        program.says("A sweep broke off")
        works.execute("ALTER TABLE away RENAME TO antom_event")
        works.notify(works.begin())
        program.until(works.front.fulfilled)
        program.terminate()
        assert program.exit_code() == 0


def test_what_it_had_in_hand_when_it_was_killed_is_delivered_by_the_next(
    works: Works,
) -> None:
    works.shut_the_gate()
    works.notify(works.begin())
    with works.antom_work() as program:
        program.until(works.is_waiting)
        program.kill()
    assert works.event().delivered_at is None
    works.open_the_gate()
    works.make_due(works.front.antom.Event, "_next_attempt_at")  # the lease ends
    with works.antom_work() as program:
        program.until(works.front.fulfilled)
    assert works.front.fulfilled() == 1
