"""May a call of ours commit what the host has pending? It refuses before it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from typing import Any

import pytest

from flask_antom import Money, errors
from flask_antom.errors import NotPossible
from tests.support.conflicts import IMPATIENT
from tests.support.offline import GUIDE, OfflineShop, open_offline
from tests.support.receivers import DONE, written

pytestmark = pytest.mark.every_database

CALLS = ["refund", "capture", "cancel"]
TEN = Money(1000, "MYR")


@pytest.fixture
def offline(shop_url: str, database_kind: str) -> Iterator[OfflineShop]:
    """A paid order, an authorized one, and a row of the host's own.

    Whoever waits for a lock of the host's own session, which waits for them, fails.
    """
    engine = {"connect_args": IMPATIENT[database_kind]}
    with open_offline(
        SQLALCHEMY_DATABASE_URI=shop_url, SQLALCHEMY_ENGINE_OPTIONS=engine
    ) as offline:
        fill(offline)
        yield offline


def fill(offline: OfflineShop) -> None:
    offline.add_payment()
    assert offline.notify().status_code == 200
    offline.add_payment("card", reference="A-2", method="CARD")
    authorized = {"paymentRequestId": "card", "paymentId": "P-2"}
    assert offline.notify(**authorized).status_code == 200
    offline.answers |= {"refund": DONE, "capture": DONE, "cancel": DONE}
    with offline.shop.app.app_context():
        offline.shop.db.session.add(own_row(offline, "old"))
        offline.shop.db.session.commit()


def own_row(offline: OfflineShop, about: str) -> Any:
    return offline.shop.fulfilment(order_reference="own", request_id="", about=about)


def load(offline: OfflineShop, call: str = "refund") -> Any:
    """Return the payment that the call is for, in the host's session."""
    model, wanted = offline.shop.antom.Payment, "A-2" if call == "capture" else "A-1"
    query = offline.shop.db.select(model).where(model.order_reference == wanted)
    return offline.shop.db.session.scalars(query).one()


def load_own(offline: OfflineShop) -> Any:
    model = offline.shop.fulfilment
    query = offline.shop.db.select(model).where(model.order_reference == "own")
    return offline.shop.db.session.scalars(query).one()


def add(offline: OfflineShop) -> None:
    offline.shop.db.session.add(own_row(offline, "new"))


def modify(offline: OfflineShop) -> None:
    load_own(offline).about = "new"


def delete(offline: OfflineShop) -> None:
    offline.shop.db.session.delete(load_own(offline))


def flush(offline: OfflineShop) -> None:
    add(offline)
    offline.shop.db.session.flush()


def update_in_bulk(offline: OfflineShop) -> None:
    model = offline.shop.fulfilment
    statement = offline.shop.db.update(model).where(model.order_reference == "own")
    offline.shop.db.session.execute(statement.values(about="new"))


def insert_in_bulk(offline: OfflineShop) -> None:
    values = {"order_reference": "own", "request_id": "", "about": "new"}
    statement = offline.shop.db.insert(offline.shop.fulfilment).values(values)
    offline.shop.db.session.execute(statement)


def write_under_a_savepoint(offline: OfflineShop) -> None:
    if offline.shop.db.session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite's driver commits a savepoint that is not in a transaction.")
    with offline.shop.db.session.begin_nested():
        add(offline)


WRITES: list[Callable[[OfflineShop], None]] = [
    *(add, modify, delete, flush),
    *(update_in_bulk, insert_in_bulk, write_under_a_savepoint),
]


def assert_refuses(offline: OfflineShop, call: str, payment: Any) -> None:
    refusal: type[Exception] = vars(errors)["UncommittedWrites"]
    assert issubclass(refusal, NotPossible)
    with pytest.raises(refusal, match="commit"):
        getattr(offline.shop.antom, call)(payment)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("call", CALLS)
def test_a_call_refuses_while_writes_are_pending(
    offline: OfflineShop, call: str, write: Callable[[OfflineShop], None]
) -> None:
    before = offline.tables
    session = offline.shop.db.session
    with offline.shop.app.app_context():
        payment = load(offline, call)
        write(offline)
        assert_refuses(offline, call, payment)
        session.rollback()
    assert offline.calls == []
    assert offline.tables == before
    assert written(offline) == ["old"]


@pytest.mark.parametrize("call", CALLS)
def test_a_call_refuses_inside_a_transaction_of_the_hosts(
    offline: OfflineShop, call: str
) -> None:
    with offline.shop.app.app_context(), offline.shop.db.session.begin():
        add(offline)
        assert_refuses(offline, call, load(offline, call))
    assert offline.calls == []
    assert sorted(written(offline)) == ["new", "old"]  # the host's own commit


def test_what_the_host_rolls_back_is_gone(offline: OfflineShop) -> None:
    session = offline.shop.db.session
    with offline.shop.app.app_context(), suppress(ZeroDivisionError), session.begin():
        add(offline)
        with suppress(NotPossible):
            offline.shop.antom.refund(load(offline), TEN)
        raise ZeroDivisionError
    assert written(offline) == ["old"]


def test_a_call_that_is_not_possible_commits_nothing(offline: OfflineShop) -> None:
    session = offline.shop.db.session
    with offline.shop.app.app_context():
        add(offline)
        with pytest.raises(NotPossible):
            offline.shop.antom.refund(load(offline), Money(9999, "MYR"))
        session.rollback()
    assert written(offline) == ["old"]


@pytest.mark.parametrize("values", [[], ["old"], ["new", "old"]], ids=len)
@pytest.mark.parametrize("call", CALLS)
def test_reads_do_not_refuse(
    offline: OfflineShop, call: str, values: list[str]
) -> None:
    """Nor does a value that is set and is, in the end, the same."""
    with offline.shop.app.app_context():
        row = load_own(offline)
        for value in values:
            row.about = value
        getattr(offline.shop.antom, call)(load(offline, call))
    assert [operation for operation, _ in offline.calls] == [call]


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_call_does_what_it_should_after_the_hosts_own_end(
    offline: OfflineShop, end: str
) -> None:
    session = offline.shop.db.session
    with offline.shop.app.app_context():
        flush(offline)
        update_in_bulk(offline)
        getattr(session, end)()
        offline.shop.antom.refund(load(offline), TEN)
    assert offline.shop.payments()[0].refunded == TEN
    assert [operation for operation, _ in offline.calls] == ["refund"]


@pytest.mark.parametrize("expires", [True, False])
def test_the_hosts_objects_are_fresh_afterwards(
    offline: OfflineShop, expires: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = offline.shop.db.session.session_factory.kw
    monkeypatch.setitem(options, "expire_on_commit", expires)
    with offline.shop.app.app_context():
        payment, card = load(offline), load(offline, "capture")
        assert payment.refunded == Money(0, "MYR")
        refund = offline.shop.antom.refund(payment, TEN)
        assert (refund.status, refund.amount) == ("succeeded", TEN)
        assert payment.refunded == TEN
        offline.shop.antom.capture(card)
        assert (card.status, card.captured) == ("succeeded", Money(4200, "MYR"))
        offline.shop.antom.cancel(payment)
        assert payment.status == "cancelled"


@pytest.mark.parametrize("write", [add, modify, delete, flush, update_in_bulk])
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_sync_neither_commits_nor_loses_what_is_pending(
    offline: OfflineShop,
    end: str,
    write: Callable[[OfflineShop], None],
) -> None:
    offline.answers["inquiryPayment"] = GUIDE | {"paymentStatus": "SUCCESS"}
    expected: dict[Any, list[str]] = {add: ["new", "old"], delete: []}
    expected[flush] = expected[add]
    session = offline.shop.db.session
    with offline.shop.app.app_context():
        payment = load(offline)
        write(offline)
        # What is flushed holds locks, for which a receiver may wait: it is refused.
        with (
            suppress(NotPossible) if write in (flush, update_in_bulk) else nullcontext()
        ):
            offline.shop.antom.sync(payment)
        getattr(session, end)()
    rows = expected.get(write, ["new"]) if end == "commit" else ["old"]
    assert sorted(written(offline)) == rows


def test_a_sync_does_not_wait_for_a_lock_of_the_hosts_own(offline: OfflineShop) -> None:
    offline.answers["inquiryPayment"] = GUIDE | {"paymentStatus": "SUCCESS"}
    session = offline.shop.db.session
    with offline.shop.app.app_context():
        payment = load(offline)
        payment.mode = "page"
        session.flush()
        with suppress(NotPossible):
            offline.shop.antom.sync(payment)
        session.rollback()
    assert offline.shop.payments()[0].mode == "cashier"
