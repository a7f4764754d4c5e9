"""Recipes for notifications that Flask-Antom keeps and passes on.

Those about disputes, defences, wallets and subscriptions have no ``notifyType``, and
most have no ``result`` (Antom: notifyDispute, notifyDefenseDocument).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from .messages import time
from .subjects import Fields, Recipe, Subject, Write, new_id, outcome

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


def _dispute(
    kind: str, moment: str = "", due: timedelta | None = None, **more: object
) -> Write:
    """Return what writes a notification of a dispute (Antom: notifyDispute).

    :param moment: the field with the time of the news.
    :param due: when a defence is due, from now.
    """

    def write(subject: Subject) -> Fields:
        fields: Fields = {
            "disputeNotificationType": kind,
            "disputeId": _dispute_id(subject),
            "paymentRequestId": subject.request_id,
            "paymentId": subject.payment_id,
            "disputeAmount": subject.amount.to_antom(),
            "disputeTime": time(subject.at),
            "disputeType": "CHARGEBACK",
            "disputeSource": "SCHEME",
            "disputeReasonCode": "10.4",
            "disputeReasonMsg": "Other fraud, card absent",
        }
        if moment:
            fields[moment] = time(subject.at)
        if due is not None:
            fields["defenseDueTime"] = time(subject.at + due)
        return fields | more

    return write


def _judged(subject: Subject) -> Fields:
    fields = _dispute("DISPUTE_JUDGED", "disputeJudgedTime")(subject)
    return fields | {
        "disputeJudgedResult": "ACCEPT_BY_MERCHANT",
        "disputeJudgedAmount": subject.amount.to_antom(),
    }


def _defense(**more: object) -> Write:
    """Return what writes a notification about a defence.

    Antom: notifyDefenseDocument, notifyDefenseStrategySuggestion.
    """

    def write(subject: Subject) -> Fields:
        named = {"disputeId": _dispute_id(subject), "notifyTime": time(subject.at)}
        return named | more

    return write


def _dispute_id(subject: Subject) -> str:
    """Return the same id for all news of one payment's dispute."""
    return f"D{subject.payment_id}"[:64]


def _news(field: str, kind: str, *ids: str) -> Write:
    """Return what writes a notification with a type, a result and some new ids.

    :param field: the field of the type.
    """

    def write(subject: Subject) -> Fields:
        fields: Fields = {field: kind} | {name: new_id() for name in ids}
        return fields | {"result": outcome("")}

    return write


def _reversed(subject: Subject) -> Fields:
    return {
        "notifyType": "PAYMENT_REVERSAL",
        "result": outcome(""),
        "paymentRequestId": subject.request_id,
        "paymentId": subject.payment_id,
    }


_WALLET = "authorizationNotifyType"
_SUBSCRIPTION = "subscriptionNotificationType"
_SUBSCRIPTION_IDS = ("subscriptionRequestId", "subscriptionId")

OTHERS: Mapping[str, Recipe] = {
    "payment-reversed": Recipe(
        "Money came after Antom had closed the payment; a person has to look.",
        _reversed,
    ),
    "dispute-created": Recipe(
        "A buyer disputes a payment.",
        _dispute("DISPUTE_CREATED", due=_WEEK, defendable=True),
    ),
    "dispute-due": Recipe(
        "The defence of a dispute is due within a day.",
        _dispute("DEFENSE_DUE_ALERT", due=_DAY),
    ),
    "dispute-defended": Recipe(
        "Antom has the shop's defence.",
        _dispute("DEFENSE_SUPPLIED", "defenseSuppliedTime"),
    ),
    "dispute-accepted": Recipe(
        "The shop has accepted a dispute, or has not answered in time.",
        _dispute(
            "DISPUTE_ACCEPTED", "disputeAcceptTime", disputeAcceptReason="TIMEOUT"
        ),
    ),
    "dispute-judged": Recipe("A dispute is decided, and the buyer wins.", _judged),
    "dispute-cancelled": Recipe(
        "The buyer has withdrawn a dispute.",
        _dispute("DISPUTE_CANCELLED", "disputeCancelledTime"),
    ),
    "dispute-resolved": Recipe(
        "A refund has settled a dispute before it was decided.",
        _dispute("RDR_RESOLVED"),
    ),
    "defense-document": Recipe(
        "Antom has written a defence.",
        _defense(
            defenseFile={"fileName": "defence.pdf", "fileFormat": "PDF"},
            winRateLevel="HIGH",
            recommendedEvidence=[{"evidenceTag": "INVOICE"}],
            suggestionsForImprovement="Add the invoice.",
        ),
    ),
    "defense-strategy": Recipe(
        "Antom suggests how to defend.",
        _defense(
            winRateLevel="LOW",
            evidenceList=[{"evidenceTag": "TRACKING"}],
            cardholderDisputeReason="The goods did not arrive.",
            defenseStrategyDescription="Show the delivery.",
        ),
    ),
    "wallet-authorized": Recipe(
        "A buyer lets the shop charge their wallet.",
        _news(_WALLET, "TOKEN_CREATED", "authClientId"),
    ),
    "wallet-revoked": Recipe(
        "A buyer no longer lets the shop charge their wallet.",
        _news(_WALLET, "TOKEN_CANCELED", "authClientId"),
    ),
    "card-vaulted": Recipe(
        "Antom has stored a card for later payments.",
        _news("notifyType", "VAULTING_RESULT", "vaultingRequestId"),
    ),
    "subscription-created": Recipe(
        "A subscription has begun.",
        _news(_SUBSCRIPTION, "CREATE", *_SUBSCRIPTION_IDS),
    ),
    "subscription-changed": Recipe(
        "A subscription has changed.",
        _news(_SUBSCRIPTION, "CHANGE", *_SUBSCRIPTION_IDS),
    ),
    "subscription-cancelled": Recipe(
        "A subscription is cancelled.",
        _news(_SUBSCRIPTION, "CANCEL", *_SUBSCRIPTION_IDS),
    ),
    "transfer-succeeded": Recipe(
        "A transfer has arrived.",
        _news("notifyType", "TRANSFER_RESULT", "transferRequestId"),
    ),
    "new-type": Recipe(
        "A type that Antom may add one day.",
        _news("notifyType", "SOMETHING_NEW", "someId"),
    ),
}
