"""The app that a command is for."""

from __future__ import annotations

from flask import current_app

from ..app_state import AppState


def current_state() -> AppState:
    """Return the state of the app that the command is for."""
    state: AppState = current_app.extensions["antom"]
    return state
