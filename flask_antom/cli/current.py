"""The current app of a command."""

from __future__ import annotations

from flask import current_app

from ..app_state import AppState


def current_state() -> AppState:
    """Return the state of the current app."""
    state: AppState = current_app.extensions["antom"]
    return state
