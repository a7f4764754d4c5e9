"""Stored rows as plain values, which remember what was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from ..domain.money import Money
from ..domain.payment_states import FINAL, TAKEN, Status, is_given_back
from ..log_lines import Facts
from ..opaque import SecretStr


class StoredRow:
    """The values of a row. Attributes have the columns' names; times are in UTC."""

    id: int
    version: int
    updated_at: datetime

    #: The columns that are read, but for those of :attr:`TIMES`.
    VALUES: ClassVar[Sequence[str]] = ()
    TIMES: ClassVar[Sequence[str]] = ()
    #: Texts that SQLAlchemy must not show.
    SECRETS: ClassVar[Sequence[str]] = ()

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)
        self.__dict__["_stored"] = values

    def _names(self) -> Mapping[str, Any]:
        stored: Mapping[str, Any] = self.__dict__["_stored"]
        return stored

    def changes(self, moment: datetime) -> dict[str, Any]:
        """Return the columns that have changed, with their new values.

        :param moment: the time of the change, if there is one.
        """
        stored, now = self._names(), self.__dict__
        changed = {name: now[name] for name in stored if now[name] != stored[name]}
        for name in self.SECRETS:
            if changed.get(name):
                changed[name] = SecretStr(changed[name])
        if changed:
            self.updated_at = changed["updated_at"] = moment
        return changed

    def values(self) -> Mapping[str, Any]:
        """Return the values by the columns' names."""
        return self.__dict__

    def written(self) -> None:
        """Take the present values as the stored ones; the version has grown."""
        self.version += 1
        self.__dict__["_stored"] = {name: self.__dict__[name] for name in self._names()}

    def become(self, other: StoredRow | None) -> None:
        """Take the values of the same row, read later."""
        if other is not None:
            self.__dict__.update(other.__dict__)


class PaymentRow(StoredRow):
    """A row of ``antom_payment``; see :class:`.models.PaymentMixin`."""

    request_id: str
    payment_id: str | None
    client_id: str
    order_reference: str
    amount_value: int
    captured_value: int
    refunded_value: int
    currency: str
    captures: dict[str, int] | None
    capture_request_id: str | None
    capture_value: int | None
    capture_final: bool
    method: str
    chooses_method: bool
    mode: str
    authorizes: bool
    status: str
    result_code: str | None
    session_data: str | None
    normal_url: str | None
    open_key: str | None
    outdated: bool
    cancel_undoes: bool
    under_review: bool
    inquiries: int
    environment: str
    buyer_reference: str | None
    capture_requests: dict[str, dict[str, Any]] | None
    session_expires_at: datetime | None
    cancel_asked_at: datetime | None
    order_closed_at: datetime | None
    inquire_at: datetime | None
    asked_at: datetime | None
    created_at: datetime
    paid_at: datetime | None
    authorized_until: datetime | None

    VALUES: ClassVar[Sequence[str]] = (
        *("id", "version", "request_id", "payment_id", "client_id", "order_reference"),
        *("amount_value", "captured_value", "refunded_value", "currency", "captures"),
        *("capture_request_id", "capture_value", "capture_final", "method"),
        *("chooses_method", "mode", "authorizes", "status", "result_code"),
        *("session_data", "normal_url", "open_key", "outdated", "cancel_undoes"),
        *("under_review",),
        *("inquiries", "environment", "buyer_reference", "capture_requests"),
    )
    TIMES: ClassVar[Sequence[str]] = (
        *("session_expires_at", "cancel_asked_at", "inquire_at", "asked_at"),
        *("order_closed_at", "created_at", "updated_at", "paid_at", "authorized_until"),
    )
    SECRETS: ClassVar[Sequence[str]] = ("session_data", "normal_url")

    @property
    def amount(self) -> Money:
        return Money(self.amount_value, self.currency)

    @property
    def captured(self) -> Money:
        return Money(self.captured_value, self.currency)

    @captured.setter
    def captured(self, money: Money) -> None:
        self.captured_value = _value(money, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_value, self.currency)

    @refunded.setter
    def refunded(self, money: Money) -> None:
        self.refunded_value = _value(money, self.currency)

    @property
    def is_final(self) -> bool:
        """Whether no change is expected. A success may still follow a failure."""
        return self.status in FINAL

    @property
    def is_taken(self) -> bool:
        """Whether the order counts as paid by it. A refunded payment does not count."""
        return self.status in TAKEN and not self.is_given_back

    @property
    def is_done_by_buyer(self) -> bool:
        """Whether the buyer has done their part. Then only the shop may cancel."""
        is_done = self.status in TAKEN or self.status == Status.PENDING
        return is_done or self.under_review

    @property
    def is_given_back(self) -> bool:
        """Whether everything that was captured has been refunded."""
        return is_given_back(self.captured_value, self.refunded_value)

    @property
    def names(self) -> Facts:
        """The names of the order and the payment, for the log."""
        return {"order": self.order_reference, "payment": self.request_id}

    def __repr__(self) -> str:
        return (
            f"<payment {self.request_id} of order {self.order_reference}:"
            f" {self.status}>"
        )


class RefundRow(StoredRow):
    """A row of ``antom_refund``, and whose its payment is, if that is known."""

    client_id: str
    environment: str
    request_id: str
    key: str | None
    refund_id: str | None
    payment_id: str | None
    payment_ref: int | None
    amount_value: int
    reported_value: int | None
    currency: str
    status: str
    result_code: str | None
    reason: str | None
    capture_id: str | None
    inquire_at: datetime | None

    VALUES: ClassVar[Sequence[str]] = (
        *("id", "version", "request_id", "refund_id", "payment_id", "payment_ref"),
        *("amount_value", "currency", "status", "result_code", "reason", "capture_id"),
        *("reported_value", "key", "client_id", "environment"),
    )
    TIMES: ClassVar[Sequence[str]] = ("inquire_at", "updated_at")

    @property
    def amount(self) -> Money:
        return Money(self.amount_value, self.currency)

    @amount.setter
    def amount(self, money: Money) -> None:
        self.amount_value = _value(money, self.currency)

    @property
    def names(self) -> Facts:
        """The name of the refund, for the log."""
        return {"refund": self.request_id}

    def __repr__(self) -> str:
        return f"<refund {self.request_id} {self.status}>"


def _value(money: Money, currency: str) -> int:
    if money.currency != currency:
        raise ValueError(f"This row is in {currency}, not {money.currency}.")
    return money.value


def in_utc(moment: datetime | None) -> datetime | None:
    """Return an aware time in UTC; SQLite and MariaDB store no time zone."""
    if moment is None or moment.tzinfo is UTC:
        return moment
    return (
        moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    )
