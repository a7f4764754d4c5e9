"""Modes of the checkout."""

from __future__ import annotations

#: The values of ``ANTOM_CHECKOUT_MODE``.
MODES = ("cashier", "element", "page", "hosted")
