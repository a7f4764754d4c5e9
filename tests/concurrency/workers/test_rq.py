"""Delivery and sweeps as jobs of Flask-RQ, beside what each queue does."""

from __future__ import annotations

from typing import Any

import pytest
from flask_rq import RQ

from flask_antom.contrib.rq import init_rq
from flask_antom.domain.schedule import NEVER
from tests.concurrency.workers.queues import SHOP
from tests.concurrency.workers.worker_shop import WorkerShop
from tests.support.redis_server import Redis

pytestmark = pytest.mark.slow

#: A worker that ends when its queue is empty.
WORK_OFF = ("flask", "--app", SHOP, "rq", "worker", "--burst")


@pytest.fixture
def rq(worker_shop: WorkerShop, redis: Redis) -> Any:
    return worker_shop.use("rq", redis.url)


def test_what_needs_a_person_is_logged_once_by_all_processes(
    worker_shop: WorkerShop, rq: RQ
) -> None:
    worker_shop.notify(worker_shop.begin())
    model = worker_shop.shop.antom.Event
    giving_up = worker_shop.shop.db.update(model).values(_next_attempt_at=NEVER)
    worker_shop.execute(giving_up)
    with worker_shop.shop.app.app_context():
        rq.queue.connection.flushdb()
        scheduler = rq.make_cron_scheduler()
        (sweep,) = scheduler.get_jobs()
        for _ in range(2):
            sweep.enqueue(scheduler.connection)
    with worker_shop.run(*WORK_OFF) as worker:
        assert worker.exit_code() == 0
    log = worker.log.read_text()
    assert log.count("flask_antom.contrib.rq.sweep()") == 2
    assert log.count("Something needs a person: events given up: 1.") == 1
    with worker_shop.shop.app.app_context():  # what is done leaves nothing behind
        assert rq.queue.connection.keys("rq:job:*") == []


def test_jobs_go_into_the_queue_that_is_named(
    worker_shop: WorkerShop, redis: Redis
) -> None:
    app = worker_shop.shop.app
    app.config.update(
        RQ_CONNECTION=redis.url, RQ_ASYNC=True, RQ_QUEUES=["default", "antom"]
    )
    rq = RQ(app)
    init_rq(rq, app, queue="antom")
    worker_shop.notify(worker_shop.begin())
    with app.app_context():
        assert [len(queue) for queue in rq.queues.values()] == [0, 1]


def test_an_rq_of_several_apps_sweeps_each_once(
    worker_shop: WorkerShop, rq: RQ
) -> None:
    init_rq(rq, worker_shop.shop.app)
    with worker_shop.shop.app.app_context():
        assert len(rq.make_cron_scheduler().get_jobs()) == 1
