"""The shop as a subject: what the benchmarks do with Flask-Antom, publicly."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from benchmarks.messages import (
    SESSION_PATH,
    inquiry_answer,
    load,
    notification,
    sign,
)
from benchmarks.subjects.calls import notify, notify_twice
from benchmarks.subjects.host import add_order, db, time_route
from benchmarks.subjects.shop import Answers, make_shop
from benchmarks.subjects.shop_rows import Rows
from tests.support.keys import ANTOM_PRIVATE_KEY, MERCHANT_PRIVATE_KEY

BODY = b'{"paymentRequestId": "%s", "padding": "%s"}' % (b"A" * 32, b"x" * 900)


class AntomShop:
    """A shop of Flask-Antom in this process."""

    def open(
        self, database: str, past: int, gateway: str = "", spread: int = 0
    ) -> None:
        """Create the app and its tables, with paid orders in them.

        :param spread: seconds from one order to the next.
        """
        os.environ["BENCHMARK_DATABASE"] = database
        self._answers = Answers()
        self._gateway = gateway
        self._app, self._antom = make_shop(database, gateway, self._answers)
        self._rows = Rows(self._app, self._antom)
        self._rows.create(past, spread)
        self._client = self._app.test_client()
        self._numbers = itertools.count()
        self._http = requests.Session()

    def expect(self, request_ids: Sequence[str], minutes: int = 0) -> None:
        self._rows.expect(request_ids, minutes=minutes)

    def notify_twice(self, request_ids: Sequence[str]) -> Any:
        return notify_twice(self._app, request_ids)

    def notify(self, request_id: str) -> float:
        return notify(self._app, notification(request_id))

    def open_host(self, database: str) -> None:
        """Create the app for :meth:`route` alone."""
        self._app, self._antom = make_shop(database)
        add_order(self._app)

    def route(self, count: int) -> float:
        return time_route(self._app, count)

    def sessions(self, count: int) -> list[dict[str, float]]:
        """Return the CPU and the wall time of a session, and of its floor.

        The floor signs the same request and verifies the same answer by bare
        ``cryptography``, and posts by ``requests`` over a kept connection.
        """
        pairs = [(_time(self.session), _time(self._call)) for _ in range(count)]
        return [_median([pair[side] for pair in pairs]) for side in (0, 1)]

    def session(self) -> None:
        reference = f"session-{next(self._numbers)}"
        fields = {"orderReference": reference, "paymentMethodType": "GCASH"}
        answer = self._client.post("/antom/session", json=fields)
        if answer.status_code != 201:
            raise RuntimeError(answer.text)

    def _call(self) -> None:
        time = "2026-11-23T10:00:00Z"
        header = sign(load(MERCHANT_PRIVATE_KEY), SESSION_PATH, time, BODY)
        headers = {"Content-Type": "application/json", "Signature": header}
        url = self._gateway + SESSION_PATH
        self._http.post(url, data=BODY, headers=headers, timeout=10)
        _ANTOM.verify(_SIGNATURE, BODY, PKCS1v15(), hashes.SHA256())

    def sweep(self, request_ids: Sequence[str]) -> dict[str, float]:
        """Sweep these due payments; return the seconds of each and the peak of memory.

        The peak is Linux's, in bytes, without the answers that wait in this process.
        """
        before = _memory("VmRSS")
        self._answers.inquiries = {
            request_id: inquiry_answer(request_id)
            for request_id in request_ids
            if not self._gateway
        }
        answers = _memory("VmRSS") - before
        Path("/proc/self/clear_refs").write_text("5")  # the peak is that from now on
        with self._app.app_context():
            begin, cpu = time.perf_counter(), process_time()
            summary = self._antom.sweep()
            seconds, cpu = time.perf_counter() - begin, process_time() - cpu
        count = len(request_ids)
        if (summary.payments, summary.failed) != (count, 0):
            raise RuntimeError(f"Not all was done: {summary}")
        return {
            "seconds": seconds / count,
            "cpu": cpu / count,
            "peak": _memory("VmHWM") - answers,
        }

    def command(self, arguments: Sequence[str]) -> float:
        """Return the seconds of a command of ``flask antom``, in this process."""
        runner = self._app.test_cli_runner()
        begin = time.perf_counter()
        result = runner.invoke(args=["antom", *arguments])
        seconds = time.perf_counter() - begin
        if result.exit_code:
            raise RuntimeError(result.output)
        return seconds

    def idle(self) -> float:
        """Return the seconds of a sweep that finds nothing to do."""
        with self._app.app_context():
            begin = time.perf_counter()
            self._antom.sweep()
            return time.perf_counter() - begin

    def an_order(self) -> str:
        """Return the reference of an order, somewhere in the table."""
        with self._app.app_context():
            payment = self._antom.Payment
            query = db.select(payment.order_reference)
            found = query.order_by(payment.order_reference).limit(1)
            reference: str = db.session.scalars(found).one()
            return reference

    def remove_each(self, step: int) -> int:
        return self._rows.remove_each(step)


def _time(work: Callable[[], None]) -> dict[str, float]:
    begin, cpu = time.perf_counter(), process_time()
    work()
    return {"cpu": process_time() - cpu, "seconds": time.perf_counter() - begin}


def _memory(name: str) -> int:
    """Return one of Linux's figures of this process, in bytes."""
    _, _, rest = Path("/proc/self/status").read_text().partition(f"{name}:")
    return int(rest.split()[0]) * 1024


def _median(times: Sequence[dict[str, float]]) -> dict[str, float]:
    return {clock: median(each[clock] for each in times) for clock in times[0]}


_ANTOM = load(ANTOM_PRIVATE_KEY).public_key()
_SIGNATURE = load(ANTOM_PRIVATE_KEY).sign(BODY, PKCS1v15(), hashes.SHA256())

make_subject = AntomShop
