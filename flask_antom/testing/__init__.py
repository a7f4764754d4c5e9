"""The test kit: a simulated Antom, a buyer and a clerk for the tests of a shop.

It is a pytest plugin too. In the top ``conftest.py``::

    pytest_plugins = ["flask_antom.testing"]

In a test, with your fixture ``app``::

    def test_a_paid_order_is_fulfilled(app, antom_kit):
        antom_kit.pay("A-1")
        assert is_fulfilled(app, "A-1")

For unittest, make the :class:`AntomKit` yourself. The order has to be in the app's
database: the order loader is asked for it.

PYTEST_DONT_REWRITE: a conftest may import from here and name the plugin too.
"""

from __future__ import annotations

from importlib.util import find_spec

from ..clock import SystemClock
from ..gateway.http import Reply, Unreachable
from ..gateway.transport import Send
from .clock import KitClock
from .errors import KitError, SessionRefused
from .faults import KitFaults
from .kit import AntomKit
from .recorder import Recorded, record_signals
from .signer import Signer

if find_spec("pytest") is not None:
    from .fixtures import antom_kit, antom_settings, antom_signer, antom_simulator

__all__ = [
    "AntomKit",
    "KitClock",
    "KitError",
    "KitFaults",
    "Recorded",
    "Reply",
    "Send",
    "SessionRefused",
    "Signer",
    "SystemClock",
    "Unreachable",
    "antom_kit",
    "antom_settings",
    "antom_signer",
    "antom_simulator",
    "record_signals",
]
