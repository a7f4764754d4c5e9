"""The HTTP beneath :mod:`.transport`: one request, inside one stretch of time.

A ``requests.Session`` is kept per thread and process, so that connections are used
again and a forked worker never talks over its parent's socket. No redirect is followed
and certificates are verified. Socket time-outs bound a silence, not a whole answer, so
a timer shuts the connection down when the time is over: a server that sends a byte now
and then cannot hold the caller. Nor can a name that is slow to be found, or one with
many addresses of which none answers.
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

#: More than any answer of Antom's; what is longer is not one.
MAX_ANSWER = 1024 * 1024

_USER_AGENT = f"Flask-Antom/{version('flask-antom')}"


class Unreachable(Exception):
    """No whole answer came; the message is the kind of failure, without addresses."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer.

    :ivar headers: names in any case.
    :ivar body: the bytes as they came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class HttpClient:
    """Sends requests; may be shared by threads and inherited by forks.

    :param timer: makes the timer that ends a request which takes too long.
    """

    def __init__(self, timer: Callable[..., threading.Timer] = threading.Timer) -> None:
        self._timer = timer
        self._local = threading.local()

    def send(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        """POST the bytes and wait for the whole answer at most ``seconds``.

        :raises Unreachable: on a time-out, a failed or broken connection.
        """
        session = self._session(url)
        try:
            with (
                _watch(seconds, self._timer) as watch,
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
                if watch.is_over:  # what was cut off looks like an end
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
    session.trust_env = False  # .netrc would add a header
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


class _Watch:
    """Breaks the connection that a call waits on when its time is over.

    :ivar end_at: when that is, by the monotonic clock.
    :ivar socket: the one to break.
    """

    def __init__(self, seconds: float) -> None:
        self.end_at = time.monotonic() + seconds
        self.is_over = False
        self.socket: socket.socket | None = None

    def share(self, others: int = 0) -> float:
        """Give the seconds for one thing, so that as many are left for each other."""
        return max(self.end_at - time.monotonic(), 0.001) / (others + 1)

    def look_at(self, sock: socket.socket | None) -> None:
        self.socket = sock
        if self.is_over:
            raise TimeoutError

    def look_away(self) -> None:
        self.socket = None

    def end(self) -> None:
        self.is_over = True
        if (sock := self.socket) is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


_of_this_thread = threading.local()


@contextlib.contextmanager
def _watch(
    seconds: float, make_timer: Callable[..., threading.Timer]
) -> Iterator[_Watch]:
    watch = _of_this_thread.watch = _Watch(seconds)
    timer = make_timer(seconds, watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        watch.look_away()


def _connect(host: str, port: int, watch: _Watch, options: Any) -> socket.socket:
    """Connect to the first address that answers; each has its share of the time."""
    addresses = _look_up(host, port, watch.share())
    while addresses:
        address = addresses.pop(0)
        seconds = watch.share(others=len(addresses))
        try:
            sock = create_connection(address, seconds, socket_options=options)
        except OSError:
            if not addresses:
                raise
        else:
            sock.settimeout(watch.share())
            return sock
    raise OSError("The name has no address.")


def _look_up(host: str, port: int, seconds: float) -> list[tuple[str, int]]:
    """Ask for the addresses of a name: in a thread, as that can be given no time-out.

    :raises OSError: if there are none, or not in time.
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
        raise OSError("The name is none.") from None


class _Watched:
    """A connection that is made in time, and tells which socket it waits on."""

    sock: socket.socket | None

    def _new_conn(self: Any) -> socket.socket:  # its names are those of urllib3
        watch = _of_this_thread.watch
        try:
            sock = _connect(self.host, self.port, watch, self.socket_options)
        except TimeoutError:
            raise ConnectTimeoutError(self, "The time is over.") from None
        except OSError as error:
            raise NewConnectionError(self, type(error).__name__) from None
        watch.socket = sock
        return sock

    def getresponse(self) -> Any:
        _of_this_thread.watch.look_at(self.sock)
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
