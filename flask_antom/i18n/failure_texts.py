"""The texts for codes: Antom's, and those of our own problems. Pure.

The codes are those of Antom's answers and notifications (Antom: createPaymentSession,
notifyPayment), of its Payment Element, and of our script.
"""

from __future__ import annotations

from collections.abc import Mapping

#: The name of a text, and the codes for which it is shown. For ``result`` the outcome
#: is not known: the buyer is sent to the result page, which asks the server.
CODES: Mapping[str, tuple[str, ...]] = {
    "paid": ("order_already_paid",),
    "order_closed": ("order_closed",),
    "nothing": ("nothing_to_pay",),
    "missing": ("order_not_found",),
    "method": ("method_not_offered",),
    "refused": ("payment_refused",),
    "unknown": ("outcome_unknown",),
    "pending": ("pending",),
    "broken": ("invalid_order", "server_error"),
    "offline": ("not_configured",),
    "reload": (
        "invalid_request",
        "too_large",
        "http_400",
        "http_401",
        "http_403",
    ),
    "network": ("network",),
    "blocked": ("sdk_missing", "sdk_failed"),
    "silent": ("timeout",),
    "result": (
        "PAYMENT_IN_PROCESS",
        "PAYMENT_RESULT_TIMEOUT",
        "SUBMIT_PAYMENT_TIMEOUT",
        "SYSTEM_ERROR",
        "UNKNOWN_EXCEPTION",
    ),
    "balance": ("USER_BALANCE_NOT_ENOUGH",),
    "limit": (
        "PAYMENT_AMOUNT_EXCEED_LIMIT",
        "PAYMENT_COUNT_EXCEED_LIMIT",
        "USER_AMOUNT_EXCEED_LIMIT",
    ),
    "card": (
        "CARD_BIN_QUERY_ERROR",
        "FORM_INVALID",
        "INVALID_CARD_NUMBER",
        "INVALID_CVV",
        "INVALID_EXPIRATION_DATE",
        "INVALID_EXPIRY_DATE_FORMAT",
    ),
    "expired_card": ("CARD_EXPIRED",),
    "declined": (
        "ACCESS_DENIED",
        "DO_NOT_HONOR",
        "FRAUD_REJECT",
        "INVALID_CARD",
        "ISSUER_REJECTS_TRANSACTION",
        "RISK_REJECT",
        "SUSPECTED_CARD",
    ),
    "verification": ("USER_PAYMENT_VERIFICATION_FAILED",),
    "account": ("USER_KYC_NOT_QUALIFIED", "USER_NOT_EXIST", "USER_STATUS_ABNORMAL"),
    "unavailable": (
        "CARD_NOT_SUPPORTED",
        "CURRENCY_NOT_SUPPORT",
        "INVALID_CONTRACT",
        "INVALID_MERCHANT_STATUS",
        "INVALID_PAYMENT_METHOD_META_DATA",
        "KEY_NOT_FOUND",
        "MERCHANT_KYB_NOT_QUALIFIED",
        "MERCHANT_NOT_REGISTERED",
        "NO_PAY_OPTIONS",
        "PAYMENT_NOT_QUALIFIED",
        "SELECTED_CARD_BRAND_NOT_AVAILABLE",
        "SETTLE_CONTRACT_NOT_MATCH",
    ),
    "closed": (
        "INQUIRY_PAYMENT_SESSION_FAILED",
        "ORDER_IS_CANCELED",
        "ORDER_IS_CANCELLED",
        "ORDER_IS_CLOSED",
    ),
}

#: Codes after which another try needs a new session. After other codes, the buyer may
#: try again in the same session. (Source: the table of Antom's Magento plugin.
#: "CANCELED" is the spelling of Antom's servers.)
NEW_SESSION = frozenset(
    {
        "ERR_DATA_STRUCT_UNRECOGNIZED",
        "INQUIRY_PAYMENT_SESSION_FAILED",
        "INVALID_MERCHANT_STATUS",
        "KEY_NOT_FOUND",
        "MERCHANT_KYB_NOT_QUALIFIED",
        "NO_PAY_OPTIONS",
        "ORDER_IS_CANCELED",
        "ORDER_IS_CANCELLED",
        "ORDER_IS_CLOSED",
        "PARAM_ILLEGAL",
        "PAYMENT_AMOUNT_EXCEED_LIMIT",
        "PAYMENT_COUNT_EXCEED_LIMIT",
        "PAYMENT_NOT_QUALIFIED",
    }
)

#: Texts that tell the buyer to choose another way to pay.
CHOOSE = frozenset({"account", "declined", "limit", "method", "refused", "unavailable"})

_TEXTS = {code: text for text, codes in CODES.items() for code in codes}


def text_for(code: str | None) -> str | None:
    """Return the name of the text for a code; ``None`` if there is no text for it."""
    return _TEXTS.get(code or "")


def text_of_problem(*codes: str | None, can_choose: bool) -> str:
    """Return the name of the text for a buyer who gets no session.

    :param codes: the codes of the problem; the first with a text counts.
    :param can_choose: whether there is another way to pay that the buyer can choose.
    """
    texts = filter(None, map(text_for, codes))
    text = next((one for one in texts if one != "result"), "fault")
    return "unpayable" if text in CHOOSE and not can_choose else text
