"""By kind of notification: how the app gets ready for it, and what it then does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_antom import Money
from flask_antom.testing import AntomKit

Before = Callable[[AntomKit], object]


def opened(kit: AntomKit) -> None:
    kit.open("A-1")


def authorized(kit: AntomKit) -> None:
    kit.authorize("A-1")


def paid(kit: AntomKit) -> None:
    kit.pay("A-1")


def refunding(kit: AntomKit) -> None:
    kit.pay("A-1")
    kit.refund("A-1", Money(500, "MYR"), waits=True)


KEPT = ["notification_unhandled"]

#: By kind: what has happened before, and the signals that follow.
STORIES: Mapping[str, tuple[Before, list[str]]] = {
    "payment-succeeded": (opened, ["payment_succeeded"]),
    "payment-failed": (opened, ["payment_failed"]),
    "payment-pending": (opened, ["payment_pending"]),
    "payment-closed": (opened, ["payment_failed"]),
    "capture-succeeded": (authorized, ["payment_succeeded"]),
    "capture-failed": (authorized, ["payment_needs_review"]),
    "refund-succeeded": (paid, ["refund_succeeded"]),
    "refund-failed": (refunding, ["refund_failed"]),
    "risk-reviewed": (opened, []),
    "payment-reversed": (opened, KEPT),
    "dispute-created": (paid, KEPT),
    "dispute-due": (paid, KEPT),
    "dispute-defended": (paid, KEPT),
    "dispute-accepted": (paid, KEPT),
    "dispute-judged": (paid, KEPT),
    "dispute-cancelled": (paid, KEPT),
    "dispute-resolved": (paid, KEPT),
    "defense-document": (paid, KEPT),
    "defense-strategy": (paid, KEPT),
    "wallet-authorized": (opened, KEPT),
    "wallet-revoked": (opened, KEPT),
    "card-vaulted": (opened, KEPT),
    "subscription-created": (opened, KEPT),
    "subscription-changed": (opened, KEPT),
    "subscription-cancelled": (opened, KEPT),
    "transfer-succeeded": (opened, KEPT),
    "new-type": (opened, KEPT),
}
