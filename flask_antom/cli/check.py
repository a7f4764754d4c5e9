"""``flask antom check``: whether this app, as it is set up, can take payments."""

from __future__ import annotations

import click
from blinker import NamedSignal
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from .. import signals
from ..app_state import AppState
from ..errors import AntomError
from ..flows import loader_check
from ..listeners import CURE, name_of
from .current import state_with_account


@click.command()
@with_appcontext
def check() -> None:
    """Check settings, database, order loader and receivers.

    It shows the addresses that Antom and buyers use, and who is told what. The order
    loader is called without a visitor, as when money has come. The exit code is 1 if
    payments would be lost or stuck. Antom is not asked.
    """
    state = state_with_account()
    _check_settings(state)
    troubles = [_check_loader(state), _check_receivers(state)]
    found = [text for text in troubles if text]
    if found:
        raise click.ClickException("\n\nError: ".join(found))


def _check_settings(state: AppState) -> None:
    try:
        _ = state.config.keyring.private_key, state.config.keyring.public_keys
    except ValueError as error:
        raise click.ClickException(f"A key cannot be loaded: {error}.") from None
    if state.hooks.order_loader is None:
        raise click.ClickException("No order loader is set; see @antom.order_loader.")
    if not state.app.secret_key:
        raise click.ClickException("SECRET_KEY is not set; result links need it.")
    config = state.config
    click.echo(f"Environment:   {config.environment}")
    click.echo(f"Gateway:       {config.gateway_url}")
    click.echo(f"Notifications: {config.notify_url}")
    click.echo(f"Result page:   {config.public('/result/...')}")
    click.echo(f"Antom's keys:  {', '.join(config.keyring.public_keys)}")


def _check_loader(state: AppState) -> str:
    """Show the database and the order loader; returns what is wrong."""
    try:
        latest = state.dossiers.latest_order()
    except (SQLAlchemyError, AntomError) as error:
        click.echo("Database:      cannot be used")
        first = (str(error).splitlines() or [""])[0]
        cure = "" if isinstance(error, AntomError) else " Have the migrations run?"
        return f"The database cannot be used: {type(error).__name__}: {first}{cure}"
    click.echo("Database:      has all tables and columns")
    name = name_of(state.hooks.order_loader)
    if not state.hooks.rechecks:
        click.echo(
            f"Order loader:  {name}: not called when money comes (recheck=False)"
        )
        return ""
    found = loader_check.call_loader(state, latest)
    click.echo(f"Order loader:  {name} {found.text}")
    if found.warning:
        click.echo(f"Warning: {found.warning}", err=True)
    return found.trouble


def _check_receivers(state: AppState) -> str:
    """List the receivers by signal; returns what is wrong."""
    click.echo("Receivers:")
    all_signals = {**signals.BY_NAME, "notification_refused": _REFUSED}
    width = max(map(len, all_signals))
    for name, signal in all_signals.items():
        names = state.listeners.names(signal)
        if not names:
            names = ["ignored" if name in state.hooks.ignored else "nobody"]
        for number, receiver in enumerate(names):
            label = "" if number else name
            click.echo(f"  {label:{width}}  {receiver}")
    unheard = state.listeners.unheard()
    if not unheard:
        return ""
    return f"Nobody listens to {', '.join(unheard)}, so paid orders wait. {CURE}"


_REFUSED: NamedSignal = signals.notification_refused

COMMANDS = (check,)
