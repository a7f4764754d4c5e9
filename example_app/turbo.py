"""Hotwired Turbo, if there is a copy of it: pages are then swapped, not loaded."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, send_file


def init_app(app: Flask) -> None:
    """Serve the file that ``TURBO_FILE`` names; the layout has a tag for it."""
    file = app.config["TURBO_FILE"]
    if file is None:
        return

    @app.get("/turbo.js")
    def turbo() -> Response:
        return send_file(
            Path(file).absolute(), mimetype="text/javascript", max_age=3600
        )
