"""The signals, and the promise of each.

The sender is the app object, not the ``current_app`` proxy. Receivers take the
arguments that they need and ``**extra``, because later versions may add more::

    @payment_succeeded.connect
    def fulfil(app, payment, **extra): ...

Connect a function of a module. Connect anything else with ``connect(..., weak=False)``:
blinker drops a closure that nobody else refers to.

All signals but ``notification_refused`` are sent from a stored event, after what it
tells has been committed. Receivers run in an app context and a session of their own.
Their writes through ``db.session`` are committed together with the mark that the event
is delivered: they happen **once**. Everything else that a receiver does, such as
sending mail, happens **at least once**. If a receiver raises, its writes are rolled
back and it is called again later, by Antom's repeat or by a sweep. After a deadlock it
is called again at once.

A receiver does not commit or roll back. A statement that may fail belongs in ``with
db.session.begin_nested():``. Calls that change money, and ``sync``, raise
:class:`~flask_antom.errors.NotPossible` inside a receiver.

The events of one payment are delivered in order, one at a time. An event that is no
longer true when its turn comes is not sent. ``payment.status`` is the status at the
time of the signal; ``payment`` can be kept and read afterwards. ``async def`` receivers
need the extra ``flask-antom[async]``.
"""

from collections.abc import Mapping

from blinker import NamedSignal, Namespace

_signals = Namespace()

#: The money is there: fulfil the order. ``payment``: the row of ``antom.Payment``. For
#: methods that authorize first (cards), the payment is captured. Sent at most once for
#: each payment, and not after all of it is given back. It waits while nobody listens,
#: unless the shop calls :meth:`.FlaskAntom.ignores`.
payment_succeeded: NamedSignal = _signals.signal("antom-payment-succeeded")

#: An attempt failed. ``payment``. A success may still follow, because buyers can try
#: again in the same session. Do not drop the order for good.
payment_failed: NamedSignal = _signals.signal("antom-payment-failed")

#: A card's money is reserved, not captured. ``payment``. Do not ship yet.
payment_authorized: NamedSignal = _signals.signal("antom-payment-authorized")

#: The buyer has done their part, and the result is not known yet. ``payment``. It is
#: not paid. Over-the-counter methods may stay here for days.
payment_pending: NamedSignal = _signals.signal("antom-payment-pending")

#: The payment is cancelled. ``payment``.
payment_cancelled: NamedSignal = _signals.signal("antom-payment-cancelled")

#: The session is over and nobody paid. ``payment``.
payment_expired: NamedSignal = _signals.signal("antom-payment-expired")

#: A person has to look. ``payment``, ``reason``: for example, the amount or the
#: currency is not the one of the order, the order has changed, is closed or is gone, a
#: second attempt paid the same order, or a capture failed.
payment_needs_review: NamedSignal = _signals.signal("antom-payment-needs-review")

#: A refund has succeeded. ``payment``, ``refund``.
refund_succeeded: NamedSignal = _signals.signal("antom-refund-succeeded")

#: A refund has failed. ``payment``, ``refund``.
refund_failed: NamedSignal = _signals.signal("antom-refund-failed")

#: Antom has sent a notification that Flask-Antom does not act on, such as one about a
#: dispute. ``family``: ``DISPUTE``, ``DEFENSE_DOCUMENT``, ``DEFENSE_STRATEGY``,
#: ``AUTHORIZATION``, ``VAULTING``, ``SUBSCRIPTION``, ``TRANSFER`` or ``UNKNOWN``.
#: ``ids``: a dict of Antom's ids in it, such as ``disputeId`` and ``paymentId``.
#: ``notification``: the row of ``antom.Notification``. It names no payment's row.
notification_unhandled: NamedSignal = _signals.signal("antom-notification-unhandled")

#: A notification was refused: it is forged, or a key is wrong. ``reason``: a short,
#: stable word, such as ``mismatch`` or ``client-id``. For monitoring; nothing was
#: stored.
notification_refused: NamedSignal = _signals.signal("antom-notification-refused")

#: The signals that are sent from events, by the event's name.
BY_NAME: Mapping[str, NamedSignal] = {
    "payment_succeeded": payment_succeeded,
    "payment_failed": payment_failed,
    "payment_authorized": payment_authorized,
    "payment_pending": payment_pending,
    "payment_cancelled": payment_cancelled,
    "payment_expired": payment_expired,
    "payment_needs_review": payment_needs_review,
    "refund_succeeded": refund_succeeded,
    "refund_failed": refund_failed,
    "notification_unhandled": notification_unhandled,
}
