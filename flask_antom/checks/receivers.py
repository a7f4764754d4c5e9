"""Who is told what."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib.util import find_spec

from blinker import NamedSignal

from .. import signals
from ..app_state import AppState
from ..listeners import CURE, name_of
from .findings import ERROR, WARNING, Fact, Finding, Mistake

UNHEARD = Mistake(
    "receivers.unheard",
    ERROR,
    "Nobody listens to {names}.",
    "Paid orders wait until somebody does.",
    CURE,
)
NO_REVIEWER = Mistake(
    "receivers.review",
    WARNING,
    "The account is live, and nobody listens to payment_needs_review.",
    "Nobody is told of money that does not fit its order, such as a second payment.",
    "Connect a receiver that alerts a person, or call"
    " antom.ignores(payment_needs_review).",
)
ASYNC = Mistake(
    "receivers.async",
    ERROR,
    "The receiver {function} is async, and asgiref is not installed.",
    "The receiver raises each time: paid orders wait.",
    'Run pip install "flask[async]", or write the receiver with def.',
)
MISTAKES = (UNHEARD, NO_REVIEWER, ASYNC)

#: All signals by name.
_SIGNALS: dict[str, NamedSignal] = {
    **signals.BY_NAME,
    "notification_refused": signals.notification_refused,
}


def check(state: AppState) -> Iterator[Fact | Finding]:
    """List the receivers by signal, and find out whom to miss."""
    yield Fact("Receivers", {name: _names(state, name) for name in _SIGNALS})
    unheard = state.listeners.unheard()
    if unheard:
        yield UNHEARD.found(names=", ".join(unheard))
    is_live = state.config.environment == "prod"
    review = "payment_needs_review"
    is_heard = state.listeners.has_any(_SIGNALS[review]) or review in _ignored(state)
    if is_live and not is_heard:
        yield NO_REVIEWER.found()
    if find_spec("asgiref") is None:
        for function in sorted(_async(state)):
            yield ASYNC.found(function=function)


def _names(state: AppState, name: str) -> list[str]:
    names = state.listeners.names(_SIGNALS[name])
    return names or ["ignored" if name in _ignored(state) else "nobody"]


def _ignored(state: AppState) -> set[str]:
    return state.hooks.ignored


def _async(state: AppState) -> set[str]:
    return {
        name_of(receiver)
        for signal in _SIGNALS.values()
        for receiver in signal.receivers_for(state.app)
        if inspect.iscoroutinefunction(receiver)
    }
