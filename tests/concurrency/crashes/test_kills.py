"""A process of the shop is killed at every boundary, and nothing is lost or doubled.

The boundaries are those of ``flask_antom.checkpoints``: before and after each commit,
each call of Antom and the receivers. Each scenario is played once to list the points
that it passes, and then once more for each point that no scenario before it has passed,
with ``kill -9`` there. A thorough run does so on each kind of database, and for all
points on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.concurrency.crashes.assertions import assert_nothing_lost_or_doubled
from tests.concurrency.crashes.scenarios import SCENARIOS, Scenario
from tests.concurrency.crashes.worker import WorkerRun, run_worker
from tests.support.databases import KINDS, empty_database
from tests.support.setup import open_setup
from tests.support.thorough import THOROUGH

pytestmark = pytest.mark.slow

#: The kinds of database that a run tries.
TRIED = list(KINDS) if THOROUGH else ["sqlite", "postgresql"]


@dataclass
class CrashDatabase:
    """A database.

    :ivar tried: the points at which a worker was killed over it.
    """

    kind: str
    url: str
    tried: set[str] = field(default_factory=set)

    def needs(self, point: str) -> bool:
        is_thorough = THOROUGH and self.kind == "postgresql"
        return is_thorough or point not in self.tried


@pytest.fixture(scope="module", params=TRIED)
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CrashDatabase]:
    directory: Path = tmp_path_factory.mktemp("crashes")
    with empty_database(request.param, request, directory) as url:
        yield CrashDatabase(request.param, url)


def play(
    database: CrashDatabase, scenario: Scenario, kill_at: int | None = None
) -> WorkerRun:
    """Play a scenario to its end, and compare the shop with Antom."""
    with open_setup(database.url) as setup:
        run = run_worker(setup.settings, scenario.prepare(setup), kill_at)
        scenario.again(setup)
        setup.settle()
        assert_nothing_lost_or_doubled(setup, scenario.signals)
    return run


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_lost_or_doubled_wherever_the_shop_is_killed(
    database: CrashDatabase, name: str, subtests: pytest.Subtests
) -> None:
    whole = play(database, SCENARIOS[name])
    assert not whole.was_killed
    for number, point in enumerate(whole.passed):
        if not database.needs(point):
            continue
        with subtests.test(point, number=number):
            run = play(database, SCENARIOS[name], kill_at=number)
            assert run.was_killed
            assert run.passed == whole.passed[: number + 1]
            database.tried.add(point)
