"""Runs the kit's work outside of the contexts that a test has pushed.

pytest-flask pushes a request context around every test. A view that is called inside
would share its ``db.session`` with the test, and a missing commit would not show.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any, TypeVar

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ResultT = TypeVar("ResultT")

#: Flask's context variables have names that begin so.
_FLASK = "flask."


def outside(work: Callable[[], ResultT]) -> ResultT:
    """Do some work where no context of Flask is pushed, and return its result."""
    context = Context()
    for variable, value in copy_context().items():
        if not variable.name.startswith(_FLASK):
            context.run(variable.set, value)
    return context.run(work)


def in_app(app: Flask, work: Callable[[], ResultT]) -> ResultT:
    """Do some work in an app context of its own, and return its result."""

    def run() -> ResultT:
        with app.app_context():
            return work()

    return outside(run)


def post(client: FlaskClient, path: str, **options: Any) -> TestResponse:
    """POST with a test client, outside of the contexts that the test has pushed.

    In a ``with`` block, a client keeps the context of its last request. That context
    is closed before, as by any other request.
    """
    keeps_context = client.preserve_context
    if keeps_context:
        client.__exit__(None, None, None)
    try:
        return outside(lambda: client.post(path, **options))
    finally:
        if keeps_context:
            client.__enter__()
