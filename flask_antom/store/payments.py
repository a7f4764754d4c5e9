"""Payments, and the one way in which their status changes.

Every observation goes through :class:`PaymentStore`, and nothing else changes a
payment's status. All attempts of an order are locked together, in the order of their
ids. So two attempts cannot both pay the order.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from ..domain.decisions import Decision, decide
from ..domain.payment_states import FINAL, TAKEN, Fact, Observation, Status
from ..domain.records import Claim, Notification
from ..domain.refund_states import RefundObservation
from ..domain.schedule import next_inquiry
from . import captured_money
from .applied import Applied, Change, payment_changes
from .inbox import Inbox
from .outbox import Outbox
from .payment_rows import PaymentRows
from .postgresql import FastInbox, Look
from .refunds import RefundStore
from .rows import PaymentRow
from .transactions import Store, Transactions, atomic
from .views import match, unclear_since, view


class PaymentStore(Store):
    """Applies observations to payments."""

    def __init__(
        self,
        transactions: Transactions,
        rows: PaymentRows,
        inbox: Inbox,
        outbox: Outbox,
        refunds: RefundStore,
        fast: FastInbox,
    ) -> None:
        super().__init__(transactions)
        self._fast = fast
        self._rows = rows
        self._inbox = inbox
        self._outbox = outbox
        self._refunds = refunds

    def apply(self, observation: Observation) -> Applied:
        """Apply an observation to its payment, and commit."""
        return self._apply(observation, uuid.uuid4().hex)

    @atomic
    def _apply(self, observation: Observation, claim: str) -> Applied:
        if self._is_fast(observation):
            look = self._fast.lock(observation)
            if look.is_simple:
                return self._write_fast(look, observation, claim)
        return self._record_payment(observation, claim)

    def take(
        self,
        notification: Notification,
        observation: Observation | RefundObservation | None,
        client_id: str,
    ) -> Applied:
        """Store a notification in the inbox, apply it, and commit both (T1).

        A copy is only counted. It needs no lock on the order.

        :param observation: ``None`` for a notification that changes nothing.
        :param client_id: the account that it is for.
        """
        return self._take(notification, observation, client_id, uuid.uuid4().hex)

    @atomic
    def _take(
        self,
        notification: Notification,
        observation: Observation | RefundObservation | None,
        client_id: str,
        claim: str,
    ) -> Applied:
        if isinstance(observation, Observation) and self._is_fast(observation):
            taken = self._take_fast(notification, observation, client_id, claim)
            if taken is not None:
                return taken
        stored = self._inbox.find(notification)
        if stored is not None and not stored.is_copy:
            stored = self._inbox.find(notification, lock=True)
        if stored is None:
            applied = self._record(observation, claim)
            self._inbox.add(notification, applied.outcome, client_id)
        else:
            record = self._record_copy if stored.is_copy else self._record
            applied = record(observation, claim)
            self._inbox.count_copy(stored, applied.outcome)
        return applied

    def _is_fast(self, observation: Observation) -> bool:
        """Whether PostgreSQL can apply an observation in two statements."""
        is_postgresql = self.transactions.dialect == "postgresql"
        return is_postgresql and self._fast.is_usable and not observation.refunds

    def _take_fast(
        self,
        notification: Notification,
        observation: Observation,
        client_id: str,
        claim: str,
    ) -> Applied | None:
        """Take a notification in two statements; ``None`` if it is not so simple."""
        look = self._fast.look(notification, observation)
        if look.is_copy:
            is_told = not look.has_undelivered
            return self._record_copy(None if is_told else observation, claim)
        if not look.is_simple:
            return None
        return self._write_fast(look, observation, claim, notification, client_id)

    def _write_fast(
        self,
        look: Look,
        observation: Observation,
        claim: str,
        notification: Notification | None = None,
        client_id: str = "",
    ) -> Applied:
        event: dict[str, Any] | None = None
        outcome = self._rows.outcome_of_unknown(observation.request_id)
        payment = match(look.payments, observation)
        changes: list[Change] = []
        if payment is not None:
            was = payment.status
            decision = self._decide(payment, look.payments, observation)
            changes = payment_changes(payment, was, observation.source, self.now())
            outcome = decision.outcome(adds_event=decision.signal is not None)
            if decision.signal is not None:
                about = decision.about(observation)
                event = self._outbox.first(
                    decision.signal, claim, payment=payment, about=about
                )
        noted = None
        if notification is not None:
            noted = self._inbox.values(notification, outcome, client_id)
        ref = self._fast.write(payment, noted, event)
        if event is None or ref is None:
            return Applied(outcome, payment=payment, changes=changes)
        claims = [Claim(ref, claim)] if event["claim"] else []
        return Applied(outcome, [ref], claims, payment, changes)

    def match(
        self,
        notification_ref: int,
        observation: Observation | RefundObservation | None,
    ) -> Applied:
        """Apply a stored notification that was an orphan, and commit."""
        return self._match(notification_ref, observation, uuid.uuid4().hex)

    @atomic
    def _match(
        self,
        notification_ref: int,
        observation: Observation | RefundObservation | None,
        claim: str,
    ) -> Applied:
        stored = self._inbox.get(notification_ref, lock=True)
        applied = self._record(observation, claim)
        if stored.outcome == "orphan":
            self._inbox.set_outcome(notification_ref, applied.outcome)
        return applied

    def _record(
        self, observation: Observation | RefundObservation | None, claim: str
    ) -> Applied:
        if observation is None:
            return Applied("ignored")
        if isinstance(observation, RefundObservation):
            return self._refunds.record(observation, claim)
        return self._record_payment(observation, claim)

    def _record_copy(
        self, observation: Observation | RefundObservation | None, claim: str
    ) -> Applied:
        if isinstance(observation, RefundObservation):
            applied = self._refunds.record(observation, claim)
            return applied._replace(outcome="repeated")
        if observation is None:
            return Applied("repeated")
        found = self._outbox.find_undelivered(*observation.identified_by, claim)
        return Applied("repeated", found.ids, found.claims)

    def _record_payment(self, observation: Observation, claim: str) -> Applied:
        payments = self._rows.lock_order_of(observation)
        payment = match(payments, observation)
        if payment is None:
            return Applied(self._rows.outcome_of_unknown(observation.request_id))
        was = payment.status
        decision = self._decide(payment, payments, observation)
        changes = payment_changes(payment, was, observation.source, self.now())
        self._rows.write(payment, always=decision.signal is not None)
        added = self._outbox.add(
            decision.signal,
            claim,
            payment=payment,
            about=decision.about(observation),
        )
        events = added
        for refund in observation.refunds:
            recorded = self._refunds.record(refund, claim, payment)
            events = events.joined(recorded.undelivered, recorded.claims)
            changes += recorded.changes
            if recorded.payment is not None and recorded.payment.id == payment.id:
                payment = recorded.payment
        outcome = decision.outcome(adds_event=added.is_new)
        return Applied(outcome, events.ids, events.claims, payment, changes)

    def _decide(
        self,
        payment: PaymentRow,
        attempts: Sequence[PaymentRow],
        observation: Observation,
    ) -> Decision:
        """Decide, and change the payment, which the caller writes.

        :param attempts: all attempts of the order, locked.
        """
        decision = decide(view(payment, attempts, self._rows.ours), observation)
        self._change(payment, observation, decision)
        self._rows.mark_locked([row for row in attempts if row is not payment])
        return decision

    def _change(
        self, payment: PaymentRow, observation: Observation, decision: Decision
    ) -> None:
        was_taken = payment.status in TAKEN
        payment.status = str(decision.status)
        payment.under_review = decision.under_review
        if observation.result_code is not None and (decision.changed or decision.adopt):
            payment.result_code = observation.result_code
        if payment.payment_id is None:
            payment.payment_id = observation.payment_id
        moment = self.now()
        is_unclear = captured_money.record(payment, observation, decision, moment)
        if decision.status in FINAL | TAKEN:
            payment.session_data = payment.normal_url = payment.open_key = None
        if observation.source == "cancel" and decision.fact is Fact.CANCELLED:
            payment.cancel_asked_at = payment.cancel_asked_at or moment
        if decision.fact is Fact.CANCELLED:
            is_confirmed = was_taken or observation.source == "cancel"
            payment.cancel_undoes = payment.cancel_undoes and not is_confirmed
        elif decision.fact is Fact.PAID_AFTER_CANCEL and decision.changed:
            payment.cancel_asked_at, payment.cancel_undoes = None, False
        is_undone = decision.status is Status.CANCELLED and payment.cancel_asked_at
        payment.inquire_at = next_inquiry(
            decision.status,
            moment,
            created_at=payment.created_at,
            expires_at=None if is_undone else payment.session_expires_at,
            unclear_since=moment if is_unclear else unclear_since(payment),
            authorized_until=payment.authorized_until,
        )
        if decision.must_ask:
            payment.inquire_at = moment
