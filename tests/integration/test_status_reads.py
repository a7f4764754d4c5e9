"""The cost of a waiting buyer's browser: a poll reads, and waits for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from tests.support.conflicts import IMPATIENT, elsewhere
from tests.support.offline import GUIDE, SESSION, OfflineShop, open_offline

pytestmark = pytest.mark.every_database

#: The script asks for the first, a browser without scripts for the second.
PAGES = ["statusUrl", "resultUrl"]
WAITING = GUIDE | {"paymentStatus": "PROCESSING", "paymentTime": None}


@pytest.fixture
def offline(shop_url: str, database_kind: str) -> Iterator[OfflineShop]:
    """A shop that waits for a lock for a moment only."""
    engine = {"connect_args": IMPATIENT[database_kind]}
    with open_offline(
        SQLALCHEMY_DATABASE_URI=shop_url, SQLALCHEMY_ENGINE_OPTIONS=engine
    ) as offline:
        offline.answers["createPaymentSession"] = SESSION
        offline.answers["inquiryPayment"] = WAITING
        yield offline


def begin(offline: OfflineShop, page: str) -> str:
    """Open a session, ask for the page once, and return its path.

    The clock goes back a little. So however slow this machine is, the pause after the
    inquiry is not over when the page is asked for again.
    """
    answer: Any = offline.shop.pay().json
    offline.answers["inquiryPayment"] = WAITING | {
        "paymentRequestId": answer["paymentRequestId"]
    }
    path = str(urlsplit(answer[page]).path)
    assert get(offline, path) == 200
    assert asked(offline) == 1
    offline.shop.clock.wind(-timedelta(minutes=1))
    return path


def get(offline: OfflineShop, path: str) -> int:
    return offline.shop.app.test_client().get(path).status_code


def asked(offline: OfflineShop) -> int:
    """Return how often Antom was asked about a payment."""
    return [operation for operation, _ in offline.calls].count("inquiryPayment")


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Record what is executed over any connection."""
    statements: list[str] = []

    def record(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", record)
    yield statements
    sa.event.remove(sa.Engine, "before_cursor_execute", record)


def reads(statement: str) -> bool:
    """Whether a statement neither writes nor locks."""
    is_select = statement.startswith("SELECT") and "FOR UPDATE" not in statement
    return is_select or statement == "BEGIN"


@contextmanager
def held(offline: OfflineShop) -> Iterator[None]:
    """Hold the payment's row, or all of SQLite, over another connection."""
    with elsewhere(offline, isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(sa.text("BEGIN IMMEDIATE"))
        else:
            connection.execute(sa.text("BEGIN"))
            connection.execute(sa.text("SELECT id FROM antom_payment FOR UPDATE"))
        yield
        connection.execute(sa.text("ROLLBACK"))


@pytest.mark.parametrize("page", PAGES)
def test_a_poll_only_reads(offline: OfflineShop, page: str) -> None:
    path = begin(offline, page)
    with recorded() as statements:
        assert get(offline, path) == 200
    assert statements
    assert [text for text in statements if not reads(text)] == []
    assert asked(offline) == 1


@pytest.mark.parametrize("page", PAGES)
def test_a_poll_waits_for_nobody_who_writes(offline: OfflineShop, page: str) -> None:
    path = begin(offline, page)
    with held(offline):
        assert get(offline, path) == 200
    assert asked(offline) == 1


@pytest.mark.parametrize("page", PAGES)
def test_antom_is_asked_again_once_the_pause_is_over(
    offline: OfflineShop, page: str
) -> None:
    path = begin(offline, page)
    offline.shop.clock.wind(timedelta(minutes=2))
    assert [get(offline, path) for _ in range(2)] == [200, 200]
    assert asked(offline) >= 2
    before = asked(offline)
    offline.answers["inquiryPayment"] = GUIDE | {
        "paymentRequestId": offline.shop.payments()[0].request_id,
        "paymentStatus": "SUCCESS",
    }
    offline.shop.clock.wind(timedelta(minutes=2))
    assert get(offline, path) == 200
    assert asked(offline) == before + 1
    assert offline.shop.payments()[0].status == "succeeded"
    assert offline.shop.fulfilled() == 1


def test_a_poll_of_a_paid_order_only_reads(offline: OfflineShop) -> None:
    path = begin(offline, "statusUrl")
    request_id = offline.shop.payments()[0].request_id
    assert offline.notify(paymentRequestId=request_id).status_code == 200
    offline.shop.clock.wind(timedelta(days=1))
    with held(offline), recorded() as statements:
        assert get(offline, path) == 200
    assert [text for text in statements if not reads(text)] == []
    assert asked(offline) == 1
