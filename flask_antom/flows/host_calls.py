"""Calls of the host that change money, from its own code and with its own objects.

Antom's answer cannot be rolled back. So such a call is refused while the host's session
holds writes that are not committed, and inside a receiver, whose writes may be rolled
back and which may be called again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..app_state import AppState, current_state
from ..domain.money import Money
from ..errors import NotPossible, RepeatedCall, UncommittedWrites
from ..hooks import Hooks
from ..store.deliveries import is_running
from ..store.rows import PaymentRow


@contextmanager
def call_of_host(
    hooks: Hooks, name: str, *, money: bool = True, earlier: Any = None
) -> Iterator[AppState]:
    """Yield the app's state if a call is possible now.

    Afterwards the host's objects are fresh.

    :param name: the method, for the error.
    :param money: whether the call changes money. Others go on if the session holds
        only objects that are not flushed: these lock nothing.
    :param earlier: the model of the row that a :class:`.RepeatedCall` carries; without
        one it carries the row's id.
    :raises UncommittedWrites: if the host's session holds writes; nothing is done.
    :raises NotPossible: inside a receiver; nothing is done.
    :raises NotConfigured: if none of Antom's credentials is set; nothing is done.
    """
    state = current_state(hooks)
    _ = state.account
    if is_running():
        raise NotPossible(
            f"antom.{name}() was called in a receiver, or in the order loader when"
            " money has come. The delivery may be repeated, and the call with it: let"
            " it note what is to be done in your own tables, and call it from a view or"
            " a worker afterwards."
        )
    pending = state.host.uncommitted() if money else state.host.held()
    if pending:
        raise UncommittedWrites(
            f"antom.{name}() was called before a commit: db.session holds {pending}."
            " Antom's answer cannot be rolled back with them, and a receiver may wait"
            " for their locks. Nothing was done: call db.session.commit() or rollback()"
            " first."
        )
    repeated: RepeatedCall | None = None
    try:
        yield state
    except RepeatedCall as error:
        repeated = error
        raise
    finally:
        state.host.forget()
        if repeated is not None and earlier is not None:
            repeated.earlier = state.host.load(earlier, repeated.earlier)


def row_of(state: AppState, payment: Any) -> Any:
    """Return the stored values of a host's payment, as they are now."""
    return state.rows.get(state.host.id_of(payment))


def check_amount(payment: PaymentRow, amount: object) -> None:
    """Raise an error if an amount is none of this payment's.

    :raises NotPossible: with the reason.
    """
    if amount is None:
        return
    if not isinstance(amount, Money):
        raise NotPossible(
            f"The amount must be a Money, not {type(amount).__name__}:"
            ' Money(1000, "MYR") is 10 ringgit.'
        )
    if amount.currency != payment.currency:
        raise NotPossible(
            f"The payment is in {payment.currency}, and the amount in"
            f" {amount.currency}."
        )
    if not amount:
        raise NotPossible("The amount is zero.")
