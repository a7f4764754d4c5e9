"""Failures, as reporters see them: ``python -m tests.integration.error_reports``.

Each case is a failure of a shop in which canaries are planted. The real sentry-sdk
reports it at its defaults; only its transport is replaced, so that nothing is sent.
What it would send, and what every frame holds, is printed as JSON.

It runs in a process of its own, because sentry-sdk changes the modules of Python.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import sentry_sdk
import sqlalchemy as sa
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

import flask_antom
from flask_antom import Buyer, Money
from flask_antom.gateway.http import Reply
from tests.support.gateways import (
    Behaviour,
    drip_body,
    failed,
    reset,
    serving,
    signed,
    silent,
)
from tests.support.keys import (
    ANTOM_PUBLIC_KEY,
    MERCHANT_PRIVATE_KEY,
    MERCHANT_PUBLIC_KEY,
)
from tests.support.offline import GUIDE, OfflineShop, open_offline
from tests.support.paths import ROOT
from tests.support.shop import make_order, make_shop, shop_settings

KEY_PART = MERCHANT_PRIVATE_KEY[100:140]

CANARIES = {
    "private key": KEY_PART,
    "private key, as bytes": repr(base64.b64decode(KEY_PART))[2:-1],
    "secret key": "canary-secret-key",
    "agent token": "canary-agent-token",
    "name": "Canary Buyername",
    "e-mail": "canary@buyer.example",
    "card": "canary-card-number",
}
SETTINGS = {
    "SECRET_KEY": CANARIES["secret key"],
    "ANTOM_AGENT_TOKEN": CANARIES["agent token"],
}
PERSONAL = {
    "paymentResultInfo": {"cardNo": CANARIES["card"]},
    "pspCustomerInfo": {"fullName": CANARIES["name"], "email": CANARIES["e-mail"]},
}

#: What the shop and its test client hold is not ours to hide.
_HOSTS = (str(ROOT / "tests"), "/werkzeug/test.py", "/flask/testing.py")
_PACKAGE = str(Path(flask_antom.__file__).parent)
_HTTP = ("/requests/", "/urllib3/", "/http/client.py", "/ssl.py", "/socket.py")


class Recorder(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        for item in envelope.items:
            event = item.payload.json or {}
            for error in event.get("exception", {}).get("values", []):
                frames = error.get("stacktrace", {}).get("frames", [])
                frames[:] = [one for one in frames if not is_host(one["abs_path"])]
            self.sent.append(json.dumps(event, default=str, ensure_ascii=False))


def is_host(path: str) -> bool:
    return any(part in path for part in _HOSTS)


def broken_key() -> str:
    """Return a key of which one bit of the last number is wrong."""
    der = bytearray(base64.b64decode(MERCHANT_PRIVATE_KEY))
    der[-40] ^= 1
    return base64.b64encode(der).decode()


def start(**settings: Any) -> None:
    with open_offline(**SETTINGS | settings):
        pass


def start_with_a_file(text: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "key.pem"
        path.write_text(text)
        start(ANTOM_PRIVATE_KEY=None, ANTOM_PRIVATE_KEY_FILE=path)


def add_the_buyer(fields: dict[str, Any], order: Any) -> None:
    name, email = CANARIES["name"], CANARIES["e-mail"]
    fields["order"]["buyer"] = {"buyerName": name, "buyerEmail": email}


@contextmanager
def open_shop(answers: Mapping[str, Any], **settings: Any) -> Iterator[OfflineShop]:
    with open_offline(**SETTINGS | settings) as offline:
        offline.answers.update(answers)
        offline.shop.antom.session_request(add_the_buyer)
        offline.add_payment()
        yield offline


def sync(answer: Any = None, **settings: Any) -> None:
    answers = {} if answer is None else {"inquiryPayment": answer}
    with open_shop(answers, **settings) as offline:
        offline.shop.call("sync")


def pay(answer: Any = None, **settings: Any) -> None:
    answers = {} if answer is None else {"createPaymentSession": answer}
    with open_shop(answers, **settings) as offline:
        order = make_order("A-2", Money(4200, "MYR"))
        buyer = Buyer(full_name=CANARIES["name"], email=CANARIES["e-mail"])
        offline.shop.orders["A-2"] = replace(order, buyer=buyer)
        offline.shop.pay("A-2")


def refund(answer: Any) -> None:
    with open_shop({"refund": answer}) as offline:
        offline.notify(GUIDE)
        offline.shop.call("refund")


def session(answer: Any) -> None:
    """Ask for a session as a checkout does, by the client alone."""
    with open_shop({"createPaymentSession": answer}) as offline:
        fields: dict[str, Any] = {"order": {}}
        add_the_buyer(fields, None)
        state = offline.shop.app.extensions["antom"]
        state.client.create_payment_session(state.account, fields)


def call_over_the_network(behave: Behaviour) -> None:
    with serving(behave) as gateway:
        settings = shop_settings(ANTOM_PUBLIC_KEY, gateway.url)
        shop = make_shop(settings | SETTINGS | {"ANTOM_TIMEOUT": 0.3})
        try:
            state = shop.app.extensions["antom"]
            fields: dict[str, Any] = {"order": {}}
            add_the_buyer(fields, None)
            state.client.create_payment_session(state.account, fields)
        finally:
            shop.close()


def raise_in_the_hook() -> None:
    def add_and_raise(fields: dict[str, Any], order: Any) -> None:
        add_the_buyer(fields, order)
        raise LookupError("no such buyer")

    with open_shop({}) as offline:
        offline.shop.antom.session_request(add_and_raise)
        offline.shop.orders["A-2"] = make_order("A-2", Money(4200, "MYR"))
        offline.shop.pay("A-2")


#: A function of nobody's that leaks: the reports show what they are made to find.
LEAK = "def leak(secrets, headers):\n    raise RuntimeError('leak')\n"


def leak_all() -> None:
    names: dict[str, Any] = {}
    exec(compile(LEAK, "/elsewhere/leak.py", "exec"), names)  # noqa: S102
    secrets = [*CANARIES.values(), base64.b64decode(KEY_PART)]
    names["leak"](secrets, {"Agent-Token": CANARIES["agent token"]})


def end_the_worker() -> dict[str, Any]:
    raise SystemExit(1)


def notify_without(table: str) -> None:
    with open_shop({}) as offline:
        with offline.shop.app.app_context():
            offline.shop.db.session.execute(sa.text(f"DROP TABLE {table}"))
            offline.shop.db.session.commit()
        offline.notify(GUIDE | PERSONAL)


def card_answer(code: str, status: str) -> dict[str, Any]:
    return failed(code, status) | PERSONAL


UNSIGNED = Reply(200, {}, json.dumps(card_answer("SUCCESS", "S")).encode())

CASES: dict[str, Callable[[], None]] = {
    "a leak": leak_all,
    "a key that was cut": lambda: start(ANTOM_PRIVATE_KEY=MERCHANT_PRIVATE_KEY[:-9]),
    "a key of garbage": lambda: start(
        ANTOM_PRIVATE_KEY=base64.b64encode(b"x" + KEY_PART.encode()).decode() + KEY_PART
    ),
    "a cut key in a file": lambda: start_with_a_file(MERCHANT_PRIVATE_KEY[:-9]),
    "no key at all": lambda: start(ANTOM_PRIVATE_KEY=None),
    "the private key as Antom's": lambda: start(ANTOM_PUBLIC_KEY=MERCHANT_PRIVATE_KEY),
    "our own key as Antom's": lambda: start(ANTOM_PUBLIC_KEY=MERCHANT_PUBLIC_KEY),
    "a key version of words": lambda: start(ANTOM_KEY_VERSION="one"),
    "a wrong Agent-Token": lambda: start(
        ANTOM_AGENT_TOKEN=f"{CANARIES['agent token']} with blanks"
    ),
    "a wrong timeout": lambda: start(ANTOM_TIMEOUT="soon"),
    "several wrong settings": lambda: start(
        ANTOM_PRIVATE_KEY=MERCHANT_PRIVATE_KEY[:-9],
        ANTOM_AGENT_TOKEN=f"{CANARIES['agent token']} with blanks",
        ANTOM_PUBLIC_KEY=[MERCHANT_PUBLIC_KEY, MERCHANT_PRIVATE_KEY],
    ),
    "a misspelt setting": lambda: start(ANTOM_TIMEOUTS=1),
    "a damaged key at a sync": lambda: sync(ANTOM_PRIVATE_KEY=broken_key()),
    "a damaged key at a session": lambda: pay(ANTOM_PRIVATE_KEY=broken_key()),
    "a refused sync": lambda: sync(card_answer("ACCESS_DENIED", "F")),
    "a sync without an answer": sync,
    "a sync of unknown outcome": lambda: sync(card_answer("UNKNOWN_EXCEPTION", "U")),
    "an unsigned answer": lambda: sync(UNSIGNED),
    "a refused refund": lambda: refund(card_answer("REFUND_AMOUNT_EXCEED", "F")),
    "a refused session": lambda: session(card_answer("RISK_REJECT", "F")),
    "a session of unknown outcome": lambda: session(card_answer("BUSY", "U")),
    "a worker that is ended": lambda: session(end_the_worker),
    "silence": lambda: call_over_the_network(silent),
    "a reset": lambda: call_over_the_network(reset),
    "a slow answer": lambda: call_over_the_network(drip_body),
    "a refusal over the network": lambda: call_over_the_network(
        signed(card_answer("RISK_REJECT", "F"))
    ),
    "a hook that raises": raise_in_the_hook,
    "no table of notifications": lambda: notify_without("antom_notification"),
    "no table of payments": lambda: notify_without("antom_payment"),
}


def errors_behind(error: BaseException) -> Iterator[BaseException]:
    """Return an error and all that it leads to, suppressed ones too."""
    waiting: list[BaseException | None] = [error]
    known: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in known:
            known.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__]


def frames_of(error: BaseException) -> Iterator[FrameType]:
    for one in errors_behind(error):
        place = one.__traceback__
        while place is not None:
            yield place.tb_frame
            place = place.tb_next


def show(value: Any) -> str:
    """Return all text of a value, as a reporter that shows collections would."""
    if isinstance(value, Mapping):
        return " ".join(f"{name!r}: {show(item)}" for name, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(map(show, value))
    try:
        return f"{value!r} {value!s}"
    except Exception as error:
        return f"no repr: {type(error).__name__}"


def look_at(error: BaseException, sent: list[str]) -> dict[str, Any]:
    held, http, ours = [], [], 0
    for frame in frames_of(error):
        path = frame.f_code.co_filename
        if is_host(path):
            continue
        ours += path.startswith(_PACKAGE)
        place = f"{path}:{frame.f_lineno} {frame.f_code.co_name}"
        if any(part in path for part in _HTTP):
            http.append(place)
        for name, value in frame.f_locals.items():
            held.append([f"{place}: {name}", show(value)])
    for one in errors_behind(error):
        held.append([type(one).__name__, f"{one!r} {one} {one.args!r} {vars(one)!r}"])
    return {
        "error": type(error).__name__,
        "sent": sent,
        "held": held,
        "http frames": http,
        "our frames": ours,
    }


def report(case: Callable[[], None], recorder: Recorder) -> dict[str, Any]:
    recorder.sent.clear()
    try:
        case()
    except BaseException as error:
        sentry_sdk.capture_exception(error)
        return look_at(error, list(recorder.sent))
    raise RuntimeError("Nothing was raised.")


def main() -> None:
    recorder = Recorder()
    sentry_sdk.init(dsn="https://key@reports.example/1", transport=recorder)
    json.dump(
        {name: report(case, recorder) for name, case in CASES.items()}, sys.stdout
    )


if __name__ == "__main__":
    main()
