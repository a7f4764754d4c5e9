"""Commands that act on a payment: sync, capture, cancel, refund; and close an order."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from ..app_state import AppState
from ..domain.money import Money
from ..domain.payment_states import FINAL, TAKEN
from ..errors import InvalidMoney
from ..flows import clerk
from ..store.rows import PaymentRow
from .current import state_with_account
from .finding import find, one_payment
from .outcomes import told

_payment = click.argument("wanted", metavar="PAYMENT|ORDER")
_amount = click.option(
    "--amount", metavar="AMOUNT", help='Such as "12.50"; by default all that is left.'
)
_key = click.option(
    "--key",
    help="A repeat with the same key moves no money again; by default a new key, which"
    " is printed.",
)
_again = click.option(
    "--again",
    is_flag=True,
    help="Do it although the same was done less than a minute ago.",
)
_yes = click.option("--yes", is_flag=True, help="Do not ask before money moves.")


@click.command()
@with_appcontext
@_payment
def sync(wanted: str) -> None:
    """Ask Antom for the state of a payment, and apply the answer.

    For an order, Antom is asked about each of its payments.

    \b
    Example:
      flask antom sync K7Q4M2XP
    """
    state, failed = state_with_account(), False
    for row in find(state, wanted).payments:
        try:
            with told("", row["request_id"]):
                click.echo(clerk.sync(state, row["request_id"]))
        except click.ClickException as error:
            error.show()
            failed = True
    if failed:
        raise click.exceptions.Exit(1)


@click.command()
@with_appcontext
@_payment
@_amount
@click.option(
    "--more-follow",
    is_flag=True,
    help="Keep the rest of the authorization; by default it is released.",
)
@_key
@_again
@_yes
def capture(
    wanted: str,
    amount: str | None,
    more_follow: bool,
    key: str | None,
    again: bool,
    yes: bool,
) -> None:
    """Capture money of an authorized payment.

    \b
    Example:
      flask antom capture K7Q4M2XP --amount 12.50 --more-follow
    """
    state = state_with_account()
    request_id = one_payment(
        state,
        wanted,
        lambda row: row["authorizes"] and row["status"] in TAKEN,
        "captured",
    )
    payment, left = _payment_and(state, request_id)
    used = clerk.captured_with(payment, key)
    asked = _read(amount, payment, left.capture, used, "captured")
    rest = "The rest stays reserved." if more_follow else "The rest is released."
    said = [f"Can be captured   {left.capture}", rest]
    again = again or key is not None
    key = _ask(payment, f"Capture {asked}", said, key, yes)
    option = " --more-follow" if more_follow else ""
    with told(_repeat("capture", request_id, asked, key, option), request_id):
        clerk.check_unchanged(state, payment, left)
        done = clerk.capture(
            state, request_id, asked, final=not more_follow, key=key, again=again
        )
        click.echo(done)


@click.command()
@with_appcontext
@_payment
@_yes
def cancel(wanted: str, yes: bool) -> None:
    """Cancel a payment. If it is paid, the buyer gets the money back.

    A paid one can be cancelled for a short time only; afterwards refund it.

    \b
    Example:
      flask antom cancel K7Q4M2XP
    """
    state = state_with_account()
    request_id = one_payment(
        state,
        wanted,
        lambda row: row["status"] in TAKEN or row["status"] not in FINAL,
        "cancelled",
    )
    payment, left = _payment_and(state, request_id)
    if payment.status in TAKEN:
        said = ["The whole payment is undone, and what is reserved is released."]
        if payment.captured:
            said.insert(0, f"The buyer gets {payment.captured} back.")
    else:
        said = ["The buyer can no longer pay it."]
    _ask(payment, "Cancel", said, "", yes)
    with told(f"flask antom cancel {request_id}", request_id):
        clerk.check_unchanged(state, payment, left)
        click.echo(clerk.cancel(state, request_id))


@click.command()
@with_appcontext
@_payment
@_amount
@click.option("--reason", help="A text that some methods show to the buyer.")
@_key
@_again
@_yes
def refund(
    wanted: str,
    amount: str | None,
    reason: str | None,
    key: str | None,
    again: bool,
    yes: bool,
) -> None:
    """Refund a payment, in full or in part.

    \b
    Example:
      flask antom refund K7Q4M2XP --amount 12.50 --reason "The cup was broken"
    """
    state = state_with_account()
    request_id = one_payment(
        state,
        wanted,
        lambda row: row["captured_value"] > row["refunded_value"],
        "refunded",
    )
    payment, left = _payment_and(state, request_id)
    used = clerk.refunded_with(state, payment, key)
    asked = _read(amount, payment, left.refund, used, "refunded")
    said = [
        f"Captured          {payment.captured}",
        f"Can be refunded   {left.refund}",
    ]
    again = again or key is not None
    key = _ask(payment, f"Refund {asked}", said, key, yes)
    with told(_repeat("refund", request_id, asked, key), request_id):
        clerk.check_unchanged(state, payment, left)
        done = clerk.refund(
            state, request_id, asked, reason=reason, key=key, again=again
        )
        click.echo(done)


@click.command()
@with_appcontext
@click.argument("reference", metavar="ORDER")
def close(reference: str) -> None:
    """Close an order: nobody can begin to pay it any more.

    What a buyer has begun is left alone; if it succeeds, a person has to look.

    \b
    Example:
      flask antom close K7Q4M2XP
    """
    state = state_with_account()
    with told(f"flask antom close {reference}", reference):
        click.echo(clerk.close(state, reference))


def _payment_and(state: AppState, request_id: str) -> tuple[PaymentRow, clerk.Left]:
    return clerk.payment_of(state, request_id), clerk.left(state, request_id)


def _read(
    text: str | None, payment: PaymentRow, left: Money, used: Money | None, what: str
) -> Money:
    """Return the amount that is meant.

    :param used: the amount for which the key was used before, if it was.
    :raises click.BadParameter: if the text is no amount of this payment.
    :raises click.ClickException: if less is left.
    """
    if text is None:
        asked = left if used is None else used
    else:
        asked = _parse(text, payment.currency)
    if used is None and (not asked or asked > left):
        most = f"Only {left}" if left else "Nothing"
        status = f"payment {payment.request_id} is {payment.status}"
        raise click.ClickException(f"{most} can be {what}: {status}.")
    return asked


def _parse(text: str, currency: str) -> Money:
    number, _, unit = text.strip().partition(" ")
    try:
        if unit.strip() not in ("", currency):
            raise InvalidMoney(f"The payment is in {currency}.")
        return Money.parse(number, currency)
    except InvalidMoney as error:
        raise click.BadParameter(str(error), param_hint="--amount") from None


def _ask(
    payment: PaymentRow, what: str, said: list[str], key: str | None, yes: bool
) -> str:
    """Say what will happen, and ask; return the key.

    :param key: the key that a person has given, or an empty text if none is needed.
    :raises click.exceptions.Exit: if the answer is no.
    """
    key = clerk.new_key() if key is None else key
    click.echo(f"{what}: order {payment.order_reference}")
    click.echo(f"  Payment           {payment.request_id}, {payment.status}")
    click.echo(f"  Amount            {payment.amount}, {payment.method or 'no method'}")
    account = filter(None, (payment.client_id, payment.environment))
    click.echo(f"  Account           {', '.join(account) or 'unknown'}")
    for line in said:
        click.echo(f"  {line}")
    if key:
        click.echo(f"  Key               {key}")
    if not yes and not click.confirm("Go on?"):
        click.echo("Nothing was done.")
        raise click.exceptions.Exit(1)
    return key


def _repeat(name: str, request_id: str, amount: Money, key: str, more: str = "") -> str:
    number = f"{amount.decimal:f}"
    return f"flask antom {name} {request_id} --amount {number}{more} --key {key}"


COMMANDS: tuple[click.Command, ...] = (sync, capture, cancel, refund, close)
