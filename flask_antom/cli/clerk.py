"""Commands for a person who looks: what became of an order; deliver an event again."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from ..app_state import AppState
from ..flows import redelivery
from ..flows.dossiers import attempts_of, event_now
from ..flows.timeline import timeline
from .current import current_state
from .dossier_text import write
from .finding import Numbered, find, is_number
from .printing import harmless, print_json, time
from .times import Moment, read_moment


@click.command()
@with_appcontext
@click.argument("wanted", metavar="ORDER|PAYMENT|ID")
@click.option("--event", "only", flag_value="event", help="ID is of an event.")
@click.option(
    "--notification",
    "only",
    flag_value="notification",
    help="ID is of a notification.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(wanted: str, only: Numbered | None, as_json: bool) -> None:
    """Show what became of an order or a payment.

    ORDER is the reference of an order: all of its payments are shown. PAYMENT is a
    paymentRequestId, or Antom's paymentId. ID is that of a refund or a capture, ours
    or Antom's, or the number of an event or a notification. Captures are looked for
    among the latest 1,000 payments. Times are in UTC.

    \b
    Examples:
      flask antom show K7Q4M2XP
      flask antom show 20261128114010800100188800046481871 --json
    """
    state = current_state()
    dossier = find(state, wanted, by_number=True, only=only)
    attempts = attempts_of(state, dossier)
    if as_json:
        told = [
            {**one, "story": [entry._asdict() for entry in timeline(one)]}
            for one in attempts
        ]
        print_json({"payments": told})
    else:
        click.echo(write(attempts))


@click.command()
@with_appcontext
@click.argument("wanted", metavar="[EVENT|ORDER]", required=False)
@click.option("--order", "is_order", is_flag=True, help="The number is an order.")
@click.option("--event", "is_event", is_flag=True, help="The number is an event.")
@click.option(
    "--failed",
    is_flag=True,
    help="Deliver all events that failed or were given up.",
)
@click.option(
    "--since",
    type=read_moment,
    metavar="TIME",
    help="With --failed: only events since this time.",
)
@click.option(
    "--yes",
    "even_delivered",
    is_flag=True,
    help="Deliver an event that is delivered: its receivers run once more.",
)
def redeliver(
    wanted: str | None,
    is_order: bool,
    is_event: bool,
    failed: bool,
    since: Moment | None,
    even_delivered: bool,
) -> None:
    """Deliver an event again, or those that an order waits for.

    EVENT is the number of an event, as `flask antom show` prints it. ORDER is the
    reference of an order, or the id of a payment: its events that failed, that wait
    or that are given up are delivered, in their order.

    The receivers run in this process. The exit code is 1 if an event is not delivered.

    \b
    Examples:
      flask antom redeliver K7Q4M2XP
      flask antom redeliver --failed --since 2h
    """
    if is_order and is_event:
        raise click.UsageError("--order and --event exclude each other.")
    if failed == (wanted is not None):
        raise click.UsageError("Name an event or an order, or say --failed.")
    if since is not None and not failed:
        raise click.UsageError("--since is for --failed.")
    if failed and even_delivered:  # a sweep may deliver one of them meanwhile
        raise click.UsageError("--yes is for one event: name its number.")
    state = current_state()
    if wanted is None:
        start = None if since is None else since(state.clock.now())
        ids = redelivery.failed(state, start)
        if not ids:
            click.echo("No event has failed.")
    elif is_event or (not is_order and _is_event(state, wanted)):
        ids = [_check_event(state, wanted, even_delivered)]
    else:
        ids = _undelivered(state, wanted, even_delivered, or_event=not is_order)
    reports = []
    for ref in ids:
        report = redelivery.redeliver(state, ref, even_delivered=even_delivered)
        click.echo(harmless(f"{report.about}: {report.text.removesuffix('.')}."))
        reports.append(report)
    left = sum(not report.is_done for report in reports)
    if left:
        events = "One event is" if left == 1 else f"{left} events are"
        raise click.ClickException(f"{events} not delivered.")


def _is_event(state: AppState, wanted: str) -> bool:
    """Whether a text is the number of an event.

    :raises click.ClickException: if it is an order's reference as well.
    """
    if not is_number(wanted) or event_now(state, int(wanted)) is None:
        return False
    if state.dossiers.find(wanted).payments:
        raise click.ClickException(
            f"{wanted} is an event and an order: say --event or --order."
        )
    return True


def _check_event(state: AppState, wanted: str, even_delivered: bool) -> int:
    event = event_now(state, int(wanted)) if is_number(wanted) else None
    if event is None:
        raise _no_event(wanted)
    delivered_at = event.shown["delivered_at"]
    if delivered_at is not None and not even_delivered:
        raise click.ClickException(
            f"{state.claims.describe(int(wanted))} was delivered at"
            f" {time(delivered_at)}. To deliver it again calls its receivers once more:"
            " they may ship or mail twice. If that is meant, add --yes."
        )
    return int(wanted)


def _no_event(wanted: str) -> click.ClickException:
    return click.ClickException(
        f"There is no event {wanted}. `flask antom show ORDER` lists the events of an"
        " order."
    )


def _undelivered(
    state: AppState, wanted: str, even_delivered: bool, *, or_event: bool
) -> list[int]:
    if even_delivered:
        if or_event and is_number(wanted):
            raise _no_event(wanted)
        raise click.ClickException(
            "--yes is for one event: name its number. `flask antom show ORDER` lists"
            " the events of an order."
        )
    attempts = attempts_of(state, find(state, wanted, or_event=or_event))
    ids = redelivery.undelivered(attempts)
    if not ids:
        click.echo(
            "Nothing is left to deliver. `flask antom show` lists the events; one that"
            " is delivered is delivered again by its number."
        )
    return ids


COMMANDS = (show, redeliver)
