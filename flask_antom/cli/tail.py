"""A command that follows what happens: tail."""

from __future__ import annotations

import json

import click
from flask.cli import with_appcontext

from ..flows.follower import Fact, Follower
from ..log_lines import shown
from ..stopping import stop_signals
from .current import current_state
from .printing import time
from .times import PAUSE


@click.command()
@with_appcontext
@click.option("--order", metavar="ORDER", help="Only what is about this order.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an object a line.")
@click.option(
    "--pause",
    type=PAUSE,
    metavar="SECONDS",
    default=1.0,
    show_default=True,
    help="How long to wait between looks.",
)
def tail(order: str | None, as_json: bool, pause: float) -> None:
    """Follow what happens to payments from now on, until Ctrl-C.

    New payments, notifications, changes, refunds and events of all processes of the
    shop are read from the tables. Times are in UTC.

    \b
    Examples:
      flask antom tail
      flask antom tail --order A-1
      flask antom tail --json | jq 'select(.outcome == "failed")'
    """
    follower = Follower(current_state(), order)
    with stop_signals() as stopped:
        click.echo("Following. Stop with Ctrl-C.", err=True)
        while not stopped.is_set():
            for fact in follower.look():
                click.echo(json_of(fact) if as_json else line_of(fact))
            stopped.wait(pause)


def line_of(fact: Fact) -> str:
    """Return a fact as a line that nothing breaks."""
    what = fact.kind if fact.event_id is None else f"event {fact.event_id}"
    names = f"order={fact.order or '-'} payment={fact.payment or '-'}"
    if fact.refund is not None:
        names += f" refund={fact.refund}"
    line: str = shown(f"{time(fact.at)} {what}: {fact.text} {names}")
    return line


def json_of(fact: Fact) -> str:
    """Return a fact as JSON, for programs."""
    named = {name: value for name, value in fact._asdict().items() if value is not None}
    return json.dumps({**named, "at": time(fact.at)})


COMMANDS = (tail,)
