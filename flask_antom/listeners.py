"""Whether somebody listens to a signal. A payment that nobody hears of waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from blinker import NamedSignal
from flask import Flask
from typing_extensions import Unpack

from . import signals
from .clock import SystemClock
from .errors import ConfigError
from .log_lines import Facts, Log

log: Log = Log(__name__)

#: Signals whose events wait until somebody listens.
WAITING = ("payment_succeeded",)

#: What a shop does about it.
CURE = (
    "Connect a receiver in a module that every process imports, with connect(...,"
    " weak=False) if it is defined inside a function; or call"
    " antom.ignores(payment_succeeded)."
)

#: The time between two errors about events that nobody hears.
_PAUSE = timedelta(hours=1)


@dataclass(slots=True, eq=False)
class Listeners:
    """The receivers of one app.

    :ivar ignored: names of signals that the shop does without.
    """

    app: Flask
    clock: SystemClock
    ignored: set[str]
    _told_at: datetime | None = None

    def is_heard(self, name: str) -> bool:
        """Whether an event has somebody to tell, or need not have."""
        if name not in WAITING or name in self.ignored:
            return True
        return self.has_any(signals.BY_NAME[name])

    def unheard(self) -> list[str]:
        """Return the signals that nobody hears, though they matter."""
        return [name for name in WAITING if not self.is_heard(name)]

    def has_any(self, signal: NamedSignal) -> bool:
        """Whether the shop has a receiver of a signal."""
        return any(True for _ in self._receivers(signal))

    def names(self, signal: NamedSignal) -> list[str]:
        """Return the receivers of a signal, by module and name."""
        return sorted(map(name_of, self._receivers(signal)))

    def _receivers(self, signal: NamedSignal) -> Iterator[Any]:
        """Yield the receivers. One that only records is none of the shop's."""
        receivers = signal.receivers_for(self.app)
        return (one for one in receivers if not is_recorder(one))

    def complain(self, what: str, **facts: Unpack[Facts]) -> None:
        """Log that nobody hears an event, once an hour."""
        present = self.clock.now()
        if self._told_at is None or present - self._told_at >= _PAUSE:
            self._told_at = present
            log.error(
                "Nobody listens, so this waits: %s. %s",
                what,
                CURE,
                **facts,
            )


def names_of(wanted: Iterable[object]) -> list[str]:
    """Return the names of signals.

    :raises ConfigError: for anything else, such as a name.
    """
    names = {signal: name for name, signal in signals.BY_NAME.items()}
    for one in wanted:
        if one not in names:
            raise ConfigError(
                f"antom.ignores() takes signals of flask_antom.signals, not {one!r}."
            )
    return [names[one] for one in wanted if isinstance(one, NamedSignal)]


def name_of(function: Any) -> str:
    """Return a function by its module and name; another callable by its type's."""
    while isinstance(function, partial):
        function = function.func
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


def is_recorder(receiver: Any) -> bool:
    """Whether a receiver only records, as that of :mod:`flask_antom.testing`."""
    return bool(getattr(receiver, "only_records", False))
