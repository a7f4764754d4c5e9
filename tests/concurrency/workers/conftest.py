"""A shop in worker mode, without a broker and with one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_antom.simulator import Simulator
from tests.concurrency.workers.worker_shop import WorkerShop
from tests.support.rabbitmq_server import open_rabbitmq
from tests.support.redis_server import Redis, open_redis
from tests.support.shop import make_shop, shop_settings


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A real Redis."""
    with open_redis(tmp_path) as redis:
        yield redis


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[str]:
    """The URL of a real RabbitMQ, which takes long to start."""
    with open_rabbitmq() as url:
        yield url


@pytest.fixture
def worker_shop(
    simulator: Simulator, gateway: Any, tmp_path: Path
) -> Iterator[WorkerShop]:
    """The shop on a SQLite file, without a broker."""
    settings = shop_settings(simulator.public_key, gateway.url)
    settings["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path / 'shop.sqlite'}"
    settings["ANTOM_EVENT_DELIVERY"] = "worker"
    gate = tmp_path / "gate"
    gate.mkdir()
    environment = {"SHOP_SETTINGS": json.dumps(settings), "SHOP_GATE": str(gate)}
    shop = make_shop(settings)
    yield WorkerShop(shop, simulator, environment, tmp_path, gate)
    shop.close()


@pytest.fixture
def celery_shop(worker_shop: WorkerShop, redis: Redis) -> WorkerShop:
    """The shop, whose web side hands events to Celery."""
    worker_shop.use("celery", redis.url)
    return worker_shop
