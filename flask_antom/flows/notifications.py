"""The second flow: Antom sends a notification.

The signature over the raw bytes is verified before anything is parsed. Transaction T1
stores the notification, the change of the payment and its events. Transaction T2
delivers the events (:mod:`.delivery`).
"""

from __future__ import annotations

from typing import NamedTuple

from werkzeug.datastructures import Headers

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
from ..log_lines import Facts, Log
from ..opaque import Opaque
from ..store.applied import Applied
from ..store.inbox import UNKNOWN
from .delivery import deliver
from .facts import tell_notification
from .refusals import refuse, tell_what_was_not_logged

log: Log = Log(__name__)

#: Larger bodies are refused unread, in bytes. Antom's have a few KiB.
MAX_BODY = 64 * 1024


class BodyLost(NotificationError):
    """The body did not arrive as it was announced, so its signature cannot match."""

    status = 411


class Posted(NamedTuple):
    """A request to the address for notifications.

    :ivar sender: the address of who posted it.
    :ivar path: the path that it was posted to, to explain a bad signature.
    :ivar body: the raw bytes.
    :ivar lack: what of the body did not arrive, to explain a bad signature.
    """

    sender: str
    path: str
    headers: Opaque[Headers]
    body: Opaque[bytes]
    lack: str = ""


def receive(state: AppState, posted: Posted) -> Applied:
    """Verify a notification, store it and act on it.

    :returns: the outcome; ``orphan`` or ``foreign`` for an unknown payment.
    :raises NotificationForged: if Antom did not sign it; nothing is stored.
    :raises BodyLost: if the body did not arrive; nothing is stored.
    :raises NotificationMalformed: if it is no JSON object; nothing is stored.
    :raises DeliveryFailed: if it is stored, but a receiver raised.
    """
    with state.measures.work("notify") as work:
        try:
            account = _verify(state, posted)
            notification, observation = read_notification(posted.body)
        except NotificationError as error:
            work.note(result="refused")
            refuse(state, posted.sender, error.reason, str(error))
            raise
        tell_what_was_not_logged(state)
        work.about(payment=notification.request_id, payment_id=notification.payment_id)
        applied = _apply(state, account, notification, observation)
        work.note(result=applied.outcome)
        return applied


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
    if applied.outcome not in UNKNOWN:
        names: Facts = applied.payment.names if applied.payment else {}
        log.of(**names).info(
            "The payment of a notification is found: %s.",
            applied.outcome,
            outcome=applied.outcome,
        )
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
        log.warning(
            "Cannot find the payment of a capture: %s.",
            error,
            payment_id=notification.payment_id,
        )
    applied = state.payments.take(notification, observation, account.client_id)
    _log(state, notification, observation, applied)
    deliver(state, applied)
    return applied


def _keep(state: AppState, account: Account, notification: Notification) -> Applied:
    """Keep a notification that we do not act on, and tell the host."""
    applied = state.unhandled.take(notification, account.client_id)
    tell_notification(state, notification, applied)
    deliver(state, applied)
    return applied


def _log(
    state: AppState,
    notification: Notification,
    observation: Observation | RefundObservation | None,
    applied: Applied,
) -> None:
    """Log the outcome, and what to do about an unknown payment."""
    tell_notification(state, notification, applied)
    if applied.outcome == "orphan" and observation is not None:
        log.info(
            "No payment is known for %s. Its notification is kept, and a sweep looks"
            ' again. If the database was restored from a backup, see "After a restore'
            ' from a backup" in the documentation.',
            observation.request_id or observation.payment_id,
            payment=observation.request_id,
            payment_id=observation.payment_id,
        )


def _verify(state: AppState, posted: Posted) -> Account:
    """Return the account that Antom signed these bytes for.

    :raises NotificationForged: if they are not signed, for our account and our URL.
    :raises BodyLost: if that is because the body did not arrive.
    """
    config, headers = state.config, posted.headers
    client_id = headers.reveal().get("client-id", "")
    time = headers.reveal().get("request-time", "")
    if not client_id or not time:
        raise NotificationForged("missing", "Client-Id or Request-Time is missing.")
    account = state.accounts.get(client_id)
    if account is None:
        raise NotificationForged("client-id", "Client-Id is another one than ours.")
    keys, path = account.keyring.public_keys, config.notify_path
    signature = headers.reveal().get("signature")
    try:
        signing.verify(keys, signature, path, client_id, time, posted.body)
    except SignatureError as error:
        if error.reason == "mismatch" and posted.lack:
            raise BodyLost("body", posted.lack) from None
        message = str(error)
        if error.reason == "mismatch" and posted.path != path:
            message += (
                f" It came to {posted.path!r}, but by ANTOM_PUBLIC_URL and"
                f" ANTOM_URL_PREFIX Antom has to sign {path!r}."
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
        log.info(
            "Antom does not say whose capture it is: %s.",
            refusal,
            payment_id=observation.payment_id,
        )
        return observation
    return observation._replace(request_id=answer.request_id)
