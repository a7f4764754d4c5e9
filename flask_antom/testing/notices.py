"""Notifications of any kind, about a payment of the app under test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..app_state import AppState
from ..domain.money import Money
from ..simulator.recipes import recipe, write
from ..simulator.subjects import Subject, subject_of
from .contexts import in_app
from .errors import KitError


def write_notice(
    state: AppState,
    kind: str,
    order: str | None,
    amount: Money | None,
    changes: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the fields of a notification about the latest payment of an order.

    :raises KitError: for an unknown kind, or if there is nothing that it can be about.
    """
    try:
        needs = recipe(kind).needs
        subject = _subject(state, kind, needs, order, amount)
        return write(kind, subject, changes)
    except ValueError as error:
        raise KitError(str(error)) from None


def _subject(
    state: AppState, kind: str, needs: str, order: str | None, amount: Money | None
) -> Subject:
    at = state.clock.now()
    if order is None:
        if needs:
            raise KitError(f"{kind} is about a {needs}: name the order.")
        return Subject(at=at) if amount is None else Subject(at=at, amount=amount)
    dossier = in_app(state.app, lambda: state.dossiers.find(order))
    if not dossier.payments:
        raise KitError(f"The order {order!r} has no payment.")
    payment = dossier.payments[-1]
    subject = subject_of(kind, payment, dossier.refunds, amount, at)
    if needs == "refund" and subject.refund_request_id is None:
        raise KitError(f"{kind} is about a refund, and no refund of {order!r} waits.")
    return subject
