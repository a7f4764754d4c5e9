"""Calls the order loader as when money has come, to find out whether it can be."""

from __future__ import annotations

from typing import NamedTuple

from ..app_state import AppState
from ..errors import CheckoutError
from ..listeners import name_of
from .no_visitor import NoVisitor
from .orders import NONSENSE

#: What is asked for where no order was ever paid.
_MADE_UP = "flask-antom-check"


class LoaderCheck(NamedTuple):
    """The result of a call of the order loader.

    :ivar text: what the loader did.
    :ivar trouble: why each paid order would wait, and what to do; empty if all is well.
    :ivar warning: what may be wrong.
    """

    text: str
    trouble: str = ""
    warning: str = ""


def call_loader(state: AppState, latest: str | None) -> LoaderCheck:
    """Call the order loader without a visitor.

    :param latest: the order of the latest payment, if there is one.
    """
    reference = _MADE_UP if latest is None else latest
    try:
        with NoVisitor(state):
            order = state.hooks.load_order(reference)
    except CheckoutError as error:
        return LoaderCheck(f"says {type(error).__name__} of {reference}")
    except Exception as error:
        kind = type(error).__name__
        if latest is None and isinstance(error, NONSENSE):
            return LoaderCheck(f"raises {kind} for the unknown order {reference}")
        return LoaderCheck(
            f"raises {kind} without a visitor",
            trouble=f"The order loader {name_of(state.hooks.order_loader)} raised"
            f" {_described(error)} It was called for {reference!r} without a visitor,"
            " as it is when money has come: paid orders would wait. Let it only find"
            " the order, and move what looks at the session or at the user to"
            " @antom.visitor_may_pay.",
        )
    if latest is None:
        return LoaderCheck("can be called without a visitor; there is no payment yet")
    if order is None:
        return LoaderCheck(
            f"does not find {reference}, the latest order, without a visitor",
            warning=f"The order loader does not find {reference!r}, the order of the"
            " latest payment, without a visitor. If that order was deleted, all is"
            " well. If not, each paid order would go to review: let the loader only"
            " find the order, and move what looks at the session or at the user to"
            " @antom.visitor_may_pay.",
        )
    if order.reference != reference:
        return LoaderCheck(
            f"finds another order for {reference}, the latest order",
            warning=f"The order loader returns the order {order.reference!r} for"
            f" {reference!r}, the order of the latest payment. They have to be the same"
            " to the letter, or the payment goes to review.",
        )
    return LoaderCheck(f"finds {reference}, the latest order, without a visitor")


def _described(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0].strip()[:200]
    return f"{type(error).__name__}: {first.rstrip('.')}."
