"""Every text that a buyer reads, in English: what the catalogues translate.

After a change run ``make words``, and translate what is new.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Outcome(NamedTuple):
    """The words of the result page for a status.

    :ivar mood: ``good``, ``bad``, ``neutral`` or ``waiting``; not translated.
    """

    mood: str
    heading: str
    message: str


class Plural(NamedTuple):
    """A text with a number in it, ``%(num)d``."""

    one: str
    other: str


#: The texts of the macro, by the names that its argument ``texts`` takes.
CHECKOUT: Mapping[str, str] = {
    "label": "Payment",
    "methods": "How would you like to pay?",
    "pay": "Pay now",
    "hosted": "Pay on the payment provider's page",
    "check": "Check this payment",
    "loading": "Loading the ways to pay…",
    "ready": "Choose how to pay, then press the button.",
    "opening": "Opening the payment window…",
    "continue": "Please continue in the payment window.",
    "leaving": "Taking you to your payment provider…",
    "result": "Checking your payment…",
    "checking": "One moment: we are still checking your last attempt to pay…",
    "cancelled": "You left the payment. You can go on whenever you like.",
    "failed": "The payment did not go through. You can try again or choose another way"
    " to pay.",
    "balance": "Your balance is not enough for this payment. Please top it up or choose"
    " another way to pay.",
    "limit": "This amount is over a limit of this way to pay. Please choose another"
    " one.",
    "card": "The card details are not right. Please check number, date and security"
    " code.",
    "expired_card": "This card has expired. Please use another one.",
    "declined": "Your bank or payment provider declined the payment. Please choose"
    " another way to pay.",
    "verification": "The payment could not be verified as yours. Please try again or"
    " choose another way to pay.",
    "account": "Your account with this payment provider cannot make this payment."
    " Please choose another way to pay.",
    "unavailable": "This way to pay is not available at the moment. Please choose"
    " another one.",
    "closed": "The time to pay has run out. Please start again.",
    "paid": "This order is already paid. You do not need to pay again.",
    "order_closed": "This order is closed and can no longer be paid.",
    "nothing": "There is nothing to pay.",
    "missing": "We cannot find this order. Please go back to the shop and start again.",
    "method": "This way to pay is not offered here. Please choose another one.",
    "refused": "This way to pay cannot be used for this order. Please choose another"
    " one.",
    "unknown": "We do not know yet what became of your last attempt. Please wait a"
    " minute, then try again.",
    "reload": "This page has been open for too long. Please load it again, then pay.",
    "network": "We could not reach the shop. Please check your connection and try"
    " again.",
    "blocked": "The payment window could not be loaded. Please check your connection,"
    " switch off blockers for this page and try again.",
    "silent": "The payment window did not open in time. Please try again.",
    "app": "The payment app could not be opened. Please try again or choose another"
    " way to pay.",
    "offline": "Payments are not available at the moment.",
    "fault": "Something went wrong and the payment could not be started. Please try"
    " again.",
}

#: The texts of the page that leads to the payment provider's own.
HOSTED: Mapping[str, str] = {
    "going": "Taking you to the payment page",
    "go": "Continue to the payment",
    "back": "Back to your order",
    "wrong": "The payment could not be started",
}

#: What the result page says, by status, and of refunds. The macro says it too.
RESULT: Mapping[str, Outcome] = {
    "created": Outcome(
        "waiting",
        "Waiting for your payment",
        "We are waiting for your payment provider. If you have not paid yet, you can"
        " go back and do so.",
    ),
    "pending": Outcome(
        "waiting",
        "Your payment is on its way",
        "Your payment provider is working on it. Some banks and shops take a while;"
        " you do not need to pay again.",
    ),
    "processing": Outcome(
        "waiting",
        "Waiting for your payment provider",
        "We are waiting for your payment provider to confirm the payment. If you have"
        " paid, you do not need to pay again.",
    ),
    "authorized": Outcome(
        "good",
        "Your payment is approved",
        "The amount is reserved for this order. It is charged shortly; you do not need"
        " to do anything.",
    ),
    "succeeded": Outcome("good", "Payment received", "Thank you. Your order is paid."),
    "failed": Outcome(
        "bad",
        "The payment did not go through",
        "Your payment provider declined it or it was not completed. You can try again"
        " or choose another way to pay.",
    ),
    "cancelled": Outcome(
        "neutral",
        "The payment was cancelled",
        "Should any money have been taken, it is returned to you.",
    ),
    "expired": Outcome(
        "neutral",
        "The time to pay has run out",
        "This payment was not completed in time. You can start again from your order.",
    ),
    "review": Outcome(
        "good",
        "We received your payment",
        "We received your payment and are checking it. You do not need to pay again.",
    ),
    "refunding": Outcome(
        "neutral",
        "Your refund is on its way",
        "It may take a few days until you see the money.",
    ),
    "refunded": Outcome(
        "neutral",
        "Your payment was refunded",
        "The money goes back the way you paid. It may take a few days until you see"
        " it.",
    ),
}

#: The other texts of the result page.
PAGE: Mapping[str, str] = {
    "order": "Order",
    "amount": "Amount",
    "method": "Payment method",
    "started": "Started",
    "continue": "Continue",
    "back": "Back to your order",
    "again": "Check again",
    "updates": "This page updates by itself. You can also close it: the shop is told"
    " as well.",
}

#: The texts of the page for a payment that the shop does not know.
UNKNOWN: Mapping[str, str] = {
    "heading": "We cannot find this payment",
    "message": "If you have paid, please do not pay again. Contact the shop and tell it"
    " your order, so that it can look for the payment.",
}

#: Names of ways to pay that are words; the others are brands and stay as they are.
METHODS = ("Card", "FPX online banking", "Online banking")

#: Texts with a number in them. ``refresh``: seconds, for buyers without JavaScript.
PLURALS: Mapping[str, Plural] = {
    "refresh": Plural(
        "This page loads itself again every %(num)d second.",
        "This page loads itself again every %(num)d seconds.",
    ),
}
