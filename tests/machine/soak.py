"""A shop is played at random for a long time: ``make soak``.

Round ``n`` of a seed is always the same: the same steps on the same kind of database,
as long as the code is the same. So a soak can go on where it was stopped, and a round
that failed can be played again. Nothing is kept between two soaks.
"""

from __future__ import annotations

import argparse
import hashlib
import pkgutil
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

import flask_antom
from tests.machine.machine import ShopMachine
from tests.machine.setup import InProcessSetup, open_in_process_setup
from tests.support.databases import (
    KINDS,
    new_database,
    serve_mariadb,
    serve_postgres,
    sqlite_url,
)

_SERVERS = {"postgresql": serve_postgres, "mariadb": serve_mariadb}

#: Reduced and printed; nothing is kept.
HOW = settings(
    max_examples=10,
    stateful_step_count=50,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Round:
    """A round that was played.

    :ivar digest: differs if anything in the steps or their consequences does.
    """

    steps: int
    digest: str


@dataclass(frozen=True)
class Plan:
    """A plan of what to play.

    :ivar database: the kind of database; ``None`` for all in turn.
    :ivar number: the round to begin with.
    """

    number_of_seed: int
    database: str | None = None
    number: int = 0
    minutes: float = 30
    how: settings = HOW

    @property
    def kinds(self) -> list[str]:
        return list(KINDS) if self.database is None else [self.database]

    def kind(self, number: int) -> str:
        """Return the kind of database that a round is played on."""
        return self.kinds[number % len(self.kinds)]

    def command(self, number: int, **more: int) -> str:
        """Return the command that begins with a round."""
        words = ["make soak", f"MINUTES={self.minutes:g}"]
        if self.database is not None:
            words.append(f"DATABASE={self.database}")
        words += [f"SEED={self.number_of_seed}", f"FROM={number}"]
        return " ".join([*words, *(f"{key}={value}" for key, value in more.items())])


def seed_of(number_of_seed: int, number: int) -> int:
    """Return the seed of one round."""
    digest = hashlib.sha256(f"{number_of_seed} {number}".encode()).digest()
    return int.from_bytes(digest[:8])


def play(setup: InProcessSetup, number: int, how: settings) -> Round:
    """Play some examples, the same ones for the same number."""
    ShopMachine.setup, ShopMachine.steps = setup, 0
    ShopMachine.digest = hashlib.sha256()
    run_state_machine_as_test(seed(number)(ShopMachine), settings=how)
    return Round(ShopMachine.steps, ShopMachine.digest.hexdigest()[:12])


def rounds(plan: Plan, urls: Mapping[str, str]) -> Iterator[tuple[int, Round]]:
    """Play round after round, without an end."""
    number = plan.number
    while True:
        with open_in_process_setup(urls[plan.kind(number)]) as setup:
            yield number, play(setup, seed_of(plan.number_of_seed, number), plan.how)
        number += 1


@contextmanager
def open_databases(kinds: Sequence[str]) -> Iterator[dict[str, str]]:
    """Start the databases; yields their URLs. Ctrl-C does not reach their servers."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            urls = {}
            for kind in kinds:
                if kind in _SERVERS:
                    server = stack.enter_context(_SERVERS[kind]())
                    urls[kind] = stack.enter_context(new_database(server))
                else:
                    (directory / kind).mkdir()
                    urls[kind] = sqlite_url(kind, directory / kind)
        finally:
            signal.signal(signal.SIGINT, handler)
        yield urls


def load_all() -> None:
    """Import all of the package: Hypothesis also draws constants of loaded modules."""
    for module in pkgutil.walk_packages(flask_antom.__path__, "flask_antom."):
        if not module.name.endswith("__main__"):
            import_module(module.name)


def _stop(*_: object) -> None:
    """Stop at the next step: what a library is doing is not interrupted."""
    if ShopMachine.is_stopped:
        raise KeyboardInterrupt
    ShopMachine.is_stopped = True


def soak(plan: Plan, most: int | None = None) -> int:
    """Play until the time is over; return the status to exit with.

    :param most: how many rounds to play at most.
    """
    start, number, steps, played = time.monotonic(), plan.number, 0, 0
    try:
        with open_databases(plan.kinds) as urls:
            signal.signal(signal.SIGINT, _stop)
            for done, played_round in rounds(plan, urls):
                number = done + 1
                steps, played = steps + played_round.steps, played + 1
                minutes = (time.monotonic() - start) / 60
                print(
                    f"{plan.kind(done)}, round {done}: {played_round.steps} steps,"
                    f" {played_round.digest}; in all"
                    f" {played * plan.how.max_examples} examples,"
                    f" {steps} steps, {minutes:.1f} minutes",
                    flush=True,
                )
                if minutes >= plan.minutes or played == most:
                    break
    except KeyboardInterrupt:
        print(f"\nStopped in round {number}. To go on: {plan.command(number)}")
        return 0
    except BaseException:
        print(
            f"\nRound {number} failed on {plan.kind(number)}. To play it again:"
            f" {plan.command(number, ROUNDS=1)}",
            flush=True,
        )
        raise
    print(f"No promise was broken. To go on: {plan.command(number)}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--database", choices=list(KINDS), default=None)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--from", type=int, default=0, dest="number")
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--examples", type=int, default=HOW.max_examples)
    parser.add_argument("--steps", type=int, default=HOW.stateful_step_count)
    given = parser.parse_args(arguments)
    number_of_seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    how = settings(HOW, max_examples=given.examples, stateful_step_count=given.steps)
    plan = Plan(number_of_seed, given.database, given.number, given.minutes, how)
    print(f"Seed {number_of_seed}: {plan.command(plan.number)}", flush=True)
    load_all()
    return soak(plan, given.rounds)


if __name__ == "__main__":
    sys.exit(main())
