"""The shop on two nodes of a Galera cluster, which both take its writes.

A row lock is known to its own node only; that somebody else has written the same row is
known when a transaction commits, and then the database takes the later one back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask

from flask_antom.signals import payment_succeeded
from tests.concurrency.host_settings import NEIGHBOURS, Setting
from tests.concurrency.storm_shop import PRICE, StormShop, at_once, open_storm_shop
from tests.support.galera import Cluster, open_cluster

pytestmark = pytest.mark.slow

ROUNDS = 150 if NEIGHBOURS else 15


@pytest.fixture(scope="module")
def galera() -> Iterator[Cluster]:
    """A running cluster."""
    with open_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def shops(galera: Cluster) -> Iterator[tuple[StormShop, StormShop]]:
    """One shop with a server on each node; both talk to the same Antom."""
    setting = Setting("mariadb", "pymysql")
    with ExitStack() as stack:
        first = stack.enter_context(open_storm_shop(setting, galera.urls[0]))
        galera.wait()  # the tables are there
        second = stack.enter_context(
            open_storm_shop(setting, galera.urls[1], first.simulator)
        )
        second.shop.orders = first.shop.orders
        second.shop.antom.order_loader(first.shop.orders.get)
        yield first, second


@pytest.mark.timeout(600)
def test_of_two_attempts_paid_on_two_nodes_at_once_one_is_fulfilled(
    galera: Cluster, shops: tuple[StormShop, StormShop]
) -> None:
    first, second = shops
    seen: Counter[tuple[object, ...]] = Counter()
    for _ in range(ROUNDS):
        reference = first.new_order()
        ids = [first.click(reference, method) for method in ("GCASH", "DANA")]
        galera.wait()
        answers = at_once([first.paid(ids[0]), second.paid(ids[1])])
        galera.wait()
        statuses = sorted(row.status for row in first.shop.payments(reference))
        fulfilled = first.shop.fulfilled(reference)
        seen[(*statuses, fulfilled, *(answer.status_code for answer in answers))] += 1
    assert seen == {("review", "succeeded", 1, 200, 200): ROUNDS}


@pytest.mark.timeout(600)
def test_copies_on_two_nodes_at_once_fulfil_once(
    galera: Cluster, shops: tuple[StormShop, StormShop]
) -> None:
    seen: Counter[tuple[object, ...]] = Counter()
    for _ in range(ROUNDS):
        reference = shops[0].new_order()
        request_id = shops[0].click(reference)
        galera.wait()
        answers = at_once([shop.paid(request_id) for shop in shops])
        galera.wait()
        fulfilled = shops[0].shop.fulfilled(reference)
        seen[(fulfilled, *(answer.status_code for answer in answers))] += 1
    assert seen == {(1, 200, 200): ROUNDS}


@pytest.mark.timeout(600)
def test_of_two_full_refunds_on_two_nodes_at_once_one_is_sent(
    galera: Cluster, shops: tuple[StormShop, StormShop]
) -> None:
    seen: Counter[tuple[object, ...]] = Counter()
    for _ in range(ROUNDS):
        request_id = shops[0].pay_at_antom(shops[0].new_order())
        galera.wait()
        before = shops[0].refunds_sent()
        outcomes = at_once(
            [partial(shop.refund, request_id, again=True) for shop in shops]
        )
        galera.wait()
        sent = len(shops[0].refunds_sent() - before)
        refunded = [shop.refunded(request_id) for shop in shops]
        assert shops[0].simulator.accounts()[request_id].refunded == PRICE
        seen[(*sorted(outcomes), sent, refunded == [PRICE, PRICE])] += 1
    assert seen == {("NotPossible", "done", 1, True): ROUNDS}


def test_two_sweeps_on_two_nodes_at_once_deliver_each_event_once(
    galera: Cluster, shops: tuple[StormShop, StormShop]
) -> None:
    first = shops[0].shop
    is_told_to_fail = True

    def fail_if_told(app: Flask, **extra: Any) -> None:
        if is_told_to_fail:
            raise RuntimeError("This receiver was told to fail.")

    first.connect(payment_succeeded, fail_if_told)
    references = [shops[0].new_order() for _ in range(20)]
    for reference in references:
        assert shops[0].paid(shops[0].click(reference))().status_code == 500
    is_told_to_fail = False
    galera.wait()
    for shop in shops:
        shop.shop.clock.wind(timedelta(minutes=10))
    at_once([shop.shop.sweep for shop in shops])
    galera.wait()
    assert [first.fulfilled(reference) for reference in references] == [1] * 20
    assert all(row.delivered_at is not None for row in first.rows(first.antom.Event))
