"""Our signatures and Antom's own Python SDK agree, both ways.

``oracle.py`` says what is the SDK's own code and what is not.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from flask_antom import Buyer, Money, Order
from flask_antom.errors import OutcomeUnknown, SignatureError
from flask_antom.gateway.http import HttpClient, Reply
from flask_antom.gateway.keys import Keyring, load_private_key, load_public_key
from flask_antom.gateway.signing import format_header, sign, verify
from flask_antom.gateway.transport import Account, Transport
from flask_antom.simulator import Simulator
from tests.support.keys import (
    ANTOM_PRIVATE_KEY,
    ANTOM_PUBLIC_KEY,
    MERCHANT_PRIVATE_KEY,
    MERCHANT_PUBLIC_KEY,
    OTHER_PRIVATE_KEY,
    OTHER_PUBLIC_KEY,
)
from tests.support.paths import ROOT
from tests.support.shop import CLIENT_ID, Shopfront, make_shop, shop_settings

PYTHON = ROOT / ".venv-oracle" / "bin" / "python"

SESSION_PATH = "/ams/sandbox/api/v1/payments/createPaymentSession"
REFUSED = {"error": "VerificationError: Verification failed"}

#: What goes wrong first when a body is decoded, stripped, quoted or written anew.
SIGNS = [
    *"aZ09 _-.,:;+=&%#?!'\"/\\|<>{}[]()@*~^`$",
    *"\n\r\t\0\x0b\x7f\x85\xa0\ufeff\u2028\u200f\u0301",
    *"éßñИλשعहไ中한漢𝒜😀",
    *("%2B", "%20", "\\/", "\\n", "\\u00e9", "\\ud83d\\ude00", "\r\n", "  ", "&&"),
]


@dataclass(frozen=True)
class Message:
    """Everything that a signature covers."""

    path: str
    client_id: str
    time: str
    body: str

    def sign(self, private_key: str) -> str:
        """Write our ``Signature`` header for it."""
        key = PRIVATE_KEYS[private_key]
        data = self.body.encode()
        return format_header(sign(key, self.path, self.client_id, self.time, data))

    def is_accepted(self, header: str, public_key: str = ANTOM_PUBLIC_KEY) -> bool:
        """Whether our code accepts a ``Signature`` header for it."""
        keys = {"1": PUBLIC_KEYS[public_key]}
        data = self.body.encode()
        try:
            verify(keys, header, self.path, self.client_id, self.time, data)
        except SignatureError as error:
            if error.reason != "mismatch":
                raise
            return False
        return True


PRIVATE_KEYS = {
    text: load_private_key(text)
    for text in (MERCHANT_PRIVATE_KEY, ANTOM_PRIVATE_KEY, OTHER_PRIVATE_KEY)
}
PUBLIC_KEYS = {
    text: load_public_key(text)
    for text in (MERCHANT_PUBLIC_KEY, ANTOM_PUBLIC_KEY, OTHER_PUBLIC_KEY)
}


class Oracle:
    """The SDK in its own process."""

    def __init__(self) -> None:
        if not PYTHON.exists():
            pytest.fail(
                "Antom's Python SDK is not installed: `make test` installs it into"
                " .venv-oracle."
            )
        self._process = subprocess.Popen(
            [PYTHON, ROOT / "tests/support/oracle.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, do: str, **values: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": do, **values}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def sign(self, message: Message, private_key: str) -> str:
        """Write the SDK's ``Signature`` header."""
        value = self.ask("sign", key=private_key, **vars(message))
        assert isinstance(value, str)
        return f"algorithm=RSA256,keyVersion=1,signature={value}"

    def check(self, message: Message, header: str, public_key: str) -> Any:
        """Return ``True``, or :data:`REFUSED`."""
        return self.ask("check", header=header, key=public_key, **vars(message))

    def close(self) -> None:
        self._process.communicate(timeout=10)


@pytest.fixture
def simulator() -> Simulator:
    """Antom with a key that the SDK can sign with, too."""
    return Simulator(MERCHANT_PUBLIC_KEY, private_key=ANTOM_PRIVATE_KEY)


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    oracle = Oracle()
    yield oracle
    oracle.close()


def messages(count: int, seed: int) -> list[Message]:
    """Make messages, the same ones for the same seed."""
    dice = random.Random(seed)
    fixed = ["", " ", "\n", "{}", '{"a": "\\/"}', '{"a":"\\u4e2d"}', "中", "a b+c%2B"]
    bodies = [*fixed, *(body(dice) for _ in range(count - len(fixed)))]
    return [Message(path(dice), CLIENT_ID, time(dice), body) for body in bodies]


def body(dice: random.Random) -> str:
    text = "".join(dice.choices(SIGNS, k=dice.randrange(80)))
    if dice.random() < 0.5:
        return text
    fields = {text: [text, dice.random(), None], "nested": {"text": text}}
    return json.dumps(
        fields, ensure_ascii=dice.random() < 0.5, indent=dice.choice([None, 3])
    )


def path(dice: random.Random) -> str:
    return dice.choice(
        [SESSION_PATH, "/antom/notify", "/a%20b/%E4%B8%AD?c=d&e=%2B", "/"]
    )


def time(dice: random.Random) -> str:
    """Antom knows both forms: milliseconds and ISO 8601."""
    return dice.choice(
        [
            str(dice.randrange(1_600_000_000_000, 1_900_000_000_000)),
            f"2024-03-{dice.randrange(10, 30)}T12:00:01+08:30",
            f"2026-11-{dice.randrange(10, 30)}T01:02:03Z",
        ]
    )


def tampered(message: Message, dice: random.Random) -> Message:
    """Change one thing a little."""
    name = dice.choice(["path", "client_id", "time", "body"])
    text = getattr(message, name)
    place = dice.randrange(len(text) + 1)
    kept = text[place + 1 :] if dice.random() < 0.5 else text[place:]
    changed = text[:place] + dice.choice(SIGNS) + kept
    if changed == text:
        changed += " "
    return replace(message, **{name: changed})


def test_the_sdk_accepts_our_signatures(oracle: Oracle) -> None:
    for message in messages(1000, seed=1):
        header = message.sign(MERCHANT_PRIVATE_KEY)
        assert oracle.check(message, header, MERCHANT_PUBLIC_KEY) is True, message


def test_we_accept_the_sdk_s_signatures(oracle: Oracle) -> None:
    for message in messages(1000, seed=2):
        header = oracle.sign(message, ANTOM_PRIVATE_KEY)
        assert message.is_accepted(header), message


def test_both_refuse_a_message_that_was_changed(oracle: Oracle) -> None:
    dice = random.Random(3)
    for message in messages(1000, seed=3):
        header = message.sign(ANTOM_PRIVATE_KEY)
        assert header == oracle.sign(message, ANTOM_PRIVATE_KEY)
        other = tampered(message, dice)
        assert oracle.check(other, header, ANTOM_PUBLIC_KEY) == REFUSED, other
        assert not other.is_accepted(header), other


def test_both_refuse_a_signature_by_another_key(oracle: Oracle) -> None:
    for message in messages(20, seed=4):
        header = message.sign(OTHER_PRIVATE_KEY)
        assert oracle.check(message, header, ANTOM_PUBLIC_KEY) == REFUSED
        assert not message.is_accepted(header)
        assert message.is_accepted(header, OTHER_PUBLIC_KEY)


@dataclass
class Recorder:
    """Sends our calls over the network and keeps what was sent."""

    path: str = ""
    headers: Mapping[str, str] | None = None
    body: bytes = b""

    def __post_init__(self) -> None:
        self._wire = HttpClient()

    def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        self.path = "/" + url.split("/", 3)[3]
        self.headers, self.body = headers, body
        return self._wire.send(url, headers, body, seconds)


def guide_order() -> Order:
    """Return the order of the guide's sample (Antom: "createPaymentSession API")."""
    return Order(
        "referenceOrderId01",
        Money(4200, "MYR"),
        "antom sdk test order",
        buyer=Buyer(reference="yourBuyerId"),
    )


def test_our_session_request_is_the_one_that_the_sdk_sends(
    oracle: Oracle, simulator: Simulator, gateway: Any
) -> None:
    recorder = Recorder()
    settings = shop_settings(simulator.public_key, gateway.url)
    shop = make_shop(settings, send=recorder)
    shop.orders["referenceOrderId01"] = guide_order()
    answer = shop.pay("referenceOrderId01", "ONLINEBANKING_FPX")
    shop.close()
    assert answer.status_code == 201
    ours = json.loads(recorder.body)

    theirs = oracle.ask(
        "create_session",
        gateway_url=gateway.url,
        client_id=CLIENT_ID,
        private_key=MERCHANT_PRIVATE_KEY,
        public_key=simulator.public_key,
        request_id=ours["paymentRequestId"],
        redirect_url=ours["paymentRedirectUrl"],
        notify_url="http://127.0.0.1:5000/antom/notify",
        client_ip="127.0.0.1",
    )

    assert ours == json.loads(theirs["body"])
    assert recorder.path == theirs["path"] == SESSION_PATH
    headers = {name.lower(): text for name, text in (recorder.headers or {}).items()}
    sdk_headers = {name.lower(): text for name, text in theirs["headers"].items()}
    assert headers.keys() <= sdk_headers.keys()
    for name in ("content-type", "client-id"):
        assert headers[name] == sdk_headers[name]
    message = Message(
        SESSION_PATH, CLIENT_ID, headers["request-time"], recorder.body.decode()
    )
    assert oracle.check(message, headers["signature"], MERCHANT_PUBLIC_KEY) is True
    # The simulator took both for one request, and the SDK accepted its signed answer.
    assert (
        theirs["answer"]["paymentSessionData"]
        == (answer.json or {})["paymentSessionData"]
    )


def signed_by_the_sdk(oracle: Oracle, body: str, time: str) -> Reply:
    message = Message(SESSION_PATH, CLIENT_ID, time, body)
    headers = {
        "signature": oracle.sign(message, ANTOM_PRIVATE_KEY),
        "response-time": time,
        "client-id": CLIENT_ID,
    }
    return Reply(200, headers, body.encode())


def post(keyring: Keyring, reply: Reply) -> dict[str, Any]:
    """Make a call that is answered so."""
    account = Account(CLIENT_ID, keyring, sandbox=True)
    transport = Transport("http://127.0.0.1", 5, send=lambda *request: reply)
    return transport.post(account, "createPaymentSession", {}, repeat=False)


def test_our_client_takes_answers_that_the_sdk_signed(oracle: Oracle) -> None:
    keyring = Keyring(MERCHANT_PRIVATE_KEY, {"1": ANTOM_PUBLIC_KEY})
    dice = random.Random(5)
    for message in messages(100, seed=5):
        fields = {
            "result": {"resultCode": "SUCCESS", "resultStatus": "S"},
            "text": message.body,
        }
        answer = json.dumps(fields, ensure_ascii=False, indent=dice.choice([None, 2]))
        reply = signed_by_the_sdk(oracle, answer, message.time)
        assert post(keyring, reply) == fields
        with pytest.raises(OutcomeUnknown):
            post(keyring, replace(reply, body=reply.body + b" "))


def notification(request_id: str) -> str:
    """Return the guide's sample notification, about a payment of ours."""
    fields = {
        "notifyType": "PAYMENT_RESULT",
        "result": {
            "resultCode": "SUCCESS",
            "resultMessage": "success.",
            "resultStatus": "S",
        },
        "paymentRequestId": request_id,
        "paymentId": "20240101123456789XXXX",
        "paymentAmount": {"value": "4200", "currency": "MYR"},
        "paymentCreateTime": "2024-01-01T12:01:00+08:30",
        "paymentTime": "2024-01-01T12:01:01+08:30",
    }
    return json.dumps(fields, indent=2)


@pytest.mark.parametrize("time", ["1685599933871", "2024-01-01T12:01:02+08:30"])
def test_our_shop_takes_notifications_that_the_sdk_signed(
    oracle: Oracle, shop: Shopfront, time: str
) -> None:
    shop.pay()
    (payment,) = shop.payments()
    body = notification(payment.request_id)
    message = Message("/antom/notify", CLIENT_ID, time, body)
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "Client-Id": CLIENT_ID,
        "Request-Time": time,
        "Signature": oracle.sign(message, ANTOM_PRIVATE_KEY),
    }
    client = shop.app.test_client()

    changed = body.replace("4200", "4201")
    refusal = client.post("/antom/notify", data=changed, headers=headers)
    assert refusal.status_code == 401
    assert shop.payments()[0].status == "created"

    answer = client.post("/antom/notify", data=body, headers=headers)
    assert answer.status_code == 200
    assert shop.payments()[0].status == "succeeded"
    assert shop.fulfilled() == 1


def test_the_sdk_accepts_the_simulator_s_notifications(
    oracle: Oracle, simulator: Simulator
) -> None:
    for message in messages(50, seed=6):
        headers = simulator.signed_notification(message.body.encode(), message.path)
        sealed = replace(message, time=headers["Request-Time"])
        assert headers["Client-Id"] == CLIENT_ID
        assert oracle.check(sealed, headers["Signature"], simulator.public_key) is True
