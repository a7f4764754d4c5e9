"""The view that receives Antom's notifications."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from ..errors import (
    DeliveryFailed,
    NotConfigured,
    NotificationError,
    NotificationForged,
)
from ..flows import notifications
from ..flows.notifications import BodyLost, Posted
from ..flows.refusals import refuse
from ..opaque import Opaque
from ..store.inbox import UNKNOWN
from .blueprint import blueprint, current_state
from .bodies import Body, take_body
from .probes import Probe, current_probe
from .responses import problem

#: The answer to every accepted notification, paid or failed (Antom: notifyPayment). It
#: is bytes, so that no JSON provider of the host can change it.
ACKNOWLEDGEMENT = (
    b'{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'
)


@blueprint.url_value_preprocessor
def exempt_notify(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Exempt the view for Antom's notifications from the host's CSRFProtect.

    This runs for this blueprint only, and before all ``before_request`` functions. So
    CSRFProtect may be initialised before or after.
    """
    csrf: Any = current_app.extensions.get("csrf")
    if endpoint == "antom.notify" and csrf is not None:
        csrf.exempt(notify)


@blueprint.post("/notify")
def notify() -> ResponseReturnValue:
    """Receive a notification from Antom."""
    state, sender = current_state(), request.remote_addr or ""
    if not state.config.is_set_up:
        raise NotConfigured("The shop cannot take payments yet.")
    path = request.script_root + request.path
    probe = current_probe()
    if probe is not None:
        return _answer_probe(probe, take_body())
    try:
        body = take_body()
        headers = Opaque(request.headers)
        posted = Posted(sender, path, headers, body.raw, body.lack)
        applied = notifications.receive(state, posted)
    except RequestEntityTooLarge:
        refuse(state, sender, "too_large", "The body is larger than 64 KiB.")
        raise
    except DeliveryFailed as error:
        return problem(500, "receiver_failed", "The delivery failed.", str(error))
    if applied.outcome in UNKNOWN:
        detail = "The notification is stored, but no payment has its ids."
        return problem(404, "payment_not_found", "There is no such payment.", detail)
    return Response(ACKNOWLEDGEMENT, mimetype="application/json")


def _answer_probe(probe: Probe, body: Body) -> ResponseReturnValue:
    """Answer as to a notification, but log, tell and store nothing.

    :raises NotificationError: unless it counts as accepted.
    """
    if body.raw.reveal() != probe.body:
        raise BodyLost("body", body.lack or "The body did not arrive as it was sent.")
    if not probe.is_accepted:
        raise NotificationForged("missing", "Client-Id or Request-Time is missing.")
    return Response(ACKNOWLEDGEMENT, mimetype="application/json")


@blueprint.errorhandler(NotificationError)
def handle_notification_error(error: NotificationError) -> ResponseReturnValue:
    """Return a problem document for a notification that is not accepted."""
    return problem(error.status, error.reason, "Not accepted.", str(error))
