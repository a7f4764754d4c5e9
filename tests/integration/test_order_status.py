"""Where an order stands: one query, which changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from flask_antom import Money, Order, OrderStatus
from flask_antom.errors import NotPossible, OrderAlreadyPaid, Refused
from flask_antom.models import OrderState, PaymentMixin
from tests.integration.actions import act
from tests.support.gateways import SUCCESS
from tests.support.offline import GUIDE, OfflineShop, failed
from tests.support.receivers import DONE, event

pytestmark = pytest.mark.every_database

PAID: dict[str, Any] = {"status": "succeeded", "captured": Money(4200, "MYR")}
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@contextmanager
def recorded(offline: OfflineShop) -> Iterator[list[tuple[str, Any]]]:
    """Record the statements of the block, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def record(connection: Any, cursor: Any, text: str, values: Any, *_: Any) -> None:
        statements.append((text, values))

    with offline.shop.app.app_context():
        engine = offline.shop.db.engine
        with engine.connect():
            pass  # what a new connection asks is not counted
    sa.event.listen(engine, "before_cursor_execute", record)
    yield statements
    sa.event.remove(engine, "before_cursor_execute", record)


def status_of(offline: OfflineShop, reference: str = "A-1") -> OrderStatus[Any]:
    with offline.shop.app.app_context():
        return offline.shop.antom.order_status(reference)


def add_refund(offline: OfflineShop, status: str, value: int = 4200) -> None:
    """Add a refund of the latest payment."""
    with offline.shop.app.app_context():
        antom, session = offline.shop.antom, offline.shop.db.session
        ref = session.scalar(sa.select(sa.func.max(antom.Payment.id)))
        session.add(
            antom.Refund(
                request_id=f"refund{ref}",
                payment_ref=ref,
                amount=Money(value, "MYR"),
                status=status,
            )
        )
        session.commit()


def test_nothing_is_known_of_an_order(offline: OfflineShop) -> None:
    status = status_of(offline)
    assert status == OrderStatus(OrderState.OPEN, None, None, None)


def test_an_order_is_open_until_the_buyer_begins(offline: OfflineShop) -> None:
    offline.add_payment()
    assert status_of(offline).state == "open"
    assert status_of(offline).payment is None


def test_an_order_that_is_being_paid(offline: OfflineShop) -> None:
    end = offline.shop.clock.now() + timedelta(minutes=30)
    offline.add_payment(status="processing", session_expires_at=end)
    status = status_of(offline)
    assert status.state is OrderState.PAYING
    assert status.until == end + timedelta(minutes=14)
    assert status.until.tzinfo is UTC
    offline.shop.clock.wind(timedelta(hours=1))
    assert status_of(offline).until is None


def test_a_paid_order_with_a_cancelled_attempt(offline: OfflineShop) -> None:
    offline.add_payment("paid", **PAID)
    offline.add_payment("late", status="cancelled", open_key=None)
    status = status_of(offline)
    assert (status.state, status.until) == ("paid", None)
    assert isinstance(status.payment, offline.shop.antom.Payment)
    assert status.payment.request_id == "paid"
    assert status.payment.captured == Money(4200, "MYR")


@pytest.mark.parametrize("method", ["ONLINEBANKING_FPX", "CARD"])
def test_a_payment_that_was_cancelled_after_it_was_paid(
    offline: OfflineShop, method: str
) -> None:
    offline.add_payment(method=method)
    offline.answers["cancel"] = DONE
    assert offline.notify().status_code == 200
    assert status_of(offline).state == "paid"
    act(offline.shop, "cancel")
    assert offline.shop.payments()[0].status == "cancelled"
    assert status_of(offline).state == "refunded"


def test_a_payment_that_was_cancelled_before_anybody_paid(
    offline: OfflineShop,
) -> None:
    offline.add_payment()
    offline.answers["cancel"] = {"result": failed("ORDER_NOT_EXIST")}
    with pytest.raises(Refused):
        act(offline.shop, "cancel")
    offline.answers["inquiryPayment"] = {
        "result": SUCCESS,
        "paymentStatus": "CANCELLED",
        **{name: GUIDE[name] for name in ("paymentRequestId", "paymentId")},
    }
    act(offline.shop, "sync")
    (payment,) = offline.shop.payments()
    assert (payment.status, payment.cancel_undoes) == ("cancelled", True)
    assert status_of(offline).state == "open"


def test_the_link_leads_to_the_result_page(offline: OfflineShop) -> None:
    offline.add_payment(**PAID)
    url = status_of(offline).result_url
    assert url is not None
    assert url.startswith(offline.shop.app.config["ANTOM_PUBLIC_URL"])
    page = offline.shop.app.test_client().get(urlsplit(url).path)
    assert (page.status_code, "Payment received" in page.text) == (200, True)


def test_a_refund_and_its_end(offline: OfflineShop) -> None:
    offline.add_payment(**PAID)
    add_refund(offline, "failed")
    assert status_of(offline).state == "paid"
    offline.add_payment("second", **PAID)
    add_refund(offline, "pending")
    assert status_of(offline).state == "paid"  # by the first one
    offline.add_payment("third", "A-3", **PAID)
    add_refund(offline, "pending")
    assert status_of(offline, "A-3").state == "refunding"
    offline.add_payment("fourth", "A-4", refunded=Money(4200, "MYR"), **PAID)
    assert status_of(offline, "A-4").state == "refunded"


def test_a_closed_order(offline: OfflineShop) -> None:
    now = datetime.now(UTC)
    offline.add_payment(status="expired", open_key=None, order_closed_at=now)
    assert status_of(offline) == OrderStatus(OrderState.CLOSED, None, None, None)
    offline.add_payment("late", order_closed_at=now, **PAID)
    assert status_of(offline).state == "paid"


def test_play_money_pays_no_order(offline: OfflineShop) -> None:
    offline.add_payment("play", environment="prod", **PAID)
    assert status_of(offline).state == "open"
    offline.add_payment("by hand", environment="", **PAID)
    assert status_of(offline).state == "paid"
    offline.add_payment("ours", "A-2", environment="sandbox", **PAID)
    assert status_of(offline, "A-2").state == "paid"


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        (PAID, "open"),
        ({"status": "review", "open_key": None}, "open"),
        ({"status": "cancelled", "paid_at": NOW, "open_key": None}, "open"),
        ({"status": "pending"}, "paying"),
        ({"status": "expired", "order_closed_at": NOW}, "closed"),
    ],
    ids=["paid", "review", "undone", "pending", "closed"],
)
def test_a_payment_of_another_account_pays_no_order(
    offline: OfflineShop, columns: dict[str, Any], state: str
) -> None:
    theirs = {"environment": "sandbox", "client_id": "SANDBOX_OTHER"}
    offline.add_payment("theirs", **theirs | columns)
    assert status_of(offline).state == state


@pytest.mark.parametrize("reference", ["a-1", "A-1 ", "Á-1"])
def test_only_the_very_same_reference_counts(
    offline: OfflineShop, reference: str
) -> None:
    offline.add_payment("other", reference, **PAID)
    assert status_of(offline, "A-1").state == "open"
    assert status_of(offline, reference).state == "paid"


def test_it_is_one_query_that_reads(offline: OfflineShop) -> None:
    for number in range(5):
        offline.add_payment(f"R{number}", status="failed", open_key=None)
    offline.add_payment("paid", **PAID)
    with offline.shop.app.app_context():
        antom = offline.shop.antom
        with recorded(offline) as statements:
            payment = antom.order_status("A-1").payment
            assert payment is not None
            assert payment.amount == Money(4200, "MYR")  # it is loaded
    [(text, _)] = statements
    assert text.startswith("SELECT")
    assert "FOR UPDATE" not in text
    assert offline.calls == []


def test_the_query_uses_indexes(offline: OfflineShop, database_kind: str) -> None:
    with recorded(offline) as statements:
        status_of(offline)
    [(text, values)] = statements
    fill(offline, database_kind)
    plan = explain(offline, database_kind, text, values)
    assert "order_reference" in plan
    assert "payment_ref" in plan
    assert "Seq Scan" not in plan
    assert "SCAN" not in plan


def fill(offline: OfflineShop, kind: str) -> None:
    """Add so many rows that no planner would read them all, and count them."""
    offline.add_payment("first", "first")
    add_refund(offline, "pending", 1)
    antom = offline.shop.antom
    tables: list[Any] = [antom.Payment.__table__, antom.Refund.__table__]
    with offline.shop.app.app_context(), offline.shop.db.engine.begin() as connection:
        for table in tables:
            [first] = connection.execute(sa.select(table)).mappings()
            rows = [vary(dict(first), number) for number in range(1, 1000)]
            connection.execute(sa.insert(table), rows)
            if not kind.startswith("sqlite"):
                word = "ANALYZE" if kind == "postgresql" else "ANALYZE TABLE"
                connection.exec_driver_sql(f"{word} {table}")


def vary(row: dict[str, Any], number: int) -> dict[str, Any]:
    """Return another row of the same table."""
    name = f"R{number}"
    new = {"id": row["id"] + number, "request_id": name}
    if "open_key" in row:
        return row | new | {"order_reference": name, "open_key": name}
    return row | new | {"payment_ref": row["payment_ref"] + number, "key": None}


def explain(offline: OfflineShop, kind: str, text: str, values: Any) -> str:
    """Return the plan of a statement, with the names of its indexes."""
    with offline.shop.app.app_context(), offline.shop.db.engine.begin() as connection:
        word = "EXPLAIN QUERY PLAN" if kind.startswith("sqlite") else "EXPLAIN"
        rows = connection.exec_driver_sql(f"{word} {text}", values).all()
    return "\n".join(map(str, rows))


def test_the_loader_is_not_asked(offline: OfflineShop) -> None:
    def load(reference: str) -> None:
        pytest.fail("The loader was asked.")

    offline.shop.antom.order_loader(load)
    assert status_of(offline).state == "open"


def test_what_the_host_has_not_committed_is_left_alone(offline: OfflineShop) -> None:
    offline.add_payment(**PAID)
    shop = offline.shop
    with shop.app.app_context():
        session = shop.db.session
        payment: PaymentMixin = session.scalars(sa.select(shop.antom.Payment)).one()
        payment.buyer_reference = "changed"
        row = shop.fulfilment(order_reference="A-1", request_id="new")
        session.add(row)
        status = shop.antom.order_status("A-1")
        assert status.payment is payment
        assert payment.buyer_reference == "changed"
        assert row in session.new
        session.flush()
        assert shop.antom.order_status("A-1").state == "paid"
        session.rollback()
        assert payment.buyer_reference is None
    assert shop.rows(shop.fulfilment) == []


def test_what_the_host_shows_is_not_read_again(offline: OfflineShop) -> None:
    offline.add_payment(**PAID)
    shop = offline.shop
    with shop.app.app_context():
        session = shop.db.session
        session.add(shop.fulfilment(order_reference="A-1", request_id="R"))
        session.commit()
        row = session.scalars(sa.select(shop.fulfilment)).one()
        shop.antom.order_status("A-1")
        assert not sa.inspect(row).expired


def test_inside_a_transaction_of_the_hosts(offline: OfflineShop) -> None:
    offline.add_payment(**PAID)
    shop = offline.shop
    with shop.app.app_context(), shop.db.session.begin():
        assert shop.antom.order_status("A-1").state == "paid"


def test_its_repr_holds_no_token(offline: OfflineShop) -> None:
    offline.add_payment(**PAID)
    assert repr(status_of(offline)) == "<OrderStatus paid>"


def test_a_loader_does_not_ask_what_it_is_asked(offline: OfflineShop) -> None:
    antom = offline.shop.antom

    @antom.order_loader
    def load(reference: str) -> Order | None:
        if antom.order_status(reference).state == "paid":
            raise OrderAlreadyPaid("by the payment that it is asked about")
        return None

    with pytest.raises(NotPossible, match="in the order loader"):
        offline.shop.pay()
    offline.add_payment()
    assert offline.notify().status_code == 500
    assert offline.shop.payments()[0].status == "succeeded"
    assert "your own tables" in event(offline).last_error
