"""The field of a form for the host's CSRFProtect."""

from __future__ import annotations

from typing import Any

from flask import current_app


def csrf_field() -> tuple[str, str] | None:
    """Return its name and value; ``None`` if the host does not use CSRFProtect."""
    generate: Any = current_app.jinja_env.globals.get("csrf_token")
    if generate is None:
        return None
    return current_app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"), generate()
