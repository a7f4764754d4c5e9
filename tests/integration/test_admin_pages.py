"""What the support page shows, what it never shows, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from flask_antom import Money
from flask_antom.contrib.admin.figures import count
from flask_antom.contrib.admin.texts import money, seconds
from tests.support import canaries
from tests.support.offline import GUIDE, OfflineShop
from tests.support.support_page import Action, Desk, open_desk

LISTS = ("", "refunds", "events", "notifications", "figures", "actions")
PAYMENT = "payments/request-1"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def desk(offline: OfflineShop) -> Iterator[Desk]:
    with open_desk(offline) as desk:
        yield desk


def fill(offline: OfflineShop, first: int, end: int) -> None:
    """Store payments, each with a refund, an event, a notification and an action."""
    antom, db = offline.shop.antom, offline.shop.db
    with offline.shop.app.app_context():
        for number in range(first, end):
            payment: Any = antom.Payment(
                request_id=f"request-{number}",
                order_reference=f"order-{number}",
                buyer_reference=f"buyer-{number % 3}",
                amount=Money(4200, "MYR"),
                captured=Money(4200, "MYR"),
                method="GCASH",
                mode="cashier",
                status="succeeded",
                payment_id=f"P-{number}",
                paid_at=NOON,
                created_at=NOON - timedelta(seconds=number),
            )
            db.session.add(payment)
            db.session.flush()
            refund: Any = antom.Refund(
                request_id=f"refund-{number}",
                refund_id=f"R-{number}",
                payment_ref=payment.id,
                payment_id=payment.payment_id,
                amount=Money(100, "MYR"),
                status="succeeded",
            )
            event: Any = antom.Event(payment_ref=payment.id, name="payment_succeeded")
            told: Any = antom.Notification(
                key=f"key-{number}",
                notify_type="PAYMENT_RESULT",
                request_id=payment.request_id,
                payment_id=payment.payment_id,
                body="{}",
                body_hash="x",
                outcome="applied",
            )
            done = Action(
                key=f"key-{number}",
                ticket="x",
                actor="anna",
                action="refund",
                request_id=payment.request_id,
                outcome="done",
            )
            db.session.add_all([refund, event, told, done])
        db.session.commit()


@contextmanager
def statements(offline: OfflineShop) -> Iterator[list[str]]:
    """Record the statements of the block."""
    found: list[str] = []

    def record(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        found.append(" ".join(statement.split()))

    with offline.shop.app.app_context():
        engine = offline.shop.db.engine
    sa.event.listen(engine, "before_cursor_execute", record)
    yield found
    sa.event.remove(engine, "before_cursor_execute", record)


#: The statements of each page.
COSTS = {
    **dict.fromkeys(LISTS, 1),
    "?before=40": 1,
    "?status=succeeded": 2,
    PAYMENT: 8,
    f"{PAYMENT}/refund": 8,
    f"{PAYMENT}/sync": 8,
    "events/1": 6,
    "events/1/redeliver": 6,
    "search?q=buyer-1": 4,
    "search?q=nothing": 4,
}


@pytest.mark.parametrize(("path", "number"), COSTS.items())
def test_a_page_takes_few_statements_however_many_rows_there_are(
    desk: Desk, path: str, number: int
) -> None:
    counts = []
    for first, end in ((0, 3), (3, 60)):
        fill(desk.offline, first, end)
        with statements(desk.offline) as found:
            desk.client.get(f"/admin/antom/{path}")
        counts.append(len(found))
        for statement in found:
            assert "count(" not in statement.lower()
            assert " LIKE " not in statement
            for secret in ("session_data", "normal_url", "body", "open_key"):
                assert path not in LISTS or secret not in statement
    assert counts == [number, number]


def plan_of(desk: Desk, path: str) -> list[str]:
    """Return how the database finds the rows of a page."""
    asked: list[tuple[str, Any]] = []

    def record(
        connection: Any, cursor: Any, statement: str, values: Any, *_: Any
    ) -> None:
        asked.append((statement, values))

    with desk.offline.shop.app.app_context():
        engine = desk.offline.shop.db.engine
        sa.event.listen(engine, "before_cursor_execute", record)
        desk.client.get(f"/admin/antom/{path}")
        sa.event.remove(engine, "before_cursor_execute", record)
        with engine.connect() as connection:
            return [
                str(row[-1])
                for statement, values in asked
                for row in connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", values
                )
            ]


@pytest.mark.parametrize(
    "path",
    ["", "figures", "actions", PAYMENT, "search?q=order-1", "search?q=buyer-1"],
)
def test_each_row_is_found_by_an_index(desk: Desk, path: str) -> None:
    fill(desk.offline, 0, 3)
    plan = plan_of(desk, path)
    assert plan
    for step in plan:
        # The lists and the charts go along the primary key, and end early.
        is_end_of_list = path in ("", "figures", "actions") and "SCAN antom_" in step
        assert "SCAN antom_" not in step or is_end_of_list, plan
        if path in ("", "figures", "actions"):
            assert "TEMP B-TREE" not in step


def test_a_buyers_payments_are_found_by_their_own_index(desk: Desk) -> None:
    fill(desk.offline, 0, 3)
    plan = " ".join(plan_of(desk, "search?q=buyer-1"))
    assert "ix_antom_payment_buyer_reference" in plan


@pytest.mark.parametrize(
    "wanted", ["order-1", "request-1", "P-1", "refund-1", "R-1", "  order-1 "]
)
def test_a_payment_is_found_by_each_of_its_names(desk: Desk, wanted: str) -> None:
    fill(desk.offline, 0, 3)
    assert "<h1>Order order-1</h1>" in desk.see(f"search?q={wanted}")


def test_a_buyers_payments_are_found(desk: Desk) -> None:
    fill(desk.offline, 0, 7)
    page = desk.see("search?q=buyer-1")
    assert "Payments of buyer buyer-1" in page
    assert re.findall(r">(order-\d)</a>", page) == ["order-4", "order-1"]


def test_several_payments_of_an_order_are_listed(desk: Desk) -> None:
    for number in (1, 2):
        desk.offline.add_payment(f"request-{number}", status="failed", open_key=None)
    for path in ("search?q=A-1", "?order=A-1"):
        page = desk.see(path)
        assert [*re.findall(r"payments/(request-\d)", page)] == [
            "request-2",
            "request-1",
        ]


@pytest.mark.parametrize("wanted", ["order", "rder-1", "ORDER-1", "%", "' OR 1=1 --"])
def test_a_part_of_a_name_is_not_looked_for(desk: Desk, wanted: str) -> None:
    fill(desk.offline, 0, 3)
    page = desk.see(f"search?q={wanted.replace('%', '%25')}", 404)
    assert "Nothing is stored for" in page
    assert "payments/request" not in page


def test_what_antom_sent_of_an_unknown_payment_is_shown(desk: Desk) -> None:
    desk.offline.notify(GUIDE, paymentRequestId="stranger")
    page = desk.see("search?q=stranger", 404)
    assert "its payment is not known here" in page
    assert "PAYMENT_RESULT" in page


def test_an_empty_search_leads_to_the_payments(desk: Desk) -> None:
    assert "<h1>Payments</h1>" in desk.see("search?q=")
    assert "<h1>Payments</h1>" in desk.see(f"search?q={'x' * 65}")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "No payment yet"),
        ("?status=review", "No such payment here"),
        ("refunds", "No refund here"),
        ("events?state=given_up", "No event here"),
        ("notifications", "No notification here"),
        ("figures", "No payment yet"),
        ("actions", "Nothing was done yet"),
    ],
)
def test_an_empty_page_says_so(desk: Desk, path: str, told: str) -> None:
    assert told in desk.see(path)


@pytest.mark.parametrize("path", ["", "refunds", "events", "notifications", "actions"])
def test_each_list_goes_on(desk: Desk, path: str) -> None:
    fill(desk.offline, 0, 120)
    seen, where = [], path
    for _ in range(5):
        page = desk.see(where)
        seen += re.findall(r'<tr role="row">', page)
        assert seen.pop() is not None  # the heads
        older = re.search(r'href="/admin/antom/([^"]*)" rel="next"', page)
        if older is None:
            break
        assert "Newest" in page or where == path
        where = older[1].replace("&amp;", "&")
    assert len(seen) == 120


def test_a_list_is_filtered(desk: Desk) -> None:
    fill(desk.offline, 0, 3)
    desk.offline.add_payment("request-r", "A-9", status="review", open_key=None)
    page = desk.see("?status=review")
    assert "A-9" in page
    assert "order-1" not in page
    assert "order-1" in desk.see("?status=nonsense&before=nonsense")


def test_times_are_in_utc_and_say_so(desk: Desk) -> None:
    fill(desk.offline, 0, 1)
    page = desk.see("")
    shown = '<time datetime="2026-11-01T12:00:00Z">2026-11-01 12:00:00 UTC</time>'
    assert shown in page
    assert "All times are in UTC." in page


def test_no_page_has_a_field_that_edits(desk: Desk) -> None:
    fill(desk.offline, 0, 2)
    for path in (*LISTS, PAYMENT):
        page = desk.see(path)
        assert re.findall(r"<form[^>]*>", page) == [
            '<form class="aa-search" role="search" action="/admin/antom/search">'
        ]


def test_what_a_shop_or_antom_writes_is_text(desk: Desk) -> None:
    desk.offline.add_payment(
        "request-1", "<b>bold</b>", status="succeeded", open_key=None
    )
    for path in ("", PAYMENT, "?order=<b>bold</b>", "search?q=<i>"):
        page = desk.client.get(f"/admin/antom/{path}", follow_redirects=True).text
        assert "<b>bold" not in page
        assert "<i>" not in page


def test_no_page_shows_a_secret() -> None:
    with canaries.open_shop() as offline, open_desk(offline) as desk:
        request_id = canaries.begin(offline, status="pending", buyer_reference="b-1")
        personal = canaries.paid(request_id)
        assert offline.notify(personal).status_code == 200
        canaries.begin(offline, "A-2")
        offline.answers["refund"] = canaries.card_answer("PROCESS_FAIL", "F")
        pages = [desk.do(f"payments/{request_id}/refund")]
        pages += [desk.see(path) for path in LISTS]
        pages += [desk.see(f"payments/request-of-{one}") for one in ("A-1", "A-2")]
        pages += [
            desk.see(f"payments/{request_id}/{one}") for one in ("sync", "cancel")
        ]
        pages += [desk.see("events/1"), desk.see("search?q=b-1")]
        actions = [str(vars(row)) for row in desk.actions]
    # A form of the host's CSRFProtect holds its own token.
    hidden = {**canaries.CANARIES}
    del hidden["csrf token"]
    for what, secret in hidden.items():
        for page in (*pages, *actions):
            assert secret not in page, what
    assert len(actions) == 1


def row(status: str, method: str = "GCASH", took: float | None = None) -> Any:
    paid_at = None if took is None else NOON + timedelta(seconds=took)
    return SimpleNamespace(
        status=status, method=method, created_at=NOON, paid_at=paid_at
    )


def test_figures_count_outcomes_methods_and_times() -> None:
    rows: Sequence[Any] = [
        row("succeeded", took=20),
        row("succeeded", "CARD", took=100),
        row("authorized", "CARD", took=4000),
        row("failed", "CARD"),
        row("created", ""),
        row("expired", took=-3),
    ]
    numbers = count(rows)
    assert (numbers.size, numbers.paid, numbers.since) == (6, 3, NOON)
    assert numbers.typical == 60
    assert [(bar.label, bar.value) for bar in numbers.outcomes] == [
        ("created", 1),
        ("authorized", 1),
        ("succeeded", 2),
        ("failed", 1),
        ("expired", 1),
    ]
    assert [(bar.label, bar.value, bar.paid) for bar in numbers.methods] == [
        ("CARD", 3, 2),
        ("GCASH", 2, 1),
        ("not chosen yet", 1, 0),
    ]
    assert {bar.label: bar.value for bar in numbers.times if bar.value} == {
        "under 30 s": 2,
        "1 to 2 min": 1,
        "over an hour": 1,
    }


def test_methods_beyond_the_eighth_share_a_bar() -> None:
    numbers = count([row("succeeded", f"M{place % 12}") for place in range(30)])
    assert len(numbers.methods) == 9
    assert numbers.methods[-1].label == "all others"
    assert sum(bar.value for bar in numbers.methods) == 30
    assert sum(bar.paid for bar in numbers.methods) == 30


def test_the_page_says_which_payments_the_charts_are_about(desk: Desk) -> None:
    fill(desk.offline, 0, 3)
    page = desk.see("figures")
    assert "All 3 payments, as there are fewer than 1,000" in page
    assert "opened since" in page
    assert "<span>3 of 3</span>" in page
    assert page.count("<svg") == 1 + 1 + 7  # outcomes, methods, times


def test_amounts_and_times_are_written() -> None:
    assert money(4200, "MYR") == "42.00 MYR"
    assert money(None, "MYR") == money(1, None) == ""
    assert money(10**17, "MYR") == f"{10**17} minor units of MYR"
    assert [seconds(one) for one in (5, 61, 7200, 200_000)] == [
        "5 s",
        "1 min",
        "2 h",
        "2 d",
    ]
