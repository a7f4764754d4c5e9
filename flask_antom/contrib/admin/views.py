"""All parts of the support page together."""

from __future__ import annotations

from .action_pages import ActionPages
from .list_pages import ListPages
from .payment_pages import PaymentPages


class SupportView(ListPages, PaymentPages, ActionPages):
    """The support page, as a view of Flask-Admin."""
