"""Mixins for a host's own models, and the states of payments and refunds.

::

    class Payment(PaymentMixin, db.Model):
        customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))

    antom = FlaskAntom(db=db, payment_model=Payment)
"""

from .domain.order_states import OrderState
from .domain.payment_states import Status
from .domain.refund_states import RefundStatus
from .store.models import EventMixin, NotificationMixin, PaymentMixin, RefundMixin

__all__ = [
    "EventMixin",
    "NotificationMixin",
    "OrderState",
    "PaymentMixin",
    "RefundMixin",
    "RefundStatus",
    "Status",
]
