"""Secrets planted everywhere turn up only where they must.

The story below plays good and bad payments while everything that can be read from
outside is collected: answers, log lines, errors with all that caused them, the
``repr`` of every object, the rows of all tables.
"""

from __future__ import annotations

import gc
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask, render_template_string

from flask_antom import Money
from flask_antom.cli.tail import json_of, line_of
from flask_antom.contrib.health import init_health
from flask_antom.domain.records import Session
from flask_antom.errors import AntomError, ConfigError
from flask_antom.flows.checkout import Offer
from flask_antom.flows.follower import Follower
from flask_antom.gateway.http import Reply
from flask_antom.signals import payment_succeeded
from tests.support.keys import MERCHANT_PRIVATE_KEY
from tests.support.meters import Scraped, Traced, traced
from tests.support.offline import (
    GUIDE,
    PATH,
    SESSION,
    SIGNER,
    OfflineShop,
    capture_notice,
    failed,
    open_offline,
)

CANARIES = {
    "private key": MERCHANT_PRIVATE_KEY[100:140],
    "secret key": "canary-secret-key",
    "agent token": "canary-agent-token",
    "session data": "canary-session-data",
    "normal url": "canary-normal-url",
    "card number": "canary-card-number",
    "card token": "canary-card-token",
    "last four": "canary-last-four",
    "customer": "canary-customer",
}

OPEN_SESSION = SESSION | {
    "paymentSessionData": CANARIES["session data"],
    "normalUrl": f"https://pay.example/{CANARIES['normal url']}",
}
PERSONAL = {
    "paymentMethodType": "CARD",
    "paymentResultInfo": {
        "cardNo": CANARIES["card number"],
        "cardToken": CANARIES["card token"],
        "lastFour": CANARIES["last four"],
        "threeDSResult": {"list": [{"cardToken": CANARIES["card token"]}]},
    },
    "pspCustomerInfo": {"pspCustomerId": CANARIES["customer"]},
    "customizedInfo": CANARIES["customer"],
}

#: Who may hold a secret: the browser that pays, and the row until the end.
MAY_HOLD = {
    "session data": {"answer: /antom/session", "antom_payment.session_data"},
    "normal url": {"answer: /antom/session", "antom_payment.normal_url"},
}

MACRO = """{% from "antom/checkout.html" import antom_checkout %}
{{ antom_checkout("A-1", methods=["GCASH"]) }}"""


@dataclass
class Story:
    """Pairs of a place and the text that was seen there."""

    offline: OfflineShop
    seen: list[tuple[str, str]] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    def places(self, text: str) -> set[str]:
        return {place for place, seen in self.seen if text in seen}

    def look(self) -> None:
        """Write down what the tables hold now."""
        shop = self.offline.shop
        with shop.app.app_context():
            for table in shop.db.metadata.sorted_tables:
                for row in shop.db.session.execute(sa.select(table)).mappings():
                    for column, value in row.items():
                        self.seen.append((f"{table.name}.{column}", str(value)))

    def note(self, answer: Any) -> Any:
        path = answer.request.path.rpartition("/")[0] or answer.request.path
        place = path if path != "/antom" else answer.request.path
        self.seen.append((f"answer: {place}", f"{answer.headers}\n{answer.text}"))
        self.look()
        return answer.json if answer.is_json else None

    def pay(self, reference: str = "A-1", method: str = "GCASH") -> Any:
        return self.note(self.offline.shop.pay(reference, method))

    def notify(self, message: Any = None, **changes: Any) -> None:
        self.note(self.offline.notify(message, **changes))

    def get(self, url: str) -> None:
        client = self.offline.shop.app.test_client()
        self.note(client.get(urlsplit(url).path))

    def visit(self) -> None:
        """Look at the host's checkout page, and at what the command line shows."""
        app = self.offline.shop.app
        app.add_url_rule("/checkout", view_func=lambda: render_template_string(MACRO))
        self.note(app.test_client().get("/checkout"))
        shown = app.test_cli_runner().invoke(args=["antom", "check"])
        assert shown.exit_code == 0
        self.seen.append(("command: check", shown.output))

    def sync(self) -> None:
        shop = self.offline.shop
        with shop.app.app_context():
            for payment in shop.db.session.scalars(shop.db.select(shop.antom.Payment)):
                try:
                    shop.antom.sync(payment)
                except AntomError as error:
                    self.errors.append(error)

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Look at what a person is shown who follows the tables meanwhile."""
        app = self.offline.shop.app
        with app.app_context():
            follower = Follower(app.extensions["antom"])
        yield
        with app.app_context():
            for fact in follower.look():
                self.seen.append(("command: tail", f"{line_of(fact)} {json_of(fact)}"))

    def watch(self, trace: Traced, scraped: Scraped) -> None:
        """Look at what those who watch are told."""
        self.seen.append(("spans", trace.text()))
        self.seen.append(("metrics", scraped.text()))
        self.get("/antom/health")

    def show(self) -> None:
        """Look at what a person at the command line is shown."""
        runner = self.offline.shop.app.test_cli_runner()
        for command in (
            *(("show", "A-1"), ("show", "A-1", "--json")),
            *(("list",), ("list", "--json"), ("list", "--csv")),
            *(("events",), ("events", "--json")),
            *(("notifications",), ("notifications", "--json")),
            *(("sync", "B-1"), ("sweep",), ("sweep", "--json")),
        ):
            shown = runner.invoke(args=["antom", *command])
            assert shown.exit_code in (0, 1)
            self.seen.append((f"command: {command[0]}", shown.output))


def good_payments(story: Story) -> None:
    answers = story.offline.answers
    answers["createPaymentSession"] = OPEN_SESSION
    answers["inquiryPayment"] = {"result": failed("ORDER_NOT_EXIST")}
    fields = story.pay()
    story.pay()
    story.get(fields["resultUrl"])
    story.get(fields["statusUrl"])
    mine = {"paymentRequestId": fields["paymentRequestId"]} | PERSONAL
    story.notify(GUIDE | mine, notifyType="PAYMENT_PENDING")
    story.notify(GUIDE | mine)
    story.notify(GUIDE | mine)
    story.notify(capture_notice(GUIDE["paymentId"]) | PERSONAL)
    story.get(fields["resultUrl"])
    story.get(fields["statusUrl"])
    story.pay()


def bad_notifications(story: Story) -> None:
    body = json.dumps(GUIDE | PERSONAL).encode()
    headers = SIGNER.headers(PATH, body)
    for changes in (
        {"Signature": "algorithm=RSA256,signature=AAAA"},
        {"Signature": f"canary,{CANARIES['card number'].replace('-', '')}"},
        {"Client-Id": "SANDBOX_OTHER"},
        {"Request-Time": "2020-01-01T00:00:00Z"},
    ):
        story.note(story.offline.post(body, headers | changes))
    story.note(story.offline.post(body + b" ", headers))
    story.notify(body[:-1])
    story.notify([PERSONAL])
    story.notify(GUIDE | PERSONAL, paymentRequestId="unknown")
    story.notify(GUIDE | PERSONAL, paymentAmount=PERSONAL["pspCustomerInfo"])
    story.notify(GUIDE | PERSONAL, result=[CANARIES["card number"]])
    story.notify({"notifyType": "OTHER"} | PERSONAL)
    story.notify(capture_notice("nobody") | PERSONAL)


def bad_payments(story: Story) -> None:
    """Receivers that raise, another amount, refusals, answers that are none."""
    offline = story.offline

    def refuse(app: Flask, payment: Any, **extra: Any) -> None:
        raise RuntimeError(f"cannot fulfil {payment!r}")

    def meddle(fields: dict[str, Any], order: Any) -> None:
        fields["paymentRequestId"] = "mine"

    offline.shop.connect(payment_succeeded, refuse)
    offline.answers["createPaymentSession"] = OPEN_SESSION
    for reference in ("B-1", "B-2", "B-3", "B-4"):
        order = offline.shop.orders["A-1"]
        offline.shop.orders[reference] = type(order)(reference, order.amount, "x")
    paid = {"paymentRequestId": story.pay("B-1")["paymentRequestId"], "paymentId": "P"}
    story.notify(GUIDE | PERSONAL | paid, paymentMethodType="GCASH")
    wrong = {"paymentRequestId": story.pay("B-2")["paymentRequestId"]}
    story.notify(
        GUIDE | PERSONAL | wrong, paymentAmount={"value": "1", "currency": "MYR"}
    )
    offline.shop.antom.session_request(meddle)
    with pytest.raises(ConfigError):
        story.pay("B-3")
    offline.shop.antom.session_request(lambda fields, order: None)
    text = json.dumps(OPEN_SESSION | PERSONAL)
    half = {"signature": "algorithm=RSA256,signature=AAAA", "response-time": "1"}
    for answer in (
        Reply(200, {}, text.encode()),
        Reply(200, half, text.encode()),
        Reply(200, half | {"client-id": "SANDBOX_5YDEMO00000000001"}, text.encode()),
        Reply(500, {}, text.encode()),
        Reply(200, {}, text[:-1].encode()),
        OPEN_SESSION | {"paymentSessionData": [CANARIES["session data"]]},
        {"result": failed("RISK_REJECT")} | PERSONAL,
        OPEN_SESSION | {"paymentSessionExpiryTime": "soon"},
    ):
        offline.answers["createPaymentSession"] = answer
        offline.answers["inquiryPayment"] = answer
        story.pay("B-4")
        story.sync()
    story.show()


class Collector(logging.Handler):
    def __init__(self, story: Story) -> None:
        super().__init__(logging.DEBUG)
        self.story = story

    def emit(self, record: logging.LogRecord) -> None:
        added = {**vars(record), "exc_info": None}
        line = f"{self.format(record)}\n{added!r}"
        self.story.seen.append((f"log: {record.name}", line))


@contextmanager
def logging_at_debug(story: Story) -> Iterator[None]:
    """Collect all loggers at DEBUG.

    SQLAlchemy's at INFO, which shows what is written: at DEBUG it would print the rows
    that are read, and so the very column that must hold the session.
    """
    collector = Collector(story)
    root = logging.getLogger()
    levels = {root: root.level}
    for name in ("flask_antom", "shop", "urllib3", "werkzeug", "asyncio"):
        levels[logging.getLogger(name)] = logging.getLogger(name).level
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    root.addHandler(collector)
    yield
    root.removeHandler(collector)
    for logger, level in levels.items():
        logger.setLevel(level)


@contextmanager
def all_errors(story: Story) -> Iterator[None]:
    """Collect every error of ours, also those that are caught again."""
    with pytest.MonkeyPatch.context() as patch:

        def collect(error: AntomError, *arguments: Any) -> None:
            story.errors.append(error)

        patch.setattr(AntomError, "__init__", collect, raising=False)
        yield


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    engine_log = logging.getLogger("sqlalchemy.engine")
    level = engine_log.level
    engine_log.setLevel(logging.INFO)
    with open_offline(
        SECRET_KEY=CANARIES["secret key"],
        ANTOM_AGENT_TOKEN=CANARIES["agent token"],
    ) as offline:
        story = Story(offline)
        scraped = Scraped(offline.shop.app)
        init_health(offline.shop.app)
        with (
            logging_at_debug(story),
            all_errors(story),
            traced(offline.shop.app) as trace,
            story.followed(),
        ):
            story.visit()
            good_payments(story)
            bad_notifications(story)
            bad_payments(story)
            story.watch(trace, scraped)
        look_at_objects(story)
        look_at_errors(story)
        yield story
    engine_log.setLevel(level)


def look_at_objects(story: Story) -> None:
    """Take the ``repr`` of every object of ours that the app leads to."""
    now = datetime.now(UTC)
    data, url = CANARIES["session data"], CANARIES["normal url"]
    waiting: list[Any] = [
        story.offline.shop.app.extensions["antom"],
        story.offline.shop.antom,
        Session(data, now, url),
        Offer("C-1", "R-1", "A-1", Money(1, "MYR"), data, now, url, is_new=True),
        Reply(200, {}, data.encode()),
    ]
    known: set[int] = set()
    while waiting:
        item = waiting.pop()
        ours = type(item).__module__.startswith("flask_antom")
        if id(item) in known or not (ours or type(item) in (dict, list, tuple)):
            continue
        known.add(id(item))
        if ours:
            story.seen.append((f"repr: {type(item).__name__}", repr(item) + str(item)))
        waiting += gc.get_referents(item)


def look_at_errors(story: Story) -> None:
    waiting: list[BaseException | None] = list(story.errors)
    known: set[int] = set()
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in known:
            continue
        known.add(id(error))
        place = f"error: {type(error).__name__}"
        story.seen.append((place, f"{error}\n{error!r}\n{error.args!r}"))
        waiting += [error.__cause__, error.__context__]


@pytest.mark.parametrize("what", CANARIES)
def test_a_secret_is_only_where_it_must_be(story: Story, what: str) -> None:
    assert story.places(CANARIES[what]) == MAY_HOLD.get(what, set())


def test_the_story_was_a_real_one(story: Story) -> None:
    """The test above has texts to look through."""
    places = {place for place, _ in story.seen}
    assert places >= {
        "answer: /antom/notify",
        "answer: /antom/result",
        "answer: /antom/session",
        "answer: /antom/status",
        "answer: /antom/health",
        "answer: /checkout",
        "command: check",
        "command: tail",
        "antom_notification.body",
        "antom_payment.session_data",
        "error: NotificationForged",
        "log: flask_antom.flows.delivery_try",
        "log: flask_antom.flows.notifications",
        "log: flask_antom.gateway.transport",
        "log: sqlalchemy.engine.Engine",
        "repr: Account",
        "repr: Config",
        "repr: Keyring",
        "repr: Offer",
        "repr: Reply",
        "repr: Session",
        "repr: AppState",
        "repr: Transport",
        "metrics",
        "spans",
    }
    for name in ("antom.call", "antom.delivery", "antom.notify", "antom.session"):
        assert "spans" in story.places(f'"name": "{name}"')
    assert "metrics" in story.places('reason="mismatch"')
    kinds = {type(error).__name__ for error in story.errors}
    assert kinds >= {
        "ConfigError",
        "DeliveryFailed",
        "NotificationForged",
        "NotificationMalformed",
        "OutcomeUnknown",
        "PaymentRefused",
        "Refused",
        "SignatureError",
    }
    assert "antom_notification.body" in story.places('"cardToken":"***"')


def test_the_session_is_erased_once_the_payment_is_final(story: Story) -> None:
    payments = story.offline.shop.rows(story.offline.shop.antom.Payment)
    final = [payment for payment in payments if payment.is_final]
    assert {payment.status for payment in final} >= {"succeeded", "review", "failed"}
    for payment in final:
        assert (payment.session_data, payment.normal_url) == (None, None)


def test_a_sql_error_does_not_show_the_session() -> None:
    with open_offline() as offline:
        offline.answers["createPaymentSession"] = OPEN_SESSION
        with offline.shop.app.app_context():
            offline.shop.db.session.execute(
                sa.text(
                    "CREATE TRIGGER no BEFORE UPDATE OF session_data ON antom_payment"
                    " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
                )
            )
            offline.shop.db.session.commit()
        with pytest.raises(sa.exc.DBAPIError, match="disk full") as caught:
            offline.shop.pay()
        assert CANARIES["session data"] not in str(caught.value)
        assert CANARIES["normal url"] not in str(caught.value)


def test_the_settings_are_the_same_texts_and_do_not_show_them() -> None:
    with open_offline(ANTOM_AGENT_TOKEN=CANARIES["agent token"]) as offline:
        config = offline.shop.app.config
        assert config["ANTOM_PRIVATE_KEY"] == MERCHANT_PRIVATE_KEY
        assert config["ANTOM_AGENT_TOKEN"] == CANARIES["agent token"]
        assert CANARIES["private key"] not in repr(config)
        assert CANARIES["agent token"] not in repr(config)
