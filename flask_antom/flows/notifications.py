"""The second flow: Antom sends a notification.

The signature over the raw bytes is verified before anything is parsed. Transaction T1
stores the notification, the change of the payment and its events. Transaction T2
delivers the events (:mod:`.delivery`).
"""

from __future__ import annotations

import logging

from werkzeug.datastructures import Headers

from .. import signals
from ..app_state import AppState
from ..domain.payment_states import Observation
from ..domain.records import Notification
from ..domain.refund_states import RefundObservation
from ..errors import (
    GatewayError,
    NotificationError,
    NotificationForged,
    Refused,
    SignatureError,
)
from ..gateway import signing
from ..gateway.notification_body import read_notification
from ..gateway.transport import Account
from ..opaque import Opaque
from ..store.applied import Applied
from ..store.inbox import UNKNOWN
from .delivery import deliver

logger: logging.Logger = logging.getLogger(__name__)

#: Larger bodies are refused unread, in bytes. Antom's have a few KiB.
MAX_BODY = 64 * 1024


def receive(
    state: AppState, headers: Opaque[Headers], path: str, body: Opaque[bytes]
) -> Applied:
    """Verify a notification, store it and act on it.

    :param path: the path that it was posted to, to explain a bad signature.
    :param body: the raw bytes.
    :returns: the outcome; ``orphan`` or ``foreign`` for an unknown payment.
    :raises NotificationForged: if Antom did not sign it; nothing is stored.
    :raises NotificationMalformed: if it is no JSON object; nothing is stored.
    :raises DeliveryFailed: if it is stored, but a receiver raised.
    """
    try:
        account = _verify(state, headers, path, body)
        notification, observation = read_notification(body)
    except NotificationError as error:
        refuse(state, error.reason, str(error))
        raise
    return _apply(state, account, notification, observation)


def match_orphan(state: AppState, notification_ref: int) -> bool:
    """Look for the payment of an orphan again, and apply it.

    The masked fields are not needed for that.

    :returns: whether the payment was found.
    :raises GatewayError: if Antom has to be asked for the payment, and does not answer.
    :raises NotPossible: if the app has no keys for the notification's account.
    :raises DeliveryFailed: if it is applied, but a receiver raised.
    """
    stored = state.inbox.get(notification_ref)
    _, observation = read_notification(stored.body.encode())
    account = state.account_of(stored)
    observation = _find_request_id(state, account, observation, repeat=False)
    applied = state.payments.match(notification_ref, observation)
    deliver(state, applied)
    return applied.outcome not in UNKNOWN


def _apply(
    state: AppState,
    account: Account,
    notification: Notification,
    observation: Observation | RefundObservation | None,
) -> Applied:
    if not notification.is_handled:
        return _keep(state, account, notification)
    try:
        observation = _find_request_id(state, account, observation)
    except GatewayError as error:
        logger.warning("Cannot find the payment of a capture: %s", error)
    applied = state.payments.take(notification, observation, account.client_id)
    _log(notification, observation, applied)
    deliver(state, applied)
    return applied


def _keep(state: AppState, account: Account, notification: Notification) -> Applied:
    """Keep a notification that we do not act on, and tell the host."""
    applied = state.unhandled.take(notification, account.client_id)
    logger.info("Notification %s: %s", notification.notify_type, applied.outcome)
    deliver(state, applied)
    return applied


def _log(
    notification: Notification,
    observation: Observation | RefundObservation | None,
    applied: Applied,
) -> None:
    """Log the outcome, and what to do about an unknown payment."""
    logger.info("Notification %s: %s", notification.notify_type, applied.outcome)
    if applied.outcome == "orphan" and observation is not None:
        logger.info(
            "No payment is known for %s. Its notification is kept, and a sweep looks"
            ' again. If the database was restored from a backup, see "After a restore'
            ' from a backup" in the documentation.',
            observation.request_id or observation.payment_id,
        )


def refuse(state: AppState, reason: str, message: str) -> None:
    """Log that a notification is refused, and send ``notification_refused``."""
    logger.warning("Refused a notification: %s", message)
    try:
        signals.notification_refused.send(
            state.app, _async_wrapper=state.app.ensure_sync, reason=reason
        )
    except Exception:
        logger.exception("A receiver of notification_refused raised.")


def _verify(
    state: AppState, headers: Opaque[Headers], path: str, body: Opaque[bytes]
) -> Account:
    """Return the account that Antom signed these bytes for.

    :raises NotificationForged: if they are not signed, for our account and our URL.
    """
    config = state.config
    client_id = headers.reveal().get("client-id", "")
    time = headers.reveal().get("request-time", "")
    if not client_id or not time:
        raise NotificationForged("missing", "Client-Id or Request-Time is missing.")
    account = state.accounts.get(client_id)
    if account is None:
        raise NotificationForged("client-id", "Client-Id is another one than ours.")
    keys = account.keyring.public_keys
    signature = headers.reveal().get("signature")
    try:
        signing.verify(keys, signature, config.notify_path, client_id, time, body)
    except SignatureError as error:
        message = str(error)
        if error.reason == "mismatch" and path != config.notify_path:
            message += (
                f" It came to {path!r}, but by ANTOM_PUBLIC_URL and ANTOM_URL_PREFIX"
                f" Antom has to sign {config.notify_path!r}."
            )
        raise NotificationForged(error.reason, message) from None
    return account


def _find_request_id(
    state: AppState,
    account: Account,
    observation: Observation | RefundObservation | None,
    *,
    repeat: bool = True,
) -> Observation | RefundObservation | None:
    """Add the ``paymentRequestId`` to a capture whose ``paymentId`` is unknown.

    The notification of a capture has no ``paymentRequestId``, and may come before the
    one of the payment. Then Antom is asked.
    """
    if not isinstance(observation, Observation) or observation.request_id is not None:
        return observation
    if observation.payment_id is None or state.rows.knows(observation.payment_id):
        return observation
    try:
        answer = state.client.inquire(
            account, payment_id=observation.payment_id, repeat=repeat
        )
    except Refused as refusal:
        if not refusal.signed:
            raise
        logger.info("Antom does not say whose capture it is: %s", refusal)
        return observation
    return observation._replace(request_id=answer.request_id)
