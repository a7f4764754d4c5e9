"""Whatever the gateway does, no payment is lost, failed or doubled.

Each call is made over real sockets to a gateway that misbehaves for as long as the
call lasts, whether or not the call took effect at Antom. Then the gateway is well
again, what was cut off is repeated, one sweep is made, and both sides are compared.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from werkzeug.test import TestResponse

from flask_antom.errors import OutcomeUnknown
from flask_antom.simulator import Simulator
from flask_antom.simulator.signatures import corrupt
from tests.concurrency.crashes import actions
from tests.concurrency.crashes.assertions import assert_nothing_lost_or_doubled
from tests.concurrency.crashes.scenarios import SCENARIOS, Scenario, refund_a_part, wait
from tests.concurrency.crashes.worker import Action
from tests.support.gateways import (
    SUCCESS,
    Behaviour,
    Link,
    Request,
    failed,
    http,
    reset,
    sealed,
    serving,
    signed,
    silent,
    unsigned,
)
from tests.support.processes import free_port
from tests.support.recording_shop import open_recording_shop
from tests.support.setup import Setup, open_setup
from tests.support.shop import Shopfront
from tests.support.thorough import THOROUGH

pytestmark = [pytest.mark.slow]
if THOROUGH:
    pytestmark.append(pytest.mark.every_database)

TIMEOUT = 0.2

#: Far more than any call here may take, for machines with other things to do.
PATIENCE = 8.0

#: Writes what became of an answer of Antom's.
Mishap = Callable[[Link, TestResponse], None]


def refund_in_process(setup: Setup) -> Action:
    """Have a refund whose success the sweep will find."""
    setup.pay()
    setup.simulator.refunds_in_process = True
    setup.simulator.finish_refund(refund_a_part(setup.shop).request_id)
    setup.make_due()
    return Shopfront.sweep


FAULT_SCENARIOS = {
    "createPaymentSession": SCENARIOS["checkout"],
    "inquiryPayment": SCENARIOS["result-page"],
    "cancel": SCENARIOS["cancel"],
    "capture": SCENARIOS["capture"],
    "partial-capture": SCENARIOS["partial-capture"],
    "second-capture": SCENARIOS["second-capture"],
    "refund": SCENARIOS["refund"],
    "inquiryRefund": Scenario(
        refund_in_process, wait, ("payment_succeeded", "refund_succeeded")
    ),
}


# What takes no effect at Antom


BEFORE: dict[str, Behaviour] = {
    "silence": silent,
    "reset": reset,
    "502": unsigned(b"Bad gateway", status=502),
    "unsigned S": unsigned({"result": SUCCESS}),
    "U for ever": signed(failed("UNKNOWN_EXCEPTION", "U")),
}


# What spoils the answer to a call that took effect


def whole(answer: TestResponse, body: bytes | None = None) -> bytes:
    return http(answer.data if body is None else body, dict(answer.headers))


def reset_in_mid_answer(link: Link, answer: TestResponse) -> None:
    link.send(whole(answer)[:-20])
    link.reset()


def slow_head(link: Link, answer: TestResponse) -> None:
    link.drip(b"HTTP/1.1 200 OK\r\nX-Slow:")


def slow_body(link: Link, answer: TestResponse) -> None:
    link.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + answer.data)


def truncated_json(link: Link, answer: TestResponse) -> None:
    body = answer.data[:-9]
    link.send(http(body, sealed(answer.request.path, body)))


def bad_signature(link: Link, answer: TestResponse) -> None:
    answer.headers["signature"] = corrupt(answer.headers["signature"])
    link.send(whole(answer))


def no_signature(link: Link, answer: TestResponse) -> None:
    link.send(http(answer.data))


AFTER: dict[str, Mishap] = {
    "reset in mid-answer": reset_in_mid_answer,
    "slow head": slow_head,
    "slow body": slow_body,
    "truncated JSON": truncated_json,
    "bad signature": bad_signature,
    "no signature": no_signature,
}


def spoiled(simulator: Simulator, mishap: Mishap) -> Behaviour:
    """Pass each call on to Antom, and spoil the answer."""

    def behave(link: Link, request: Request) -> bool:
        headers = {"Content-Type": "application/json", **request.headers}
        answer = simulator.app.test_client().post(
            request.path, data=request.body, headers=headers
        )
        mishap(link, answer)
        return False

    return behave


@contextmanager
def misbehaving(simulator: Simulator, fault: str) -> Iterator[str]:
    """Yield the URL of a gateway that has this fault."""
    if fault == "refused":
        yield f"http://127.0.0.1:{free_port()}"
        return
    behave = BEFORE.get(fault) or spoiled(simulator, AFTER[fault])
    with serving(behave) as gateway:
        yield gateway.url


@pytest.mark.parametrize("fault", ["refused", *BEFORE, *AFTER])
@pytest.mark.parametrize("name", FAULT_SCENARIOS)
def test_no_fault_loses_fails_or_doubles_a_payment(
    shop_url: str, name: str, fault: str
) -> None:
    scenario = FAULT_SCENARIOS[name]
    with open_setup(shop_url) as setup:
        action = scenario.prepare(setup)
        before = [payment.status for payment in setup.shop.payments()]
        with misbehaving(setup.simulator, fault) as url:
            call(setup, action, url)
        statuses = [payment.status for payment in setup.shop.payments()]
        assert statuses == (before or ["created"])
        scenario.again(setup)
        setup.settle()
        assert_nothing_lost_or_doubled(setup, scenario.signals)


def call(setup: Setup, action: Action, gateway_url: str) -> None:
    """Act in a shop of this gateway; the wait has an end."""
    settings = {"ANTOM_GATEWAY_URL": gateway_url, "ANTOM_TIMEOUT": TIMEOUT}
    shop = open_recording_shop(setup.settings | settings)
    started = time.monotonic()
    with contextlib.suppress(OutcomeUnknown):
        action(shop)
    assert time.monotonic() - started < TIMEOUT + PATIENCE
    shop.close()


def test_a_click_waits_once_however_many_calls_it_needs(shop_url: str) -> None:
    with open_setup(shop_url) as setup:
        for method in ("GCASH", "DANA", "TNG", "ALIPAY_CN"):
            setup.click(method)
        setup.let_be_asked()
        with serving(silent) as gateway:
            call(setup, partial(actions.click, method="GCASH"), gateway.url)
        # Antom is asked about the four sessions at once, and not again.
        assert len(gateway.requests) == 4
        assert len(setup.shop.payments()) == 4
