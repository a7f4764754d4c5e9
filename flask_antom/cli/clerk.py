"""Commands for a person who looks: what became of an order; deliver an event again."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click
from flask.cli import with_appcontext

from ..app_state import AppState
from ..flows import redelivery
from ..flows.dossiers import attempts_of, event_now
from ..store.dossiers import Dossier
from .current import current_state
from .dossier_text import time, write

_LOOKED_FOR = "order reference, paymentRequestId, paymentId or refundRequestId"


@click.command()
@with_appcontext
@click.argument("wanted", metavar="ORDER|PAYMENT")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def show(wanted: str, as_json: bool) -> None:
    """Show what became of an order or a payment.

    ORDER is the reference of an order. PAYMENT is a paymentRequestId, or Antom's
    paymentId. The id of a refund works too. Times are in UTC.
    """
    state = current_state()
    dossier = _find(state, wanted)
    attempts = attempts_of(state, dossier)
    if as_json:
        click.echo(json.dumps({"payments": attempts}, indent=2, default=_json_value))
    else:
        click.echo(write(attempts))


@click.command()
@with_appcontext
@click.argument("wanted", metavar="EVENT|ORDER")
@click.option("--order", "is_order", is_flag=True, help="The number is an order.")
@click.option("--event", "is_event", is_flag=True, help="The number is an event.")
@click.option(
    "--yes",
    "even_delivered",
    is_flag=True,
    help="Deliver an event that is delivered: its receivers run once more.",
)
def redeliver(
    wanted: str, is_order: bool, is_event: bool, even_delivered: bool
) -> None:
    """Deliver an event once more, or the events of an order that are not delivered.

    EVENT is the number of an event, as `flask antom show` prints it. ORDER is the
    reference of an order, or the id of a payment: its events that failed, that wait
    or that are given up are delivered, in their order.

    The receivers run in this process. The exit code is 1 if an event is not delivered.
    """
    if is_order and is_event:
        raise click.UsageError("--order and --event exclude each other.")
    state = current_state()
    if is_event or (not is_order and _is_event(state, wanted)):
        ids = [_check_event(state, wanted, even_delivered)]
    else:
        ids = _undelivered(state, wanted, even_delivered, or_event=not is_order)
    reports = []
    for ref in ids:
        report = redelivery.redeliver(state, ref, even_delivered=even_delivered)
        click.echo(f"{report.about}: {report.text}.")
        reports.append(report)
    left = sum(not report.is_done for report in reports)
    if left:
        events = "One event is" if left == 1 else f"{left} events are"
        raise click.ClickException(f"{events} not delivered.")


def _is_event(state: AppState, wanted: str) -> bool:
    """Whether a text is the number of an event.

    :raises click.ClickException: if it is an order's reference as well.
    """
    if not _is_number(wanted) or event_now(state, int(wanted)) is None:
        return False
    if state.dossiers.find(wanted).payments:
        raise click.ClickException(
            f"{wanted} is an event and an order: say --event or --order."
        )
    return True


def _check_event(state: AppState, wanted: str, even_delivered: bool) -> int:
    event = event_now(state, int(wanted)) if _is_number(wanted) else None
    if event is None:
        raise click.ClickException(
            f"There is no event {wanted}. `flask antom show ORDER` lists the events of"
            " an order."
        )
    delivered_at = event.shown["delivered_at"]
    if delivered_at is not None and not even_delivered:
        raise click.ClickException(
            f"{state.claims.describe(int(wanted))} was delivered at"
            f" {time(delivered_at)}. To deliver it again calls its receivers once more:"
            " they may ship or mail twice. If that is meant, add --yes."
        )
    return int(wanted)


def _undelivered(
    state: AppState, wanted: str, even_delivered: bool, *, or_event: bool
) -> list[int]:
    if even_delivered:
        raise click.ClickException(
            "--yes is for one event: name its number. `flask antom show ORDER` lists"
            " the events of an order."
        )
    attempts = attempts_of(state, _find(state, wanted, or_event=or_event))
    ids = redelivery.undelivered(attempts)
    if not ids:
        click.echo(
            "Nothing is left to deliver. `flask antom show` lists the events; one that"
            " is delivered is delivered again by its number."
        )
    return ids


def _find(state: AppState, wanted: str, *, or_event: bool = False) -> Dossier:
    """Return what is stored.

    :param or_event: whether it could have been the number of an event.

    :raises click.ClickException: if there is no payment.
    """
    dossier = state.dossiers.find(wanted)
    if dossier.payments:
        return dossier
    words = [f"There is no payment with the {_LOOKED_FOR} {wanted!r}."]
    if or_event and _is_number(wanted):
        words.insert(0, f"There is no event {wanted}.")
    for row in dossier.notifications:
        words.append(
            f"But Antom sent a {row['notify_type']} with this id, at"
            f" {time(row['received_at'])}, and its payment is not known here:"
            f" paymentRequestId {row['request_id']}, paymentId {row['payment_id']}."
        )
    for row in dossier.refunds:
        words.append(
            f"But Antom told of a refund {row['request_id']} with this id, and its"
            " payment is not known here."
        )
    similar = state.dossiers.similar(wanted)
    if similar:
        words.append(f"Orders that begin so: {', '.join(similar)}.")
    raise click.ClickException(" ".join(words))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _json_value(value: Any) -> str:
    if isinstance(value, datetime):
        return time(value)
    raise TypeError(type(value).__name__)


COMMANDS = (show, redeliver)
