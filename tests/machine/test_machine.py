"""In whatever order things happen, the shop agrees with Antom in the end.

Hypothesis plays a small shop at random (:mod:`.machine`). After every step the promises
hold (:mod:`.invariants`), and after each example both sides are compared
(:mod:`.final_checks`). Everything is in one process, on a clock that is stopped
(:mod:`.setup`); the databases are real.

A thorough run plays the same ten thousand steps each time, any other fewer;
``make soak`` plays others.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.machine import ShopMachine
from tests.machine.setup import InProcessSetup, open_in_process_setup
from tests.support.databases import KINDS, empty_database
from tests.support.thorough import THOROUGH

pytestmark = pytest.mark.slow

#: How many steps are made at least on each kind of database.
STEPS = dict.fromkeys(KINDS, 200)
if THOROUGH:
    STEPS = {"sqlite": 4000, "sqlite-wal": 2000, "postgresql": 2000, "mariadb": 2000}

#: How long a soak takes, for all kinds of database together.
SOAK_MINUTES = float(os.environ.get("ANTOM_SOAK_MINUTES", 0))

#: Hypothesis takes up to five minutes to reduce what fails.
TIMEOUT = 60 * SOAK_MINUTES + 900

always = settings(
    max_examples=20 if THOROUGH or SOAK_MINUTES else 6,
    stateful_step_count=50,
    deadline=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def setup(
    request: pytest.FixtureRequest, kind: str, tmp_path: Path
) -> Iterator[InProcessSetup]:
    with (
        empty_database(kind, request, tmp_path) as url,
        open_in_process_setup(url) as setup,
    ):
        yield setup


def play(setup: InProcessSetup, number: int, how: settings) -> int:
    """Play some examples, the same ones for the same number; gives their steps."""
    ShopMachine.setup, ShopMachine.steps = setup, 0
    run_state_machine_as_test(seed(number)(ShopMachine), settings=how)
    return ShopMachine.steps


@pytest.mark.skipif(SOAK_MINUTES > 0, reason="a soak plays at random")
@pytest.mark.timeout(TIMEOUT)
def test_shop_and_antom_agree_in_the_end(setup: InProcessSetup, kind: str) -> None:
    number, steps = 1000 * list(KINDS).index(kind), 0
    while steps < STEPS[kind]:
        made = play(setup, number, settings(always, database=None))
        assert made > 0
        number, steps = number + 1, steps + made


@pytest.mark.skipif(not SOAK_MINUTES, reason="`make soak` does this")
@pytest.mark.timeout(TIMEOUT)
def test_shop_and_antom_agree_in_the_end_of_whatever_happens(
    setup: InProcessSetup, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    end = time.monotonic() + 60 * SOAK_MINUTES / len(KINDS)
    steps = 0
    while (left := end - time.monotonic()) > 0:
        steps += play(setup, random.SystemRandom().getrandbits(64), always)
        with capsys.disabled():
            if sys.stderr.isatty():
                print(f"\r{kind}: {steps} steps, {left / 60:.0f} minutes left ", end="")
    with capsys.disabled():
        print(f"\r{kind}: {steps} steps{' ' * 20}")
