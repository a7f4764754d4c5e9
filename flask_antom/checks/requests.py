"""Requests to the app in this process, as they would come from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from ..app_state import AppState
from ..web.probes import PROBE, Probe
from .findings import first_line

#: The address of a stranger: guards often let this machine itself pass.
_STRANGER = "192.0.2.1"


class Answer(NamedTuple):
    """The answer to a request.

    :ivar url: the URL that was asked.
    :ivar status: the HTTP status; 0 if the app raised.
    :ivar headers: their names are in small letters.
    :ivar error: the error that the app raised, in one line.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    error: str = ""

    @property
    def kind(self) -> str:
        """The media type."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_marked(self) -> bool:
        """Whether our result page has answered a probe."""
        return self.headers.get("flask-antom-probe") == "result"

    @property
    def location(self) -> str:
        """Where a redirect leads to; empty for any other answer."""
        return self.headers.get("location", "") if 300 <= self.status < 400 else ""

    def __str__(self) -> str:
        """Return the answer in short, for a person."""
        if self.error:
            return self.error
        if self.location:
            return f"{self.status} to {self.location.partition('?')[0]}"
        return f"{self.status} ({self.kind or 'no type'})"


def ask(
    state: AppState, method: str, path: str, probe: Probe | None = None, **options: Any
) -> Answer:
    """Return the answer to a request.

    :param path: below the root of the app.
    :param options: of ``werkzeug.test.EnvironBuilder``.
    """
    app, config = state.app, state.config
    parts = urlsplit(config.public_url)
    # A server may pass the path of a mounted app as script name, or leave it in place.
    ways = [(config.public_url, path)]
    if parts.path:
        ways.append((f"{parts.scheme}://{parts.netloc}", parts.path + path))
    client = FlaskClient(app, app.response_class, use_cookies=False)
    answers = []
    for base_url, full_path in ways:
        answer = _ask(
            client,
            method=method,
            path=full_path,
            base_url=base_url,
            environ_base={"REMOTE_ADDR": _STRANGER},
            environ_overrides={} if probe is None else {PROBE: probe},
            **options,
        )
        if answer.status != 404 or answer.is_marked:
            return answer
        answers.append(answer)
    return answers[0]


def _ask(client: FlaskClient, **request: Any) -> Answer:
    url = f"{request['base_url']}{request['path']}"
    try:
        response = client.open(**request)
        body = response.get_data()
    except Exception as error:
        return Answer(url, 0, {}, error=first_line(error))
    headers = {name.lower(): value for name, value in response.headers}
    return Answer(url, response.status_code, headers, body)
