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
#: ``%(amount)s`` is the amount, ``%(code)s`` the fault code.
CHECKOUT: Mapping[str, str] = {
    "label": "Payment",
    "methods": "How would you like to pay?",
    "ways": "You can pay with:",
    "pay": "Pay now",
    "pay_amount": "Pay %(amount)s",
    "leaves": "You pay on the payment provider's page. Then you come back to the shop.",
    "hosted": "Pay on the payment provider's page",
    "check": "Check this payment",
    "view": "View payment",
    "not_paid": "If you have not paid yet, you can pay below.",
    "loading": "Loading the ways to pay…",
    "ready": "How would you like to pay?",
    "opening": "Opening the payment window…",
    "continue": "Continue in the payment window.",
    "leaving": "Taking you to your payment provider…",
    "away": "Your payment is open in another window. Complete it there. If you have"
    " already paid, check this payment.",
    "result": "Checking your payment…",
    "checking": "One moment. We are still checking your last payment…",
    "cancelled": "Payment not completed. You can continue whenever you like.",
    "failed": "Payment not completed. Try again, or choose another way to pay.",
    "balance": "Your balance is too low for this payment. Top it up, or choose another"
    " way to pay.",
    "limit": "This payment is above the limit for this way to pay. Choose another one.",
    "card": "The card details are not correct. Check the number, the expiry date and"
    " the security code.",
    "expired_card": "This card has expired. Use another one.",
    "declined": "Your bank or payment provider declined the payment. Choose another way"
    " to pay.",
    "verification": "We could not verify that this payment is yours. Try again, or"
    " choose another way to pay.",
    "account": "Your account with this payment provider cannot make this payment."
    " Choose another way to pay.",
    "unavailable": "This way to pay is not available at the moment. Choose another"
    " one.",
    "closed": "The time to pay is over. Start again.",
    "paid": "This order is already paid. You do not need to pay again.",
    "pending": "Your payment is on its way. This can take a few minutes, or a few days"
    " for bank transfers and stores. You do not need to pay again.",
    "order_closed": "This order is closed and can no longer be paid. If you still want"
    " it, place a new order.",
    "nothing": "There is nothing to pay for this order.",
    "missing": "We cannot find this order. Go back to the shop and start again.",
    "method": "This way to pay is not offered here. Choose another one.",
    "refused": "This order cannot be paid in this way. Choose another way to pay.",
    "unpayable": "This order cannot be paid here at the moment. Please contact the"
    " shop.",
    "unknown": "We do not know yet whether your last payment was completed. Check it"
    " before you pay again.",
    "reload": "This page was open for too long. Reload it, then pay.",
    "network": "We could not reach the shop. Check your connection, then try again.",
    "blocked": "The payment form could not be loaded. Check your connection, switch off"
    " ad blockers for this page, then try again.",
    "silent": "The payment form did not open in time. Try again.",
    "app": "The payment app could not be opened. Try again, or choose another way to"
    " pay.",
    "offline": "Payments are not available at the moment. Please contact the shop.",
    "fault": "The payment could not be started. Try again.",
    "broken": "The payment could not be started. The shop has a technical problem."
    " Please contact the shop and give this code: %(code)s",
}

#: The texts of the page that leads to the payment provider's own.
HOSTED: Mapping[str, str] = {
    "going": "Taking you to the payment page",
    "go": "Continue to the payment",
    "back": "Back to your order",
    "wrong": "Payment not completed",
    "reload": "The page with your order was open for too long. Go back to your order,"
    " then pay.",
    "anew": "Cancel that payment and pay again",
}

#: What the result page says, by status, and of refunds. The macro says it too.
RESULT: Mapping[str, Outcome] = {
    "created": Outcome(
        "waiting",
        "Waiting for your payment",
        "If you have paid, wait a moment: we are asking your payment provider. If you"
        " have not paid yet, go back to your order and pay.",
    ),
    "pending": Outcome(
        "waiting",
        "Your payment is on its way",
        "This can take a few minutes, or a few days for bank transfers and stores. You"
        " do not need to pay again.",
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
        "The amount is reserved for this order and is charged later. You do not need to"
        " do anything.",
    ),
    "succeeded": Outcome("good", "Payment received", "Thank you. Your order is paid."),
    "failed": Outcome(
        "bad",
        "Payment not completed",
        "Your payment provider declined the payment, or it was not completed. Try"
        " again, or choose another way to pay.",
    ),
    "cancelled": Outcome(
        "neutral",
        "The payment was cancelled",
        "If any money was taken, you get it back. If you still want to pay, go back to"
        " your order.",
    ),
    "expired": Outcome(
        "neutral",
        "The time to pay is over",
        "This payment was not completed in time. You can start again from your order.",
    ),
    "review": Outcome(
        "waiting",
        "We are checking your payment",
        "We received your payment. The shop checks it before confirming your order. You"
        " do not need to pay again.",
    ),
    "refunding": Outcome(
        "neutral",
        "Your refund is on its way",
        "It can take a few days until you see the money.",
    ),
    "refunded": Outcome(
        "neutral",
        "Your payment was refunded",
        "The money goes back the way you paid. It can take a few days until you see"
        " it.",
    ),
}

#: The other texts of the result page.
PAGE: Mapping[str, str] = {
    "order": "Order",
    "amount": "Amount",
    "method": "Way to pay",
    "started": "Started",
    "continue": "Continue",
    "back": "Back to your order",
    "again": "Check again",
    "updates": "This page updates automatically. You can close it; the shop will be"
    " notified.",
}

#: The texts of the page for a payment that the shop does not know.
UNKNOWN: Mapping[str, str] = {
    "heading": "We cannot find this payment",
    "message": "If you have paid, do not pay again. Please contact the shop and give"
    " your order number, so that it can find the payment.",
}

#: Names of ways to pay that are words; the others are brands and stay as they are.
METHODS = ("Card", "FPX online banking", "Online banking", "Mobile phone bill")

#: Texts with a number in them. ``refresh``: seconds, for buyers without JavaScript.
PLURALS: Mapping[str, Plural] = {
    "refresh": Plural(
        "This page reloads every %(num)d second.",
        "This page reloads every %(num)d seconds.",
    ),
}
