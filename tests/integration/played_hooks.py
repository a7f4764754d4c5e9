"""Plays :data:`.failures.HOOKS`: each function of the host's raises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask.json.provider import DefaultJSONProvider
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import orm

from flask_antom import Address, Buyer, Shipping
from flask_antom.signals import notification_refused, payment_succeeded
from tests.support.canaries import CANARIES, begin, open_shop, paid
from tests.support.offline import OfflineShop

Play = Callable[[], Any]

NAME, EMAIL, PHONE = (CANARIES[what] for what in ("name", "e-mail", "phone"))


def fail(*arguments: Any, **options: Any) -> Any:
    """Raise an error, as a function of the host's would."""
    raise LookupError("no such thing")


def do_nothing(*arguments: Any, **options: Any) -> None:
    """Return nothing."""


def pay(offline: OfflineShop) -> None:
    offline.shop.pay()


def notify(offline: OfflineShop) -> None:
    offline.notify(paid(begin(offline)))


def look(offline: OfflineShop) -> None:
    """Look at the host's page with the macro, of an order whose payment is pending."""
    begin(offline, status="processing")
    offline.shop.app.test_client().get("/checkout")


def lead_away(offline: OfflineShop) -> None:
    form = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
    offline.shop.app.test_client().post("/antom/hosted", data=form)


def open_link(offline: OfflineShop, name: str) -> None:
    link = (offline.shop.pay().json or {})[name].partition(":5000")[2]
    if name == "statusUrl":
        refuse_json(offline)
    offline.shop.app.test_client().get(link)


def post_session(offline: OfflineShop) -> None:
    """Ask for a session without the app's own JSON."""
    offline.shop.app.test_client().post(
        "/antom/session",
        data=b'{"orderReference":"A-1","paymentMethodType":"GCASH"}',
        content_type="application/json",
    )


class Unwilling(DefaultJSONProvider):
    """A provider of the host's that cannot write our answers."""

    def dumps(self, obj: Any, **options: Any) -> str:
        return str(fail()) if obj else super().dumps(obj, **options)


def post_again(offline: OfflineShop) -> None:
    """Ask for a session while nobody knows what has become of another one."""
    del offline.answers["inquiryPayment"]
    begin(offline, method="TNG", status="processing")
    post_session(offline)


def refuse_json(offline: OfflineShop) -> None:
    offline.shop.app.json = Unwilling(offline.shop.app)


def play(
    set_up: Callable[[OfflineShop], Any], act: Callable[[OfflineShop], Any], **more: Any
) -> Play:
    """Return what makes a shop with a fault, and then does something there."""

    def run() -> None:
        with open_shop(**more) as offline:
            set_up(offline)
            act(offline)

    return run


def hook(name: str, function: Callable[..., Any] = fail) -> Callable[..., Any]:
    """Return what registers a function with a decorator of the extension."""
    return lambda offline: getattr(offline.shop.antom, name)(function)


def receiver(function: Callable[..., Any], signal: Any = payment_succeeded) -> Any:
    return lambda offline: offline.shop.connect(signal, function)


def template(name: str, text: str) -> Callable[[OfflineShop], None]:
    """Return what gives the shop a template that fails at its end."""

    def set_up(offline: OfflineShop) -> None:
        app: Any = offline.shop.app
        app.jinja_env.globals["fail"] = fail
        loader = DictLoader({name: text})
        app.jinja_env.loader = ChoiceLoader([loader, app.jinja_env.loader])

    return set_up


def set_global(name: str) -> Callable[[OfflineShop], None]:
    def set_up(offline: OfflineShop) -> None:
        globals_: Any = offline.shop.app.jinja_env.globals
        globals_[name] = fail

    return set_up


def break_url_for(offline: OfflineShop) -> None:
    """Break the host's own defaults of URLs, which our templates ask for."""

    @offline.shop.app.url_defaults
    def add(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in ("antom.static", "antom.hosted"):
            fail()


def raise_error(error: BaseException) -> Callable[..., None]:
    def receive(app: Any, **extra: Any) -> None:
        raise error

    return receive


def raise_group(app: Any, **extra: Any) -> None:
    raise ExceptionGroup("several", [LookupError("one"), ValueError("two")])


def swallow(app: Any, payment: Any, **extra: Any) -> None:
    from tests.support.shop import db

    try:
        db.session.execute(sa.text("SELECT * FROM nowhere"))
    except sa.exc.DBAPIError:
        return


def change_a_fixed_field(fields: dict[str, Any], order: Any) -> None:
    fields["paymentRequestId"] = "mine"


def add_no_json(fields: dict[str, Any], order: Any) -> None:
    fields["memo"] = Decimal(1)


def open_shipping() -> None:
    Shipping(full_name=NAME, email=EMAIL, address=Address(region="MYS", address1=NAME))


def end_the_worker(offline: OfflineShop) -> None:
    offline.answers["createPaymentSession"] = raise_in_answer


def raise_in_answer() -> dict[str, Any]:
    raise SystemExit(1)


def sweep_later(offline: OfflineShop) -> None:
    notify(offline)
    offline.shop.clock.wind(timedelta(hours=1))
    offline.shop.sweep()


def refuse(offline: OfflineShop) -> None:
    offline.post(b"{}", {})


def after(name: str) -> Callable[[OfflineShop], None]:
    return lambda offline: getattr(offline.shop.app, name)(fail) and None


def forget_the_key(offline: OfflineShop) -> None:
    offline.shop.app.secret_key = None


def ask_where_it_stands(offline: OfflineShop) -> None:
    begin(offline, status="processing")
    with offline.shop.app.app_context():
        offline.shop.antom.order_status("A-1")


def listening(offline: OfflineShop, act: Callable[..., Any], *arguments: Any) -> None:
    """Do something while the host's listener of payments that are loaded fails."""
    Payment = offline.shop.antom.Payment

    def refuse(session: Any, row: Any) -> None:
        if isinstance(row, Payment) and row.id is not None:
            fail()

    offline.shop.pay("A-2")
    sa.event.listen(orm.Session, "before_attach", refuse)
    try:
        act(offline, *arguments)
    finally:
        sa.event.remove(orm.Session, "before_attach", refuse)


#: A key of two parts, of which one is a number by mistake.
ODD_KEY = (CANARIES["secret key"], 5)

PLAYS: Mapping[str, Play] = {
    "order_loader": play(hook("order_loader"), pay),
    "order_loader, when money has come": play(hook("order_loader"), notify),
    "visitor_may_pay": play(hook("visitor_may_pay"), pay),
    "payment_methods": play(hook("payment_methods"), pay),
    "payment_methods, in the macro": play(hook("payment_methods"), look),
    "session_request": play(hook("session_request"), pay),
    "session_request that changes a fixed field": play(
        hook("session_request", change_a_fixed_field), pay
    ),
    "session_request that adds what is no JSON": play(
        hook("session_request", add_no_json), pay
    ),
    "result_view": play(
        hook("result_view"), lambda offline: open_link(offline, "resultUrl")
    ),
    "the nonce": play(do_nothing, look, ANTOM_CSP_NONCE=fail),
    "the nonce, in /hosted": play(do_nothing, lead_away, ANTOM_CSP_NONCE=fail),
    "csrf_token": play(set_global("csrf_token"), look),
    "url_defaults, in the macro": play(break_url_for, look),
    "url_defaults, in /hosted": play(break_url_for, lead_away),
    "a context processor, in /hosted": play(after("context_processor"), lead_away),
    "a template of the host's, in /hosted": play(
        template(
            "antom/hosted.html",
            '{% extends "antom/hosted_page.html" %}'
            "{% block actions %}{{ super() }}{{ fail() }}{% endblock %}",
        ),
        lead_away,
    ),
    "a template of the host's, with the macro": play(set_global("after"), look),
    "the JSON provider, in /session": play(
        refuse_json,
        post_session,
    ),
    "the JSON provider, in a problem": play(
        refuse_json,
        post_again,
    ),
    "the JSON provider, in /status": play(
        do_nothing, lambda offline: open_link(offline, "statusUrl")
    ),
    "after_request, in /session": play(after("after_request"), pay),
    "teardown_request, in /session": play(after("teardown_request"), pay),
    "before_request, in /session": play(after("before_request"), pay),
    "before_request, in /notify": play(after("before_request"), notify),
    "a receiver": play(receiver(fail), notify),
    "a receiver, in a sweep": play(receiver(fail), sweep_later),
    "a receiver with a group of errors": play(receiver(raise_group), notify),
    "a receiver that swallows an error": play(receiver(swallow), notify),
    "a receiver that exits": play(receiver(raise_error(SystemExit(1))), notify),
    "a receiver that is interrupted": play(
        receiver(raise_error(KeyboardInterrupt())), notify
    ),
    "a receiver that is cancelled": play(
        receiver(raise_error(asyncio.CancelledError())), notify
    ),
    "a receiver of notification_refused": play(
        receiver(fail, notification_refused), refuse
    ),
    "the order's buyer": lambda: Buyer(
        reference="", full_name=NAME, email=EMAIL, phone=PHONE
    ),
    "the order's shipping": open_shipping,
    "a SECRET_KEY that is no text": play(do_nothing, pay, SECRET_KEY=ODD_KEY),
    "no SECRET_KEY, in order_status": play(forget_the_key, ask_where_it_stands),
    "a listener of the host's session, in /result": play(
        begin, lambda offline: listening(offline, open_link, "resultUrl")
    ),
    "a listener of the host's session, in /notify": play(
        do_nothing, lambda offline: listening(offline, notify)
    ),
    "a worker that is ended during a call": play(end_the_worker, pay),
}
