"""Connections that end in time, whatever the server does.

A time-out of a socket limits one silence, not the whole answer. So :mod:`.watchdog`
shuts the connection down when the time is over, even if the server reads or sends a
byte now and then. The limit also holds for a slow name server, and for a host with many
addresses.

This module overrides methods of urllib3 that are not documented: ``_new_conn``,
``ConnectionCls`` and ``pool_classes_by_scheme``. No other module does.
"""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family, create_connection

from .watchdog import Deadline, current_deadline


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
    _unsent: list[bytes] | None = None

    def _new_conn(self: Any) -> socket.socket:  # its names are those of urllib3
        deadline = current_deadline()
        try:
            sock = _connect(self.host, self.port, deadline, self.socket_options)
        except TimeoutError:
            raise ConnectTimeoutError(self, "The time is over.") from None
        except OSError as error:
            raise NewConnectionError(self, type(error).__name__) from None
        deadline.socket = sock
        return sock

    def request(self: Any, *arguments: Any, **options: Any) -> None:
        """Send the head and the body at once, within the time."""
        if self.sock is None:
            self.connect()
        current_deadline().watch(self.sock)
        self._unsent = []
        try:
            super().request(*arguments, **options)  # type: ignore[misc]
            message = b"".join(self._unsent)
        finally:
            self._unsent = None
        self.send(message)

    def send(self, data: Any) -> None:
        if self._unsent is None:
            super().send(data)  # type: ignore[misc]
        else:
            self._unsent.append(data)

    def getresponse(self) -> Any:
        current_deadline().watch(self.sock)
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
    """Connections that end in time, for one session whose settings do not change.

    The pool of the last host is found once, not for each call.
    """

    _last: tuple[tuple[str, str], Any] | None = None

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        parts = urlsplit(request.url)
        origin = (parts.scheme, parts.netloc)
        if self._last is None or self._last[0] != origin:
            pool = super().get_connection_with_tls_context(
                request, verify, proxies, cert
            )
            self._last = origin, pool
        return self._last[1]
