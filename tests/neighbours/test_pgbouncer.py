"""The storms of :mod:`tests.concurrency.test_storms`, by way of a real PgBouncer."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.concurrency import test_storms
from tests.concurrency.storm_shop import WORKERS, StormShop, at_once, open_storm_shop
from tests.concurrency.test_storms import STOCK, stock
from tests.neighbours.pgbouncer import RIGHT, WRONG, Pooled, run_pgbouncer
from tests.neighbours.tables import record
from tests.support.databases import empty_database

__all__ = ["stock"]

#: What PostgreSQL answers if a prepared statement is there, is not, or is another one.
PREPARED = {"42P05", "26000", "08P01"}


@contextmanager
def open_pooled_shop(
    setting: Pooled, request: pytest.FixtureRequest
) -> Iterator[StormShop]:
    with (
        tempfile.TemporaryDirectory(prefix="antom-pgbouncer-") as name,
        empty_database(setting.kind, request, Path(name)) as url,
        run_pgbouncer(url, setting.pool_mode, Path(name)) as pooled,
        open_storm_shop(setting, pooled) as storm,
    ):
        with storm.shop.app.app_context():
            STOCK.create(storm.shop.db.engine)
        yield storm


@pytest.fixture(scope="module", params=RIGHT, ids=str)
def storm(request: pytest.FixtureRequest) -> Iterator[StormShop]:
    """A shop whose settings are those of the documentation."""
    before = request.session.testsfailed
    with open_pooled_shop(request.param, request) as storm:
        yield storm
    if request.session.testsfailed == before:
        record("pooler", (str(request.param),), "storms", "right")


globals().update(
    {name: test for name, test in vars(test_storms).items() if name[:5] == "test_"}
)


def test_psycopg_must_not_prepare_in_transaction_mode(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    """The documentation's warning: without its settings, buyers and Antom see 500."""
    with open_pooled_shop(WRONG, request) as storm:
        answers: Counter[int] = Counter()
        for _ in range(10):
            session = storm.shop.pay(storm.new_order())
            answers[session.status_code] += 1
            if session.status_code == 201:
                copy = storm.paid((session.json or {})["paymentRequestId"])
                copies = at_once([copy] * WORKERS)
                answers.update(answer.status_code for answer in copies)
    assert answers[500]
    names = set(re.findall(r"\(psycopg\.errors\.(\w+)\)", caplog.text))
    codes = {getattr(psycopg.errors, name).sqlstate for name in names} & PREPARED
    assert codes
    record("pooler", (str(WRONG),), "storms", f"`500`: {', '.join(sorted(codes))}")
