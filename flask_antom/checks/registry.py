"""The list of all checks, and how they are run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ..app_state import AppState
from ..config import NOT_SET_UP
from . import (
    database,
    environment,
    notify,
    online,
    order_loader,
    pages,
    receivers,
    sdk,
    secrets,
    tables,
    workers,
)
from .findings import ERROR, WARNING, Fact, Finding, Mistake, first_line

Found = Fact | Finding


class Check(NamedTuple):
    """A check of one subject.

    :ivar name: what it looks at, in a word or two.
    :ivar run: yields what it finds.
    :ivar mistakes: all that it can find.
    :ivar option: the option of ``flask antom check`` that it needs; empty for none.
    :ivar reads_tables: whether it needs tables that are as the models say.
    """

    name: str
    run: Callable[[AppState], Iterable[Found]]
    mistakes: tuple[Mistake, ...]
    option: str = ""
    reads_tables: bool = False


NOT_CONFIGURED = Mistake(
    "settings.none",
    ERROR,
    "None of Antom's credentials is set.",
    "Nobody can pay: the app's routes for payments answer 503.",
    f"Run flask antom init. By hand: {NOT_SET_UP.partition('. ')[2]}",
)
BROKEN = Mistake(
    "checks.broken",
    WARNING,
    "The check of {name} has not come to its end: {error}.",
    "What it looks for is not known.",
    "Mend the error, if it is one of the app's. If not, please report it.",
)

#: Mistakes that belong to no check.
GENERAL = (NOT_CONFIGURED, BROKEN)

CHECKS = (
    Check("the environment", environment.check, environment.MISTAKES),
    Check("live money", environment.check_live, environment.LIVE_MISTAKES, "live"),
    Check("keys", secrets.check, secrets.MISTAKES),
    Check("the database", database.check, database.MISTAKES),
    Check("tables", tables.check, tables.MISTAKES),
    Check("the order loader", order_loader.check, order_loader.MISTAKES, "", True),
    Check("receivers", receivers.check, receivers.MISTAKES),
    Check("the notify route", notify.check, notify.MISTAKES),
    Check("pages of buyers", pages.check, pages.MISTAKES, "", True),
    Check("the SDK", sdk.check, sdk.MISTAKES),
    Check("workers", workers.check, workers.MISTAKES, "", True),
    Check("time zones", workers.check_zones, workers.ZONE_MISTAKES),
    Check("the network", online.check, online.MISTAKES, "online"),
)

MISTAKES = (*GENERAL, *(mistake for check in CHECKS for mistake in check.mistakes))


def run(state: AppState, options: Iterable[str] = ()) -> Iterator[Found]:
    """Run the checks, and yield what they find.

    An error of a check is a finding of its own. If the database cannot be used, or its
    tables do not fit, the checks that read them are left out.

    :param options: ``online`` and ``live`` run the checks of these options too.
    """
    if not state.config.is_set_up:
        yield NOT_CONFIGURED.found()
        return
    chosen, fits = {"", *options}, True
    for check in CHECKS:
        if check.option not in chosen or (check.reads_tables and not fits):
            continue
        if check.run is tables.check and not fits:
            yield Fact("Database", "cannot be used")
            continue
        for found in _run(check, state):
            is_error = isinstance(found, Finding) and found.level == ERROR
            if is_error and check.run in (database.check, tables.check):
                fits = False
            yield found


def _run(check: Check, state: AppState) -> Iterator[Found]:
    try:
        yield from check.run(state)
    except Exception as error:
        yield BROKEN.found(name=check.name, error=first_line(error))
