"""A shop in worker mode, and the programs that work for it."""

from __future__ import annotations

import json
import os
import signal
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from flask_antom.simulator import Simulator
from tests.concurrency.workers.queues import QUEUES, SHOP
from tests.support.processes import Program, run
from tests.support.shop import NOTIFY, Shopfront


@dataclass
class WorkerShop:
    """The shop, and what it takes to start its workers.

    :ivar shop: the web side of the shop, in this process.
    :ivar gate: where the worker's receiver waits while the file ``shut`` is there.
    """

    shop: Shopfront
    simulator: Simulator
    environment: dict[str, str]
    directory: Path
    gate: Path

    def run(self, *arguments: str) -> AbstractContextManager[Program]:
        """Run a Python module with the shop's settings."""
        return run(*arguments, settings=self.environment, directory=self.directory)

    def use(self, queue: str, broker: str) -> Any:
        """Hand events to a queue; return what its recipe makes."""
        self.environment |= {"SHOP_QUEUE": queue, "SHOP_BROKER": broker}
        return QUEUES[queue].make(self.shop, broker)

    def worker(self) -> AbstractContextManager[Program]:
        """A worker of the queue, with one child."""
        return self.run(*QUEUES[self.environment["SHOP_QUEUE"]].worker)

    def sweeper(self) -> AbstractContextManager[Program]:
        """What sweeps, or has the worker sweep."""
        arguments = QUEUES[self.environment["SHOP_QUEUE"]].sweeper
        if "beat" in arguments:
            arguments += ("-s", str(self.directory / "schedule"))
        return self.run(*arguments)

    def antom_work(self) -> AbstractContextManager[Program]:
        """``flask antom work``."""
        return self.run("flask", "--app", SHOP, "antom", "work", "--pause", "0.1")

    def begin(self, reference: str = "A-1") -> str:
        """Open a session; gives the ``paymentRequestId``."""
        answer: Any = self.shop.pay(reference).json
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
        headers = self.simulator.signed_notification(body, NOTIFY)
        return self.shop.notify(body, headers)

    def make_due(self, model: Any, column: str) -> None:
        """Make all rows due."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        self.execute(self.shop.db.update(model).values({column: past}))

    def execute(self, statement: Any) -> None:
        """Do something to the database behind the shop's back."""
        if isinstance(statement, str):
            statement = self.shop.db.text(statement)
        with self.shop.app.app_context():
            self.shop.db.session.execute(statement)
            self.shop.db.session.commit()

    def event(self) -> Any:
        """Return the one event that is stored."""
        (event,) = self.events()
        return event

    def events(self) -> list[Any]:
        return self.shop.rows(self.shop.antom.Event)

    def shut_the_gate(self) -> None:
        (self.gate / "shut").touch()

    def is_waiting(self) -> bool:
        return (self.gate / "waiting").exists()

    def kill_the_receiver(self) -> None:
        """End the process whose receiver waits, as a power cut would."""
        os.kill(int((self.gate / "waiting").read_text()), signal.SIGKILL)

    def open_the_gate(self) -> None:
        (self.gate / "shut").unlink()
