"""Requests of ``flask antom check`` to our own views, which leave no trace.

A probe is marked by a value in the WSGI environment, which no client can set. It passes
the app as any request does: the middlewares, the host's functions and our views.
"""

from __future__ import annotations

from typing import NamedTuple

from flask import request

#: The key of the mark in the environment.
PROBE = "flask_antom.probe"


class Probe(NamedTuple):
    """The mark of a probe.

    :ivar body: the bytes that are sent.
    :ivar is_accepted: whether the view answers as if Antom had sent them.
    """

    body: bytes = b""
    is_accepted: bool = False


def current_probe() -> Probe | None:
    """Return the mark of the request; ``None`` if it is no probe."""
    probe: Probe | None = request.environ.get(PROBE)
    return probe
