"""The field of a form for the host's CSRFProtect."""

from __future__ import annotations

from typing import Any

from flask import current_app

from ..opaque import HiddenText


def csrf_field() -> tuple[str, HiddenText] | None:
    """Return its name and value; ``None`` if the host does not use CSRFProtect."""
    generate: Any = current_app.jinja_env.globals.get("csrf_token")
    if generate is None:
        return None
    name: str = current_app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token")
    return name, HiddenText(generate())
