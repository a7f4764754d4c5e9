"""The only file with SQL: what is written about payments, and under which lock.

Every change of a payment's status goes through :meth:`Ledger.apply`. All attempts of
an order are locked together, in the order of their ids, so that two attempts cannot
both pay it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from . import entries
from .client import Session
from .columns import Hidden, now
from .entries import Applied, Attempt, Notice
from .models import EventMixin, Models, NotificationMixin, PaymentMixin
from .money import Money
from .states import FINAL, TAKEN, Decision, Observation, Status, decide
from .transactions import HasSession, Transactions


class Ledger:
    """The books, over the host's ``db.session``.

    It commits that session: what the host had added to it before is committed too.
    """

    def __init__(self, db: HasSession, models: Models) -> None:
        self._models = models
        self._transactions = Transactions(db, models.payment)

    @property
    def session(self) -> Any:
        return self._transactions.session

    def release(self) -> None:
        """End the transaction, so that none is held while Antom is asked."""
        self.session.commit()

    # Payments

    def find(self, request_id: str) -> PaymentMixin | None:
        payment = self._models.payment
        found: PaymentMixin | None = self.session.scalar(
            sa.select(payment).where(payment.request_id == request_id)
        )
        return found

    def get(self, payment_ref: int) -> PaymentMixin:
        payment: PaymentMixin = self.session.get_one(self._models.payment, payment_ref)
        return payment

    def knows(self, payment_id: str) -> bool:
        """Tell whether a payment has this id of Antom's."""
        payment = self._models.payment
        query = sa.select(payment.id).where(payment.payment_id == payment_id).limit(1)
        return self.session.scalar(query) is not None

    def attempts(self, order_reference: str) -> Sequence[PaymentMixin]:
        """Give all attempts to pay an order, oldest first."""
        payment = self._models.payment
        found: Sequence[PaymentMixin] = self.session.scalars(
            sa.select(payment)
            .where(payment.order_reference == order_reference)
            .order_by(payment.id)
        ).all()
        return entries.of_order(found, order_reference)

    def open_payment(self, attempt: Attempt) -> PaymentMixin:
        """Commit a new attempt, or give the open one of the same kind.

        If the order has been paid meanwhile, it is the paid attempt that is given.
        """
        key = attempt.open_key

        def work() -> PaymentMixin:
            reference = attempt.order_reference
            attempts = entries.of_order(self._lock_attempts(reference), reference)
            taken = (row for row in attempts if row.status in TAKEN)
            opened = (row for row in attempts if row.open_key == key)
            payment = next(taken, None) or next(opened, None)
            if payment is None:
                model: Any = self._models.payment
                payment = model(
                    request_id=uuid.uuid4().hex,
                    order_reference=attempt.order_reference,
                    amount=attempt.amount,
                    method=attempt.method,
                    mode=attempt.mode,
                    authorizes=attempt.authorizes,
                    status=str(Status.CREATED),
                    open_key=key,
                    inquire_at=now() + timedelta(minutes=1),
                )
                self.session.add(payment)
            return payment

        return self._transactions.run(work)

    def record_session(self, payment_ref: int, session: Session) -> bool:
        """Store the session; ``False`` where a twin request was faster."""

        def work() -> bool:
            payment = self._lock(payment_ref)
            held_until = payment.session_expires_at
            if payment.session_data and held_until and held_until > now():
                return False
            if payment.status not in FINAL | TAKEN:
                payment.session_data = Hidden(session.data)
                payment.normal_url = session.normal_url and Hidden(session.normal_url)
            payment.session_expires_at = session.expires_at
            return True

        return self._transactions.run(work)

    def outdate(self, order_reference: str, amount: Money) -> None:
        """Mark the order's attempts of another amount, also those that are closed."""

        def work() -> None:
            attempts = self._lock_attempts(order_reference)
            for payment in entries.of_order(attempts, order_reference):
                if payment.amount != amount and payment.status not in TAKEN:
                    payment.outdated = True

        self._transactions.run(work)

    def retire(self, payment_ref: int) -> None:
        """Hand this attempt out no more; it is still watched, and may yet be paid."""

        def work() -> None:
            payment = self._lock(payment_ref)
            payment.open_key = payment.session_data = payment.normal_url = None

        self._transactions.run(work)

    def ask_to_cancel(self, payment_ref: int) -> None:
        """Commit that we are about to cancel, before Antom hears of it."""

        def work() -> None:
            self._lock(payment_ref).cancel_asked_at = now()

        self._transactions.run(work)

    def forget_cancel(self, payment_ref: int) -> None:
        """Note that there was nothing to cancel: what the buyer pays later counts."""

        def work() -> None:
            self._lock(payment_ref).cancel_asked_at = None

        self._transactions.run(work)

    def may_inquire(self, payment_ref: int, pause: timedelta) -> bool:
        """Take the right to ask Antom now; one caller a pause gets it."""
        payment: Any = self._models.payment
        due = sa.or_(payment._asked_at.is_(None), payment._asked_at <= now() - pause)

        def work() -> bool:
            result = self.session.execute(
                sa.update(payment)
                .where(payment.id == payment_ref, due)
                .values(_asked_at=now(), inquiries=payment.inquiries + 1)
                .execution_options(synchronize_session=False)
            )
            return bool(result.rowcount)

        return self._transactions.run(work)

    # The funnel

    def apply(self, seen: Observation) -> Applied:
        """Take an observation to its payment, and commit."""
        return self._transactions.run(lambda: self._apply(self._lock_order(seen), seen))

    def take(self, notice: Notice, seen: Observation | None) -> Applied:
        """Put a notification into the inbox, apply it, and commit both (T1)."""

        def work() -> Applied:
            payments = self._lock_order(seen) if seen else []
            model: Any = self._models.notification
            stored: NotificationMixin | None = self.session.scalar(
                sa.select(model).where(model.key == notice.key)
            )
            if stored is not None and entries.is_copy(stored, notice):
                stored.copies += 1
                payment = entries.match(payments, seen) if seen else None
                return Applied(payment.id if payment else None, "repeated")
            applied = Applied(None, "ignored")
            if seen is not None:
                applied = self._apply(payments, seen)
            if stored is None:
                stored = model(**asdict(notice), outcome=applied.outcome)
                self.session.add(stored)
            else:
                stored.copies += 1
                stored.outcome = applied.outcome
            return applied

        return self._transactions.run(work)

    def _apply(self, payments: Sequence[PaymentMixin], seen: Observation) -> Applied:
        payment = entries.match(payments, seen)
        if payment is None:
            return Applied(None, "orphan")
        decision = decide(entries.view(payment, payments), seen)
        told = self._write(payment, seen, decision)
        return Applied(payment.id, entries.outcome(decision, told))

    def _lock(self, payment_ref: int) -> PaymentMixin:
        payment: PaymentMixin = self.session.get_one(
            self._models.payment,
            payment_ref,
            with_for_update=True,
            populate_existing=True,
        )
        return payment

    def _lock_order(self, seen: Observation) -> Sequence[PaymentMixin]:
        """Lock every attempt of the order that the observation is about."""
        payment: Any = self._models.payment
        if seen.request_id is not None:
            is_meant = payment.request_id == seen.request_id
        else:
            is_meant = payment.payment_id == seen.payment_id
        order = sa.select(payment.order_reference).where(is_meant).limit(1)
        return self._lock_attempts(order.scalar_subquery())

    def _lock_attempts(self, order_reference: Any) -> Sequence[PaymentMixin]:
        payment: Any = self._models.payment
        found: Sequence[PaymentMixin] = self.session.scalars(
            sa.select(payment)
            .where(payment.order_reference == order_reference)
            .order_by(payment.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        return found

    def _write(
        self, payment: PaymentMixin, seen: Observation, decision: Decision
    ) -> bool:
        """Write a decision; tell whether there is a new event."""
        payment.status = str(decision.status)
        if seen.result_code is not None and (decision.changed or decision.adopt):
            payment.result_code = seen.result_code
        if decision.adopt or payment.payment_id is None:
            payment.payment_id = seen.payment_id or payment.payment_id
        if decision.adopt:
            payment.paid_at = seen.at or payment.paid_at or now()
        if decision.status is Status.SUCCEEDED and decision.changed:
            payment.captured = entries.captured(payment, seen)
        if decision.status in FINAL | TAKEN:
            payment.session_data = payment.normal_url = payment.open_key = None
        if decision.status in FINAL:
            payment.inquire_at = None
        return decision.signal is not None and self._add_event(
            payment, decision.signal, entries.about(decision, seen)
        )

    def _add_event(self, payment: PaymentMixin, name: str, topic: str) -> bool:
        model: Any = self._models.event
        told = sa.select(model.id).where(
            model.payment_ref == payment.id, model.name == name, model.about == topic
        )
        if self.session.scalar(told) is not None:
            return False
        self.session.add(
            model(payment_ref=payment.id, name=name, about=topic, next_attempt_at=now())
        )
        return True

    # The outbox

    def undelivered(self, payment_ref: int) -> Sequence[int]:
        """Give the ids of a payment's events that the receivers have not had."""
        event: Any = self._models.event
        found: Sequence[int] = self.session.scalars(
            sa.select(event.id)
            .where(event.payment_ref == payment_ref, event._delivered_at.is_(None))
            .order_by(event.id)
        ).all()
        return found

    def claim_event(self, event_id: int) -> EventMixin | None:
        """Lock an event and mark it delivered, uncommitted; ``None`` if it was."""

        def work() -> EventMixin | None:
            event: Any = self.session.get_one(
                self._models.event,
                event_id,
                with_for_update=True,
                populate_existing=True,
            )
            if event.delivered_at is not None:
                return None
            event.delivered_at, event.next_attempt_at = now(), None
            event.attempts += 1
            event.claim = uuid.uuid4().hex
            event.last_error = None
            self.session.flush()
            claimed: EventMixin = event
            return claimed

        return self._transactions.begin(work)

    def record_failure(
        self, event_id: int, claim: str, error: str, pause: timedelta
    ) -> None:
        """Note that a receiver raised, and when to try again.

        The mark of this claim is taken back, should a receiver have committed it.
        Somebody else may have delivered the event since; that stands.
        """

        def work() -> None:
            event: Any = self.session.get_one(
                self._models.event,
                event_id,
                with_for_update=True,
                populate_existing=True,
            )
            if event.claim == claim:
                event.delivered_at = None
            else:
                event.attempts += 1
            if event.delivered_at is None:
                event.last_error = error
                event.next_attempt_at = now() + pause

        self._transactions.run(work)
