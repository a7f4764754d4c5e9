"""Connections that end in time, whatever the server does.

A time-out of a socket limits one silence, not the whole answer. So a timer shuts the
connection down when the time is over, even if the server sends a byte now and then. The
limit also holds for a slow name server, and for a host with many addresses.

This module overrides methods of urllib3 that are not documented: ``_new_conn``,
``ConnectionCls`` and ``pool_classes_by_scheme``. No other module does.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family, create_connection


class Deadline:
    """Shuts down the socket that a call waits on when its time is over.

    :ivar end_at: the end, by the monotonic clock.
    :ivar is_over: whether the time is over.
    :ivar socket: the socket to shut down.
    """

    def __init__(self, seconds: float) -> None:
        self.end_at: float = time.monotonic() + seconds
        self.is_over: bool = False
        self.socket: socket.socket | None = None

    def share(self, others: int = 0) -> float:
        """Return an equal part of the remaining seconds.

        :param others: how many other steps need a part.
        """
        return max(self.end_at - time.monotonic(), 0.001) / (others + 1)

    def watch(self, sock: socket.socket | None) -> None:
        """Shut down this socket when the time is over.

        :raises TimeoutError: if it is over already.
        """
        self.socket = sock
        if self.is_over:
            raise TimeoutError

    def unwatch(self) -> None:
        """Leave the socket alone."""
        self.socket = None

    def expire(self) -> None:
        """Shut down the socket."""
        self.is_over = True
        if (sock := self.socket) is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


_of_this_thread = threading.local()


@contextlib.contextmanager
def deadline(
    seconds: float, make_timer: Callable[..., threading.Timer]
) -> Iterator[Deadline]:
    """Limit the calls that this thread makes inside the ``with`` block.

    :param make_timer: makes the timer that ends a call which takes too long.
    """
    limit = _of_this_thread.deadline = Deadline(seconds)
    timer = make_timer(seconds, limit.expire)
    timer.daemon = True
    timer.start()
    try:
        yield limit
    finally:
        timer.cancel()
        limit.unwatch()


def _connect(host: str, port: int, deadline: Deadline, options: Any) -> socket.socket:
    """Connect to the first address that answers. Each has an equal part of the time."""
    addresses = _look_up(host, port, deadline.share())
    while addresses:
        address = addresses.pop(0)
        seconds = deadline.share(others=len(addresses))
        try:
            sock = create_connection(address, seconds, socket_options=options)
        except OSError:
            if not addresses:
                raise
        else:
            sock.settimeout(deadline.share())
            return sock
    raise OSError("The host name has no address.")


def _look_up(host: str, port: int, seconds: float) -> list[tuple[str, int]]:
    """Return the addresses of a host name.

    The name is resolved in a thread, because ``getaddrinfo`` has no time-out.

    :raises OSError: if there is no address, or not in time.
    """
    found: Future[list[Any]] = Future()

    def ask() -> None:
        try:
            family = allowed_gai_family()
            entries = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
            found.set_result(entries)
        except Exception as error:
            found.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return [entry[4][:2] for entry in found.result(seconds)]
    except UnicodeError:
        raise OSError("The host name is not valid.") from None


class _Watched:
    """A connection that is made in time, and whose socket the deadline shuts down."""

    sock: socket.socket | None

    def _new_conn(self: Any) -> socket.socket:  # its names are those of urllib3
        deadline = _of_this_thread.deadline
        try:
            sock = _connect(self.host, self.port, deadline, self.socket_options)
        except TimeoutError:
            raise ConnectTimeoutError(self, "The time is over.") from None
        except OSError as error:
            raise NewConnectionError(self, type(error).__name__) from None
        deadline.socket = sock
        return sock

    def getresponse(self) -> Any:
        _of_this_thread.deadline.watch(self.sock)
        return super().getresponse()  # type: ignore[misc]


class _WatchedHTTPConnection(_Watched, HTTPConnection):
    pass


class _WatchedHTTPSConnection(_Watched, HTTPSConnection):
    pass


class _WatchedHTTPPool(HTTPConnectionPool):
    ConnectionCls: Any = _WatchedHTTPConnection


class _WatchedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls: Any = _WatchedHTTPSConnection


_POOLS = {"http": _WatchedHTTPPool, "https": _WatchedHTTPSPool}


class DeadlineAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
