"""The failures over which no secret may leave the house: the list, and nothing else.

They are played by :mod:`.error_reports`. A failure that is listed and not played, or
the other way round, is an error of :mod:`.test_error_reports`.
"""

from __future__ import annotations

#: The database goes away at each statement and each COMMIT of these, one by one.
DATABASE_AWAY = (
    "/session",
    "/session with another method",
    "/session once more",
    "/hosted",
    "/notify of a payment",
    "/notify of a copy",
    "/notify of a refund",
    "/notify of a dispute",
    "/notify for a worker",
    "/result",
    "/status",
    "the macro",
    "refund",
    "capture",
    "cancel",
    "sync",
    "sweep",
    "close",
    "changed",
    "reopen",
    "order_status",
    "flask antom show",
    "flask antom redeliver",
)

#: A function of the host's raises, and what comes out of it.
HOOKS = {
    "order_loader": "LookupError",
    "order_loader, when money has come": "LookupError",
    "visitor_may_pay": "LookupError",
    "payment_methods": "LookupError",
    "payment_methods, in the macro": "LookupError",
    "session_request": "LookupError",
    "session_request that changes a fixed field": "ConfigError",
    "session_request that adds what is no JSON": "TypeError",
    "result_view": "LookupError",
    "the nonce": "LookupError",
    "the nonce, in /hosted": "LookupError",
    "csrf_token": "LookupError",
    "url_defaults, in the macro": "LookupError",
    "url_defaults, in /hosted": "LookupError",
    "a context processor, in /hosted": "LookupError",
    "a template of the host's, in /hosted": "LookupError",
    "a template of the host's, with the macro": "LookupError",
    "the JSON provider, in /session": "LookupError",
    "the JSON provider, in a problem": "LookupError",
    "the JSON provider, in /status": "LookupError",
    "after_request, in /session": "LookupError",
    "teardown_request, in /session": "LookupError",
    "before_request, in /session": "LookupError",
    "before_request, in /notify": "LookupError",
    "a receiver": "LookupError",
    "a receiver, in a sweep": "LookupError",
    "a receiver with a group of errors": "ExceptionGroup",
    "a receiver that swallows an error": "DeliveryFailed",
    "a receiver that exits": "SystemExit",
    "a receiver that is interrupted": "KeyboardInterrupt",
    "a receiver that is cancelled": "CancelledError",
    "a receiver of notification_refused": "LookupError",
    "the order's buyer": "InvalidOrder",
    "the order's shipping": "InvalidOrder",
    "a SECRET_KEY that is no text": "TypeError",
    "no SECRET_KEY, in order_status": "ConfigError",
    "a listener of the host's session, in /result": "LookupError",
    "a listener of the host's session, in /notify": "LookupError",
    "a worker that is ended during a call": "SystemExit",
}

#: The ways in which a key is damaged, for each setting of :data:`KEY_SETTINGS`. One
#: bit is found at the first use, the others when the app starts.
DAMAGES = ("truncated", "one bit", "another type", "encrypted", "text around it")
FIRST_USE = {"ANTOM_PRIVATE_KEY": "ValueError", "ANTOM_PUBLIC_KEY": "OutcomeUnknown"}
KEY_SETTINGS = (
    "ANTOM_PRIVATE_KEY",
    "ANTOM_PRIVATE_KEY_FILE",
    "ANTOM_PUBLIC_KEY",
    "ANTOM_PUBLIC_KEY_FILE",
)

#: Other faults of the settings.
SETTINGS = (
    "no private key",
    "no public key",
    "the private key as Antom's",
    "our own key as Antom's",
    "a private key that is bytes",
    "public keys in a wrong list",
    "a key version of words",
    "a wrong Agent-Token",
    "an Agent-Token that is bytes",
    "a wrong timeout",
    "a misspelt setting",
    "several wrong settings",
    "init_app twice",
)

#: What the gateway does, for each of :data:`CALLS` over the network, and what comes out
#: of it.
CALLS = ("a session", "a sync", "a cancel")
GATEWAY = {
    "time-out": "OutcomeUnknown",
    "reset": "OutcomeUnknown",
    "no gateway at all": "OutcomeUnknown",
    "TLS failure": "OutcomeUnknown",
    "garbage": "OutcomeUnknown",
    "half an answer": "OutcomeUnknown",
    "too large": "OutcomeUnknown",
    "dripping head": "OutcomeUnknown",
    "dripping body": "OutcomeUnknown",
    "redirect": "OutcomeUnknown",
    "status 500": "OutcomeUnknown",
    "no JSON": "OutcomeUnknown",
    "no signature": "OutcomeUnknown",
    "half a signature": "OutcomeUnknown",
    "bad signature": "OutcomeUnknown",
    "result F": "Refused",
    "result F, not signed": "Refused",
    "result U": "OutcomeUnknown",
    "missing fields": "OutcomeUnknown",
}

#: Every reason for which a notification is refused, and what is raised.
REFUSED = {
    "missing": "NotificationForged",
    "client-id": "NotificationForged",
    "missing signature": "NotificationForged",
    "header": "NotificationForged",
    "algorithm": "NotificationForged",
    "encoding": "NotificationForged",
    "mismatch": "NotificationForged",
    "json": "NotificationMalformed",
    "fields": "NotificationMalformed",
    "too_large": "RequestEntityTooLarge",
}

#: What is not ours to hide: the URL of the request itself; its body, if the host fails
#: before we read it; and Flask's own ``config``, which every frame of a template holds.
KNOWN = {
    **dict.fromkeys(
        (
            "/result",
            "/status",
            "result_view",
            "the JSON provider, in /status",
            "a listener of the host's session, in /result",
        ),
        ("result token",),
    ),
    "before_request, in /notify": (
        *("card", "card token", "name", "e-mail", "phone"),
        *("session data", "normal url"),
    ),
    **dict.fromkeys(
        (
            "the macro",
            "payment_methods, in the macro",
            "the nonce",
            "csrf_token",
            "url_defaults, in the macro",
            "a template of the host's, with the macro",
        ),
        ("secret key",),
    ),
}
