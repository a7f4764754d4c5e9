"""The shops of the README and of the documentation, exactly as they are printed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flask_antom import Money, checkpoints
from flask_antom.signals import payment_needs_review, payment_succeeded
from flask_antom.simulator import Simulator
from tests.support.blocks import DOCS, blocks
from tests.support.databases import empty_database
from tests.support.printed import PAGES, PrintedShop, printed_shop

pytestmark = pytest.mark.every_database

TEN = Money(1000, "MYR")

Open = Callable[..., PrintedShop]
Change = Callable[[PrintedShop], None]


def grow(shop: PrintedShop) -> None:
    shop.set_total("B-2", 100000)


def become_free(shop: PrintedShop) -> None:
    shop.set_total("B-2", 0)


def change_currency(shop: PrintedShop) -> None:
    shop.replace('"MYR"', '"SGD"')


def delete(shop: PrintedShop) -> None:
    shop.delete("B-2")


def close(shop: PrintedShop) -> None:
    with shop.app.app_context():
        shop.module.antom.close("B-2")


CHANGES: dict[Change, str] = {
    grow: "order_changed",
    become_free: "order_changed",
    change_currency: "order_changed",
    delete: "order_gone",
    close: "order_closed",
}


@pytest.fixture(params=PAGES)
def open_shop(
    request: pytest.FixtureRequest,
    database_kind: str,
    tmp_path: Path,
    simulator: Simulator,
    gateway: Any,
) -> Iterator[Open]:
    """Return a function that opens the shop of a page with more settings, once."""
    with empty_database(database_kind, request, tmp_path) as url:
        opened = []

        def open_shop(**settings: str) -> PrintedShop:
            place = request.param, tmp_path, url, simulator, gateway.url
            context = printed_shop(*place, settings)
            opened.append(context)
            shop = context.__enter__()
            shop.add("B-2")
            return shop

        yield open_shop
        for context in opened:
            context.__exit__(None, None, None)


@contextmanager
def reviews(shop: PrintedShop) -> Iterator[list[str]]:
    """Collect what receivers of ``payment_needs_review`` are told."""
    told: list[str] = []

    def note(app: Any, payment: Any, reason: str, **extra: Any) -> None:
        assert payment.order_reference == "B-2"
        told.append(reason.split()[0].rstrip(":"))

    with payment_needs_review.connected_to(note):
        yield told


def assert_held_back(shop: PrintedShop, reason: str) -> None:
    """Assert that nobody fulfils the order, and that a person is asked to look."""
    assert shop.paid("B-2") == 0
    payment = shop.payment_of("B-2")
    assert (payment.status, payment.captured) == ("review", TEN)
    events = shop.events()
    assert events["payment_needs_review"].about.startswith(reason)
    assert all(event.delivered_at is not None for event in events.values())
    assert shop.exit_code() == 1, "a person has to look"


def fail(app: Any, **extra: Any) -> None:
    raise RuntimeError("no stock left")


def test_an_order_that_stands_is_fulfilled(open_shop: Open) -> None:
    shop = open_shop()
    assert shop.money_comes(shop.begin("B-2"), TEN) == 200
    assert (shop.payment_of("B-2").status, shop.paid("B-2")) == ("succeeded", 1000)
    assert shop.shows_paid("B-2")


@pytest.mark.parametrize("change", CHANGES)
def test_money_for_another_order_is_held_back(open_shop: Open, change: Change) -> None:
    shop = open_shop()
    request_id = shop.begin("B-2")
    change(shop)
    with reviews(shop) as told:
        assert shop.money_comes(request_id, TEN) == 200
        shop.sweep()
    assert told == [CHANGES[change]]
    assert_held_back(shop, CHANGES[change])


@pytest.mark.parametrize("change", CHANGES)
def test_a_sweep_after_a_failure_holds_it_back(open_shop: Open, change: Change) -> None:
    shop = open_shop()
    request_id = shop.begin("B-2")
    with payment_succeeded.connected_to(fail):
        assert shop.money_comes(request_id, TEN) == 500
    assert (shop.payment_of("B-2").status, shop.paid("B-2")) == ("succeeded", 0)
    change(shop)
    shop.wind()
    with reviews(shop) as told:
        shop.sweep()
    assert told == [CHANGES[change]]
    assert_held_back(shop, CHANGES[change])


@pytest.mark.parametrize("change", CHANGES)
def test_a_sweep_without_any_request_holds_it_back(
    open_shop: Open, change: Change
) -> None:
    shop = open_shop(FLASK_ANTOM_EVENT_DELIVERY="worker")
    assert shop.money_comes(shop.begin("B-2"), TEN) == 200
    assert shop.events()["payment_succeeded"].delivered_at is None
    change(shop)
    with reviews(shop) as told:
        shop.sweep()
    assert told == [CHANGES[change]]
    assert_held_back(shop, CHANGES[change])


def test_a_change_at_the_same_moment_is_not_taken_for_paid(
    open_shop: Open, database_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop()
    request_id = shop.begin("B-2")
    clerk = threading.Thread(target=shop.set_total, args=("B-2", 100000))

    def change_now(name: str) -> None:
        if name == "before receivers" and clerk.ident is None:
            clerk.start()
            if not database_kind.startswith("sqlite"):  # one writer at a time
                clerk.join()

    monkeypatch.setattr(checkpoints, "hook", change_now)
    assert shop.money_comes(request_id, TEN) == 200
    clerk.join()
    assert not shop.shows_paid("B-2")


@pytest.mark.slow
def test_a_worker_holds_it_back(open_shop: Open) -> None:
    shop = open_shop(FLASK_ANTOM_EVENT_DELIVERY="worker")
    names = {"B-3": "order_changed", "B-4": "order_gone", "B-5": "order_closed"}
    for reference in names:
        shop.add(reference)
    sessions = {reference: shop.begin(reference) for reference in ["B-2", *names]}
    for request_id in sessions.values():
        assert shop.money_comes(request_id, TEN) == 200
    shop.set_total("B-3", 100000)
    shop.delete("B-4")
    with shop.app.app_context():
        shop.module.antom.close("B-5")
    with shop.work() as program:
        program.until(lambda: not shop.waiting())
        program.terminate()
        assert program.exit_code() == 0
    assert {name: shop.paid(name) for name in sessions} == {
        "B-2": 1000,
        "B-3": 0,
        "B-4": 0,
        "B-5": 0,
    }
    statuses = {p.order_reference: p.status for p in shop.rows("Payment")}
    assert statuses == {"B-2": "succeeded"} | dict.fromkeys(names, "review")
    needed = {event.about.split()[0] for event in shop.rows("Event") if event.about}
    assert needed == set(names.values())


def test_an_order_has_one_name(
    open_shop: Open, database_kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop = open_shop()
    shop.add("A-1", 4200)
    request_id = shop.begin("A-1")
    for alias in ("a-1", "A-1 ", " A-1", "\uff21-1"):
        answer: Any = shop.ask(alias)
        assert (answer.status_code, answer.json["code"]) == (404, "order_not_found")
    if database_kind == "mariadb":
        assert "'A-1' for the reference 'a-1'" in caplog.text
    assert shop.money_comes(request_id, Money(4200, "MYR")) == 200
    assert (shop.payment_of("A-1").status, shop.paid("A-1")) == ("succeeded", 4200)


def test_without_a_receiver_the_order_waits(
    open_shop: Open, caplog: pytest.LogCaptureFixture
) -> None:
    shop = open_shop()
    shop.forget_receivers()
    assert shop.money_comes(shop.begin("B-2"), TEN) == 200
    (error,) = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert "payment_succeeded" in error
    assert "B-2" in error
    shop.wind()
    assert (shop.exit_code(), shop.paid("B-2")) == (0, 0)
    shop.wind(timedelta(minutes=61))
    assert (shop.exit_code(), shop.paid("B-2")) == (1, 0)
    shop.load()  # with the receiver
    shop.wind()
    assert (shop.exit_code(), shop.paid("B-2")) == (0, 1000)


@pytest.mark.parametrize("change", CHANGES)
def test_an_order_that_changes_while_it_waits_is_held_back(
    open_shop: Open, change: Change
) -> None:
    shop = open_shop()
    shop.forget_receivers()
    assert shop.money_comes(shop.begin("B-2"), TEN) == 200
    change(shop)
    shop.load()
    shop.wind(timedelta(hours=2))
    with reviews(shop) as told:
        shop.sweep()
    assert told == [CHANGES[change]]
    assert_held_back(shop, CHANGES[change])


def test_the_printed_job_drops_what_nobody_pays(
    open_shop: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop()
    for reference in ("B-3", "B-4"):
        shop.add(reference)
    assert shop.money_comes(shop.begin("B-3"), TEN) == 200
    late = shop.begin("B-4")
    purchase = shop.module.Purchase
    put_back: list[str] = []
    is_ours = {"is_too_old": lambda row: row.reference.startswith("B-")}
    gives = {"give_stock_back": lambda row: put_back.append(row.reference)}
    for name, method in (is_ours | gives).items():
        monkeypatch.setattr(purchase, name, method, raising=False)
    (code,) = (
        code
        for code in blocks(DOCS / "orders.md", "python")
        if "def drop_unpaid_orders" in code
    )
    names = {name: vars(shop.module)[name] for name in ("db", "antom", "Purchase")}
    exec(compile(code, "orders.md", "exec"), names)  # noqa: S102
    for _ in range(2):
        with shop.app.app_context():
            names["drop_unpaid_orders"]()
    assert sorted(put_back) == ["B-2", "B-4"]
    assert (shop.paid("B-3"), shop.shows_paid("B-3")) == (1000, True)
    assert shop.ask("B-2").status_code == 404
    assert shop.money_comes(late, TEN) == 200
    assert shop.payment_of("B-4").status == "review"
    assert shop.events()["payment_needs_review"].about.startswith("order_closed")
