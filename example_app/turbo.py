"""Hotwired Turbo, if there is a copy of it: pages are then swapped, not loaded."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, send_file


def init_app(app: Flask) -> None:
    """Serve the file that ``TURBO_FILE`` names; the layout has a tag for it."""
    if app.config["TURBO_FILE"] is None:
        return
    file = Path(app.config["TURBO_FILE"]).absolute()

    @app.get("/turbo.js")
    def turbo() -> Response:
        return send_file(file, mimetype="text/javascript", max_age=3600)
