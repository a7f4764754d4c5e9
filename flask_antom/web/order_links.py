"""Links back to the host's page of an order."""

from __future__ import annotations

import logging

from werkzeug.exceptions import HTTPException

from ..app_state import AppState
from ..errors import CheckoutError, UnusableOrder
from ..flows.orders import for_visitor

logger: logging.Logger = logging.getLogger(__name__)


def order_url_of(state: AppState, reference: str) -> str | None:
    """Return the host's page for the order; ``None`` if the order has no page.

    The order may be gone by now. Whatever the loader raises, the buyer still sees the
    result of the payment.
    """
    try:
        return for_visitor(state, reference).url
    except UnusableOrder as error:
        logger.warning("No link back to order %r: %s", reference, error)
        return None
    except (CheckoutError, HTTPException):
        return None
    except Exception:
        state.host.current.rollback()
        logger.exception("No link back: the order loader or visitor_may_pay raised.")
        return None
