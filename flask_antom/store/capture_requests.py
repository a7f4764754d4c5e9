"""Keeps what captures a payment was asked for, and finds one that is repeated. No SQL.

They are in the column ``capture_requests``, by our ``captureRequestId``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ..domain.money import Money
from ..domain.repeats import SECOND_CLICK
from ..errors import NotPossible, RepeatedCall
from .rows import PaymentRow

#: How many captures a payment keeps.
_MOST = 50


class Wish(NamedTuple):
    """A capture that the host asks for.

    :ivar amount: ``None`` stands for all that is left.
    :ivar final: whether Antom releases what is left after this capture.
    :ivar key: the host's key of idempotency, if any.
    :ivar again: whether it may be equal to one that was made a moment ago.
    """

    amount: Money | None
    final: bool
    key: str | None = None
    again: bool = False


def asked(payment: PaymentRow) -> Mapping[str, Mapping[str, Any]]:
    """Return the captures of a payment, by their ``captureRequestId``."""
    return payment.capture_requests or {}


def left_of(payment: PaymentRow) -> Money:
    """Return what is left to capture."""
    return max(payment.amount, payment.captured) - payment.captured


def find(attempts: Iterable[PaymentRow], payment: PaymentRow, wish: Wish) -> str | None:
    """Return the ``captureRequestId`` of the capture that is repeated, if it is one.

    :param attempts: all attempts of the order, if there is a key.
    :raises NotPossible: if the key was used for another capture, or for one that
        failed, or if another capture is still under way.
    """
    for row in attempts if wish.key is not None else ():
        for request_id, capture in asked(row).items():
            if capture.get("key") == wish.key:
                if row is not payment:
                    raise NotPossible(
                        f"The key {wish.key} was used to capture another payment of"
                        " this order."
                    )
                _check_same(payment, capture, wish)
                return request_id
    if payment.capture_request_id is not None:
        _check_under_way(payment, wish)
    return payment.capture_request_id


def refuse_second_click(payment: PaymentRow, wish: Wish, moment: datetime) -> None:
    """Raise an error if an equal capture was made a moment ago.

    :raises RepeatedCall: with the id of the payment's row.
    """
    if wish.again:
        return
    left = left_of(payment)
    for capture in _recent(payment, moment):
        amount = _amount(payment, capture)
        if wish.amount is None:
            is_equal = not left or amount == left
        else:
            is_equal = amount == wish.amount
        if is_equal and capture["final"] == wish.final:
            raise RepeatedCall(f"A capture of {amount}", payment.id)


def add(payment: PaymentRow, wish: Wish, moment: datetime) -> None:
    """Keep the capture that is under way.

    :raises NotPossible: if there are too many to keep.
    """
    capture: dict[str, Any] = {
        "amount": payment.capture_value,
        "final": payment.capture_final,
        "at": moment.isoformat(),
    }
    if wish.key is not None:
        capture["key"] = wish.key
    kept = _make_room(asked(payment), moment)
    payment.capture_requests = kept | {payment.capture_request_id or "": capture}


def note(payment: PaymentRow, **more: Any) -> None:
    """Add to the capture that is under way."""
    captures, request_id = asked(payment), payment.capture_request_id or ""
    if request_id in captures:
        capture = {**captures[request_id], **more}
        payment.capture_requests = {**_copied(captures), request_id: capture}


def _check_same(payment: PaymentRow, capture: Mapping[str, Any], wish: Wish) -> None:
    """Raise an error if a key was used for another capture, or for one that failed."""
    amount = _amount(payment, capture)
    if wish.amount not in (None, amount):
        raise NotPossible(f"The key {wish.key} was used to capture {amount}.")
    if wish.final != capture["final"]:
        raise NotPossible(
            f"The key {wish.key} was used to capture with final={capture['final']}."
        )
    if "failed" in capture:
        raise NotPossible(
            f"The capture with the key {wish.key} has failed ({capture['failed']})."
            " Nothing was captured; capture with a new key."
        )
    if "dropped" in capture:
        raise NotPossible(
            f"The capture with the key {wish.key} was not possible any more when it was"
            " to be repeated, and Antom has not said what became of it. Look at the"
            " payment before you capture with a new key."
        )


def _check_under_way(payment: PaymentRow, wish: Wish) -> None:
    """Raise an error if the capture under way is not the one that is wanted."""
    if wish.key is not None:
        raise NotPossible("A capture without this key is still under way.")
    amount = Money(payment.capture_value or 0, payment.currency)
    if amount != (left_of(payment) if wish.amount is None else wish.amount):
        raise NotPossible("A capture of another amount is still under way.")
    if payment.capture_final != wish.final:
        raise NotPossible("A capture with another `final` is still under way.")


def _recent(payment: PaymentRow, moment: datetime) -> list[Mapping[str, Any]]:
    """Return the captures of the last moment, without those that failed."""
    return [
        capture
        for capture in asked(payment).values()
        if not _is_old(capture, moment)
        and "failed" not in capture
        and "dropped" not in capture
    ]


def _is_old(capture: Mapping[str, Any], moment: datetime) -> bool:
    return datetime.fromisoformat(capture["at"]) <= moment - SECOND_CLICK


def _amount(payment: PaymentRow, capture: Mapping[str, Any]) -> Money:
    return Money(capture["amount"], payment.currency)


def _make_room(
    captures: Mapping[str, Mapping[str, Any]], moment: datetime
) -> dict[str, dict[str, Any]]:
    """Return the captures without the oldest one that nobody needs, if they are many.

    :raises NotPossible: if all are needed.
    """
    kept = _copied(captures)
    if len(kept) < _MOST:
        return kept
    free = [
        (capture["at"], request_id)
        for request_id, capture in kept.items()
        if "key" not in capture and _is_old(capture, moment)
    ]
    if not free:
        raise NotPossible(f"At most {_MOST} captures of a payment can be told apart.")
    del kept[min(free)[1]]
    return kept


def _copied(captures: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {request_id: dict(capture) for request_id, capture in captures.items()}
