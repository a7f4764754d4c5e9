"""Cancels of ours, and money that comes all the same. Pure."""

from __future__ import annotations

from .payment_states import TAKEN, Fact, Observation, Status, View


def is_ours(view: View) -> bool:
    """Whether it is cancelled, and we have asked for that."""
    return view.status is Status.CANCELLED and view.cancel_asked


def may_be_given_back(view: View, observation: Observation, reported: Fact) -> bool:
    """Whether Antom may refund this success.

    Antom refunds a success that comes after our cancel (Antom: cancel), but still sends
    its notification. As long as it is unknown whether the cancel took effect, an
    inquiry has to find out.
    """
    is_open = view.status in (Status.CREATED, Status.PENDING, Status.PROCESSING)
    is_late = observation.source == "notification" and reported is not Fact.CAPTURED
    return is_late and is_open and view.cancel_asked


def is_paid_after(view: View, observation: Observation) -> bool:
    """Whether money is there that our cancel should have prevented or returned.

    If Antom has confirmed the cancel, a notification may be older than it, and Antom
    returns the money (Antom: cancel). So only an inquiry shows that it is there.
    """
    if view.closed_by_shop and view.status not in TAKEN:
        return True
    return is_ours(view) and observation.after_cancel


def may_undo(view: View, observation: Observation) -> bool:
    """Whether a cancellation counts: only our own cancel undoes a paid order."""
    is_ours = view.cancel_asked or observation.source == "cancel"
    return is_ours or view.status is not Status.SUCCEEDED
