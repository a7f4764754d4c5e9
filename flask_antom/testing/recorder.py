"""Records the signals of an app. A recorder does not count as somebody who listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from .. import signals


class Recorded(NamedTuple):
    """A signal that an app has sent.

    :ivar name: its name in :mod:`flask_antom.signals`.
    :ivar arguments: what the receivers got. Rows are copies, so they can be read at
        any time.
    """

    name: str
    arguments: dict[str, Any]


@contextmanager
def record_signals(app: Flask) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Record the signals of :mod:`flask_antom.signals` that an app sends.

    :returns: pairs of name and arguments. Payments are copies, so they can be read at
        any time.
    """
    with recording(app) as recorded:
        pairs: Any = recorded
        yield pairs


@contextmanager
def recording(app: Flask) -> Iterator[list[Recorded]]:
    """Record the signals that an app sends, until the end of the block."""
    recorded: list[Recorded] = []
    wanted = {**signals.BY_NAME, "notification_refused": signals.notification_refused}
    with ExitStack() as stack:
        for name, signal in wanted.items():
            receiver = _Recorder(recorded, name)
            stack.enter_context(signal.connected_to(receiver, sender=app))
        yield recorded


class _Recorder:
    """A receiver that records. It does not count as somebody who listens."""

    only_records = True

    def __init__(self, recorded: list[Recorded], name: str) -> None:
        self._recorded = recorded
        self._name = name

    def __call__(self, app: Flask, **extra: Any) -> None:
        values = {key: copy_row(value) for key, value in extra.items()}
        self._recorded.append(Recorded(self._name, values))


def copy_row(value: Any) -> Any:
    """Return a row's copy, which can be read after its session; any other value as is.

    The copy belongs to no session. It knows its identity, so it can be given to
    ``antom.refund`` and the like.
    """
    mapper = getattr(value, "__mapper__", None)
    if mapper is None:
        return value
    copy = mapper.class_manager.new_instance()
    values = {one.key: getattr(value, one.key) for one in mapper.column_attrs}
    for name, current in values.items():
        set_committed_value(copy, name, current)
    make_transient_to_detached(copy)
    return copy
