"""The gateway's calls as methods. Knows Antom, but neither Flask nor the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import InvalidMoney, OutcomeUnknown, Refused
from .money import Money
from .signing import parse_time
from .states import CARD_LIKE, Fact, Observation
from .transport import Transport

#: What a payment's ``paymentStatus`` says (Antom: inquiryPayment).
_FACT_BY_STATUS: Mapping[str, Fact] = {
    "SUCCESS": Fact.PAID,
    "FAIL": Fact.FAILED,
    "CANCELLED": Fact.CANCELLED,
    "PROCESSING": Fact.PROCESSING,
    "PENDING": Fact.PENDING,
}


@dataclass(frozen=True, slots=True)
class Session:
    """A payment session (Antom: createPaymentSession).

    :ivar data: opaque, for the browser SDK; it lets its holder pay this order.
    :ivar expires_at: aware, UTC.
    :ivar normal_url: the hosted page, if Antom offers one.
    """

    data: str
    expires_at: datetime
    normal_url: str | None

    def __repr__(self) -> str:
        return f"<Session until {self.expires_at:%Y-%m-%dT%H:%M:%SZ}>"


class AntomClient:
    """Antom's API for one account.

    Every method raises :class:`~flask_antom.errors.Refused` when Antom says no, and
    :class:`~flask_antom.errors.OutcomeUnknown` when nobody can say.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_payment_session(self, payload: Mapping[str, Any]) -> Session:
        """Open a session. The same ``paymentRequestId`` may be sent again."""
        operation = "createPaymentSession"
        answer = self._transport.post(operation, payload)
        try:
            data = answer["paymentSessionData"]
            expires_at = parse_time(answer["paymentSessionExpiryTime"])
        except (KeyError, TypeError, ValueError):
            raise OutcomeUnknown(operation, "the answer holds no session") from None
        if not isinstance(data, str) or not data:
            raise OutcomeUnknown(operation, "the answer holds no session data")
        normal_url = answer.get("normalUrl")
        if not isinstance(normal_url, str) or not normal_url.startswith("http"):
            normal_url = None
        return Session(data, expires_at, normal_url)

    def inquire(
        self,
        *,
        request_id: str | None = None,
        payment_id: str | None = None,
        repeat: bool = True,
    ) -> Observation:
        """Ask what became of a payment, by our id or by Antom's.

        An ``ORDER_NOT_EXIST`` that Antom signed means that nobody has paid yet; it is
        an observation like the others, :attr:`~flask_antom.states.Fact.UNPAID`.
        """
        operation = "inquiryPayment"
        try:
            answer = self._transport.post(
                operation, _ids(request_id, payment_id), repeat=repeat
            )
        except Refused as refusal:
            if refusal.result_code == "ORDER_NOT_EXIST" and refusal.signed:
                return Observation(
                    Fact.UNPAID, "inquiry", request_id=request_id, payment_id=payment_id
                )
            raise
        _check_same(operation, answer, request_id, payment_id)
        return _read_inquiry(operation, answer)

    def cancel(
        self, *, request_id: str | None = None, payment_id: str | None = None
    ) -> Observation:
        """Close or undo a payment; naturally idempotent (Antom: cancel)."""
        answer = self._transport.post("cancel", _ids(request_id, payment_id))
        _check_same("cancel", answer, request_id, payment_id)
        return Observation(
            Fact.CANCELLED,
            "cancel",
            request_id=_text(answer, "paymentRequestId") or request_id,
            payment_id=_text(answer, "paymentId") or payment_id,
            at=read_time(answer.get("cancelTime")),
        )


def _ids(request_id: str | None, payment_id: str | None) -> dict[str, str]:
    """Name the payment once: where both ids are known, Antom's wins at Antom."""
    if payment_id is not None:
        return {"paymentId": payment_id}
    if request_id is not None:
        return {"paymentRequestId": request_id}
    raise ValueError("A payment is named by request_id or payment_id.")


def _check_same(
    operation: str,
    answer: Mapping[str, Any],
    request_id: str | None,
    payment_id: str | None,
) -> None:
    asked = {"paymentRequestId": request_id, "paymentId": payment_id}
    for field, value in asked.items():
        if value is not None and _text(answer, field) not in (None, value):
            raise OutcomeUnknown(operation, "the answer is about another payment")


def _read_inquiry(operation: str, answer: Mapping[str, Any]) -> Observation:
    """Read the payment out of the answer; its ``result`` is about the call only."""
    fact = _FACT_BY_STATUS.get(_text(answer, "paymentStatus") or "")
    if fact is None:
        raise OutcomeUnknown(operation, "the answer holds no known paymentStatus")
    try:
        amount = read_amount(answer.get("paymentAmount"))
        captured = _captured(answer.get("transactions"))
    except InvalidMoney:
        raise OutcomeUnknown(operation, "the answer's amount is not one") from None
    if fact is Fact.PAID and amount is None:
        raise OutcomeUnknown(operation, "the answer holds no paymentAmount")
    return Observation(
        fact,
        "inquiry",
        request_id=_text(answer, "paymentRequestId"),
        payment_id=_text(answer, "paymentId"),
        amount=amount,
        captured=captured,
        authorizes=_text(answer, "paymentMethodType") in CARD_LIKE,
        under_review=answer.get("authReviewStatus") == "PROCESSING",
        rejected=answer.get("authReviewStatus") == "REJECT",
        result_code=_text(answer, "paymentResultCode"),
        at=read_time(answer.get("paymentTime")),
    )


def _captured(transactions: object) -> Money | None:
    """Add up the captures that succeeded (Antom: inquiryPayment, "transactions")."""
    if not isinstance(transactions, list):
        return None
    total: Money | None = None
    for item in transactions:
        if not isinstance(item, Mapping):
            continue
        if item.get("transactionType") != "CAPTURE" or _status_of(item) != "S":
            continue
        amount = Money.from_antom(item.get("transactionAmount"))
        total = amount if total is None else total + amount
    return total


def _status_of(transaction: Mapping[str, Any]) -> object:
    result = transaction.get("transactionResult")
    if isinstance(result, Mapping) and "resultStatus" in result:
        return result["resultStatus"]
    return "S" if transaction.get("transactionStatus") == "SUCCESS" else "U"


def read_amount(amount: object) -> Money | None:
    """Read an amount that may be missing.

    :raises InvalidMoney: if it is there and no amount.
    """
    return None if amount is None else Money.from_antom(amount)


def read_time(time: object) -> datetime | None:
    """Read a time that serves as information only: an odd one is left out."""
    if not isinstance(time, str):
        return None
    try:
        return parse_time(time)
    except ValueError:
        return None


def _text(answer: Mapping[str, Any], field: str) -> str | None:
    value = answer.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        return None
    return value if value.isprintable() else None
