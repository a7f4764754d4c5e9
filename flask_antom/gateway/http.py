"""The HTTP client of :mod:`.transport`: one request within a limit of time.

Each thread of each process has its own ``requests.Session``. So connections are used
again, and a forked worker never uses its parent's socket. Redirects are not followed,
and certificates are verified.
The limit is kept by :mod:`.deadlines`.

What is the same for each call is made once a thread: the parts of the request that the
URL decides, the proxies and the certificates, the pool of connections.
"""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.cookies import RequestsCookieJar
from requests.utils import get_environ_proxies

from ..opaque import conceal
from ..urls import is_loopback
from .deadlines import DeadlineAdapter
from .watchdog import Deadline, Watchdog, of_this_process

#: The longest answer in bytes. Antom's answers are much shorter.
MAX_ANSWER = 1024 * 1024

#: Antom's API has far fewer URLs.
_MAX_TEMPLATES = 64


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
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class HttpClient:
    """Sends requests. Threads and forked processes may share it.

    :param watchdog: returns what ends a request which takes too long.
    """

    def __init__(self, watchdog: Callable[[], Watchdog] = of_this_process) -> None:
        self._watchdog = watchdog
        self._local = threading.local()

    @conceal
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
                Deadline(seconds, self._watchdog()) as limit,
                session.post_bytes(url, headers, body, seconds) as response,
            ):
                content = _read(response)
                if limit.is_over:  # a cut connection looks like the end of the answer
                    raise Unreachable("the time is over")
        except (requests.RequestException, OSError) as error:
            raise Unreachable(type(error).__name__) from None
        return Reply(response.status_code, response.headers, content)

    def _session(self, url: str) -> _Session:
        local: Any = self._local
        if getattr(local, "pid", None) != os.getpid():
            local.session = _Session(url)
            local.pid = os.getpid()
        session: _Session = local.session
        return session


class _Session(requests.Session):
    """A session that follows no redirect and keeps no cookie.

    :param url: the first URL that is called; it decides which proxy is used.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self.trust_env = False  # otherwise .netrc may add a header
        if not is_loopback(urlsplit(url).hostname or ""):
            self.proxies = get_environ_proxies(url)
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        self.headers["User-Agent"] = _user_agent()
        self.cookies = _NoCookies()
        self.mount("https://", DeadlineAdapter(pool_maxsize=1))
        self.mount("http://", DeadlineAdapter(pool_maxsize=1))
        self._templates: dict[str, requests.PreparedRequest] = {}

    def post_bytes(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> requests.Response:
        """POST the bytes, and return the answer; its body is not read yet."""
        template = self._templates.get(url)
        if template is None:
            if len(self._templates) >= _MAX_TEMPLATES:
                self._templates.clear()
            template = self.prepare_request(requests.Request("POST", url))
            self._templates[url] = template
        request = copy.copy(template)
        request.body = body
        request.headers = template.headers.copy()
        request.headers.update(headers)
        request.headers["Content-Length"] = str(len(body))
        return self.send(
            request,
            timeout=(seconds, seconds),
            allow_redirects=False,
            stream=True,
            proxies=self.proxies,
        )

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no target."""


@cache
def _user_agent() -> str:
    # Not at the import: it takes as long as a whole wing.
    return f"Flask-Antom/{version('flask-antom')}"


class _NoCookies(RequestsCookieJar):
    def extract_cookies(self, response: Any, request: Any) -> None:
        """Keep no cookie."""


def _read(response: requests.Response) -> bytes:
    content = bytearray()
    for piece in response.iter_content(chunk_size=8192):
        content += piece
        if len(content) > MAX_ANSWER:
            raise Unreachable("the answer is too long")
    return bytes(content)
