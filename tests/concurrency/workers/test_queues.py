"""Each queue delivers: real brokers, real workers, which are killed in a receiver."""

from __future__ import annotations

import pytest

from flask_antom import Money
from tests.concurrency.workers.queues import QUEUES
from tests.concurrency.workers.worker_shop import WorkerShop
from tests.support.redis_server import Redis
from tests.support.shop import make_order

pytestmark = pytest.mark.slow


def broker(request: pytest.FixtureRequest, server: str) -> str:
    """Return the URL of a broker."""
    served = request.getfixturevalue(server)
    return served.url if isinstance(served, Redis) else str(served)


@pytest.mark.parametrize(
    ("queue", "server"), [(name, queue.broker) for name, queue in QUEUES.items()]
)
def test_each_order_is_fulfilled_once_though_a_worker_is_killed(
    worker_shop: WorkerShop, request: pytest.FixtureRequest, queue: str, server: str
) -> None:
    shop = worker_shop.shop
    shop.orders["A-2"] = make_order("A-2", Money(4200, "MYR"))
    worker_shop.use(queue, broker(request, server))
    assert worker_shop.notify(worker_shop.begin()).status_code == 200
    assert shop.fulfilled() == 0
    with worker_shop.worker() as worker:
        worker.until(shop.fulfilled)
        worker_shop.shut_the_gate()
        worker_shop.notify(worker_shop.begin("A-2"))
        worker.until(worker_shop.is_waiting)
        worker_shop.kill_the_receiver()
        worker.kill()
    undelivered = [event for event in worker_shop.events() if not event.delivered_at]
    assert len(undelivered) == 1
    worker_shop.open_the_gate()
    worker_shop.make_due(shop.antom.Event, "_next_attempt_at")  # the lease ends
    with worker_shop.worker() as worker, worker_shop.sweeper():
        worker.until(lambda: shop.fulfilled("A-2"))
        worker.until(lambda: all(event.delivered_at for event in worker_shop.events()))
    assert [shop.fulfilled(reference) for reference in ("A-1", "A-2")] == [1, 1]
    assert [event.attempts for event in worker_shop.events()] == [1, 2]
