"""The numbers of one app, for those who watch. Without them they cost nothing.

The package tells each fact once, to the :class:`Measures` of its app. Watchers, such as
:mod:`flask_antom.contrib.prometheus`, make numbers and spans of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, NamedTuple, Protocol

from .clock import SYSTEM_CLOCK, SystemClock
from .log_lines import Log
from .rate_limit import RateLimit

log: Log = Log(__name__)

#: Seconds, for work that a buyer or Antom waits for, and for buyers who pay.
_SHORT = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LONG = (5, 15, 30, 60, 120, 300, 600, 1800, 3600, 86400)


class Metric(NamedTuple):
    """A number that both exporters know by the same name.

    :ivar name: as OpenTelemetry has it; Prometheus writes ``_`` and adds the unit.
    :ivar labels: each has few values.
    :ivar buckets: of seconds; empty for a plain counter.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


#: What is counted or timed, by kind.
METRICS: Final[Mapping[str, Metric]] = {
    "payment": Metric(
        "antom.payments",
        "Payments that got a status, by how the shop learned of it.",
        ("status", "method", "source"),
    ),
    "paid": Metric(
        "antom.payment.duration",
        "The time from the opening of a payment until the buyer paid.",
        ("method",),
        _LONG,
    ),
    "refund": Metric(
        "antom.refunds", "Refunds that got a status.", ("status", "source")
    ),
    "notification": Metric(
        "antom.notifications",
        "Notifications by outcome; refused ones by reason.",
        ("type", "outcome", "reason"),
    ),
    "session": Metric(
        "antom.session.duration",
        "Buyers who asked for a session.",
        ("result",),
        _SHORT,
    ),
    "notify": Metric(
        "antom.notification.duration",
        "The time in which notifications were taken, receivers included.",
        ("result",),
        _SHORT,
    ),
    "call": Metric(
        "antom.call.duration", "Calls to Antom.", ("operation", "result"), _SHORT
    ),
    "delivery": Metric(
        "antom.delivery.duration",
        "Deliveries of events to receivers.",
        ("signal", "result"),
        _SHORT,
    ),
    "sweep": Metric("antom.sweep.duration", "Sweeps.", ("result",), _LONG),
}

#: What is read from the tables whenever somebody asks.
GAUGES: Final[Mapping[str, Metric]] = {
    "oldest_event": Metric(
        "antom.oldest_undelivered_event",
        "The age of the oldest event that is not delivered and not given up.",
    ),
    "oldest_payment": Metric(
        "antom.oldest_unsettled_payment",
        "The age of the oldest payment that the buyer has begun, without a result.",
    ),
    "oldest_overdue": Metric(
        "antom.oldest_overdue_task", "For how long a sweep has been overdue."
    ),
}


class Work:
    """A piece of work that is being done.

    :ivar kind: a key of :data:`METRICS`.
    :ivar labels: the values of the metric's labels, as far as they are known.
    :ivar ids: what it is about, for spans: order, payment, refund, event_id.
    :ivar error: the type of the error that ended it, if one has.
    """

    __slots__ = ("_end", "_started", "error", "ids", "kind", "labels")

    def __init__(self, kind: str, labels: dict[str, str]) -> None:
        self.kind: str = kind
        self.labels: dict[str, str] = labels
        self.ids: dict[str, str | int] = {}
        self.error: str = ""
        self._started: float = 0.0
        self._end: Callable[[Work, float], None] | None = None

    def note(self, **labels: str) -> None:
        """Add labels, such as the result."""
        self.labels |= labels

    def about(self, **ids: str | int | None) -> None:
        """Add ids, as :class:`.log_lines.Facts` names them."""
        self.ids |= {name: value for name, value in ids.items() if value is not None}

    def values(self) -> tuple[str, ...]:
        """Return the values of the metric's labels, in their order."""
        return tuple(self.labels.get(name, "") for name in METRICS[self.kind].labels)

    def __enter__(self) -> Work:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._end is not None:
            if kind is not None:
                self.error = kind.__name__
                self.labels.setdefault("result", "error")
            self._end(self, self._started)


class Watcher(Protocol):
    """Makes numbers or spans of what it is told. It must not wait for anything."""

    def begin(self, work: Work) -> None:
        """Some work begins."""

    def end(self, work: Work, seconds: float) -> None:
        """It has ended, in the same thread."""

    def count(self, kind: str, values: tuple[str, ...], seconds: float) -> None:
        """Something has happened.

        :param values: of the labels of the metric of this kind.
        :param seconds: the time that it took, if the metric has buckets.
        """


class _Nobody(Work):
    """The work of an app that nobody watches."""

    __slots__ = ()

    def note(self, **labels: str) -> None:
        pass

    def about(self, **ids: str | int | None) -> None:
        pass


_NOBODY = _Nobody("", {})


class Measures:
    """The watchers of one app.

    :param clock: times the work.
    """

    def __init__(self, clock: SystemClock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._watchers: tuple[Watcher, ...] = ()
        self._complaints = RateLimit(3, clock.monotonic)

    @property
    def are_watched(self) -> bool:
        """Whether anybody watches."""
        return bool(self._watchers)

    def add(self, watcher: Watcher) -> None:
        """Add a watcher. An error of its own is logged, and harms nobody."""
        self._watchers = (*self._watchers, watcher)

    def follow(self, others: Measures) -> None:
        """Take the watchers of another app, which is this one in its tests."""
        self._watchers = others._watchers

    def work(self, kind: str, **labels: str) -> Work:
        """Return a context manager for some work."""
        if not self._watchers:
            return _NOBODY
        work = Work(kind, labels)
        work._started, work._end = self._clock.monotonic(), self._ended
        for watcher in self._watchers:
            self._tell(watcher.begin, work)
        return work

    def count(self, kind: str, seconds: float = 0.0, **labels: str) -> None:
        """Count what has happened."""
        if self._watchers:
            values = Work(kind, labels).values()
            for watcher in self._watchers:
                self._tell(watcher.count, kind, values, seconds)

    def _ended(self, work: Work, started: float) -> None:
        seconds = max(self._clock.monotonic() - started, 0.0)
        for watcher in reversed(self._watchers):
            self._tell(watcher.end, work, seconds)

    def _tell(self, tell: Callable[..., None], *facts: object) -> None:
        try:
            tell(*facts)
        except Exception as error:
            if self._complaints.allows():
                log.error("What watches the payments has failed.", error=error)
