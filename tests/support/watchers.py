"""Watchers of errors, which show the local variables of a traceback.

They are the real ones at their defaults: sentry-sdk, of which only the transport is
replaced, structlog's ``dict_tracebacks``, and Rich with its locals. The fourth reads
every variable of every frame.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import sqlalchemy as sa
import structlog
from rich.console import Console
from rich.traceback import Trace, Traceback
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

import flask_antom
from tests.support.paths import ROOT

#: What the shop and its test client hold is not ours to hide.
_HOSTS = (str(ROOT / "tests"), "/werkzeug/test.py", "/flask/testing.py")
_PACKAGE = str(Path(flask_antom.__file__).parent)

#: Packages whose frames hold headers and bodies, or the numbers of keys.
CLOSED = ("cryptography", "http", "requests", "socket.py", "ssl.py", "urllib3")

#: Wide enough for whatever Rich shows of a value.
_WIDTH = 500

Seen = list[tuple[str, str]]


def is_host(path: str) -> bool:
    return any(part in path for part in _HOSTS)


class Recorder(Transport):
    """Keeps what sentry-sdk would send.

    :param hides_host: whether to leave out the frames of the host.
    """

    def __init__(self, *, hides_host: bool = True) -> None:
        super().__init__()
        self._hides_host = hides_host
        self.sent: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent += [item.payload.json or {} for item in envelope.items]

    def take(self) -> Seen:
        """Return what would have been sent since, without the host's frames."""
        sent, self.sent = self.sent, []
        for event in sent:
            for error in event.get("exception", {}).get("values", []):
                frames = error.get("stacktrace", {}).get("frames", [])
                if self._hides_host:
                    frames[:] = [one for one in frames if not is_host(one["abs_path"])]
        return [("an event", _as_text(event)) for event in sent]


def look_with_structlog(error: BaseException) -> Seen:
    info = (type(error), error, error.__traceback__)
    entry = structlog.processors.dict_tracebacks(None, "error", {"exc_info": info})
    seen = []
    for shown in entry["exception"]:
        frames = [one for one in shown.pop("frames") if not is_host(one["filename"])]
        seen.append(("an entry", _as_text([shown, frames])))
    return seen


def look_with_rich(error: BaseException) -> Seen:
    """Draw the page that Rich prints."""
    trace = _extract(error)
    for stack in trace.stacks:
        for one in stack.frames:  # the source says nothing, and takes long to draw
            one.filename = f"<{one.filename}>"
    page = StringIO()
    console = Console(file=page, width=_WIDTH, color_system=None)
    console.print(Traceback(trace, show_locals=True, width=_WIDTH, max_frames=0))
    return [("a page", page.getvalue())]


def look_quickly_with_rich(error: BaseException) -> Seen:
    """Return the same values without the page around them, which takes long to draw."""
    return [
        (f"{one.filename}:{one.lineno} {one.name}: {name}", node.render(_WIDTH))
        for stack in _extract(error).stacks
        for one in stack.frames
        for name, node in (one.locals or {}).items()
    ]


def _extract(error: BaseException) -> Trace:
    trace = Traceback.extract(type(error), error, error.__traceback__, show_locals=True)
    for stack in trace.stacks:
        stack.frames[:] = [one for one in stack.frames if not is_host(one.filename)]
    return trace


def look_at_frames(error: BaseException) -> Seen:
    seen, shown = [], Shown()
    for frame in frames_of(error):
        path = frame.f_code.co_filename
        if not is_host(path):
            place = f"{path}:{frame.f_lineno} {frame.f_code.co_name}"
            for name, value in frame.f_locals.items():
                seen.append((f"{place}: {name}", shown.of(value)))
    for one in errors_behind(error):
        more = map(shown.of, vars(one).values())
        text = " ".join([repr(one), str(one), repr(one.args), *more])
        seen.append((type(one).__name__, text))
    return seen


#: Those that need nothing but the error. sentry-sdk has a :class:`Recorder`.
WATCHERS: Mapping[str, Callable[[BaseException], Seen]] = {
    "structlog": look_with_structlog,
    "rich": look_with_rich,
    "frames": look_at_frames,
}
#: The same for many errors in a row.
QUICK_WATCHERS = {**WATCHERS, "rich": look_quickly_with_rich}


def _as_text(value: object) -> str:
    """Return text in which nothing is escaped, so that a canary is found."""
    return json.dumps(value, default=str, ensure_ascii=False).replace("\\\\", "\\")


def errors_behind(error: BaseException) -> Iterator[BaseException]:
    """Return an error and all that it leads to, suppressed ones and groups too."""
    waiting: list[BaseException | None] = [error]
    known: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in known:
            known.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "orig", None)]
            waiting += getattr(one, "exceptions", ())


def frames_of(error: BaseException) -> Iterator[FrameType]:
    for one in errors_behind(error):
        place: TracebackType | None = one.__traceback__
        while place is not None:
            yield place.tb_frame
            place = place.tb_next


def count_frames(error: BaseException) -> dict[str, int]:
    """Count the frames by their package: ours, the host's, and each other one."""
    counts: dict[str, int] = {}
    for frame in frames_of(error):
        owner = _owner(frame.f_code.co_filename)
        counts[owner] = counts.get(owner, 0) + 1
    return counts


def _owner(path: str) -> str:
    if is_host(path):
        return "host"
    if path.startswith(_PACKAGE):
        return "ours"
    if path.startswith("<sqlalchemy "):
        return "sqlalchemy"
    _, found, rest = path.rpartition("site-packages/")
    if not found:
        _, found, rest = path.rpartition(f"/{Path(json.__file__).parts[-3]}/")
    return rest.partition("/")[0] if found else path


class Shown(dict[int, str]):
    """All text of values, as a reporter that shows collections would have it.

    The frames of an error share most of their values, and some take long to write.
    """

    def of(self, value: Any) -> str:
        if id(value) not in self:
            self[id(value)] = ""  # for one that holds itself
            self[id(value)] = self._write(value)
        return self[id(value)]

    def _write(self, value: Any) -> str:
        if isinstance(value, Mapping):
            pairs = list(value.items())
            return " ".join(f"{name!r}: {self.of(item)}" for name, item in pairs)
        if isinstance(value, list | tuple | set | frozenset):
            return " ".join(map(self.of, value))
        try:
            if isinstance(value, str | bytes):
                return f"{value!r} {value[:1000]!r}"
            if isinstance(value, sa.ClauseElement):  # its text takes long to compile
                return repr(value)
            return f"{value!r} {value!s}"
        except Exception as error:
            return f"no repr: {type(error).__name__}"


class LoggedErrors(logging.Handler):
    """Keeps the errors that are logged with their traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.errors.append(record.exc_info[1])
