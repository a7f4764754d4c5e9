"""The ways in which a checkout can be shown."""

from __future__ import annotations

#: The ways to pay of ``ANTOM_CHECKOUT_MODE``.
MODES = ("cashier", "element", "page", "hosted")
