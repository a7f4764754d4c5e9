"""Commands that keep payments going: sweep overdue work, purge old rows."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import timedelta

import click
from flask.cli import with_appcontext

from ..flows import sweep as sweeping
from ..stopping import stop_signals
from ..store.purge import MIN_AGE
from .current import current_state, state_with_account


@click.command()
@with_appcontext
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def sweep(quiet: bool) -> None:
    """Do all overdue work: ask Antom, deliver events, expire sessions.

    The exit code is 1 if something needs a person.
    """
    state = state_with_account()
    due = sweeping.count_due(state)
    hidden = quiet or not due or not sys.stderr.isatty()
    with click.progressbar(length=due, file=sys.stderr, hidden=hidden) as bar:
        summary = sweeping.sweep(state, lambda kind: bar.update(1))
    if not quiet:
        for name, count in asdict(summary).items():
            click.echo(f"{name.replace('_', ' ').capitalize():12} {count}")
    if summary.needs_a_person:
        raise click.ClickException(f"Something needs a person: {summary.trouble}.")


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
def purge(days: int, dry_run: bool, quiet: bool) -> None:
    """Delete finished notifications and delivered events; never payments or refunds."""
    state, older_than = current_state(), timedelta(days=days)
    purged = state.purge.count(older_than)
    if not dry_run:
        found = purged.notifications + purged.events
        hidden = quiet or not found or not sys.stderr.isatty()
        with click.progressbar(length=found, file=sys.stderr, hidden=hidden) as bar:
            purged = state.purge.run(older_than, bar.update)
    if not quiet:
        click.echo("Would be deleted:" if dry_run else "Deleted:")
        for name, count in asdict(purged).items():
            click.echo(f"{name.capitalize():13} {count}")


@click.command()
@with_appcontext
@click.option("--pause", default=2.0, show_default=True, help="Seconds between sweeps.")
def work(pause: float) -> None:
    """Sweep again and again, until Ctrl-C or SIGTERM."""
    state = state_with_account()
    with stop_signals() as stopped:
        click.echo("Working. Stop with Ctrl-C.")
        sweeping.work(state, stopped, pause)
    click.echo("Stopped.")


COMMANDS = (sweep, purge, work)
