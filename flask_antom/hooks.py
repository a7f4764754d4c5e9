"""The functions that the host registers, and how they are called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask.typing import ResponseReturnValue

from .domain.orders import Order
from .domain.payment_methods import METHOD_TYPE
from .errors import ConfigError
from .opaque import Opaque

#: Takes a reference; returns the host's order, or ``None`` if there is no such order.
OrderLoader = Callable[[str], Order | None]

#: Takes the order; returns whether the visitor of this request may pay it.
VisitorHook = Callable[[Order], bool]

#: Takes Antom's fields of createPaymentSession and the order, and changes the fields.
SessionHook = Callable[[dict[str, Any], Order], None]

#: Takes the order and the methods that are offered; returns those for this buyer, in
#: the order in which they are shown.
MethodsHook = Callable[[Order, tuple[str, ...]], Iterable[str]]

#: Takes the id of an event, and puts a job into the host's queue.
EventDispatcher = Callable[[int], object]

#: What a view returns, an ``async`` one too.
ViewReturn = ResponseReturnValue | Awaitable[ResponseReturnValue]

#: Takes a payment; returns the response of the result page, as a view does.
ResultView = Callable[[Any], ViewReturn]

_loading: ContextVar[bool] = ContextVar("flask_antom_loading", default=False)


def is_loading() -> bool:
    """Whether the caller is the order loader."""
    return _loading.get()


AnswerT = TypeVar("AnswerT")


def refuse_async(name: str, answer: AnswerT) -> AnswerT:
    """Return what a hook has returned, unless the hook is ``async``.

    :param name: the name of its decorator.
    :raises ConfigError: for a coroutine, which nobody would await.
    """
    if isinstance(answer, Coroutine):
        answer.close()
        raise ConfigError(f"The function given to @antom.{name} must not be async.")
    return answer


@dataclass(slots=True, eq=False)
class Hooks:
    """The functions that the host registers with the extension's decorators.

    :ivar rechecks: whether the order is loaded once more when its money has come.
    """

    order_loader: OrderLoader | None = None
    rechecks: bool = True
    visitor_may_pay: VisitorHook | None = None
    session_request: SessionHook | None = None
    payment_methods: MethodsHook | None = None
    result_view: ResultView | None = None
    event_dispatcher: EventDispatcher | None = None
    ignored: set[str] = field(default_factory=set)

    def load_order(self, reference: str) -> Order | None:
        """Return the host's order; ``None`` if there is no such order.

        :raises ConfigError: if the host has no loader, or it returns something else.
        """
        if self.order_loader is None:
            raise ConfigError(
                "No order loader is set: decorate a function that returns an Order for"
                " a reference with @antom.order_loader."
            )
        token = _loading.set(True)
        try:
            order = refuse_async("order_loader", self.order_loader(reference))
        finally:
            _loading.reset(token)
        if order is not None and not isinstance(order, Order):
            raise ConfigError(
                "The order loader must return an Order or None, not"
                f" {type(order).__name__}."
            )
        return order

    def may_pay(self, order: Order) -> bool:
        """Whether the visitor of this request may pay an order.

        :raises ConfigError: if the hook is ``async``: what it returns is always true.
        """
        if self.visitor_may_pay is None:
            return True
        return bool(refuse_async("visitor_may_pay", self.visitor_may_pay(order)))

    def change_session(self, fields: Opaque[dict[str, Any]], order: Order) -> None:
        """Call the host's hook for the fields of createPaymentSession.

        :raises ConfigError: if the hook is ``async``: it would change nothing.
        """
        if self.session_request is not None:
            hook: Callable[..., object] = self.session_request
            refuse_async("session_request", hook(fields.reveal(), order))

    def order_methods(self, order: Order, methods: tuple[str, ...]) -> tuple[str, ...]:
        """Return the methods that the host's hook chooses for an order.

        :param methods: the methods that are offered; empty for all of Antom's methods.
        :raises ConfigError: if the hook does not return a list of types.
        """
        if self.payment_methods is None:
            return methods
        given: object = self.payment_methods(order, methods)
        refuse_async("payment_methods", given)
        chosen = tuple(given) if isinstance(given, Iterable) else (given,)
        if isinstance(given, str) or not all(
            isinstance(method, str) and METHOD_TYPE.fullmatch(method)
            for method in chosen
        ):
            raise ConfigError(
                "The function given to @antom.payment_methods must return a list of"
                ' payment method types, such as ["GCASH"].'
            )
        known = dict.fromkeys(chosen)
        return tuple(one for one in known if not methods or one in methods)
