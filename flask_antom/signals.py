"""The signals, and what each of them promises.

The sender is the app object (not the ``current_app`` proxy). Receivers take what they
know and ``**extra``, for more may be added::

    @payment_succeeded.connect
    def fulfil(app, payment, **extra): ...

Connect a function of a module, or anything else with ``connect(..., weak=False)``: a
closure that nobody else holds is forgotten at once.

All signals but ``notification_refused`` are sent from a stored event, once the payment
itself is safe in the database. What a receiver writes through ``db.session`` is
committed together with the mark that the event is delivered: **once**. Anything else
that it does, such as sending mail, happens **at least once**, for if a receiver raises,
its writes are rolled back and it is called again later, by Antom's repeat or by a
sweep. A receiver neither commits nor rolls back by itself, nor does it call ``sync`` or
``cancel``, which commit. ``payment.status`` is as it stands when the signal is sent;
what is true no more by then is not sent. ``async def`` receivers need the extra
``flask-antom[async]``.
"""

from blinker import Namespace

_signals = Namespace()

#: The money is there: fulfil the order. ``payment``: the row of ``antom.Payment``. For
#: methods that authorize first (cards), it means captured. At most once a payment.
payment_succeeded = _signals.signal("antom-payment-succeeded")

#: An attempt failed. ``payment``. A success may still follow: buyers try again inside
#: one session. Do not drop the order for good.
payment_failed = _signals.signal("antom-payment-failed")

#: A card's money is reserved, not taken. ``payment``. Do not ship yet.
payment_authorized = _signals.signal("antom-payment-authorized")

#: The buyer has done all that is needed, the result is outstanding. ``payment``. Not
#: paid; over-the-counter methods may stay here for days.
payment_pending = _signals.signal("antom-payment-pending")

#: The payment is cancelled. ``payment``.
payment_cancelled = _signals.signal("antom-payment-cancelled")

#: The session is over and nobody paid. ``payment``.
payment_expired = _signals.signal("antom-payment-expired")

#: A person has to look. ``payment``, ``reason``: amount or currency differ from what
#: was asked, a second attempt paid the same order, a capture failed ...
payment_needs_review = _signals.signal("antom-payment-needs-review")

#: A refund has succeeded. ``payment``, ``refund``.
refund_succeeded = _signals.signal("antom-refund-succeeded")

#: A refund has failed. ``payment``, ``refund``.
refund_failed = _signals.signal("antom-refund-failed")

#: A notification was refused: a forgery, or a wrong key. ``reason``: a short stable
#: word, such as ``mismatch`` or ``client-id``. For monitoring; nothing was stored.
notification_refused = _signals.signal("antom-notification-refused")

#: The signals that the outbox sends, by the name of their event.
BY_NAME = {
    "payment_succeeded": payment_succeeded,
    "payment_failed": payment_failed,
    "payment_authorized": payment_authorized,
    "payment_pending": payment_pending,
    "payment_cancelled": payment_cancelled,
    "payment_expired": payment_expired,
    "payment_needs_review": payment_needs_review,
    "refund_succeeded": refund_succeeded,
    "refund_failed": refund_failed,
}
