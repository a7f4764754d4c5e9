"""The HTTP client of :mod:`.transport`: one request within a limit of time.

Each thread of each process has its own ``requests.Session``. So connections are used
again, and a forked worker never uses its parent's socket. Redirects are not followed,
and certificates are verified.
The limit is kept by :mod:`.deadlines`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies

from ..urls import is_loopback
from .deadlines import DeadlineAdapter, deadline

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
                deadline(seconds, self._timer) as limit,
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
                if limit.is_over:  # a cut connection looks like the end of the answer
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
    session.mount("https://", DeadlineAdapter(pool_maxsize=1))
    session.mount("http://", DeadlineAdapter(pool_maxsize=1))
    return session


def _read(response: requests.Response) -> bytes:
    content = bytearray()
    for piece in response.iter_content(chunk_size=8192):
        content += piece
        if len(content) > MAX_ANSWER:
            raise Unreachable("the answer is too long")
    return bytes(content)
