"""In whatever order things happen, the shop agrees with Antom in the end.

Hypothesis plays a small shop at random (:mod:`.machine`). After every step the promises
hold (:mod:`.invariants`), and after each example both sides are compared
(:mod:`.final_checks`). Everything is in one process, on a clock that is stopped
(:mod:`.setup`); the databases are real.

A thorough run plays the same ten thousand steps each time, any other fewer; ``make
soak`` plays others (:mod:`.soak`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.machine.setup import InProcessSetup, open_in_process_setup
from tests.machine.soak import HOW, play
from tests.support.databases import KINDS, empty_database
from tests.support.thorough import THOROUGH

pytestmark = pytest.mark.slow

#: How many steps are made at least on each kind of database.
STEPS = dict.fromkeys(KINDS, 200)
if THOROUGH:
    STEPS = {"sqlite": 4000, "sqlite-wal": 2000, "postgresql": 2000, "mariadb": 2000}

#: Hypothesis takes up to five minutes to reduce what fails.
TIMEOUT = 900

_how = settings(HOW, max_examples=20 if THOROUGH else 6)


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


@pytest.mark.timeout(TIMEOUT)
def test_shop_and_antom_agree_in_the_end(setup: InProcessSetup, kind: str) -> None:
    number, steps = 1000 * list(KINDS).index(kind), 0
    while steps < STEPS[kind]:
        made = play(setup, number, _how).steps
        assert made > 0
        number, steps = number + 1, steps + made
