"""The current app of a command."""

from __future__ import annotations

import click
from flask import current_app

from ..app_state import AppState
from ..config import NOT_SET_UP


def current_state() -> AppState:
    """Return the state of the current app."""
    state: AppState = current_app.extensions["antom"]
    return state


def state_with_account() -> AppState:
    """Return the state of the current app, for a command that asks Antom.

    :raises ClickException: if none of Antom's credentials is set.
    """
    state = current_state()
    if not state.config.is_set_up:
        raise click.ClickException(f"{NOT_SET_UP} `flask antom init` asks for them.")
    return state
