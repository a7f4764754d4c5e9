"""The captures of a payment, counted each once. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from .money import Money
from .payment_states import UNNAMED, Observation, View


def merge_captures(
    known: Mapping[str, int], observed: Mapping[str, Money]
) -> dict[str, int]:
    """Add the captures of an observation to those that are known, each once.

    Only an inquiry leaves captures unnamed, and it lists all captures. A capture that
    gets its name later is one of the unnamed ones.

    :param known: minor units, by ``captureId``.
    :param observed: amounts, by ``captureId``.
    :returns: minor units, by ``captureId``.
    """
    named = {name: amount.value for name, amount in observed.items() if name != UNNAMED}
    merged = {**known, **named}
    unnamed = merged.pop(UNNAMED, 0)
    unnamed -= sum(value for name, value in named.items() if name not in known)
    if UNNAMED in observed:
        total = sum(amount.value for amount in observed.values())
        unnamed = max(unnamed, total - sum(merged.values()))
    return merged | ({UNNAMED: unnamed} if unnamed > 0 else {})


def is_within(view: View, observation: Observation) -> bool:
    """Whether all captures together take no more than was asked."""
    if observation.captured is None:
        return True
    if observation.captured.currency != view.amount.currency:
        return False
    known = view.captures if observation.is_of(view.payment_id) else {}
    taken = merge_captures(known, observation.captures)
    return sum(taken.values()) <= view.amount.value
