"""Codes for failures that a buyer cannot mend: they tell the shop, who reads its log.

The buyer reads the code, and one line of the log at the level ``ERROR`` has it, too.
The same failure has the same code for some minutes, so that nobody floods the log.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from flask import g

from ..errors import CheckoutError, PaymentRefused, UnusableOrder
from ..log_lines import Log
from .blueprint import current_state

log: Log = Log(__name__)

#: Letters and digits that are not mistaken for each other, read out or by hand.
_SIGNS = "2346789ACDEFGHJKMNPQRTUVWXYZ"

#: What Antom refuses because of the shop's settings, its request or its account,
#: whichever way to pay the buyer chooses. It is empty for an answer without the page
#: that ``hosted`` needs.
_SHOPS_FAULT = frozenset(
    {
        "",
        "CLIENT_FORBIDDEN_ACCESS_API",
        "CLIENT_INVALID",
        "ILLEGAL_CLIENT_IP",
        "INVALID_ACCESS_TOKEN",
        "INVALID_API",
        "INVALID_CLIENT",
        "INVALID_MERCHANT_STATUS",
        "INVALID_SIGNATURE",
        "INVALID_TOKEN",
        "KEY_NOT_FOUND",
        "MEDIA_TYPE_NOT_ACCEPTABLE",
        "MERCHANT_KYB_NOT_QUALIFIED",
        "MERCHANT_NOT_REGISTERED",
        "METHOD_NOT_SUPPORTED",
        "NO_INTERFACE_DEF",
        "OAUTH_FAIL",
        "PARAM_ILLEGAL",
        "SIGNATURE_INVALID",
        "SIGN_VERIFY_FAILURE",
    }
)


class NotedOrder(NamedTuple):
    """The order that a request is about.

    :ivar url: the host's page for it.
    """

    reference: str | None = None
    url: str | None = None


def note_order(reference: str, url: str | None = None) -> None:
    """Remember the order for the log, and for a page that says what failed."""
    g._antom_order = NotedOrder(reference, url)


def noted_order() -> NotedOrder:
    """Return the order of this request, as far as it is known."""
    order: NotedOrder = g.get("_antom_order", NotedOrder())
    return order


def code_for(error: CheckoutError) -> str | None:
    """Return the code if the buyer cannot mend what failed, else ``None``.

    It is logged, unless the same was logged of late: anyone can ask for an order again.
    """
    if isinstance(error, UnusableOrder):
        return _report_once(f"the order loader raised: {error}", error)
    if isinstance(error, PaymentRefused) and error.result_code in _SHOPS_FAULT:
        code = error.result_code or "missing"
        return _report_once(f"{error} Its result code is {code}.")
    return None


def _report_once(what: str, error: BaseException | None = None) -> str:
    told, order = current_state().told_faults, noted_order().reference
    code = told.code_of(order, what)
    if code is None:
        code = report(what, error)
        told.keep(order, what, code)
    return code


def report(what: str, error: BaseException | None = None) -> str:
    """Log a failure, and return its code.

    :param what: what failed.
    :param error: the error, if its traceback is not logged elsewhere.
    """
    drawn = "".join(secrets.choice(_SIGNS) for _ in range(8))
    code = f"{drawn[:4]}-{drawn[4:]}"
    log.error(
        "Fault code %s: order %r cannot be paid: %s",
        code,
        noted_order().reference,
        what,
        error=error,
        order=noted_order().reference,
        reason=code,
    )
    return code
