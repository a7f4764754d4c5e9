"""Links back to the host's page of an order."""

from __future__ import annotations

from werkzeug.exceptions import HTTPException

from ..app_state import AppState
from ..errors import CheckoutError, UnusableOrder
from ..flows.orders import for_visitor
from ..log_lines import Log

log: Log = Log(__name__)


def order_url_of(state: AppState, reference: str) -> str | None:
    """Return the host's page for the order; ``None`` if the order has no page.

    The order may be gone by now. Whatever the loader raises, the buyer still sees the
    result of the payment.
    """
    try:
        return for_visitor(state, reference).url
    except UnusableOrder as error:
        log.warning("No link back to order %r: %s", reference, error, order=reference)
        return None
    except (CheckoutError, HTTPException):
        return None
    except Exception as error:
        state.host.current.rollback()
        log.error(
            "No link back: the order loader or visitor_may_pay raised.",
            error=error,
            order=reference,
        )
        return None
