"""Antom gets its answer whatever becomes of the broker, with each client of one."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from tests.concurrency.workers.queues import QUEUES
from tests.concurrency.workers.worker_shop import WorkerShop
from tests.support.processes import free_port

pytestmark = pytest.mark.slow

PASSWORD = "of-the-broker"


@pytest.fixture(params=["refuses", "hangs"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a broker that refuses connections, or never answers."""
    if request.param == "refuses":
        yield free_port()
        return
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        yield port


@pytest.mark.parametrize("queue", QUEUES)
def test_the_shop_goes_on_without_its_broker(
    worker_shop: WorkerShop, caplog: pytest.LogCaptureFixture, port: int, queue: str
) -> None:
    scheme = "amqp" if QUEUES[queue].broker == "rabbitmq" else "redis"
    worker_shop.use(queue, f"{scheme}://shop:{PASSWORD}@127.0.0.1:{port}/0")
    worker_shop.shop.app.extensions["antom"].broker.patience = 0.5
    request_id = worker_shop.begin()
    with caplog.at_level(logging.DEBUG, "flask_antom"):
        answers = [worker_shop.notify(request_id).status_code for _ in range(3)]
    assert answers == [200] * 3
    ours = [r for r in caplog.records if r.name.startswith("flask_antom")]
    (warning,) = [r for r in ours if r.levelno >= logging.WARNING]
    assert warning.name == "flask_antom.flows.dispatching"
    assert not any(PASSWORD in record.getMessage() for record in ours)
    assert worker_shop.shop.sweep().events == 1
    assert worker_shop.shop.fulfilled() == 1
