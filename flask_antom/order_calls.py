"""The public methods about an order: where it stands, and what became of it."""

from __future__ import annotations

from .app_state import current_state
from .decorators import Decorators
from .errors import NotPossible
from .flows import closing
from .flows.host_calls import call_of_host
from .flows.order_status import OrderStatus, read_status
from .hooks import is_loading
from .host_types import PaymentT


class OrderCalls(Decorators[PaymentT]):
    """The methods of an extension that take the reference of an order.

    A number is taken for its text, as by the macro.
    """

    def close(self, reference: str) -> None:
        """Close an order: the shop no longer wants its money.

        Sessions that nobody has begun to pay are closed. What a buyer has begun is
        left. If it succeeds later, it needs a review. No session is opened for the
        order until :meth:`reopen`.

        :param reference: the order's reference.
        """
        with call_of_host(self._hooks, "close") as state:
            closing.close(state, str(reference))

    def changed(self, reference: str) -> None:
        """Say that an order has changed: do the same as :meth:`close`, but stay open.

        The next session is for the order as it is then.

        :param reference: the order's reference.
        """
        with call_of_host(self._hooks, "changed") as state:
            closing.change(state, str(reference))

    def reopen(self, reference: str) -> None:
        """Open a closed order again for new sessions.

        Sessions that were open when it was closed still need a review if they succeed.

        :param reference: the order's reference.
        """
        with call_of_host(self._hooks, "reopen") as state:
            state.closings.reopen(str(reference))

    def order_status(self, reference: str) -> OrderStatus[PaymentT]:
        """Return where an order stands, with the payment that counts.

        It is one query in ``db.session``. Neither Antom nor the order loader is asked,
        and whether this visitor may see it is not asked either.

        :param reference: the order's reference. An order of which nothing is known is
            ``open``.
        :raises NotPossible: in the order loader.
        """
        if is_loading():
            raise NotPossible(
                "antom.order_status() was called in the order loader. When the money"
                " has come, it is paid by the very payment that the loader is asked"
                " about: let the loader look at your own tables."
            )
        return read_status(current_state(self._hooks), str(reference))
