"""The shop closes, changes or reopens an order.

The mark is committed first. So a buyer who pays an old session after it needs a review,
whatever becomes of the calls to Antom.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from ..app_state import AppState
from ..domain.records import Attempt
from ..errors import AntomError, CheckoutError
from ..gateway.shared_timeout import share_timeout
from ..hooks import is_loading
from ..log_lines import Log
from ..store.live import is_live
from ..store.rows import PaymentRow
from . import earlier_attempts
from .no_visitor import NoVisitor
from .orders import find

log: Log = Log(__name__)


def close(state: AppState, reference: str) -> None:
    """Close an order; see :meth:`.FlaskAntom.close`."""
    attempts = state.closings.close(reference)
    if not attempts and not is_loading():  # a loader may close what is too old
        order = None
        # A job closes orders outside of requests. A loader that raises such an error
        # says by itself that there is nothing to pay.
        with suppress(CheckoutError), NoVisitor(state):
            order = find(state, reference)
        if order is None:
            log.warning(
                "antom.close(%r) closes nothing: there is no payment for the order, and"
                " the order loader does not return it.",
                reference,
                order=reference,
            )
        else:
            mode, client_id = state.config.checkout_mode, state.account.client_id
            never_begun = Attempt(reference, order.amount, (), mode, client_id)
            state.closings.close_untouched(never_begun)
    if attempts:
        log.info("Order closed; it had %d payments.", len(attempts), order=reference)
    _retire(state, attempts)


def change(state: AppState, reference: str) -> None:
    """Close the open sessions of an order; see :meth:`.FlaskAntom.changed`."""
    attempts = state.closings.change(reference)
    if not attempts:
        log.info(
            "antom.changed(%r): there is no payment for this order.",
            reference,
            order=reference,
        )
    _retire(state, attempts)


def _retire(state: AppState, attempts: Iterable[PaymentRow]) -> None:
    """Close each session at Antom that nobody has begun to pay.

    All calls share one ``ANTOM_TIMEOUT``.
    """
    live = [row for row in attempts if is_live(row, state.clock.now())]
    with share_timeout(state.config.timeout):
        for payment in live:
            try:
                earlier_attempts.close(state, payment)
            except AntomError as error:
                names = log.of(**payment.names)
                names.info("Payment %s stays open: %s", payment.request_id, error)
