"""The state of one app: its settings, its client and its stores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from flask import Flask, current_app, has_app_context

from .broker_guard import BrokerGuard
from .clock import SystemClock
from .config import NOT_SET_UP, Config
from .domain.request_ids import RequestIds
from .domain.whose import Ours, Owned
from .errors import ConfigError, NotConfigured, NotPossible
from .gateway.client import AntomClient
from .gateway.late_patches import check_patches
from .gateway.transport import Account, Send, Transport
from .hooks import EventDispatcher, Hooks
from .listeners import Listeners
from .measures import Measures
from .rate_limit import RateLimit, RateLimits, ToldFaults
from .store.ages import Ages
from .store.arrivals import Arrivals, Silence
from .store.attempts import AttemptStore
from .store.captures import CaptureStore
from .store.claims import Claims
from .store.closings import ClosingStore
from .store.connections import Connect, Connections
from .store.deliveries import DeliveryStore
from .store.dossiers import Dossiers
from .store.host_models import Models
from .store.host_session import HasSession, HostSession
from .store.inbox import Inbox
from .store.listings import Listings
from .store.news import News
from .store.openings import OpeningStore
from .store.outbox import Outbox
from .store.payment_rows import PaymentRows
from .store.payments import PaymentStore
from .store.postgresql import FastInbox
from .store.purge import Purge
from .store.redeliveries import Redeliveries
from .store.refund_rows import RefundRows
from .store.refunds import RefundStore
from .store.standings import Standings
from .store.transactions import Transactions
from .store.unhandled import UnhandledStore


@dataclass(slots=True, eq=False)
class AppState:
    """The state of one app, at ``app.extensions["antom"]``.

    :ivar accounts: the accounts whose keys the app has, by client id. Today it is one,
        or none before the app is set up.
    :ivar measures: those who count and time what happens.
    :ivar payments: the only store that changes a payment's status.
    :ivar report_limit: limits how often browsers may report a fault.
    :ivar hint_limit: limits how often the log says what the shop may have overlooked,
        whatever browsers report.
    :ivar refusals: limits the lines in the log about requests that are refused.
    :ivar told_faults: the codes of faults that the log has told of.
    :ivar broker: calls the broker of the host's queue.
    :ivar event_dispatcher: puts the id of an event into a queue of this app. Without
        it, the hook of all apps does so.
    :ivar trouble: the text about what a person has to look at, as it was last logged.
    :ivar another: :meth:`create` for the same app, without what the host has given.
    :ivar note_failure: is called with what a receiver or the loader raised, in tests.
    """

    app: Flask
    config: Config
    accounts: Mapping[str, Account]
    client: AntomClient
    clock: SystemClock
    measures: Measures
    host: HostSession
    listeners: Listeners
    rows: PaymentRows
    standings: Standings
    payments: PaymentStore
    openings: OpeningStore
    attempts: AttemptStore
    closings: ClosingStore
    captures: CaptureStore
    inbox: Inbox
    unhandled: UnhandledStore
    claims: Claims
    deliveries: DeliveryStore
    refunds: RefundStore
    purge: Purge
    dossiers: Dossiers
    ages: Ages
    news: News
    listings: Listings
    redeliveries: Redeliveries
    hooks: Hooks
    report_limit: RateLimit
    hint_limit: RateLimit
    refusals: RateLimits
    told_faults: ToldFaults
    another: Callable[..., AppState]
    arrivals: Arrivals
    silence: Silence
    broker: BrokerGuard
    event_dispatcher: EventDispatcher | None = None
    trouble: str = ""
    note_failure: Callable[[BaseException], None] | None = None

    @classmethod
    def create(
        cls,
        app: Flask,
        config: Config,
        *,
        db: HasSession,
        models: Models,
        hooks: Hooks,
        send: Send | None,
        connect: Connect | None,
        clock: SystemClock,
    ) -> AppState:
        """Return the state of an app with these settings.

        :param send: sends one HTTP request instead of the network.
        """
        account = Account(
            client_id=config.client_id,
            keyring=config.keyring,
            agent_token=config.agent_token,
            sandbox=config.environment == "sandbox",
        )
        measures = Measures(clock)
        transport = Transport(
            config.gateway_url,
            config.timeout,
            send=send,
            clock=clock,
            measures=measures,
        )
        listeners = Listeners(app, clock, hooks.ignored)
        host = HostSession(db, models)
        connections = Connections(host, models, connect)
        transactions = Transactions(connections, clock=clock)
        accounts = {account.client_id: account} if config.is_set_up else {}
        ids = RequestIds.of_shop(config.client_id, config.notify_url)
        ours = Ours(config.environment, accounts, ids)
        rows = PaymentRows(transactions, models, ours)
        inbox = Inbox(transactions, models, ours)
        outbox = Outbox(
            transactions,
            models,
            is_heard=listeners.is_heard,
            at_once=config.event_delivery != "worker",
        )
        openings = OpeningStore(transactions, rows)
        refund_rows = RefundRows(transactions, models)
        refunds = RefundStore(transactions, outbox, rows, refund_rows)
        return cls(
            app=app,
            config=config,
            accounts=accounts,
            client=AntomClient(transport),
            clock=clock,
            measures=measures,
            host=host,
            listeners=listeners,
            rows=rows,
            standings=Standings(host, models, ours),
            payments=PaymentStore(
                transactions,
                rows,
                inbox,
                outbox,
                refunds,
                FastInbox(transactions, models, rows),
            ),
            attempts=AttemptStore(transactions, rows),
            closings=ClosingStore(transactions, rows, openings),
            openings=openings,
            captures=CaptureStore(transactions, rows),
            inbox=inbox,
            unhandled=UnhandledStore(transactions, inbox, outbox),
            claims=Claims(
                transactions, models, rows, refund_rows, is_heard=listeners.is_heard
            ),
            deliveries=DeliveryStore(transactions, host, models),
            refunds=refunds,
            purge=Purge(transactions, models),
            dossiers=Dossiers(transactions, models),
            ages=Ages(transactions, models, rows),
            news=News(transactions, models),
            listings=Listings(transactions, models),
            redeliveries=Redeliveries(transactions, models),
            hooks=hooks,
            report_limit=RateLimit(60, clock.monotonic),
            hint_limit=RateLimit(60, clock.monotonic),
            refusals=RateLimits(clock.monotonic),
            told_faults=ToldFaults(clock.monotonic),
            another=partial(
                cls.create, app, db=db, models=models, hooks=hooks, connect=connect
            ),
            arrivals=Arrivals(transactions, models, ours),
            silence=Silence(),
            broker=BrokerGuard(clock.monotonic),
        )

    @property
    def ours(self) -> Ours:
        """The rows that this app acts on."""
        return self.rows.ours

    @property
    def account(self) -> Account:
        """The account that new payments are opened with.

        :raises NotConfigured: if none of Antom's credentials is set.
        :raises ConfigError: if no call to Antom can succeed in this process.
        """
        if not self.config.is_set_up:
            raise NotConfigured(NOT_SET_UP)
        check_patches(self.config.gateway_url)
        return self.accounts[self.config.client_id]

    def account_of(self, row: Owned) -> Account:
        """Return the account of a payment, a refund or a notification.

        :raises NotPossible: if the app has no keys for it.
        """
        if not self.ours.is_here(row):
            raise NotPossible(
                f"The payment belongs to the environment {row.environment}, and this"
                f" app is in {self.config.environment}."
            )
        if not row.client_id:
            return self.account
        account = self.accounts.get(row.client_id)
        if account is None:
            raise NotPossible(
                f"The payment belongs to the account {row.client_id}, which this app"
                " has no keys for."
            )
        return account


def state_of(app: Flask) -> AppState:
    """Return the state of an app.

    :raises ConfigError: if the app has none yet.
    """
    state = app.extensions.get("antom")
    if not isinstance(state, AppState):
        raise ConfigError("Call antom.init_app(app) before this.")
    return state


def current_state(hooks: Hooks) -> AppState:
    """Return the state of the current app, whose extension has these hooks.

    :raises ConfigError: if there is no current app, or it has another extension.
    """
    if not has_app_context():
        raise ConfigError(
            "There is no current app: this needs a request or `app.app_context()`."
        )
    state = current_app.extensions.get("antom")
    if not isinstance(state, AppState) or state.hooks is not hooks:
        raise ConfigError(
            "The current app does not use this FlaskAntom. Was init_app forgotten,"
            " or are there two FlaskAntom objects?"
        )
    return state
