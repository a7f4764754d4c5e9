"""Finds the order or the payment that a command is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import click

from ..app_state import AppState
from ..store.dossiers import Dossier
from .printing import money, table, time

Numbered = Literal["event", "notification"]

_LOOKED_FOR = "order reference, paymentRequestId, paymentId or refundRequestId"


def find(
    state: AppState,
    wanted: str,
    *,
    or_event: bool = False,
    by_number: bool = False,
    only: Numbered | None = None,
) -> Dossier:
    """Return what is stored about an order or a payment.

    :param or_event: whether it could have been the number of an event.
    :param by_number: whether it may be the number of an event or a notification, or the
        id of a capture.
    :param only: what the number is of, if that is said.
    :raises click.ClickException: if there is no payment.
    """
    dossier = Dossier([], [], [], [])
    if only is None:
        dossier = state.dossiers.find(wanted)
    if not dossier.payments and by_number:
        dossier = _by_number(state, wanted, only) or dossier
    if not dossier.payments and by_number and only is None:
        ref = state.listings.with_capture(wanted)
        dossier = dossier if ref is None else state.dossiers.of_payment(ref)
    if dossier.payments:
        return dossier
    raise click.ClickException(_not_found(state, wanted, dossier, or_event, only))


def one_payment(
    state: AppState, wanted: str, fits: Callable[[Mapping[str, Any]], bool], done: str
) -> str:
    """Return the ``paymentRequestId`` of the payment that a person means.

    :param fits: whether a payment of an order can be meant.
    :param done: what is to be done with it, such as ``refunded``.
    :raises click.ClickException: if it is not clear.
    """
    payments = find(state, wanted).payments
    meant = payments if len(payments) == 1 else list(filter(fits, payments))
    if len(meant) == 1:
        request_id: str = meant[0]["request_id"]
        return request_id
    rows = [
        (
            row["request_id"],
            row["status"],
            money(row, row["amount_value"]),
            time(row["created_at"]),
        )
        for row in payments
    ]
    lines = "\n".join(table(rows, indent="  "))
    which = "say which one is meant" if meant else f"none of them can be {done}"
    raise click.ClickException(
        f"Order {wanted} has {len(payments)} payments: {which}.\n{lines}"
    )


def is_number(text: str) -> bool:
    """Whether a text can be the number of a row."""
    return text.isascii() and text.isdigit() and len(text) < 19


def _by_number(state: AppState, wanted: str, only: Numbered | None) -> Dossier | None:
    if not is_number(wanted):
        return None
    number, found = int(wanted), {}
    if only != "notification":
        found["event"] = state.dossiers.of_event(number)
    if only != "event":
        found["notification"] = state.dossiers.of_notification(number)
    known = {name: one for name, one in found.items() if one.payments}
    ids = {row["id"] for one in known.values() for row in one.payments}
    if len(known) > 1 and len(ids) > 1:
        raise click.ClickException(
            f"{wanted} is the number of an event and of a notification, and they are"
            " about different payments: say --event or --notification."
        )
    return next(iter(known.values()), None)


def _not_found(
    state: AppState,
    wanted: str,
    dossier: Dossier,
    or_event: bool,
    only: Numbered | None,
) -> str:
    if only is not None:
        return f"There is no payment that {only} {wanted} is about."
    words = [f"There is no payment with the {_LOOKED_FOR} {wanted!r}."]
    if or_event and is_number(wanted):
        words.insert(0, f"There is no event {wanted}.")
    for row in dossier.notifications:
        words.append(
            f"But Antom sent a {row['notify_type']} with this id, at"
            f" {time(row['received_at'])}, and its payment is not known here:"
            f" paymentRequestId {row['request_id']}, paymentId {row['payment_id']}."
        )
    for row in dossier.refunds:
        words.append(
            f"But Antom told of a refund {row['request_id']} with this id, and its"
            " payment is not known here."
        )
    similar = state.dossiers.similar(wanted)
    if similar:
        words.append(f"Orders that begin so: {', '.join(similar)}.")
    return " ".join(words)
