"""The result of applying an observation: events to deliver, and the payment now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..domain.records import Claim
from .rows import PaymentRow


class Applied(NamedTuple):
    """The result of applying an observation.

    :ivar outcome: ``applied``, ``repeated``, ``ignored``, ``review``, ``orphan``,
        ``foreign`` or ``unhandled``.
    :ivar undelivered: the ids of the events of the payment or the refund that are not
        delivered yet, in order.
    :ivar claims: the claims of those that the caller is to deliver.
    :ivar payment: the payment afterwards, if it is known and may have changed.
    """

    outcome: str
    undelivered: Sequence[int] = ()
    claims: Sequence[Claim] = ()
    payment: PaymentRow | None = None
