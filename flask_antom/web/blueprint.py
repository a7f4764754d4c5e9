"""The blueprint, to which the rooms of routes add their views."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.security import safe_join

from ..app_state import AppState

blueprint: Blueprint = Blueprint(
    "antom",
    "flask_antom",
    template_folder="templates",
    static_folder="static/antom",
    static_url_path="/static",
)


@blueprint.url_defaults
def add_digest(endpoint: str, values: dict[str, Any]) -> None:
    """Add a digest of a static file to its URL, so that caches may keep the file."""
    if endpoint == "antom.static":
        values.setdefault("v", _digest(str(values.get("filename"))))


@lru_cache(maxsize=32)
def _digest(filename: str) -> str | None:
    """Return a digest of one of our files; ``None`` if there is no such file."""
    path = safe_join(str(blueprint.static_folder), filename)
    if path is None or not os.path.isfile(path):
        return None
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8]


def current_state() -> AppState:
    """Return what belongs to the current app."""
    state: AppState = current_app.extensions["antom"]
    return state


def answer_of_host(error: HTTPException) -> ResponseReturnValue:
    """Return what the host's error handler answers, or the error if it has none."""
    handlers = current_app.error_handler_spec.get(None, {})
    for code in (error.code, None):
        for kind in type(error).__mro__:
            handler = handlers.get(code, {}).get(kind)
            if handler is not None:
                answer: ResponseReturnValue = current_app.ensure_sync(handler)(error)
                return answer
    return error
