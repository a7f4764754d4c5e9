"""``flask antom check``: whether payments would be lost or stuck."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, session, url_for

from flask_antom.errors import OrderAlreadyPaid
from flask_antom.signals import payment_failed, payment_succeeded
from flask_antom.testing import record_signals
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.offline import OfflineShop
from tests.support.receivers import disconnect_all
from tests.support.shop import make_order, make_shop, shop_settings


def check(offline: OfflineShop) -> tuple[int, str, str]:
    result = offline.shop.app.test_cli_runner().invoke(args=["antom", "check"])
    return result.exit_code, result.stdout, result.stderr


def test_a_shop_that_is_well(offline: OfflineShop) -> None:
    offline.add_payment()
    code, output, errors = check(offline)
    assert (code, errors) == (0, "")
    assert output.endswith("\nAll is well.\n")
    assert "\nDatabase:      has all tables and columns\n" in output
    assert "dict.get finds A-1, the latest order, without a visitor\n" in output


def receive(app: Flask, **extra: Any) -> None:
    """Do nothing."""


class Receiver:
    def take(self, app: Flask, **extra: Any) -> None:
        """Do nothing."""

    def __call__(self, app: Flask, **extra: Any) -> None:
        """Do nothing."""


def test_receivers_are_named_by_signal(offline: OfflineShop) -> None:
    receiver = Receiver()
    for one in (receive, receiver.take, receiver, partial(receive, more=1)):
        offline.shop.connect(payment_failed, one)
    code, output, _ = check(offline)
    assert code == 0
    here = __name__
    assert (
        f"  payment_failed          {here}.Receiver\n"
        f"                          {here}.Receiver.take\n"
        f"                          {here}.receive\n"
        f"                          {here}.receive\n"
        "  payment_authorized      nobody\n"
    ) in output
    assert "  payment_succeeded       tests.support.shop.make_shop.<locals>.fulfil" in (
        output
    )


def test_a_signal_that_nobody_hears_is_said_with_the_cure(offline: OfflineShop) -> None:
    disconnect_all(offline)
    code, output, errors = check(offline)
    assert code == 1
    assert "  payment_succeeded       nobody\n" in output
    assert "Nobody listens to payment_succeeded.\n  So:   Paid orders wait" in errors
    assert "weak=False" in errors


def test_a_signal_that_is_ignored_is_no_trouble(offline: OfflineShop) -> None:
    disconnect_all(offline)
    offline.shop.antom.ignores(payment_succeeded)
    code, output, errors = check(offline)
    assert (code, errors) == (0, "")
    assert "  payment_succeeded       ignored\n" in output


def test_a_recorder_is_no_receiver(offline: OfflineShop) -> None:
    disconnect_all(offline)
    with record_signals(offline.shop.app):
        assert check(offline)[0] == 1


def looks_at_the_user(reference: str) -> Any:
    raise RuntimeError("Working outside of request context.\nmore")


def test_a_loader_that_raises_without_a_visitor_is_said(offline: OfflineShop) -> None:
    offline.shop.antom.order_loader(looks_at_the_user)
    code, output, errors = check(offline)
    assert code == 1
    assert f"{__name__}.looks_at_the_user raises RuntimeError" in output
    assert "RuntimeError: Working outside of request context." in errors
    assert f"{__name__}.looks_at_the_user" in errors
    assert "@antom.visitor_may_pay" in errors
    assert "Receivers:" in output


def test_both_troubles_are_said(offline: OfflineShop) -> None:
    disconnect_all(offline)
    offline.shop.antom.order_loader(looks_at_the_user)
    code, _, errors = check(offline)
    assert (code, errors.count("\nError (")) == (1, 2)
    assert "Nobody listens" in errors


def test_a_loader_has_a_request_of_no_visitor(offline: OfflineShop) -> None:
    offline.add_payment()

    def load(reference: str) -> Any:
        assert url_for("antom.notify", _external=True).startswith("http://127.0.0.1")
        if session.get("visitor") != "v":
            return None
        return offline.shop.orders.get(reference)

    offline.shop.antom.order_loader(load)
    code, output, errors = check(offline)
    assert code == 0
    assert "does not find A-1, the latest order, without a visitor" in output
    assert errors.startswith("\nWarning (loader.not_found): The order loader ")
    assert "does not find 'A-1'" in errors
    assert "@antom.visitor_may_pay" in errors


def test_a_loader_that_finds_another_order_is_warned_of(offline: OfflineShop) -> None:
    offline.add_payment(reference="a-1")
    order = make_order("A-1", offline.shop.orders["A-1"].amount)
    offline.shop.antom.order_loader(lambda reference: order)
    code, _, errors = check(offline)
    assert code == 0
    assert "returns the order 'A-1' for 'a-1'" in errors


def says_paid(reference: str) -> Any:
    raise OrderAlreadyPaid


def needs_a_number(reference: str) -> Any:
    return int(reference)


@pytest.mark.parametrize("loader", [says_paid, needs_a_number])
def test_what_a_loader_may_say_is_no_trouble(
    offline: OfflineShop, loader: Callable[[str], Any]
) -> None:
    offline.shop.antom.order_loader(loader)
    code, _, errors = check(offline)
    assert (code, errors) == (0, "")


def test_a_real_order_must_not_be_nonsense(offline: OfflineShop) -> None:
    offline.add_payment()
    offline.shop.antom.order_loader(needs_a_number)
    code, _, errors = check(offline)
    assert (code, "ValueError" in errors) == (1, True)


def test_a_loader_that_is_not_asked_again_is_not_called(offline: OfflineShop) -> None:
    offline.shop.antom.order_loader(recheck=False)(looks_at_the_user)
    code, output, errors = check(offline)
    assert (code, errors) == (0, "")
    assert "recheck=False" in output


@pytest.mark.every_database
@pytest.mark.parametrize("change", ["DROP TABLE {}", "ALTER TABLE {} DROP COLUMN {}"])
def test_tables_that_are_missing_or_old_are_said(
    offline: OfflineShop, change: str
) -> None:
    with offline.shop.app.app_context():
        engine = offline.shop.db.engine
        with engine.begin() as connection:
            statement = change.format("antom_event", "redelivered_at")
            connection.execute(sa.text(statement))
    try:
        code, output, errors = check(offline)
    finally:
        with offline.shop.app.app_context():
            offline.shop.db.drop_all()
            offline.shop.db.create_all()
    assert code == 1
    assert "Database:      does not fit" in output
    assert ("(tables.missing)" in errors) == change.startswith("DROP")
    assert ("has no column redelivered_at" in errors) == change.startswith("ALTER")
    assert "Receivers:" in output


def test_an_engine_in_autocommit_is_said() -> None:
    settings = shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9")
    settings["SQLALCHEMY_ENGINE_OPTIONS"] = {"isolation_level": "AUTOCOMMIT"}
    shop = make_shop(settings)
    result = shop.app.test_cli_runner().invoke(args=["antom", "check"])
    shop.close()
    assert result.exit_code == 1
    assert "AUTOCOMMIT" in result.stderr
