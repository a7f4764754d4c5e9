"""Breaks connections on purpose."""

from __future__ import annotations

import select
import socket
from contextlib import suppress
from typing import Any

#: How long a connection is held at most, in seconds.
LONGEST = 30


def has_connection(environ: dict[str, Any]) -> bool:
    """Whether the call came over a connection, not from a test client."""
    return isinstance(environ.get("werkzeug.socket"), socket.socket)


def hold(environ: dict[str, Any]) -> None:
    """Wait until the client closes the connection, or for half a minute."""
    select.select([_socket(environ)], [], [], LONGEST)


def hang_up(environ: dict[str, Any]) -> None:
    """Close the connection without an answer.

    :raises ConnectionResetError: without a connection, as in a test client.
    """
    connection = _socket(environ)
    with suppress(OSError):  # the client may have closed it already
        connection.shutdown(socket.SHUT_RDWR)


def _socket(environ: dict[str, Any]) -> socket.socket:
    connection = environ.get("werkzeug.socket")
    if not isinstance(connection, socket.socket):
        raise ConnectionResetError("The simulator hung up, as it was told to.")
    return connection
