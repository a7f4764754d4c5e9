"""Every exception that Flask-Antom raises.

::

    AntomError
    ├── ConfigError             an ANTOM_ key or the set-up is wrong
    ├── InvalidMoney            not an amount of money (also ValueError)
    ├── InvalidOrder            a field that Antom would refuse (also ValueError)
    ├── SignatureError          a message that Antom's key did not sign
    ├── NotPossible             an action that is not allowed now
    │   ├── UncommittedWrites       db.session holds writes: commit first
    │   └── RepeatedCall            the same was done a moment ago
    ├── GatewayError            a call to Antom failed
    │   ├── Refused             Antom said no (result status F)
    │   └── OutcomeUnknown      nobody can say yet; it is not a no
    ├── NotificationError       a notification that is not accepted
    │   ├── NotificationForged      401
    │   └── NotificationMalformed   400
    ├── DeliveryFailed          a receiver raised; the event is sent again later
    └── CheckoutError           the answer to a buyer, as a problem (RFC 9457)
        ├── InvalidRequest          400
        ├── OrderNotFound           404
        ├── OrderAlreadyPaid        409
        ├── OrderClosed             409
        ├── NothingToPay            422
        ├── MethodNotOffered        422
        ├── PaymentRefused          422
        ├── TooManyReports          429
        ├── UnusableOrder           500
        ├── CheckoutUnavailable     503
        └── NotConfigured           503

No message and no ``repr`` of these exceptions holds a key, session data or a payload.
"""

from __future__ import annotations

from .kinds import (
    AntomError,
    ConfigError,
    DeliveryFailed,
    GatewayError,
    InvalidMoney,
    InvalidOrder,
    NotificationError,
    NotificationForged,
    NotificationMalformed,
    NotPossible,
    OutcomeUnknown,
    Refused,
    RepeatedCall,
    SignatureError,
    UncommittedWrites,
)
from .problems import (
    CheckoutError,
    CheckoutUnavailable,
    InvalidRequest,
    MethodNotOffered,
    NotConfigured,
    NothingToPay,
    OrderAlreadyPaid,
    OrderClosed,
    OrderNotFound,
    PaymentRefused,
    TooManyReports,
    UnusableOrder,
)

__all__ = (
    "AntomError",
    "CheckoutError",
    "CheckoutUnavailable",
    "ConfigError",
    "DeliveryFailed",
    "GatewayError",
    "InvalidMoney",
    "InvalidOrder",
    "InvalidRequest",
    "MethodNotOffered",
    "NotConfigured",
    "NotPossible",
    "NothingToPay",
    "NotificationError",
    "NotificationForged",
    "NotificationMalformed",
    "OrderAlreadyPaid",
    "OrderClosed",
    "OrderNotFound",
    "OutcomeUnknown",
    "PaymentRefused",
    "Refused",
    "RepeatedCall",
    "SignatureError",
    "TooManyReports",
    "UncommittedWrites",
    "UnusableOrder",
)

for _name in __all__:
    globals()[_name].__module__ = __name__
