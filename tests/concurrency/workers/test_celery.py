"""Celery delivers and sweeps: a real broker, a real worker, a real beat."""

from __future__ import annotations

import logging

import pytest

from tests.concurrency.workers.conftest import Works
from tests.support.redis_server import Redis


def test_a_worker_delivers_what_the_web_has_stored(celery_works: Works) -> None:
    assert celery_works.notify(celery_works.begin()).status_code == 200
    assert celery_works.front.payments()[0].status == "succeeded"
    assert celery_works.front.fulfilled() == 0
    with celery_works.worker() as worker:
        worker.until(celery_works.front.fulfilled)
    assert celery_works.front.fulfilled() == 1
    assert celery_works.event().delivered_at is not None


def test_a_sweep_delivers_what_the_broker_lost(
    celery_works: Works, redis: Redis
) -> None:
    celery_works.notify(celery_works.begin())
    redis.stop()
    redis.start()
    with celery_works.worker() as worker, celery_works.beat():
        worker.until(celery_works.front.fulfilled)
        log = worker.log.read_text()
    assert "flask_antom.sweep" in log.split("flask_antom.deliver[")[0]
    assert celery_works.event().attempts == 1


def test_without_a_broker_the_web_goes_on_and_does_not_ask_for_it_each_time(
    celery_works: Works, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    request_id = celery_works.begin()
    redis.stop()
    with caplog.at_level(logging.WARNING, "flask_antom.contrib.celery"):
        answers = [celery_works.notify(request_id).status_code for _ in range(3)]
    assert answers == [200, 200, 200]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert celery_works.front.fulfilled() == 0
    redis.start()
    with celery_works.worker() as worker, celery_works.beat():
        worker.until(celery_works.front.fulfilled)
    assert celery_works.front.fulfilled() == 1


def test_beat_makes_up_for_a_notification_that_never_came(celery_works: Works) -> None:
    celery_works.simulator.faults.notifications("drop")
    celery_works.simulator.approve(celery_works.begin())
    celery_works.simulator.postman.drain()
    front = celery_works.front
    celery_works.make_due(front.antom.Payment, "_inquire_at")
    with celery_works.worker() as worker, celery_works.beat():
        worker.until(front.fulfilled)
    assert front.payments()[0].status == "succeeded"


def test_a_worker_that_is_stopped_finishes_the_event_in_hand(
    celery_works: Works,
) -> None:
    celery_works.shut_the_gate()
    celery_works.notify(celery_works.begin())
    with celery_works.worker() as worker:
        worker.until(celery_works.is_waiting)
        worker.terminate()
        worker.says("Warm shutdown")
        celery_works.open_the_gate()
        assert worker.exit_code() == 0
    assert celery_works.front.fulfilled() == 1
    assert celery_works.event().delivered_at is not None


def test_what_a_killed_worker_had_in_hand_is_delivered_by_a_sweep(
    celery_works: Works,
) -> None:
    celery_works.shut_the_gate()
    celery_works.notify(celery_works.begin())
    with celery_works.worker() as worker:
        worker.until(celery_works.is_waiting)
        worker.kill()
    assert celery_works.event().delivered_at is None
    celery_works.open_the_gate()
    with celery_works.worker() as worker, celery_works.beat():
        worker.until(celery_works.front.fulfilled)
    assert celery_works.front.fulfilled() == 1


def test_a_beat_schedule_of_the_host_stays(celery_works: Works, redis: Redis) -> None:
    from celery import Celery

    from flask_antom.contrib.celery import init_celery

    celery = Celery("other", broker=redis.url, set_as_current=False)
    celery.conf.beat_schedule = {"host": {"task": "host.work", "schedule": 60.0}}
    init_celery(celery, celery_works.front.app, every=7.0)
    assert celery.conf.beat_schedule == {
        "host": {"task": "host.work", "schedule": 60.0},
        "flask-antom-sweep": {"task": "flask_antom.sweep", "schedule": 7.0},
    }
