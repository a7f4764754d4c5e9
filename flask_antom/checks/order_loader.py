"""Whether the host's functions can be called, above all the order loader.

The loader is called as when money has come: without a visitor.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from ..app_state import AppState
from ..errors import CheckoutError, ConfigError
from ..flows.no_visitor import NoVisitor
from ..flows.orders import NONSENSE
from ..listeners import name_of
from .findings import ERROR, WARNING, Fact, Finding, Mistake, first_line

#: What is asked for where no order was ever paid.
_MADE_UP = "flask-antom-check"

_SPLIT = (
    "Let it only find the order, and move what looks at the session or at the user to"
    " @antom.visitor_may_pay."
)

MISSING = Mistake(
    "loader.missing",
    ERROR,
    "No order loader is set.",
    "Nobody can pay.",
    "Decorate a function that takes a reference and returns an Order or None with"
    " @antom.order_loader, in a module that every process imports.",
)
ASYNC = Mistake(
    "loader.async",
    ERROR,
    "The function {function}, given to @antom.{hook}, is async.",
    "It is not awaited: nobody can pay, and paid orders wait.",
    "Write it with def in place of async def.",
)
RAISES = Mistake(
    "loader.raises",
    ERROR,
    "The order loader {function} raised {error}. It was called for {reference}"
    " without a visitor, as it is when money has come.",
    "Paid orders wait: their events are tried again and again.",
    _SPLIT,
)
WRONG_TYPE = Mistake(
    "loader.wrong_type",
    ERROR,
    "The order loader {function}: {error}",
    "Nobody can pay, and paid orders wait.",
    "Return flask_antom.Order(reference, amount, description), or None for an unknown"
    " order.",
)
NOT_FOUND = Mistake(
    "loader.not_found",
    WARNING,
    "The order loader {function} does not find {reference}, the order of the latest"
    " payment, without a visitor.",
    "If that order was deleted, nothing. If not, each paid order goes to review.",
    _SPLIT,
)
ANOTHER = Mistake(
    "loader.another_order",
    WARNING,
    "The order loader {function} returns the order {other} for {reference}, the order"
    " of the latest payment.",
    "Payments of such an order go to review.",
    "Return None unless the reference is the same to the letter, also where the"
    " database takes A-1 and a-1 for the same.",
)
MISTAKES = (MISSING, ASYNC, RAISES, WRONG_TYPE, NOT_FOUND, ANOTHER)

_HOOKS = ("order_loader", "visitor_may_pay", "session_request", "payment_methods")


def check(state: AppState) -> Iterator[Fact | Finding]:
    """Look at each function of the host's, and call the order loader."""
    hooks = {name: getattr(state.hooks, name) for name in _HOOKS}
    is_async = {name for name, hook in hooks.items() if _is_async(hook)}
    for name in sorted(is_async):
        yield ASYNC.found(hook=name, function=name_of(hooks[name]))
    loader = hooks["order_loader"]
    if loader is None:
        yield MISSING.found()
    elif not state.hooks.rechecks:
        text = f"{name_of(loader)}: not called when money comes (recheck=False)"
        yield Fact("Order loader", text)
    elif "order_loader" not in is_async:
        yield from _call(state, name_of(loader))


def _is_async(hook: Any) -> bool:
    call = getattr(hook, "__call__", None)  # noqa: B004
    return any(map(inspect.iscoroutinefunction, (hook, call)))


def _call(state: AppState, name: str) -> Iterator[Fact | Finding]:
    latest = state.dossiers.latest_order()
    reference = _MADE_UP if latest is None else latest
    gaps: dict[str, object] = {"function": name, "reference": repr(reference)}
    said, mistake = "", None
    try:
        with NoVisitor(state):
            order = state.hooks.load_order(reference)
    except CheckoutError as error:
        said = f"says {type(error).__name__} of {reference}"
    except ConfigError as error:
        said, mistake = "returns something else than an order", WRONG_TYPE
        gaps["error"] = error
    except Exception as error:
        kind = type(error).__name__
        if latest is None and isinstance(error, NONSENSE):
            said = f"raises {kind} for the unknown order {reference}"
        else:
            said, mistake = f"raises {kind} without a visitor", RAISES
            gaps["error"] = first_line(error)
    else:
        if latest is None:
            said = "can be called without a visitor; there is no payment yet"
        elif order is None:
            said = f"does not find {reference}, the latest order, without a visitor"
            mistake = NOT_FOUND
        elif order.reference != reference:
            said = f"finds another order for {reference}, the latest order"
            mistake, gaps["other"] = ANOTHER, repr(order.reference)
        else:
            said = f"finds {reference}, the latest order, without a visitor"
    yield Fact("Order loader", f"{name} {said}")
    if mistake is not None:
        yield mistake.found(**gaps)
