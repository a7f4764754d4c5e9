"""Buyers, Antom, the shop, its clerks, its receivers and bad luck, in any order."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from tests.machine import strategies
from tests.machine.antom import Antom
from tests.machine.buyer import Buyer
from tests.machine.clerks import Clerks
from tests.machine.final_checks import finish_and_compare
from tests.machine.invariants import assert_invariants
from tests.machine.luck import Luck
from tests.machine.snapshot import read_snapshot
from tests.machine.steps import sessions


class ShopMachine(Buyer, Antom, Clerks, Luck):
    """One example: some minutes or days of a small shop.

    :cvar steps: how many steps were made, after each of which the promises held.
    :cvar is_stopped: whether the next step is left out, as after Ctrl-C.
    :cvar digest: takes the time of each step, and what the database holds after it.
    """

    steps: ClassVar[int] = 0
    is_stopped: ClassVar[bool] = False
    digest: ClassVar[Any] = None

    def __init__(self) -> None:
        super().__init__()
        self.setup.begin()
        self.snapshot = read_snapshot(self.setup)
        self.status_urls = {}
        self.is_prompt = False

    @initialize(
        target=sessions,
        delivery=st.sampled_from(["inline", "worker"]),
        is_prompt=st.booleans(),
        marks=st.booleans(),
        first=st.sampled_from(["click", "buy"]),
        method=strategies.methods,
    )
    def open(
        self, delivery: str, is_prompt: bool, marks: bool, first: str, method: str
    ) -> Any:
        """Open the shop, have its database backed up, and have one buyer at least.

        :param is_prompt: whether notifications come by themselves before the next step.
        :param marks: whether the order loader says that an order is paid.
        :param first: whether this buyer pays at once.
        """
        self.setup.delivery, self.is_prompt = delivery, is_prompt
        self.setup.book.marks = marks
        for reference in strategies.ORDERS:
            self.setup.book.set_amount(reference, strategies.PRICES[0])
        self.setup.back_up()
        return getattr(self, first)(strategies.ORDERS[0], method)

    @invariant()
    def promises_are_kept(self) -> None:
        if self.is_stopped:
            raise KeyboardInterrupt
        after = read_snapshot(self.setup)
        type(self).steps += 1
        if self.digest is not None:
            moment = self.setup.simulator.clock.now()
            self.digest.update(f"{moment} {after.summary}".encode())
        assert_invariants(self.setup, self.snapshot, after)
        self.snapshot = after

    def teardown(self) -> None:
        """Compare the end of both sides, unless a step has failed already."""
        if sys.exc_info()[0] is None:
            finish_and_compare(self.setup, self.snapshot)
