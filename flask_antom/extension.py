"""The extension: one app's state is made here, and the public methods begin here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, current_app, has_app_context

from .app_state import (
    AppState,
    Hooks,
    MethodsHook,
    OrderLoader,
    ResultView,
    SessionHook,
)
from .cli import group
from .clock import SYSTEM_CLOCK, SystemClock
from .config import Config
from .domain.money import Money
from .errors import ConfigError
from .flows import payments, refunds, sweep
from .flows.sweep import Progress, SweepSummary
from .gateway.transport import Send
from .store.host_models import make_models
from .store.models import EventMixin, NotificationMixin, PaymentMixin, RefundMixin
from .store.purge import Purged
from .store.transactions import HasSession
from .web import csp
from .web.routes import blueprint
from .web.templating import init_templating

V = TypeVar("V", bound=ResultView)


class FlaskAntom:
    """Antom payments for Flask apps.

    :param app: initialised at once, if given; see :meth:`init_app`.
    :param db: Flask-SQLAlchemy's or Flask-SQLAlchemy-Lite's object.
    :param payment_model: the host's own class for the table, a subclass of
        :class:`~flask_antom.models.PaymentMixin`; likewise the other three. Those not
        given are made on ``db.Model``.
    :param send: sends one HTTP request in place of the network, for tests; see
        :data:`flask_antom.testing.Send`.
    :param clock: the time that apps go by, for tests; see
        :class:`flask_antom.testing.SystemClock`.
    :raises ConfigError: if a model is missing that cannot be made.

    One object serves several apps.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        db: HasSession,
        payment_model: type[PaymentMixin] | None = None,
        refund_model: type[RefundMixin] | None = None,
        notification_model: type[NotificationMixin] | None = None,
        event_model: type[EventMixin] | None = None,
        send: Send | None = None,
        clock: SystemClock = SYSTEM_CLOCK,
    ) -> None:
        self._db = db
        self._send = send
        self._clock = clock
        self._hooks = Hooks()
        self._models = make_models(
            db,
            {
                "payment": payment_model,
                "refund": refund_model,
                "notification": notification_model,
                "event": event_model,
            },
        )
        self.Payment: type[Any] = self._models.payment
        """The class of ``antom_payment``: one attempt to pay an order."""
        self.Refund: type[Any] = self._models.refund
        """The class of ``antom_refund``."""
        self.Notification: type[Any] = self._models.notification
        """The class of ``antom_notification``: the inbox."""
        self.Event: type[Any] = self._models.event
        """The class of ``antom_event``: the outbox."""
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Read the app's ``ANTOM_`` keys, check them, and register the routes.

        :raises ConfigError: for a key that is missing or wrong, or a second call.
        """
        if "antom" in app.extensions:
            raise ConfigError("init_app was called before for this app.")
        config = Config.from_mapping(app.config)
        app.extensions["antom"] = AppState.create(
            app,
            config,
            db=self._db,
            models=self._models,
            hooks=self._hooks,
            send=self._send,
            clock=self._clock,
        )
        app.register_blueprint(blueprint, url_prefix=config.url_prefix)
        init_templating(app, config, self._hooks)
        app.cli.add_command(group)

    def order_loader(self, loader: OrderLoader) -> OrderLoader:
        """Decorate the function that gives the host's order for a reference.

        It returns an :class:`~flask_antom.orders.Order`, or ``None`` if there is none
        or the visitor may not pay it. It may raise
        :class:`~flask_antom.errors.OrderAlreadyPaid`.
        """
        self._hooks.order_loader = loader
        return loader

    def session_request(self, hook: SessionHook) -> SessionHook:
        """Decorate a function that adds to the request of createPaymentSession.

        It takes Antom's fields as a dict, to be changed in place, and the order. Any
        field may be added, but not those by which the payment is known again:
        ``paymentRequestId``, ``paymentAmount`` and the two URLs.
        """
        self._hooks.session_request = hook
        return hook

    def payment_methods(self, hook: MethodsHook) -> MethodsHook:
        """Decorate a function that chooses the payment methods for an order.

        It takes the :class:`~flask_antom.orders.Order` and a tuple of the methods that
        would be offered, and returns a list of those that this buyer is to see, for
        example by his country, in the order to be shown. Others are not accepted then.
        """
        self._hooks.payment_methods = hook
        return hook

    def result_view(self, view: V) -> V:
        """Decorate a function that shows the buyer the result, in place of our page.

        It takes the payment, whose status is as fresh as can be had, and returns what
        a view returns.
        """
        self._hooks.result_view = view
        return view

    def sync(self, payment: PaymentMixin) -> None:
        """Ask Antom what became of a payment.

        See :func:`flask_antom.flows.payments.sync`.
        """
        payments.sync(self._state(), payment)

    def cancel(self, payment: PaymentMixin) -> None:
        """Close or undo a payment; see :func:`flask_antom.flows.payments.cancel`."""
        payments.cancel(self._state(), payment)

    def capture(
        self, payment: PaymentMixin, amount: Money | None = None, *, final: bool = True
    ) -> None:
        """Take authorized money; see :func:`flask_antom.flows.payments.capture`."""
        payments.capture(self._state(), payment, amount, final=final)

    def refund(
        self,
        payment: PaymentMixin,
        amount: Money | None = None,
        *,
        reason: str | None = None,
    ) -> Any:
        """Give money back; see :func:`flask_antom.flows.refunds.refund`."""
        return refunds.refund(self._state(), payment, amount, reason=reason)

    def sweep(self, progress: Progress | None = None) -> SweepSummary:
        """Do all that is overdue; see :func:`flask_antom.flows.sweep.sweep`."""
        return sweep.sweep(self._state(), progress)

    def csp(self, mode: str | None = None, nonce: str | None = None) -> dict[str, str]:
        """Give the Content-Security-Policy that a page with a checkout needs.

        :param mode: the checkout's; by default ``ANTOM_CHECKOUT_MODE``.
        :param nonce: the request's, for a header of your own. Flask-Talisman puts its
            own one into ``script-src`` and ``style-src``.
        :returns: directives and their sources, to be joined with a policy of your own
            by :func:`flask_antom.merge_csp`.
        """
        return csp.policy(self._state().config, mode, nonce)

    def purge(self, older_than: timedelta, *, dry_run: bool = False) -> Purged:
        """Delete finished notifications and delivered events that are older.

        Payments and refunds are never deleted.

        :param older_than: two days at least.
        :param dry_run: only count them.
        :raises NotPossible: for less than two days.
        """
        purge = self._state().purge
        return purge.count(older_than) if dry_run else purge.run(older_than)

    def _state(self) -> AppState:
        if not has_app_context():
            raise ConfigError(
                "There is no current app: this needs a request or `app.app_context()`."
            )
        state = current_app.extensions.get("antom")
        if not isinstance(state, AppState) or state.hooks is not self._hooks:
            raise ConfigError(
                "The current app does not use this FlaskAntom. Was init_app forgotten,"
                " or are there two FlaskAntom objects?"
            )
        return state
