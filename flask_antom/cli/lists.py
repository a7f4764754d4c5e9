"""Commands that list: payments, events, notifications."""

from __future__ import annotations

from collections.abc import Sequence

import click
from flask.cli import with_appcontext

from ..app_state import AppState
from ..domain.money import Money
from ..domain.payment_states import Status
from ..flows.dossiers import event_now
from ..signals import BY_NAME
from ..store.dossiers import Values
from ..store.listings import EventState, Page
from .current import current_state
from .paging import (
    before_option,
    json_option,
    limit_option,
    more,
    print_pages,
    print_pages_json,
    read_pages,
)
from .printing import money, print_csv, time
from .times import Moment, read_moment

#: In how many windows payments since a time are looked for at most.
_MOST_SINCE = 100


@click.command("list")
@with_appcontext
@click.option(
    "--since",
    type=read_moment,
    metavar="TIME",
    help="From this time on: today, 2h, 2026-11-28.",
)
@click.option("--until", type=read_moment, metavar="TIME", help="Up to this time.")
@click.option("--status", type=click.Choice([*map(str, Status)]), help="The status.")
@click.option("--order", metavar="ORDER", help="The reference of an order.")
@limit_option
@before_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, for a spreadsheet.")
def list_payments(
    since: Moment | None,
    until: Moment | None,
    status: str | None,
    order: str | None,
    limit: int,
    before: int | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """List payments, newest first.

    A time is today, yesterday, an age such as 30min, 2h or 7d, or a date or a time in
    ISO 8601, in UTC if it has no offset.

    \b
    Examples:
      flask antom list --since today
      flask antom list --status review --json
      flask antom list --since 2026-11-01 --until 2026-12-01 --limit 100000 --csv
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other.")
    state = current_state()
    now = state.clock.now()
    wish = {
        "since": since(now) if since else None,
        "until": until(now) if until else None,
        "status": status,
        "order": order,
    }
    most = None if as_csv else _MOST_SINCE if since else 1
    page = read_pages(state.listings.payments, limit, before, most=most, **wish)
    if as_json:
        print_pages_json("payments", page)
    elif as_csv:
        print_csv(_CSV, map(_csv_row, page))
        if page.more is not None:
            click.echo(more(page, "payments"), err=True)
    else:
        print_pages(page, "payments", _PAYMENT, _payment_row)


@click.command()
@with_appcontext
@click.option(
    "--state",
    "wanted",
    type=click.Choice(["undelivered", "given_up", "delivered"]),
    help="What became of them; undelivered has those that were given up too.",
)
@click.option("--name", type=click.Choice([*BY_NAME]), help="The signal.")
@limit_option
@before_option
@json_option
def events(
    wanted: EventState | None,
    name: str | None,
    limit: int,
    before: int | None,
    as_json: bool,
) -> None:
    """List events: first those that are not delivered.

    The others follow. Both are listed newest first.

    \b
    Examples:
      flask antom events --state undelivered
      flask antom events --name payment_succeeded --json
    """
    state = current_state()
    read = state.listings.events
    page, option = Page(), ""
    if wanted is None and before is None:
        page = read_pages(read, limit, None, state="undelivered", name=name)
        option = " --state undelivered"
    if wanted is not None or len(page) < limit:
        ended = wanted or "delivered"
        rest = read_pages(read, limit - len(page), before, state=ended, name=name)
        rest[:0] = page
        page, option = rest, f" --state {ended}"
    _with_words(state, page)
    if as_json:
        print_pages_json("events", page)
    else:
        print_pages(page, "events", _EVENT, _event_row, option)


@click.command()
@with_appcontext
@click.option("--outcome", help="What became of them, such as applied or orphan.")
@click.option("--type", "notify_type", help="Antom's notifyType.")
@limit_option
@before_option
@json_option
def notifications(
    outcome: str | None,
    notify_type: str | None,
    limit: int,
    before: int | None,
    as_json: bool,
) -> None:
    """List the notifications that Antom has sent, newest first.

    \b
    Examples:
      flask antom notifications --outcome orphan
      flask antom notifications --type PAYMENT_RESULT --limit 5 --json
    """
    state = current_state()
    read = state.listings.notifications
    page = read_pages(read, limit, before, outcome=outcome, notify_type=notify_type)
    if as_json:
        print_pages_json("notifications", page)
    else:
        print_pages(page, "notifications", _NOTIFICATION, _notification_row)


def _with_words(state: AppState, page: Page) -> None:
    """Add to each event its ``state`` in a word, as ``show`` has it."""
    for place, row in enumerate(page):
        if row["delivered_at"] is not None:
            word = "delivered"
        else:
            event = event_now(state, row["id"])
            word = "" if event is None else event.shown["state"]
        shown = {name: value for name, value in row.items() if name != "claim"}
        page[place] = shown | {"state": word}


_PAYMENT = ("Opened", "Order", "Amount", "Status", "Method", "Refunded", "Payment")


def _payment_row(row: Values) -> Sequence[str]:
    return (
        time(row["created_at"]),
        row["order_reference"],
        money(row, row["amount_value"]),
        row["status"],
        row["method"],
        money(row, row["refunded_value"] or None),
        row["request_id"],
    )


_CSV = (
    *("opened", "order", "payment", "antom_payment_id", "status", "result_code"),
    *("method", "currency", "amount", "captured", "refunded", "paid"),
    *("environment", "account"),
)


def _csv_row(row: Values) -> Sequence[str]:
    amounts = (
        f"{Money(row[name], row['currency']).decimal:f}"
        for name in ("amount_value", "captured_value", "refunded_value")
    )
    return (
        time(row["created_at"]),
        row["order_reference"],
        row["request_id"],
        row["payment_id"] or "",
        row["status"],
        row["result_code"] or "",
        row["method"],
        row["currency"],
        *amounts,
        time(row["paid_at"]),
        row["environment"],
        row["client_id"],
    )


_EVENT = ("Event", "Name", "Order", "State", "Since", "Next try", "Tries", "Error")


def _event_row(row: Values) -> Sequence[str]:
    is_open = row["delivered_at"] is None and row["state"] != "given up"
    return (
        str(row["id"]),
        row["name"],
        row["order_reference"] or "",
        row["state"],
        time(row["delivered_at"] or row["created_at"]),
        time(row["next_attempt_at"]) if is_open else "",
        str(row["attempts"]),
        "" if row["delivered_at"] else row["last_error"] or "",
    )


_NOTIFICATION = ("Number", "Came", "Type", "Outcome", "Copies", "Payment")


def _notification_row(row: Values) -> Sequence[str]:
    return (
        str(row["id"]),
        time(row["received_at"]),
        row["notify_type"],
        row["outcome"],
        str(row["copies"]),
        row["request_id"] or row["payment_id"] or "",
    )


COMMANDS = (list_payments, events, notifications)
