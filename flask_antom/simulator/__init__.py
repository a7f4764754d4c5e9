"""Antom on your machine: the signed API, the buyer's pages and the browser SDK.

::

    simulator = Simulator(merchant_public_key=...)
    with simulator.serve() as server:
        app.config["ANTOM_GATEWAY_URL"] = server.url
        app.config["ANTOM_SDK_URL"] = server.sdk_url
        app.config["ANTOM_PUBLIC_KEY"] = simulator.public_key

It is as strict as Antom's documentation. It calls loopback addresses only.
"""

from .accounts import Account, Movement
from .attempts import Attempt, Capture, Refund
from .clock import Clock
from .faults import Faults, Scenario
from .gateway import Call
from .keys import KeyFiles
from .records import Delivery, Notification, Payment
from .server import Server
from .simulator import Simulator

__all__ = [
    "Account",
    "Attempt",
    "Call",
    "Capture",
    "Clock",
    "Delivery",
    "Faults",
    "KeyFiles",
    "Movement",
    "Notification",
    "Payment",
    "Refund",
    "Scenario",
    "Server",
    "Simulator",
]
