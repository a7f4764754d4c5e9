"""Commands that keep payments going: sweep overdue work, purge old rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta

import click
from flask.cli import with_appcontext

from ..app_state import AppState
from ..flows import sweep as sweeping
from ..flows.waiting import waiting
from ..stopping import stop_signals
from ..store.purge import MIN_AGE
from .current import current_state, state_with_account
from .printing import harmless, print_json, time, until
from .times import PAUSE

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@with_appcontext
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@_json
def sweep(quiet: bool, as_json: bool) -> None:
    """Do what is overdue: ask Antom, deliver events.

    Sessions whose time is over expire. At last it says what waits for its time. The
    exit code is 1 if something needs a person.

    \b
    Example:
      flask antom sweep
    """
    state = state_with_account()
    due = sweeping.count_due(state)
    hidden = quiet or not due or not sys.stderr.isatty()
    with click.progressbar(length=due, file=sys.stderr, hidden=hidden) as bar:
        summary = sweeping.sweep(state, lambda kind: bar.update(1))
    if as_json:
        told = {"needs_a_person": summary.needs_a_person, "trouble": summary.trouble}
        waits = [one._asdict() for one in waiting(state)]
        print_json({**asdict(summary), **told, "waits": waits})
    elif not quiet:
        for name, count in asdict(summary).items():
            click.echo(f"{name.replace('_', ' ').capitalize():12} {count}")
        click.echo(harmless("\n".join(_waits(state, summary))))
    if summary.needs_a_person:
        raise click.ClickException(_needs_a_person(summary))


def _needs_a_person(summary: sweeping.SweepSummary) -> str:
    """Return a text that says which commands show more."""
    shown = {
        "flask antom events --state given_up": summary.given_up,
        "flask antom list --status review": summary.in_review,
        "flask antom check": summary.overdue,
    }
    commands = "".join(f"\n    {name}" for name, count in shown.items() if count)
    return f"Something needs a person: {summary.trouble}. See:{commands}"


def _waits(state: AppState, summary: sweeping.SweepSummary) -> Iterator[str]:
    now, some = state.clock.now(), False
    for one in waiting(state):
        if not some:
            yield "Waits:"
        some = True
        when = "" if one.at is None else f" {time(one.at)}, {until(one.at, now)}"
        why = f": {one.error}" if one.error else ""
        yield f"  {one.what}: {one.state}{when}{why}"
    if not summary.needs_a_person:
        yield (
            "Nothing is stuck: all of it goes on by itself."
            if some
            else ("Nothing waits, and nothing is stuck.")
        )


@click.command()
@with_appcontext
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(MIN_AGE.days, 36500),
    metavar="DAYS",
    required=True,
    help="How many days are kept.",
)
@click.option("--dry-run", is_flag=True, help="Only count what would be deleted.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@_json
def purge(days: int, dry_run: bool, quiet: bool, as_json: bool) -> None:
    """Delete old notifications and events.

    They are deleted once they are finished or delivered; payments and refunds never.

    \b
    Example:
      flask antom purge --older-than 90 --dry-run
    """
    state, older_than = current_state(), timedelta(days=days)
    purged = state.purge.count(older_than)
    if not dry_run:
        found = purged.notifications + purged.events
        hidden = quiet or not found or not sys.stderr.isatty()
        with click.progressbar(length=found, file=sys.stderr, hidden=hidden) as bar:
            purged = state.purge.run(older_than, bar.update)
    if as_json:
        print_json({**asdict(purged), "dry_run": dry_run})
    elif not quiet:
        click.echo("Would be deleted:" if dry_run else "Deleted:")
        for name, count in asdict(purged).items():
            click.echo(f"{name.capitalize():13} {count}")


@click.command()
@with_appcontext
@click.option(
    "--pause",
    type=PAUSE,
    metavar="SECONDS",
    default=2.0,
    show_default=True,
    help="How long to wait between sweeps.",
)
def work(pause: float) -> None:
    """Sweep again and again, until Ctrl-C or SIGTERM.

    \b
    Example:
      flask antom work --pause 5
    """
    state = state_with_account()
    with stop_signals() as stopped:
        click.echo("Working. Stop with Ctrl-C.")
        sweeping.work(state, stopped, pause)
    click.echo("Stopped.")


COMMANDS = (sweep, purge, work)
