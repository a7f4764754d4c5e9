"""All that is committed at one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask_antom.signals import BY_NAME
from tests.machine.order_book import SOLD
from tests.machine.setup import InProcessSetup

#: A signal, the payment, refund or notification that it is about, and the reason of a
#: review.
Told = tuple[str, str, str]


class Sale(NamedTuple):
    """A finding of a receiver when money had come.

    :ivar number: the number of its row; :ivar found: the signal and the order then.
    """

    number: int
    found: str


@dataclass(frozen=True)
class Snapshot:
    """All that is committed.

    :ivar payments: by request id; :ivar refunds: likewise.
    :ivar delivered: the facts that are marked so; :ivar written: what the receivers
        have written of them; :ivar undelivered: what is left, by its name.
    :ivar reviews: the reasons for which a person has to look, by payment.
    :ivar told: each fact that was told, with its place in the outbox, oldest first.
    :ivar sales: what receivers found, by payment; :ivar sold: the payments that were
        told, by order; :ivar fulfilled: how often each of them was fulfilled.
    """

    payments: dict[str, Any]
    refunds: dict[str, Any]
    delivered: Counter[Told]
    written: Counter[Told]
    undelivered: Counter[str]
    reviews: dict[str, set[str]]
    told: list[tuple[str, Told, tuple[int, int]]]
    sales: dict[str, list[Sale]]
    sold: dict[str, set[str]]
    fulfilled: Counter[str]

    @property
    def summary(self) -> str:
        """A text without any id, the same for the same steps."""
        payments = [
            f"{row.order_reference} {row.method} {row.status} {row.captured_value}"
            f" {row.refunded_value}"
            for row in self.payments.values()
        ]
        told = Counter(name for name, _, _ in self.written)
        return f"{payments} {sorted(told.items())} {sorted(self.undelivered.items())}"

    def is_sold(self, request_id: str) -> bool:
        """Whether a receiver was told of the money of a payment."""
        return request_id in self.sales


def read_snapshot(setup: InProcessSetup) -> Snapshot:
    antom = setup.shop.antom
    payments, refunds, events, written = setup.read(
        antom.Payment, antom.Refund, antom.Event, setup.shop.fulfilment
    )
    payment_ids = {row.id: row.request_id for row in payments}
    refund_ids = {row.id: row.request_id for row in refunds}
    outbox = {_told(row, payment_ids, refund_ids): row for row in events}
    assert len(outbox) == len(events), "two events are the same"
    written.sort(key=lambda row: row.id)
    signals = [
        (row.order_reference, row.request_id, row.about)
        for row in written
        if row.order_reference in BY_NAME
    ]
    sales = _read_sales(written)
    return Snapshot(
        payments={row.request_id: row for row in payments},
        refunds={row.request_id: row for row in refunds},
        delivered=Counter(
            fact for fact, row in outbox.items() if row.delivered_at is not None
        ),
        written=Counter(signals),
        undelivered=Counter(
            row.name for row in outbox.values() if row.delivered_at is None
        ),
        reviews=_read_reviews(outbox),
        told=[
            (_payment_of(outbox[fact], payment_ids), fact, _place(outbox[fact]))
            for fact in signals
            if fact in outbox
        ],
        sales=sales,
        sold=_read_sold(written),
        fulfilled=Counter(
            row.request_id
            for row in written
            if row.order_reference not in BY_NAME
            and not row.order_reference.startswith(SOLD)
        ),
    )


def _read_reviews(facts: Iterable[Told]) -> dict[str, set[str]]:
    reviews: dict[str, set[str]] = {}
    for name, request_id, reason in facts:
        if name == "payment_needs_review":
            reviews.setdefault(request_id, set()).add(reason)
    return reviews


def _told(row: Any, payments: Mapping[int, str], refunds: Mapping[int, str]) -> Told:
    reason = row.about if row.name == "payment_needs_review" else ""
    if row.refund_ref is not None:
        return row.name, refunds[row.refund_ref], reason
    if row.payment_ref is not None:
        return row.name, payments[row.payment_ref], reason
    return row.name, row.about, reason  # the number of a notification


def _payment_of(row: Any, payments: Mapping[int, str]) -> str:
    return payments.get(row.payment_ref, "")


def _place(row: Any) -> tuple[int, int]:
    return row.position, row.id


def _read_sales(written: Iterable[Any]) -> dict[str, list[Sale]]:
    sales: dict[str, list[Sale]] = {}
    for row in written:
        if row.order_reference.startswith(SOLD):
            sale = Sale(row.id, row.about)
            sales.setdefault(row.request_id, []).append(sale)
    return sales


def _read_sold(written: Iterable[Any]) -> dict[str, set[str]]:
    sold: dict[str, set[str]] = {}
    for row in written:
        if row.order_reference.startswith(SOLD):
            sold.setdefault(row.order_reference, set()).add(row.request_id)
    return sold
