"""Celery delivers and sweeps: a real broker, a real worker, a real beat."""

from __future__ import annotations

import logging

import pytest

from tests.concurrency.workers.worker_shop import WorkerShop
from tests.support.redis_server import Redis

pytestmark = pytest.mark.slow


def test_a_worker_delivers_what_the_web_has_stored(celery_shop: WorkerShop) -> None:
    assert celery_shop.notify(celery_shop.begin()).status_code == 200
    assert celery_shop.shop.payments()[0].status == "succeeded"
    assert celery_shop.shop.fulfilled() == 0
    with celery_shop.worker() as worker:
        worker.until(celery_shop.shop.fulfilled)
    assert celery_shop.shop.fulfilled() == 1
    assert celery_shop.event().delivered_at is not None


def test_a_sweep_delivers_what_the_broker_lost(
    celery_shop: WorkerShop, redis: Redis
) -> None:
    celery_shop.notify(celery_shop.begin())
    redis.stop()
    redis.start()
    with celery_shop.worker() as worker, celery_shop.sweeper():
        worker.until(celery_shop.shop.fulfilled)
        log = worker.log.read_text()
    assert "flask_antom.sweep" in log.split("flask_antom.deliver[")[0]
    assert celery_shop.event().attempts == 1


def test_without_a_broker_the_web_goes_on_and_does_not_ask_for_it_each_time(
    celery_shop: WorkerShop, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    request_id = celery_shop.begin()
    redis.stop()
    with caplog.at_level(logging.WARNING, "flask_antom.flows.dispatching"):
        answers = [celery_shop.notify(request_id).status_code for _ in range(3)]
    assert answers == [200, 200, 200]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert celery_shop.shop.fulfilled() == 0
    redis.start()
    with celery_shop.worker() as worker, celery_shop.sweeper():
        worker.until(celery_shop.shop.fulfilled)
    assert celery_shop.shop.fulfilled() == 1


def test_beat_makes_up_for_a_notification_that_never_came(
    celery_shop: WorkerShop,
) -> None:
    celery_shop.simulator.faults.notifications("drop")
    celery_shop.simulator.approve(celery_shop.begin())
    celery_shop.simulator.notifier.drain()
    shop = celery_shop.shop
    celery_shop.make_due(shop.antom.Payment, "_inquire_at")
    with celery_shop.worker() as worker, celery_shop.sweeper():
        worker.until(shop.fulfilled)
    assert shop.payments()[0].status == "succeeded"


def test_a_worker_that_is_stopped_finishes_the_event_in_hand(
    celery_shop: WorkerShop,
) -> None:
    celery_shop.shut_the_gate()
    celery_shop.notify(celery_shop.begin())
    with celery_shop.worker() as worker:
        worker.until(celery_shop.is_waiting)
        worker.terminate()
        worker.says("Warm shutdown")
        celery_shop.open_the_gate()
        assert worker.exit_code() == 0
    assert celery_shop.shop.fulfilled() == 1
    assert celery_shop.event().delivered_at is not None


def test_what_a_killed_worker_had_in_hand_is_delivered_by_a_sweep(
    celery_shop: WorkerShop,
) -> None:
    celery_shop.shut_the_gate()
    celery_shop.notify(celery_shop.begin())
    with celery_shop.worker() as worker:
        worker.until(celery_shop.is_waiting)
        worker.kill()
    assert celery_shop.event().delivered_at is None
    celery_shop.open_the_gate()
    celery_shop.make_due(celery_shop.shop.antom.Event, "_next_attempt_at")
    with celery_shop.worker() as worker, celery_shop.sweeper():
        worker.until(celery_shop.shop.fulfilled)
    assert celery_shop.shop.fulfilled() == 1


def test_a_beat_schedule_of_the_host_stays(
    celery_shop: WorkerShop, redis: Redis
) -> None:
    from celery import Celery

    from flask_antom.contrib.celery import init_celery

    celery = Celery("other", broker=redis.url, set_as_current=False)
    celery.conf.beat_schedule = {"host": {"task": "host.work", "schedule": 60.0}}
    init_celery(celery, celery_shop.shop.app, every=7.0)
    assert celery.conf.beat_schedule == {
        "host": {"task": "host.work", "schedule": 60.0},
        "flask-antom-sweep": {"task": "flask_antom.sweep", "schedule": 7.0},
    }
