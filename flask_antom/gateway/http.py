"""The HTTP client of :mod:`.transport`: one request within a limit of time.

Each thread of each process has its own ``requests.Session``. So connections are used
again, and a forked worker never uses its parent's socket. Redirects are not followed,
and certificates are verified.

A time-out of a socket limits one silence, not the whole answer. So a timer shuts the
connection down when the time is over, even if the server sends a byte now and then. The
limit also holds for a slow name server, and for a host with many addresses.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import allowed_gai_family, create_connection

from ..urls import is_loopback

#: The longest answer in bytes. Antom's answers are much shorter.
MAX_ANSWER = 1024 * 1024

_USER_AGENT = f"Flask-Antom/{version('flask-antom')}"


class Unreachable(Exception):
    """No complete answer came. The message is the type of the error, without addresses.

    It may be raised by :data:`.transport.Send`.
    """


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer.

    :ivar status: the HTTP status.
    :ivar headers: the headers; the case of their names does not matter.
    :ivar body: the raw bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class HttpClient:
    """Sends requests. Threads and forked processes may share it.

    :param timer: makes the timer that ends a request which takes too long.
    """

    def __init__(self, timer: Callable[..., threading.Timer] = threading.Timer) -> None:
        self._timer = timer
        self._local = threading.local()

    def send(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        """POST the bytes, and return the answer.

        :param seconds: the limit for the whole call.
        :raises Unreachable: after a time-out, or if the connection fails or breaks.
        """
        session = self._session(url)
        try:
            with (
                _deadline(seconds, self._timer) as deadline,
                session.post(
                    url,
                    data=body,
                    headers=dict(headers),
                    timeout=(seconds, seconds),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                content = _read(response)
                if (
                    deadline.is_over
                ):  # a cut connection looks like the end of the answer
                    raise Unreachable("the time is over")
        except (requests.RequestException, OSError) as error:
            raise Unreachable(type(error).__name__) from None
        return Reply(
            response.status_code, CaseInsensitiveDict(response.headers), content
        )

    def _session(self, url: str) -> requests.Session:
        local: Any = self._local
        if getattr(local, "pid", None) != os.getpid():
            local.session = _new_session(url)
            local.pid = os.getpid()
        session: requests.Session = local.session
        return session


def _new_session(url: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # otherwise .netrc may add a header
    if not is_loopback(urlsplit(url).hostname or ""):
        session.proxies = get_environ_proxies(url)
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
    session.headers["User-Agent"] = _USER_AGENT
    session.mount("https://", _WatchedAdapter(pool_maxsize=1))
    session.mount("http://", _WatchedAdapter(pool_maxsize=1))
    return session


def _read(response: requests.Response) -> bytes:
    content = bytearray()
    for piece in response.iter_content(chunk_size=8192):
        content += piece
        if len(content) > MAX_ANSWER:
            raise Unreachable("the answer is too long")
    return bytes(content)


class _Deadline:
    """Shuts down the socket that a call waits on when its time is over.

    :ivar end_at: the end, by the monotonic clock.
    :ivar is_over: whether the time is over.
    :ivar socket: the socket to shut down.
    """

    def __init__(self, seconds: float) -> None:
        self.end_at = time.monotonic() + seconds
        self.is_over = False
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
def _deadline(
    seconds: float, make_timer: Callable[..., threading.Timer]
) -> Iterator[_Deadline]:
    deadline = _of_this_thread.deadline = _Deadline(seconds)
    timer = make_timer(seconds, deadline.expire)
    timer.daemon = True
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()
        deadline.unwatch()


def _connect(host: str, port: int, deadline: _Deadline, options: Any) -> socket.socket:
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


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
