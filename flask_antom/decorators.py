"""The decorators by which a host adds its own functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import iscoroutinefunction
from typing import Generic, overload

from blinker import NamedSignal

from .errors import ConfigError
from .hooks import Hooks
from .host_types import (
    DispatcherT,
    LoaderT,
    MethodsHookT,
    PaymentT,
    SessionHookT,
    ViewReturnT,
    VisitorHookT,
)
from .listeners import names_of


class Decorators(Generic[PaymentT]):
    """The functions of the host, for all apps of an extension."""

    def __init__(self) -> None:
        self._hooks = Hooks()

    @overload
    def order_loader(self, loader: LoaderT) -> LoaderT: ...

    @overload
    def order_loader(
        self, loader: None = None, *, recheck: bool = True
    ) -> Callable[[LoaderT], LoaderT]: ...

    def order_loader(
        self, loader: LoaderT | None = None, *, recheck: bool = True
    ) -> LoaderT | Callable[[LoaderT], LoaderT]:
        """Decorate the function that returns the host's order for a reference.

        It returns an :class:`~flask_antom.Order`, or ``None`` if there is no such
        order. It may raise :class:`~flask_antom.errors.OrderAlreadyPaid`.

        It is also called when money has come, without a visitor, to compare the order
        as it is then. So it only finds the order; :meth:`visitor_may_pay` is asked
        whether this visitor may pay it.

        :param recheck: whether to compare the order when money has come. ``False`` is
            for amounts that change by themselves, as with live exchange rates.
        """
        if loader is None:
            return partial(self._set_order_loader, recheck=recheck)
        return self._set_order_loader(loader, recheck=recheck)

    def _set_order_loader(self, loader: LoaderT, *, recheck: bool) -> LoaderT:
        self._hooks.order_loader, self._hooks.rechecks = loader, recheck
        return loader

    def visitor_may_pay(self, hook: VisitorHookT) -> VisitorHookT:
        """Decorate a function that says whether this visitor may pay an order.

        It takes the :class:`~flask_antom.Order`, and is called in requests of buyers
        only, where it may look at the session or the current user. After ``False`` the
        buyer is told that there is no such order.
        """
        self._hooks.visitor_may_pay = hook
        return hook

    def session_request(self, hook: SessionHookT) -> SessionHookT:
        """Decorate a function that adds to the request of createPaymentSession.

        It takes Antom's fields as a dict, and the order. It changes the dict in place.
        It must not change the fields that identify the payment: ``paymentRequestId``,
        ``paymentAmount`` and the two URLs.
        """
        self._hooks.session_request = hook
        return hook

    def payment_methods(self, hook: MethodsHookT) -> MethodsHookT:
        """Decorate a function that chooses the payment methods for an order.

        It takes the :class:`~flask_antom.Order` and a tuple of the methods that are
        offered. It returns a list of the methods for this buyer, for example by their
        country, in the order in which they are shown. Other methods are not accepted.
        """
        self._hooks.payment_methods = hook
        return hook

    def result_view(
        self, view: Callable[[PaymentT], ViewReturnT]
    ) -> Callable[[PaymentT], ViewReturnT]:
        """Decorate a function that shows the result to the buyer, instead of our page.

        It takes the payment, after Antom was asked for its status if necessary. It
        returns what a view returns.
        """
        self._hooks.result_view = view
        return view

    def event_dispatcher(self, hook: DispatcherT) -> DispatcherT:
        """Decorate a function that puts a job into your queue.

        It takes the id of an event. The job calls
        :meth:`~flask_antom.FlaskAntom.deliver` with that id, in a worker. The function
        is called in a thread of its own, as soon as the event is stored, if
        ``ANTOM_EVENT_DELIVERY`` is ``worker``.

        It must not use ``db.session``, which belongs to the request's thread. If it
        raises, or takes longer than three seconds, a warning is logged and it is not
        called for 30 seconds. A sweep delivers what is in no queue.

        :raises ConfigError: if the function is ``async``.
        """
        if iscoroutinefunction(hook):
            raise ConfigError(
                "The function given to @antom.event_dispatcher must not be async."
            )
        self._hooks.event_dispatcher = hook
        return hook

    def ignores(self, *signals: NamedSignal) -> None:
        """Say that the shop does without a signal, and reads the status itself.

        Without this, an event of ``payment_succeeded`` waits until somebody listens.

        :param signals: signals of :mod:`flask_antom.signals`.
        """
        self._hooks.ignored.update(names_of(signals))
