"""One run of the benchmarks: its sides, its rounds and its progress."""

from __future__ import annotations

import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

from benchmarks.environments import Environment, Environments
from benchmarks.measure import Result, Write, beside
from benchmarks.postgres import Postgres
from benchmarks.processes import Subject, open_subject

PAST = 10_000
PRESENT, AGAINST, FLOOR, FAIR = "present", "against", "floor", "fair floor"

#: A figure of each side, round by round. The first side is the present build.
Series = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Side:
    """One of those that are compared, with its tables.

    :ivar app: the app's name for gunicorn.
    """

    name: str
    environment: Environment
    app: str
    database: str
    subject: Subject


class Bench:
    """The settings of a run.

    :ivar rounds: how often each figure is taken.
    :ivar against: the short name of the other commit, if there is one.
    :ivar limit: how much more the present build may cost than the other, in place of
        the targets.
    """

    def __init__(
        self,
        environments: Environments,
        rounds: int,
        against: str | None,
        limit: float | None = None,
    ) -> None:
        self.environments = environments
        self.rounds = rounds
        self.against = against
        self.limit = limit
        self._began = time.monotonic()

    @property
    def builds(self) -> dict[str, Environment]:
        """The environments of the builds, by side."""
        builds = {PRESENT: self.environments.present}
        if self.against is not None:
            builds[AGAINST] = self.environments.against
        return builds

    def say(self, text: str) -> None:
        """Report the progress, with the time since the start."""
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        print(f"{minutes:3}:{seconds:02} {text}", file=sys.stderr, flush=True)

    def turns(self, what: str, sides: Sequence[str]) -> Iterator[Sequence[str]]:
        """Yield the sides for each round: forwards and backwards in turn."""
        for number in range(self.rounds):
            self.say(f"{what}: round {number + 1} of {self.rounds}")
            yield sides if number % 2 == 0 else [*reversed(sides)]

    @contextmanager
    def open_sides(
        self,
        postgres: Postgres,
        *,
        with_floors: bool = False,
        gateway: str = "",
    ) -> Iterator[dict[str, Side]]:
        """Start the builds, and the floors if wanted, each with its own tables."""
        floors = {FAIR: "fair_floor", FLOOR: "floor"} if with_floors else {}
        places = {name: (build, "antom_shop") for name, build in self.builds.items()}
        for name, module in floors.items():
            places[name] = (self.environments.present, module)
        sides: dict[str, Side] = {}
        with ExitStack() as stack:
            for name, (environment, module) in places.items():
                subject = stack.enter_context(open_subject(environment, module))
                database = postgres.new_database(name.replace(" ", "_"))
                options = {} if name in floors else {"gateway": gateway}
                subject.ask("open", database=database, past=PAST, **options)
                served = module if name in floors else "shop"
                app = f"benchmarks.subjects.{served}:make_app()"
                sides[name] = Side(name, environment, app, database, subject)
            yield sides

    def results(
        self,
        name: str,
        series: Series,
        write: Write,
        targets: Mapping[str, str] | None = None,
    ) -> Iterator[Result]:
        """Yield a line beside each of the other sides, or one without any.

        :param targets: by side.
        """
        ours = series[PRESENT]
        others = [side for side in series if side != PRESENT]
        if not others:
            yield Result(name, write(median(ours)))
        for side in others:
            target = (targets or {}).get(side, "")
            label = side
            if side == AGAINST and self.against is not None:
                target, label = self._limited(target), self.against
            yield beside(name, ours, series[side], label, write, target)

    def results_beside_peers(
        self, name: str, series: Series, write: Write, targets: Mapping[str, str]
    ) -> Iterator[Result]:
        """Yield the lines of both builds beside the same other programs.

        :param targets: of the present build, by program.
        """
        ours = {side: series[side] for side in (PRESENT, *targets)}
        yield from self.results(name, ours, write, targets)
        if AGAINST in series:
            for peer in targets:
                title = f"{name}, {self.against}"
                yield beside(title, series[AGAINST], series[peer], peer, write)

    def exceeds_limit(self, result: Result) -> bool:
        """Whether a line says that the present build costs too much."""
        is_of_builds = result.beside.endswith(f"({self.against})")
        return self.limit is not None and is_of_builds and result.is_met is False

    def _limited(self, target: str) -> str:
        if self.limit is None or not target:
            return target
        at_most = f"<= {self.limit:.2f}"
        return at_most if target.startswith("<=") else f">= {1 / self.limit:.2f}"


def new_ids(count: int) -> list[str]:
    """Return new request ids."""
    return [uuid.uuid4().hex for _ in range(count)]


def collected() -> defaultdict[str, list[float]]:
    """Return an empty series of each side."""
    return defaultdict(list)
