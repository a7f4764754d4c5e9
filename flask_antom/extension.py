"""The extension: it makes the state of each app, and has the public methods."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Generic, cast

from flask import Flask

from .app_state import AppState, current_state
from .cli import group
from .clock import SYSTEM_CLOCK, SystemClock
from .config import Config, hide_secrets
from .domain.money import Money
from .errors import ConfigError
from .flows import payments, refunds, sweep
from .flows.delivery import deliver_event
from .flows.host_calls import call_of_host, row_of
from .flows.sweep import Progress, SweepSummary
from .gateway.late_patches import check_patches
from .gateway.transport import Send
from .host_types import (
    EventT,
    NotificationT,
    PaymentT,
    RefundT,
)
from .order_calls import OrderCalls
from .store.connections import Connect
from .store.host_models import Models, complete, take_or_make
from .store.host_session import HasSession
from .store.models import EventMixin, NotificationMixin, PaymentMixin, RefundMixin
from .store.purge import Purged
from .web import csp
from .web.app_checks import check_address, check_app
from .web.routes import blueprint
from .web.templating import init_templating


class FlaskAntom(
    OrderCalls[PaymentT], Generic[PaymentT, RefundT, NotificationT, EventT]
):
    """Antom payments for Flask apps.

    One object can serve several apps.

    :meth:`cancel`, :meth:`capture`, :meth:`refund`, :meth:`close`, :meth:`changed` and
    :meth:`reopen` raise :class:`~flask_antom.errors.UncommittedWrites` while
    ``db.session`` holds writes that are not committed, or locked rows; :meth:`sync`
    only if writes are flushed or rows are locked. All of them raise
    :class:`~flask_antom.errors.NotPossible` inside a receiver. No method commits what
    the host has pending.

    :param app: the app to initialise; see :meth:`init_app`.
    :param db: the object of Flask-SQLAlchemy or Flask-SQLAlchemy-Lite.
    :param payment_model: the host's own class for the table, a subclass of
        :class:`~flask_antom.models.PaymentMixin`; likewise the other three. Those not
        given are made on ``db.Model``.
    :param connect: returns a new connection for our own transactions, for tenants with
        a ``search_path`` or a schema of their own; by default the engine's.
    :param send: sends one HTTP request instead of the network, for tests; see
        :data:`flask_antom.testing.Send`.
    :param clock: the clock of the apps, for tests; see
        :class:`flask_antom.testing.SystemClock`.
    :raises ConfigError: if a model is missing and cannot be made.
    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        db: HasSession,
        payment_model: type[PaymentT] | None = None,
        refund_model: type[RefundT] | None = None,
        notification_model: type[NotificationT] | None = None,
        event_model: type[EventT] | None = None,
        connect: Connect | None = None,
        send: Send | None = None,
        clock: SystemClock = SYSTEM_CLOCK,
    ) -> None:
        self._db = db
        self._connect = connect
        self._send = send
        self._clock = clock
        super().__init__()
        self.Payment: Final[type[PaymentT]] = take_or_make(
            db, "payment", PaymentMixin, payment_model
        )
        """The class of ``antom_payment``: one attempt to pay an order."""
        self.Refund: Final[type[RefundT]] = take_or_make(
            db, "refund", RefundMixin, refund_model
        )
        """The class of ``antom_refund``."""
        self.Notification: Final[type[NotificationT]] = take_or_make(
            db, "notification", NotificationMixin, notification_model
        )
        """The class of ``antom_notification``: the inbox."""
        self.Event: Final[type[EventT]] = take_or_make(
            db, "event", EventMixin, event_model
        )
        """The class of ``antom_event``: the outbox."""
        self._models = Models(self.Payment, self.Refund, self.Notification, self.Event)
        complete(self._models)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Read the app's ``ANTOM_`` keys, check them, and register the routes.

        Without any of Antom's credentials the app starts too, but nobody can pay.

        :raises ConfigError: if keys are missing or wrong, or after a second call.
        """
        if "antom" in app.extensions:
            raise ConfigError("init_app was called before for this app.")
        check_app(app)
        config = Config.from_mapping(app.config)
        check_patches(config.gateway_url)
        hide_secrets(app.config)
        app.extensions["antom"] = AppState.create(
            app,
            config,
            db=self._db,
            models=self._models,
            hooks=self._hooks,
            connect=self._connect,
            send=self._send,
            clock=self._clock,
        )
        app.register_blueprint(blueprint, url_prefix=config.url_prefix)
        check_address(app, config)
        init_templating(app, config)
        app.cli.add_command(group)

    def sync(self, payment: PaymentMixin) -> None:
        """Ask Antom for the state of a payment, and apply the answer.

        :param payment: a row of :attr:`Payment`; afterwards it is fresh.
        :raises OutcomeUnknown: if there is no clear answer within ``ANTOM_TIMEOUT``;
            nothing has changed.
        :raises Refused: if Antom refuses the inquiry; nothing has changed.
        :raises DeliveryFailed: if the answer is stored, but a receiver raised.
        """
        with call_of_host(self._hooks, "sync", money=False) as state:
            payments.sync(state, row_of(state, payment))

    def cancel(self, payment: PaymentMixin) -> None:
        """Close a payment, or undo a paid one within the method's cancel window.

        :raises Refused: if Antom said no. After ``CANCEL_WINDOW_EXCEED``, refund
            instead.
        :raises OutcomeUnknown: if nobody can say yet: cancel again, or wait for a
            sweep.
        :raises DeliveryFailed: if it is cancelled, but a receiver raised.
        """
        with call_of_host(self._hooks, "cancel") as state:
            payments.cancel(state, row_of(state, payment))

    def capture(
        self,
        payment: PaymentMixin,
        amount: Money | None = None,
        *,
        final: bool = True,
        key: str | None = None,
        again: bool = False,
    ) -> None:
        """Capture money of an authorized payment.

        Call it again after :class:`~flask_antom.errors.OutcomeUnknown`: the request has
        the same id, so that nothing is captured twice.

        :param amount: by default all that is left.
        :param final: whether the rest of the authorization is released.
        :param key: a text of your own for this capture, at most 64 characters. A call
            with the key of a capture that is done does nothing.
        :param again: whether to capture without a key although an equal capture was
            made less than a minute ago.
        :raises NotPossible: if the payment is not authorized, or less is left, or if
            the key was used for another capture or for one that failed.
        :raises RepeatedCall: if an equal capture was made less than a minute ago;
            ``error.earlier`` is the payment.
        :raises Refused: if Antom said no; nothing is captured.
        :raises OutcomeUnknown: if nobody can say yet; a notification will follow.
        :raises DeliveryFailed: if it is captured, but a receiver raised.
        """
        with call_of_host(self._hooks, "capture", earlier=self.Payment) as state:
            row = row_of(state, payment)
            again = again or key is not None
            payments.capture(state, row, amount, final=final, key=key, again=again)

    def refund(
        self,
        payment: PaymentMixin,
        amount: Money | None = None,
        *,
        reason: str | None = None,
        key: str | None = None,
        again: bool = False,
    ) -> RefundT:
        """Refund a payment in full or in part.

        :param amount: by default all that is left.
        :param reason: a text that some methods show to the buyer; at most 256
            characters.
        :param key: a text of your own for this refund, at most 64 characters. A call
            with a key that was used returns the refund that was made with it, a failed
            one too; nothing is sent.
        :param again: whether to refund without a key although an equal refund was made
            less than a minute ago.
        :returns: the refund. Its status is ``succeeded``, or ``pending`` as long as
            Antom works on it or its outcome is unknown. Then a signal follows.
        :raises NotPossible: if the payment is not paid, less is left, the reason is
            too long, or the key was used for another amount or payment.
        :raises RepeatedCall: if an equal refund was made less than a minute ago and has
            not failed; ``error.earlier`` is that refund.
        :raises Refused: if Antom said no; the refund has failed.
        :raises DeliveryFailed: if it is stored, but a receiver raised.
        """
        with call_of_host(self._hooks, "refund", earlier=self.Refund) as state:
            payment_ref = state.host.id_of(payment)
            again = again or key is not None
            refund_ref = refunds.refund(
                state, payment_ref, amount, reason=reason, key=key, again=again
            )
        return cast(RefundT, state.host.load(self.Refund, refund_ref))

    def sweep(self, progress: Progress | None = None) -> SweepSummary:
        """Do all overdue work: ask Antom, deliver events, find payments of orphans.

        A gateway that does not answer, or a receiver that raises, is no error here: it
        is counted, logged and tried again later.

        :param progress: called after each task with its kind: ``payment``, ``refund``,
            ``notification`` or ``event``.
        :returns: the counts.
        :raises NotConfigured: if none of Antom's credentials is set.
        """
        state = current_state(self._hooks)
        _ = state.account
        return sweep.sweep(state, progress)

    def deliver(self, event_id: int) -> bool:
        """Deliver one event to the receivers, for a job of your queue.

        It is for :meth:`event_dispatcher`. An event that is unknown, delivered, or in
        the hands of another process is left alone. The error of a receiver is logged
        and stored, and a sweep tries again.

        :returns: whether nothing is left to do for the event.
        :raises NotPossible: inside a receiver.
        """
        return deliver_event(current_state(self._hooks), event_id)

    def csp(self, mode: str | None = None, nonce: str | None = None) -> dict[str, str]:
        """Return the Content-Security-Policy that a page with a checkout needs.

        :param mode: the mode of the checkout; by default ``ANTOM_CHECKOUT_MODE``.
        :param nonce: the nonce of the request, for a header of your own. Flask-Talisman
            adds its own nonce to ``script-src`` and ``style-src``.
        :returns: directives and their sources. :func:`flask_antom.merge_csp` adds them
            to a policy of your own.
        """
        return csp.policy(current_state(self._hooks).config, mode, nonce)

    def purge(self, older_than: timedelta, *, dry_run: bool = False) -> Purged:
        """Delete finished notifications and delivered events that are older.

        Payments and refunds are never deleted.

        :param older_than: the age; at least two days.
        :param dry_run: whether to only count them.
        :raises NotPossible: for less than two days.
        """
        purge = current_state(self._hooks).purge
        return purge.count(older_than) if dry_run else purge.run(older_than)
