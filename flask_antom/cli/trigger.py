"""``flask antom trigger``: a signed notification of any kind, for development."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
from flask.cli import with_appcontext

from ..app_state import AppState
from ..domain.money import Money
from ..errors import InvalidMoney
from ..gateway.http import Reply
from .current import state_with_account
from .finding import find
from .printing import harmless, money, print_json, table
from .stand_in import StandIn

Values = Mapping[str, Any]


class _Before(NamedTuple):
    """The stored state before a notification is sent."""

    payment: Values | None
    notification: int
    event: int


@click.command()
@with_appcontext
@click.argument("kind", metavar="KIND", required=False)
@click.option("--list", "is_list", is_flag=True, help="List the kinds.")
@click.option(
    "--order", metavar="ORDER", help="The order whose latest payment it is about."
)
@click.option(
    "--payment",
    metavar="PAYMENT",
    help="The paymentRequestId or paymentId it is about.",
)
@click.option(
    "--amount", metavar="AMOUNT", help='The amount that it tells, such as "12.50".'
)
@click.option(
    "--set",
    "changes",
    metavar="FIELD=VALUE",
    multiple=True,
    help="Replace or add a field of Antom's: result.resultCode=RISK_REJECT. The value"
    " null leaves the field out.",
)
@click.option(
    "--in-process", is_flag=True, help="Let this process answer, not the running app."
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the simulator's keys.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def trigger(
    kind: str | None,
    is_list: bool,
    order: str | None,
    payment: str | None,
    amount: str | None,
    changes: Sequence[str],
    in_process: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Send the app a signed notification, as Antom would.

    It is for development: the app's Antom has to be a simulator on this machine, whose
    key signs. The app that runs at ANTOM_PUBLIC_URL answers. Without --order and
    --payment, the notification is about the latest payment.

    The simulator learns nothing of it: it answers later calls by what it knows. The
    exit code is 1 if the app does not take it.

    \b
    Examples:
      flask antom trigger --list
      flask antom trigger payment-failed --set result.resultCode=RISK_REJECT
      flask antom trigger dispute-created --order K7Q4M2XP
    """
    from ..simulator.recipes import RECIPES, recipe, write

    if is_list:
        _print_list(RECIPES, as_json)
        return
    if kind is None:
        raise click.UsageError("Name a kind; --list lists them.")
    if order is not None and payment is not None:
        raise click.UsageError("--order and --payment exclude each other.")
    try:
        needs = recipe(kind).needs
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    state = state_with_account()
    stand_in = StandIn(state, folder)
    subject, known = _subject(state, kind, needs, order or payment, amount)
    try:
        fields = write(kind, subject, dict(map(_change, changes)))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    before = _look(state, known)
    reply = stand_in.post(fields, in_process=in_process)
    _print(state, fields, reply, before, as_json)
    if reply.status != 200:
        raise click.exceptions.Exit(1)


def _print_list(recipes: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json({kind: one.sentence for kind, one in recipes.items()})
        return
    for line in table([(kind, one.sentence) for kind, one in recipes.items()]):
        click.echo(line)


def _subject(
    state: AppState, kind: str, needs: str, wanted: str | None, amount: str | None
) -> tuple[Any, Values | None]:
    """Return what the notification is about, and the payment if it is about one."""
    from ..simulator.subjects import Subject, subject_of

    if wanted is None:
        latest = state.listings.payments(limit=1)
        wanted = latest[0]["request_id"] if latest else None
    now = state.clock.now()
    if wanted is None:
        if needs:
            raise click.ClickException(
                f"{kind} is about a {needs}, and there is no payment: open a checkout"
                " first."
            )
        return Subject(at=now), None
    dossier = find(state, wanted)
    row = dossier.payments[-1]
    try:
        told = None if amount is None else Money.parse(amount, row["currency"])
    except InvalidMoney as error:
        raise click.UsageError(f"--amount: {error}") from None
    subject = subject_of(kind, row, dossier.refunds, told, now)
    if needs == "refund" and subject.refund_request_id is None:
        raise click.ClickException(
            f"{kind} is about a refund that waits, and {row['request_id']} has none."
        )
    return subject, row


def _change(text: str) -> tuple[str, Any]:
    """Read ``field=value``; the value is JSON, or else text."""
    name, is_there, value = text.partition("=")
    if not name or not is_there:
        raise click.UsageError(f"--set {text}: write FIELD=VALUE.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _look(state: AppState, payment: Values | None) -> _Before:
    listings = state.listings
    return _Before(
        payment,
        max((row["id"] for row in listings.notifications(limit=1)), default=0),
        max((row["id"] for row in listings.events(limit=1)), default=0),
    )


def _print(
    state: AppState, fields: Values, reply: Reply, before: _Before, as_json: bool
) -> None:
    """Print what was sent, the app's answer, and what has changed."""
    changes = [*_changes(state, before)]
    answer = reply.body.decode("utf-8", "replace")
    if as_json:
        changed = [{"what": what, "text": text} for what, text in changes]
        told = {"sent": fields, "status": reply.status, "answer": answer}
        print_json(told | {"changed": changed})
        return
    lines = [
        ("Sent", f"{_name_of(fields)} to {state.config.notify_url}"),
        ("Answer", f"{reply.status} {answer}"),
        *(changes or [("Changed", "nothing")]),
    ]
    for line in table(lines):
        click.echo(harmless(line))


def _name_of(fields: Values) -> str:
    """Return the type of a notification; some have none."""
    names = (value for name, value in fields.items() if name.endswith("otifyType"))
    others = (value for name, value in fields.items() if name.endswith("ficationType"))
    return next((str(one) for one in (*names, *others)), "a notification")


def _changes(state: AppState, before: _Before) -> Iterator[tuple[str, str]]:
    for row in reversed(state.listings.notifications(limit=10)):
        if row["id"] > before.notification:
            yield "Notification", f"{row['id']} {row['notify_type']}: {row['outcome']}"
    if before.payment is not None:
        old, new = before.payment, find(state, before.payment["request_id"]).payments[0]
        if differences := ", ".join(_differences(old, new)):
            yield "Payment", f"{new['request_id']}: {differences}"
    for row in reversed(state.listings.events(limit=10)):
        if row["id"] > before.event:
            is_told = row["delivered_at"] is not None
            done = "delivered" if is_told else row["last_error"] or "not delivered yet"
            yield "Event", f"{row['id']} {row['name']}: {done}"


def _differences(old: Values, new: Values) -> Iterator[str]:
    for name in ("status", "result_code", "method"):
        if old[name] != new[name]:
            yield f"{name} {old[name] or 'none'} -> {new[name]}"
    for name in ("captured", "refunded"):
        before, after = old[f"{name}_value"], new[f"{name}_value"]
        if before != after:
            yield f"{name} {money(old, before)} -> {money(new, after)}"


COMMANDS = (trigger,)
