"""A shop in worker mode, and the programs that work for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from flask_antom.simulator import Simulator
from tests.concurrency.workers.processes import SHOP, Program, run
from tests.concurrency.workers.shop import make_celery
from tests.support.redis_server import Redis, open_redis
from tests.support.shop import Shopfront, make_shop, shop_settings


@dataclass
class Works:
    """The shop, and what it takes to start its workers.

    :ivar front: the web side of the shop, in this process.
    :ivar gate: where the worker's receiver waits while the file ``shut`` is there.
    """

    front: Shopfront
    simulator: Simulator
    environment: dict[str, str]
    directory: Path
    gate: Path

    def run(self, *arguments: str) -> AbstractContextManager[Program]:
        """Run a Python module with the shop's settings."""
        return run(*arguments, settings=self.environment, directory=self.directory)

    def celery(self, *arguments: str) -> AbstractContextManager[Program]:
        return self.run("celery", "-A", f"{SHOP}:celery", *arguments)

    def worker(self) -> AbstractContextManager[Program]:
        """A Celery worker with one child."""
        return self.celery("worker", "--concurrency", "1", "--loglevel", "info")

    def beat(self) -> AbstractContextManager[Program]:
        schedule = str(self.directory / "schedule")
        return self.celery("beat", "-s", schedule)

    def antom_work(self) -> AbstractContextManager[Program]:
        """``flask antom work``."""
        arguments = (
            "--app",
            SHOP,
            "antom",
            "work",
            "--pause",
            "0.1",
        )
        return self.run("flask", *arguments)

    def begin(self, reference: str = "A-1") -> str:
        """Open a session; gives the ``paymentRequestId``."""
        answer: Any = self.front.pay(reference).json
        request_id: str = answer["paymentRequestId"]
        return request_id

    def notify(self, request_id: str) -> TestResponse:
        """Post the notification that it was paid."""
        fields = {
            "notifyType": "PAYMENT_RESULT",
            "result": {"resultCode": "SUCCESS", "resultStatus": "S"},
            "paymentRequestId": request_id,
            "paymentId": f"antom-{request_id}",
            "paymentAmount": {"value": "4200", "currency": "MYR"},
            "paymentTime": "2026-11-23T10:00:00+08:00",
        }
        body = json.dumps(fields).encode()
        headers = self.simulator.signed_notification(body, "/antom/notify")
        client = self.front.app.test_client()
        return client.post("/antom/notify", data=body, headers=headers)

    def make_due(self, model: Any, column: str) -> None:
        """Let the time of all rows have come."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        self.execute(self.front.db.update(model).values({column: past}))

    def execute(self, statement: Any) -> None:
        """Do something to the database behind the shop's back."""
        if isinstance(statement, str):
            statement = self.front.db.text(statement)
        with self.front.app.app_context():
            self.front.db.session.execute(statement)
            self.front.db.session.commit()

    def event(self) -> Any:
        """Give the one event that is stored."""
        (event,) = self.front.rows(self.front.antom.Event)
        return event

    def shut_the_gate(self) -> None:
        (self.gate / "shut").touch()

    def is_waiting(self) -> bool:
        return (self.gate / "waiting").exists()

    def open_the_gate(self) -> None:
        (self.gate / "shut").unlink()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A real Redis."""
    with open_redis(tmp_path) as redis:
        yield redis


@pytest.fixture
def works(simulator: Simulator, gateway: Any, tmp_path: Path) -> Iterator[Works]:
    """The shop on a SQLite file, without a broker."""
    settings = shop_settings(simulator.public_key, gateway.url)
    settings["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path / 'shop.sqlite'}"
    settings["ANTOM_EVENT_DELIVERY"] = "worker"
    gate = tmp_path / "gate"
    gate.mkdir()
    environment = {"SHOP_SETTINGS": json.dumps(settings), "SHOP_GATE": str(gate)}
    front = make_shop(settings)
    yield Works(front, simulator, environment, tmp_path, gate)
    front.close()


@pytest.fixture
def celery_works(works: Works, redis: Redis) -> Works:
    """The shop, whose web side hands events to Celery."""
    works.environment["SHOP_BROKER"] = redis.url
    make_celery(works.front, redis.url)
    return works
