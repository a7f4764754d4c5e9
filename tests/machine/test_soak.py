"""The seed of a soak decides its steps, and a soak goes on where it was stopped."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.machine.soak import Plan, seed_of
from tests.support.databases import KINDS
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

_ROUND = re.compile(r"^(\S+), round (\d+): (\d+) steps, (\w+);", re.MULTILINE)
_SMALL = ("--database=sqlite", "--examples=3", "--steps=8")
_PROGRAM = "import sys; from tests.machine import soak; sys.exit(soak.main())"

#: A machine whose promise does not hold after one of its steps.
_BROKEN = """
import sys
from hypothesis.stateful import invariant
from tests.machine import soak

class Broken(soak.ShopMachine):
    @invariant()
    def no_order_is_deleted(self):
        assert not self.setup.book.gone, "an order is deleted"

    def teardown(self):
        pass  # the end of an example takes the longest

soak.ShopMachine = Broken
sys.exit(soak.main())
"""


@contextmanager
def start(*arguments: str, program: str = _PROGRAM) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", program, *_SMALL, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(*arguments: str, program: str = _PROGRAM) -> tuple[int, str]:
    """Return the status and the output of a soak."""
    with start(*arguments, program=program) as process:
        output, _ = process.communicate()
        return process.returncode, output


def test_the_same_seed_plays_the_same_steps() -> None:
    """Also in another process, and in one that goes on with a later round."""
    status, whole = run("--seed=7", "--rounds=3")
    assert status == 0
    played = _ROUND.findall(whole)
    assert [number for _, number, _, _ in played] == ["0", "1", "2"]
    assert len({digest for *_, digest in played}) == 3
    assert "To go on: make soak MINUTES=30 DATABASE=sqlite SEED=7 FROM=3" in whole
    _, rest = run("--seed=7", "--from=1", "--rounds=2")
    assert _ROUND.findall(rest) == played[1:]


def test_a_soak_without_a_seed_says_first_which_one_it_takes() -> None:
    _, output = run("--rounds=1")
    seed = re.match(
        r"Seed (\d+): make soak MINUTES=30 DATABASE=sqlite SEED=\1 ", output
    )
    assert seed is not None
    assert f"SEED={seed[1]} FROM=1" in output


def test_ctrl_c_ends_a_soak_and_says_how_to_go_on() -> None:
    with start("--seed=7", "--minutes=5") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "round 1:" in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stdout.read()
        # SQLAlchemy may log a traceback, if it was closing a connection.
        assert process.wait() == 0
    stopped = re.search(r"^Stopped in round (\d+)\. To go on: (.*)$", rest, re.M)
    assert stopped is not None
    assert stopped[2] == (
        f"make soak MINUTES=5 DATABASE=sqlite SEED=7 FROM={stopped[1]}"
    )
    assert int(stopped[1]) >= 2


@pytest.mark.timeout(900)  # it is played some hundred times
def test_what_fails_is_reduced_and_can_be_played_again() -> None:
    status, output = run("--seed=7", "--rounds=40", program=_BROKEN)
    assert status == 1
    command = r"^Round (\d+) failed on sqlite\. To play it again: (.*)$"
    said = re.search(command, output, re.M)
    assert said is not None
    assert said[2] == (
        f"make soak MINUTES=30 DATABASE=sqlite SEED=7 FROM={said[1]} ROUNDS=1"
    )
    steps = re.findall(r"^(?:\w+ = )?state\.(\w+)\(", output, re.M)
    wanted = ["open", "change_state", "teardown"]
    assert [step for step in steps if step not in _CHECKS] == wanted


_CHECKS = ("promises_are_kept", "no_order_is_deleted")


def test_all_databases_take_turns() -> None:
    plan = Plan(7)
    assert [plan.kind(number) for number in range(5)] == [*KINDS, "sqlite"]
    assert plan.command(5) == "make soak MINUTES=30 SEED=7 FROM=5"
    assert Plan(7, "mariadb").kind(5) == "mariadb"


def test_each_round_has_a_seed_of_its_own() -> None:
    seeds = {seed_of(seed, number) for seed in range(3) for number in range(3)}
    assert len(seeds) == 9
