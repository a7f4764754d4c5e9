"""FLOW 2: Antom tells us something.

The signature is proved over the raw bytes before anything is parsed. Then T1: the
notification goes into the inbox, the payment and its events change, one commit; the
fact is safe. Then T2: the receivers are told (:mod:`.delivery`).
"""

from __future__ import annotations

import logging
from dataclasses import replace

from werkzeug.datastructures import Headers

from .. import signals
from ..app_state import AppState
from ..domain.payment_states import Observation
from ..domain.records import Applied, Notice
from ..domain.refund_states import RefundObservation
from ..errors import GatewayError, NotificationError, NotificationForged, SignatureError
from ..gateway import signing
from ..gateway.notification_body import read_notice
from .delivery import deliver

logger = logging.getLogger(__name__)

#: Larger bodies are refused unread; Antom's are a few KiB.
MAX_BODY = 64 * 1024


def receive(state: AppState, headers: Headers, path: str, body: bytes) -> Applied:
    """Take a notification as it came and act on it.

    :param path: the path that it was posted to, only to explain a bad signature.
    :returns: what came of it; ``orphan`` for a payment that we do not know.
    :raises NotificationForged: nothing was stored.
    :raises NotificationMalformed: nothing was stored.
    :raises DeliveryFailed: it is stored, but a receiver raised.
    """
    try:
        _prove(state, headers, path, body)
        notice, seen = read_notice(body)
    except NotificationError as error:
        refuse(state, error.reason, str(error))
        raise
    return _act(state, notice, seen)


def match_orphan(state: AppState, notification_ref: int) -> bool:
    """Try again to find the payment of a stored notification; tell whether it did.

    What was masked is not needed for it.

    :raises GatewayError: Antom would know whose it is, and does not say.
    """
    stored = state.inbox.get(notification_ref)
    _, seen = read_notice(stored.body.encode())
    seen = _find_request_id(state, seen, repeat=False)
    applied = state.payments.match(notification_ref, seen)
    deliver(state, applied)
    return applied.outcome != "orphan"


def _act(
    state: AppState, notice: Notice, seen: Observation | RefundObservation | None
) -> Applied:
    try:
        seen = _find_request_id(state, seen)
    except GatewayError as error:
        logger.warning("Cannot find the payment of a capture: %s", error)
    applied = state.payments.take(notice, seen)
    logger.info("Notification %s: %s", notice.notify_type, applied.outcome)
    deliver(state, applied)
    return applied


def refuse(state: AppState, reason: str, message: str) -> None:
    """Log that a notification is not taken, and tell the monitors."""
    logger.warning("Refused a notification: %s", message)
    try:
        signals.notification_refused.send(
            state.app, _async_wrapper=state.app.ensure_sync, reason=reason
        )
    except Exception:
        logger.exception("A receiver of notification_refused raised.")


def _prove(state: AppState, headers: Headers, path: str, body: bytes) -> None:
    """Prove that Antom signed these bytes for our account and our notify URL."""
    config = state.config
    client_id = headers.get("client-id", "")
    time = headers.get("request-time", "")
    if not client_id or not time:
        raise NotificationForged("missing", "Client-Id or Request-Time is missing.")
    if client_id != config.client_id:
        raise NotificationForged("client-id", "It is for another client id.")
    keys = config.keyring.public_keys
    signature = headers.get("signature")
    try:
        signing.verify(keys, signature, config.notify_path, client_id, time, body)
    except SignatureError as error:
        message = str(error)
        if error.reason == "mismatch" and path != config.notify_path:
            message += (
                f" It came to {path!r}, but ANTOM_PUBLIC_URL and ANTOM_URL_PREFIX"
                f" make {config.notify_path!r}, which Antom should have signed."
            )
        raise NotificationForged(error.reason, message) from None


def _find_request_id(
    state: AppState,
    seen: Observation | RefundObservation | None,
    *,
    repeat: bool = True,
) -> Observation | RefundObservation | None:
    """Ask Antom whose capture this is, where we do not know its paymentId yet.

    A capture notice carries no ``paymentRequestId`` and may overtake the payment's.
    """
    if not isinstance(seen, Observation) or seen.request_id is not None:
        return seen
    if seen.payment_id is None or state.payments.knows(seen.payment_id):
        return seen
    state.payments.release()
    answer = state.client.inquire(payment_id=seen.payment_id, repeat=repeat)
    return replace(seen, request_id=answer.request_id)
