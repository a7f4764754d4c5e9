"""Lists of rows, page by page: all that match, newest first, each once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from flask_antom import Money
from flask_antom.domain.schedule import NEVER
from flask_antom.store import by_time, listings
from flask_antom.store.listings import Listings, Page
from tests.support.offline import OfflineShop, open_offline

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
STATUSES = ("succeeded", "failed", "created", "review", "cancelled", "authorized")
SECRETS = {"session_data", "normal_url", "buyer_reference", "body", "claim_token"}

Rows = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a few rows as many to a page as a large shop's are."""
    monkeypatch.setattr(listings, "WINDOW", 7)
    monkeypatch.setattr(by_time, "_CLOSE", 3)


def add(offline: OfflineShop, model: Any, rows: Rows) -> None:
    db = offline.shop.db
    with offline.shop.app.app_context():
        for row in rows:
            db.session.add(model(**row))
            db.session.flush()
        db.session.commit()


def payments(number: int) -> Rows:
    """Write payments of one an hour, of which every sixth has the same status."""
    rows = []
    for place in range(number):
        status = STATUSES[place % len(STATUSES)]
        is_open = status in ("created", "authorized")
        at = NOON + timedelta(hours=place)
        rows.append(
            {
                "request_id": f"request-{place}",
                "order_reference": f"A-{place // 4}",
                "buyer_reference": f"buyer-{place % 5}",
                "amount": Money(4200, "MYR"),
                "method": "GCASH",
                "mode": "cashier",
                "status": status,
                "session_data": "canary",
                "inquire_at": at + timedelta(hours=1) if is_open else None,
                "created_at": at,
            }
        )
    return rows


def read_all(ask: Callable[..., Page], limit: int, **wish: Any) -> Iterator[Any]:
    """Yield the rows of all pages."""
    before: int | None = None
    while True:
        page = ask(before=before, limit=limit, **wish)
        assert len(page) <= limit
        yield from page
        if page.more is None:
            return
        assert before is None or page.more < before
        before = page.more


def stored(offline: OfflineShop) -> Listings:
    store: Listings = offline.shop.app.extensions["antom"].listings
    return store


def names(rows: Iterable[Any]) -> list[str]:
    return [row["request_id"] for row in rows]


@pytest.mark.every_database
@pytest.mark.parametrize(("first", "end"), [(None, None), (9, 31), (0, 5), (35, None)])
def test_all_payments_that_match_are_listed_once(
    offline: OfflineShop, first: int | None, end: int | None
) -> None:
    rows = payments(40)
    add(offline, offline.shop.antom.Payment, rows)
    since = None if first is None else NOON + timedelta(hours=first)
    until = None if end is None else NOON + timedelta(hours=end)
    for status in (None, *STATUSES):
        wanted = [
            row
            for row in reversed(rows)
            if status in (None, row["status"])
            and (since is None or row["created_at"] >= since)
            and (until is None or row["created_at"] < until)
        ]
        wish = {"since": since, "until": until, "status": status}
        for limit in (1, 3, 100):
            with offline.shop.app.app_context():
                found = list(read_all(stored(offline).payments, limit, **wish))
            assert names(found) == names(wanted)
            times = [row["created_at"] for row in wanted]
            assert [row["created_at"] for row in found] == times
            assert not any(SECRETS & set(row) for row in found)


@pytest.mark.every_database
def test_an_order_and_a_buyer_are_found_exactly(offline: OfflineShop) -> None:
    add(offline, offline.shop.antom.Payment, payments(40))
    with offline.shop.app.app_context():
        ask = stored(offline).payments
        of_order = ask(order="A-1")
        of_buyer = list(read_all(ask, 2, buyer="buyer-3"))
        other = ask(order="a-1")
    assert names(of_order) == ["request-7", "request-6", "request-5", "request-4"]
    assert names(of_buyer) == [f"request-{place}" for place in range(38, 0, -5)]
    assert other == []


@pytest.mark.every_database
def test_a_page_that_found_too_little_says_how_far_it_has_looked(
    offline: OfflineShop,
) -> None:
    add(offline, offline.shop.antom.Payment, payments(40))
    with offline.shop.app.app_context():
        page = stored(offline).payments(status="cancelled")
        rest = stored(offline).payments(status="cancelled", before=page.more)
    assert names(page) == ["request-34"]
    assert page.back_to == NOON + timedelta(hours=33)
    assert names(rest) == ["request-28"]


@pytest.mark.every_database
def test_the_search_ends_where_the_time_does(offline: OfflineShop) -> None:
    add(offline, offline.shop.antom.Payment, payments(40))
    with offline.shop.app.app_context():
        page = stored(offline).payments(
            since=NOON + timedelta(hours=38), status="failed"
        )
    assert (names(page), page.more, page.back_to) == ([], None, None)


@pytest.mark.every_database
def test_times_that_nobody_paid_at_are_empty(offline: OfflineShop) -> None:
    rows = payments(40)
    add(offline, offline.shop.antom.Payment, rows)
    with offline.shop.app.app_context():
        ask = stored(offline).payments
        assert ask(until=NOON - timedelta(days=1)) == []
        assert ask(since=NOON + timedelta(days=9)) == []
        assert len(list(read_all(ask, 50, until=NOON + timedelta(days=9)))) == 40


@pytest.mark.every_database
@pytest.mark.parametrize("gap", [1, 50, 10_000])
def test_a_time_is_found_whatever_ids_are_missing(
    offline: OfflineShop, gap: int
) -> None:
    rows = payments(40)
    for place, row in enumerate(rows):
        row["id"] = 1 + place + (gap if place > 20 else 0)
    add(offline, offline.shop.antom.Payment, rows)
    with offline.shop.app.app_context():
        for end in range(-1, 42):
            until = NOON + timedelta(hours=end)
            found = list(read_all(stored(offline).payments, 5, until=until))
            assert len(found) == min(max(end, 0), 40)


@pytest.mark.every_database
def test_refunds_name_their_orders(offline: OfflineShop) -> None:
    add(offline, offline.shop.antom.Payment, payments(3))
    ids = {
        row.request_id: row.id for row in offline.shop.rows(offline.shop.antom.Payment)
    }
    refunds = [
        {
            "request_id": f"refund-{place}",
            "payment_ref": None if place == 5 else ids["request-2"],
            "amount": Money(100 + place, "MYR"),
            "status": ("pending", "succeeded", "failed")[place % 3],
            "inquire_at": NOON if place % 3 == 0 else None,
            "created_at": NOON + timedelta(hours=place),
        }
        for place in range(20)
    ]
    add(offline, offline.shop.antom.Refund, refunds)
    with offline.shop.app.app_context():
        ask = stored(offline).refunds
        for status in (None, "pending", "succeeded", "failed"):
            found = list(read_all(ask, 4, status=status))
            wanted = [row for row in refunds if status in (None, row["status"])]
            assert names(found) == names(reversed(wanted))
        page = ask(since=NOON + timedelta(hours=5), until=NOON + timedelta(hours=7))
    assert [(row["order_reference"], row["payment_request_id"]) for row in page] == [
        ("A-0", "request-2"),
        (None, None),
    ]


@pytest.mark.every_database
def test_events_are_told_apart_by_what_became_of_them(offline: OfflineShop) -> None:
    add(offline, offline.shop.antom.Payment, payments(30))
    ids = [row.id for row in offline.shop.rows(offline.shop.antom.Payment)]
    due = {"undelivered": NOON, "given_up": NEVER, "delivered": None}
    states = [*due] * 10
    events = [
        {
            "payment_ref": ref,
            "name": ("payment_succeeded", "payment_failed")[place % 2],
            "next_attempt_at": due[states[place]],
            "delivered_at": None if due[states[place]] else NOON,
        }
        for place, ref in enumerate(ids)
    ]
    add(offline, offline.shop.antom.Event, events)
    with offline.shop.app.app_context():
        ask = stored(offline).events
        for state, meant in (
            ("undelivered", {"undelivered", "given_up"}),
            ("given_up", {"given_up"}),
            ("delivered", {"delivered"}),
            (None, {*due}),
        ):
            for name in (None, "payment_failed"):
                found = list(read_all(ask, 4, state=state, name=name))
                wanted = [
                    row["payment_ref"]
                    for place, row in enumerate(events)
                    if states[place] in meant and name in (None, row["name"])
                ]
                assert [row["payment_ref"] for row in found] == wanted[::-1]
        (latest,) = ask(limit=1)
    assert latest["order_reference"] == "A-7"
    assert latest["payment_request_id"] == "request-29"


@pytest.mark.every_database
def test_notifications_are_found_by_their_outcome_and_type(
    offline: OfflineShop,
) -> None:
    outcomes = ("applied", "orphan", "repeated")
    rows = [
        {
            "key": f"key-{place}",
            "notify_type": ("PAYMENT_RESULT", "CAPTURE_RESULT")[place % 2],
            "request_id": f"request-{place}",
            "body": "canary",
            "body_hash": "",
            "outcome": outcomes[place % 3],
            "received_at": NOON + timedelta(minutes=place),
        }
        for place in range(30)
    ]
    add(offline, offline.shop.antom.Notification, rows)
    with offline.shop.app.app_context():
        ask = stored(offline).notifications
        for outcome in (None, *outcomes):
            for kind in (None, "CAPTURE_RESULT"):
                found = list(read_all(ask, 4, outcome=outcome, notify_type=kind))
                wanted = [
                    row
                    for row in reversed(rows)
                    if outcome in (None, row["outcome"])
                    and kind in (None, row["notify_type"])
                ]
                assert names(found) == names(wanted)
                assert not any(SECRETS & set(row) for row in found)


#: What an index finds: no table is read from its end to its beginning for it.
INDEXED: dict[str, Callable[[Listings], object]] = {
    "payments of a buyer": lambda ask: ask.payments(buyer="buyer-3"),
    "payments to review": lambda ask: ask.payments(status="review"),
    "open payments": lambda ask: ask.payments(status="created", since=NOON),
    "payments of an order": lambda ask: ask.payments(order="A-1", before=9),
    "pending refunds": lambda ask: ask.refunds(status="pending"),
    "undelivered events": lambda ask: ask.events(state="undelivered", name="x"),
    "events given up": lambda ask: ask.events(state="given_up"),
    "orphans": lambda ask: ask.notifications(outcome="orphan"),
    "what is due first": lambda ask: ask.soonest(),
}

#: Where no index finds it, only so many rows are read: all have an id in a range.
BOUNDED: dict[str, Callable[[Listings], object]] = {
    "failed payments": lambda ask: ask.payments(status="failed"),
    "payments since a time": lambda ask: ask.payments(since=NOON),
    "failed refunds": lambda ask: ask.refunds(status="failed"),
    "delivered events": lambda ask: ask.events(state="delivered"),
    "notifications of a type": lambda ask: ask.notifications(notify_type="x"),
    "notifications that were applied": lambda ask: ask.notifications(outcome="applied"),
    "a capture": lambda ask: ask.with_capture("C-1"),
}


def plan(offline: OfflineShop, ask: Callable[[Listings], object]) -> str:
    """Return how SQLite reads what the last statement of a list asks for."""
    asked: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, sql: str, values: Any, *rest: Any) -> None:
        asked.append((sql, values))

    with offline.shop.app.app_context():
        engine = offline.shop.db.engine
        sa.event.listen(engine, "before_cursor_execute", note)
        ask(stored(offline))
        sa.event.remove(engine, "before_cursor_execute", note)
        sql, values = asked[-1]
        with engine.connect() as connection:
            explained = f"EXPLAIN QUERY PLAN {sql}"
            rows = connection.exec_driver_sql(explained, values).all()
    return "\n".join(row[-1] for row in rows)


@pytest.mark.parametrize("name", INDEXED)
def test_what_is_rare_is_found_by_an_index(only_sqlite: OfflineShop, name: str) -> None:
    first = plan(only_sqlite, INDEXED[name]).splitlines()[0]
    assert re.match(r"SEARCH \w+ USING INDEX", first), first


@pytest.mark.parametrize("name", BOUNDED)
def test_what_no_index_finds_is_looked_for_in_a_window(
    only_sqlite: OfflineShop, name: str
) -> None:
    rows = payments(40)
    add(only_sqlite, only_sqlite.shop.antom.Payment, rows)
    many: dict[str, Any] = {"created_at": NOON, "amount": Money(1, "MYR")}
    shop = only_sqlite.shop
    add(
        only_sqlite,
        shop.antom.Refund,
        [{"request_id": f"r-{n}", "status": "succeeded", **many} for n in range(9)],
    )
    add(
        only_sqlite,
        shop.antom.Event,
        [{"name": "x", "created_at": NOON} for _ in range(9)],
    )
    told = {"notify_type": "y", "body": "", "body_hash": "", "outcome": "repeated"}
    add(
        only_sqlite,
        shop.antom.Notification,
        [{"key": f"k-{n}", "received_at": NOON, **told} for n in range(9)],
    )
    first = plan(only_sqlite, BOUNDED[name]).splitlines()[0]
    assert re.match(r"SEARCH \w+ USING .*\browid>", first), first


@pytest.fixture
def only_sqlite() -> Iterator[OfflineShop]:
    with open_offline() as offline:
        yield offline
