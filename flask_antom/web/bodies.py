"""Reads the bodies of requests within a limit, and finds out what did not arrive.

A body is read before any function of the host's runs. So none of them can use it up,
and none reads more than the limit. They can still read it once.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, NamedTuple

from flask import request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from ..flows.notifications import MAX_BODY
from ..opaque import Opaque
from .blueprint import blueprint

#: The limit for what browsers send, in bytes. A form with 100 methods has 4 KiB.
MAX_REQUEST = 16 * 1024

_KEY = "flask_antom.body"
_SEE = ' See "Bodies that do not arrive" in the documentation.'
_READ_BEFORE = (
    "The sender hung up, or a middleware of the app has read the body before." + _SEE
)


class Body(NamedTuple):
    """The body of a request.

    :ivar raw: the bytes; none if there were too many or too few.
    :ivar is_too_large: whether it is longer than allowed.
    :ivar lack: what did not arrive as it was announced, and why; empty if all did.
    """

    raw: Opaque[bytes]
    is_too_large: bool = False
    lack: str = ""


@blueprint.url_value_preprocessor
def read_body(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Read the body, before all ``before_request`` functions.

    Nothing is raised here, because functions that run after the view may need what
    those before it have done.
    """
    if request.method == "POST":
        request.environ[_KEY] = _read()


def take_body() -> Body:
    """Return the body of the request. Afterwards nobody can read it any more.

    :raises RequestEntityTooLarge: if it is longer than allowed.
    """
    body: Body = request.environ.pop(_KEY, None) or _read()
    if _is_notification():  # a reporter of errors would read what is left
        _replace_stream(b"")
    if body.is_too_large:
        raise RequestEntityTooLarge
    return body


def _read() -> Body:
    limit = MAX_BODY if _is_notification() else MAX_REQUEST
    # Werkzeug cuts a chunked body off at its limit without an error.
    request.max_content_length = limit + 1
    body = _read_up_to(limit)
    _replace_stream(body.raw.reveal())
    if not _is_notification():
        request.get_data()  # for forms and JSON
    return body


def _read_up_to(limit: int) -> Body:
    try:
        raw = Opaque(request.get_data(cache=False))
    except RequestEntityTooLarge:
        return Body(Opaque(b""), is_too_large=True)
    except ClientDisconnected:
        return Body(Opaque(b""), lack=_differs("fewer"))
    size = len(raw.reveal())
    if size > limit:
        return Body(Opaque(b""), is_too_large=True)
    return Body(raw, lack=_lack(size))


def _is_notification() -> bool:
    return request.endpoint == "antom.notify"


def _replace_stream(content: bytes) -> None:
    """Put the content where the server's stream was, to be read once."""
    vars(request)["stream"] = BytesIO(content)


def _lack(size: int) -> str:
    """Return what is wrong with the size; empty if it is the announced one."""
    announced = request.content_length
    if announced is not None:
        return "" if size == announced else _differs(str(size or "none"))
    if size or "chunked" not in request.headers.get("Transfer-Encoding", "").lower():
        return ""
    if "wsgi.input_terminated" in request.environ:
        return f"The body was announced in chunks, but none came. {_READ_BEFORE}"
    return (
        "The body did not arrive: it was sent in chunks (Transfer-Encoding), and this"
        " server does not pass such bodies on. Use a server that does, such as"
        f" gunicorn, or a proxy that sends a Content-Length.{_SEE}"
    )


def _differs(size: str) -> str:
    return (
        f"The body did not arrive as it was sent: {request.content_length} bytes were"
        f" announced, but {size} came. {_READ_BEFORE}"
    )
