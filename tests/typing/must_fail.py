"""Code that type checkers must not accept; nobody runs this.

A mark names mypy's code and pyright's rule for the error in the line below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from flask_antom import FlaskAntom, Money, Order, merge_csp
from flask_antom.models import PaymentMixin, RefundMixin
from tests.typing import host_app, host_models
from tests.typing.host_app import antom, db
from tests.typing.host_models import Customer, Payment, Refund

own = host_models.antom
price = Money(4200, "MYR")


# The extension and its models

# must fail: call-arg, reportCallIssue
FlaskAntom()
# must fail: arg-type, reportArgumentType
FlaskAntom(db=object())
# must fail: arg-type, reportArgumentType
FlaskAntom(db=db.session)
# must fail: type-var, reportArgumentType
FlaskAntom(db=db, payment_model=Refund)
# must fail: arg-type, reportArgumentType
FlaskAntom(db=db, payment_model=Payment(request_id="R-1"))
# must fail: type-var, reportInvalidTypeArguments
wrong: FlaskAntom[Refund]
# must fail: misc, reportAttributeAccessIssue
antom.Payment = Payment


# Rows


def read(payment: PaymentMixin, refund: RefundMixin, mine: Payment) -> None:
    # must fail: attr-defined, reportAttributeAccessIssue
    print(payment.amuont)
    # must fail: attr-defined, reportAttributeAccessIssue
    print(payment.customer)
    # must fail: attr-defined, reportAttributeAccessIssue
    print(mine.note)
    # must fail: attr-defined, reportAttributeAccessIssue
    print(refund.captured)
    # must fail: operator, reportOperatorIssue
    print(payment.amount + 1)
    # must fail: operator, reportOperatorIssue
    print(payment.amount > 4200)
    # must fail: union-attr, reportOptionalMemberAccess
    print(payment.paid_at.year)
    # must fail: union-attr, reportOptionalMemberAccess
    print(mine.customer.name)


def write(payment: PaymentMixin) -> None:
    # must fail: assignment, reportAttributeAccessIssue
    payment.amount = 4200
    # must fail: assignment, reportAttributeAccessIssue
    payment.created_at = None
    # must fail: misc, reportAttributeAccessIssue
    payment.is_final = True


def query() -> Sequence[Refund]:
    # must fail: attr-defined, reportAttributeAccessIssue
    sa.select(antom.Payment.reference)
    # must fail: attr-defined, reportAttributeAccessIssue
    sa.select(antom.Payment).where(antom.Payment.customer_id == 1)
    # must fail: attr-defined, reportAttributeAccessIssue
    sa.select(own.Payment).order_by(own.Payment.paid)
    payments = db.session.scalars(sa.select(own.Payment)).all()
    # must fail: return-value, reportReturnType
    return payments


# Actions


def act(payment: PaymentMixin, order: Order) -> None:
    # must fail: arg-type, reportArgumentType
    antom.sync("A-1")
    # must fail: arg-type, reportArgumentType
    antom.cancel(order)
    # must fail: arg-type, reportArgumentType
    antom.capture(payment, 4200)
    # must fail: call-arg, reportCallIssue
    antom.capture(payment, price, True)
    # must fail: arg-type, reportArgumentType
    antom.refund(payment, 42.0)
    # must fail: arg-type, reportArgumentType
    antom.refund(payment, reason=5)
    # must fail: arg-type, reportArgumentType
    antom.refund(payment, key=5)
    # must fail: arg-type, reportArgumentType
    antom.capture(payment, key=b"parcel-1")
    # must fail: arg-type, reportArgumentType
    antom.refund(antom.refund(payment))
    # must fail: attr-defined, reportAttributeAccessIssue
    print(antom.refund(payment).approved_by)
    # must fail: attr-defined, reportAttributeAccessIssue
    print(own.refund(payment).rejected_by)


def tidy_up() -> None:
    # must fail: arg-type, reportArgumentType
    antom.sweep(5)
    # must fail: attr-defined, reportAttributeAccessIssue
    print(antom.sweep().notifications)
    # must fail: arg-type, reportArgumentType
    antom.purge(30)
    # must fail: call-arg, reportCallIssue
    antom.purge(timedelta(days=30), True)
    # must fail: attr-defined, reportAttributeAccessIssue
    print(antom.purge(timedelta(days=30)).payments)


def write_policy() -> None:
    # must fail: arg-type, reportArgumentType
    antom.csp(5)
    # must fail: attr-defined, reportAttributeAccessIssue
    antom.csp()["img-src"].append("'self'")
    # must fail: dict-item, reportArgumentType reportCallIssue
    merge_csp({"img-src": 1}, antom.csp())


# The host's functions


# must fail: type-var, reportArgumentType reportCallIssue
@antom.order_loader
def load_by_number(number: int) -> Order | None:
    return None


# must fail: type-var, reportArgumentType reportCallIssue
@antom.order_loader
async def load_later(reference: str) -> Order | None:
    return None


# must fail: type-var, reportArgumentType reportCallIssue
@antom.order_loader
def load_row(reference: str) -> Customer | None:
    return None


# must fail: type-var, reportArgumentType
@antom.session_request
def add_fields(order: Order) -> None:
    return None


# must fail: type-var, reportArgumentType
@antom.payment_methods
def choose_methods(order: Order, methods: tuple[str, ...]) -> bool:
    return bool(methods)


# must fail: type-var, reportArgumentType
@antom.event_dispatcher
def put_into_queue(event_id: str) -> None:
    print(event_id)


# must fail: arg-type, reportArgumentType
@antom.result_view
def show_refund(refund: RefundMixin) -> str:
    return refund.status


# must fail: arg-type, reportArgumentType
@antom.result_view
def show_own(payment: Payment) -> str:
    return payment.status


# must fail: type-var, reportArgumentType
@own.result_view
def show_nothing(payment: Payment) -> None:
    return None


# must fail: arg-type, reportArgumentType
host_app.load_order(5)


# Values

# must fail: arg-type, reportArgumentType
Money("42.00", "MYR")
# must fail: arg-type, reportArgumentType
Order("A-1", 4200, "A mug")
# must fail: call-arg, reportCallIssue
Order("A-1")
