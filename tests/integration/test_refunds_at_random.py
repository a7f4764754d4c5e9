"""Whatever clerks click and whatever breaks, a key refunds once, and never too much."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from flask_antom import Money, checkpoints
from flask_antom.errors import NotPossible, Refused, RepeatedCall
from flask_antom.simulator import Simulator
from tests.integration.actions import make_refunds_due
from tests.support.in_process import send_to
from tests.support.shop import Shopfront, make_order, make_shop, shop_settings
from tests.support.thorough import examples

pytestmark = pytest.mark.every_database

PRICE = Money(4200, "MYR")
NUMBERS = itertools.count()


class CommitLost(OperationalError):
    """The COMMIT was done, and its answer is lost with the connection."""

    def __init__(self) -> None:
        super().__init__("COMMIT", {}, Exception(), connection_invalidated=True)


keys = st.sampled_from([None, "k1", "k2", "k3"])
amounts = st.sampled_from([None, 700, 1700, 4200])
clicks = st.tuples(st.just("refund"), amounts, keys, st.booleans())
mishaps = st.tuples(
    st.just("spoil"),
    st.sampled_from(["lost-answer", "reset", "unknown", "unsigned", "refuse"]),
    st.sampled_from([1, 3, 99]),
)
others = st.sampled_from([("lose a commit",), ("mend",), ("sweep",), ("wait",)])
steps = st.lists(clicks | clicks | mishaps | others, min_size=1, max_size=25)


@pytest.fixture
def counter(simulator: Simulator, shop_url: str) -> Iterator[Shopfront]:
    """A shop without a network; simulated time passes only where it is wound."""
    config = shop_settings(simulator.public_key, "http://127.0.0.1:9")
    config["SQLALCHEMY_DATABASE_URI"] = shop_url
    simulator.faults.notifications("drop", times=10**6)
    shop = make_shop(config, send=send_to(simulator))
    yield shop
    shop.close()


@dataclass
class Counter:
    """Where clerks refund one order.

    :ivar ids: the ``refundRequestId`` that each key was answered with.
    :ivar accepted: how many calls without a key gave a new refund.
    """

    shop: Shopfront
    simulator: Simulator
    request_id: str
    ids: dict[str, str] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    loses: bool = False

    def lose(self, name: str) -> None:
        if self.loses and name == "after commit reserve":
            self.loses = False
            raise CommitLost

    def play(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("refund", amount, key, again):
                self.refund(amount, key, again=again)
            case ("spoil", "refuse", times):
                self.simulator.faults.next(
                    "refund", ("result", "PROCESS_FAIL", "F"), times
                )
            case ("spoil", fault, times):
                self.simulator.faults.next("refund", fault, times)
            case ("lose a commit",):
                self.loses = True
            case ("mend",):
                self.mend()
            case ("sweep",):
                make_refunds_due(self.shop)
                self.shop.sweep()
            case ("wait",):
                self.shop.clock.wind(timedelta(seconds=61))

    def refund(self, amount: int | None, key: str | None, *, again: bool) -> None:
        before = {row.request_id: row for row in self.rows()}
        money = None if amount is None else Money(amount, "MYR")
        name = key and f"{self.request_id}-{key}"
        try:
            with self.shop.app.app_context():
                payment = self.find()
                refund = self.shop.antom.refund(payment, money, key=name, again=again)
                request_id, value = refund.request_id, refund.amount.value
        except RepeatedCall as repeated:
            earlier = repeated.earlier
            assert name is None
            assert not again
            assert before[earlier.request_id].status != "failed"
            assert amount in (None, earlier.amount_value)
            assert {row.request_id for row in self.rows()} == before.keys()
        except NotPossible:
            assert {row.request_id for row in self.rows()} == before.keys()
        except Refused:
            new = [row for row in self.rows() if row.request_id not in before]
            assert len(new) == 1
            self.keep(name, new[0].request_id)
        else:
            assert amount in (None, value)
            assert (request_id in before) == (name is not None and name in self.ids)
            self.keep(name, request_id)

    def keep(self, key: str | None, request_id: str) -> None:
        if key is None:
            assert request_id not in self.accepted
            self.accepted.add(request_id)
        else:
            assert self.ids.setdefault(key, request_id) == request_id

    def find(self) -> Any:
        payment, session = self.shop.antom.Payment, self.shop.db.session
        query = self.shop.db.select(payment).where(
            payment.request_id == self.request_id
        )
        return session.scalars(query).one()

    def rows(self) -> list[Any]:
        """Return the refunds of this order, oldest first."""
        with self.shop.app.app_context():
            ref = self.find().id
        rows = self.shop.rows(self.shop.antom.Refund)
        return [row for row in rows if row.payment_ref == ref]

    def mend(self) -> None:
        self.simulator.faults.clear()
        self.simulator.faults.notifications("drop", times=10**6)

    def check(self) -> None:
        """See that no more is asked for than was taken, and each refund once."""
        rows = self.rows()
        held = [row.amount.value for row in rows if row.status != "failed"]
        assert sum(held) <= PRICE.value
        given_back = self.simulator.accounts()[self.request_id].refunds
        assert sum(refund.amount.value for refund in given_back.values()) <= PRICE.value
        known = {row.request_id: row.key for row in rows}
        assert given_back.keys() <= known.keys()
        assert known.keys() == self.accepted | set(self.ids.values())
        named = [key for key in known.values() if key is not None]
        assert len(named) == len(set(named))

    def finish(self) -> None:
        self.loses = False
        self.mend()
        make_refunds_due(self.shop)
        self.shop.sweep()
        self.check()
        rows, account = self.rows(), self.simulator.accounts()[self.request_id]
        assert {row.status for row in rows} <= {"succeeded", "failed"}
        succeeded = [row.amount.value for row in rows if row.status == "succeeded"]
        assert account.refunded.value == sum(succeeded)


@given(steps=steps)
@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_key_refunds_once_and_no_more_than_was_taken(
    counter: Shopfront,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[tuple[Any, ...]],
) -> None:
    reference = f"R-{next(NUMBERS)}"
    counter.orders[reference] = make_order(reference, PRICE)
    request_id = (counter.pay(reference).json or {})["paymentRequestId"]
    simulator.approve(request_id)
    played = Counter(counter, simulator, request_id)
    played.mend()
    with counter.app.app_context():
        counter.antom.sync(played.find())
    monkeypatch.setattr(checkpoints, "hook", played.lose)
    for step in steps:
        played.play(step)
        played.check()
    played.finish()
