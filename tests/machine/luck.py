"""Bad luck, and time."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machine import strategies
from tests.machine.snapshot import read_snapshot
from tests.machine.steps import Steps


class Luck(Steps):
    """Calls, notifications, receivers, processes and databases fail; time passes."""

    @rule(call=strategies.calls_or_any, mishap=strategies.mishaps, times=strategies.few)
    def spoil_calls(self, call: str, mishap: str, times: int) -> None:
        self.begin()
        self.setup.simulator.faults.next(call, mishap, times)

    @rule(call=strategies.calls, code=strategies.refusals)
    def refuse_a_call(self, call: str, code: str) -> None:
        self.begin()
        self.setup.refusals[call] = code

    @rule(delay=strategies.delays, times=strategies.few)
    def spoil_notifications(self, delay: str, times: int) -> None:
        self.begin()
        self.setup.simulator.faults.notifications(delay, times)
        if delay.startswith("tamper"):
            self.setup.forgeries += times

    @rule(overtaking=st.booleans(), who=strategies.failing, times=strategies.few)
    def spoil_the_shop(self, overtaking: bool, who: str, times: int) -> None:
        """Make notifications overtake the answers to calls, and the shop's code fail.

        A receiver raises or calls ``sys.exit``, or the order loader raises.
        """
        self.begin()
        self.setup.overtaking = overtaking
        self.setup.failing = times if who == "receiver" else 0
        self.setup.exiting = times if who == "exit" else 0
        self.setup.book.failing = times if who == "loader" else 0

    @rule(points=strategies.points)
    def end_a_process(self, points: int) -> None:
        """Make a process of the shop end soon, at one of its commits or calls."""
        self.begin()
        self.setup.processes.points_left = points

    @rule(is_deaf=st.booleans())
    def change_receivers(self, is_deaf: bool) -> None:
        """Remove the receivers of payments, or add them again."""
        self.begin()
        if is_deaf:
            self.setup.stop_to_listen()
        else:
            self.setup.listen()

    @rule()
    def back_up(self) -> None:
        self.begin()
        self.setup.back_up()

    @precondition(lambda self: self.setup.backup is not None)
    @rule()
    def restore(self) -> None:
        """Restore an old copy of the database, with all processes stopped."""
        self.begin()
        self.setup.restore()
        self.snapshot = read_snapshot(self.setup)

    @rule()
    def mend(self) -> None:
        self.begin()
        self.setup.heal()

    @rule(minutes=strategies.minutes)
    def wait(self, minutes: float) -> None:
        self.begin()
        self.setup.simulator.clock.advance(minutes=minutes)
