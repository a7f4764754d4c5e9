"""Plays the other failures of :mod:`.failures`: settings, gateways, notifications."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)

from flask_antom import FlaskAntom, Money
from flask_antom.gateway.http import MAX_ANSWER
from flask_antom.gateway.keys import load_private_key
from tests.integration.failures import DAMAGES, KEY_SETTINGS
from tests.support.canaries import (
    CANARIES,
    OPEN_SESSION,
    PERSONAL,
    SETTINGS,
    begin,
    body_of,
    card_answer,
    open_shop,
    paid,
)
from tests.support.gateways import (
    Behaviour,
    always,
    drip_body,
    drip_head,
    http,
    reset,
    sealed,
    serving,
    signed,
    silent,
    unsigned,
)
from tests.support.keys import (
    ANTOM_PUBLIC_KEY,
    MERCHANT_PRIVATE_KEY,
    MERCHANT_PUBLIC_KEY,
)
from tests.support.offline import PATH, SIGNER, OfflineShop
from tests.support.shop import Shopfront, make_shop, shop_settings

Play = Callable[[], Any]


# Keys


def damage(setting: str, how: str) -> str:
    """Return the key of a setting, damaged."""
    is_private = "PRIVATE" in setting
    key = MERCHANT_PRIVATE_KEY if is_private else ANTOM_PUBLIC_KEY
    if how == "truncated":
        return key[:-9]
    if how == "one bit":
        der = bytearray(base64.b64decode(key))
        der[-40 if is_private else 60] ^= 1
        return base64.b64encode(der).decode()
    if how == "another type":
        other = ec.derive_private_key(int.from_bytes(b"canary" * 5), ec.SECP256R1())
        if is_private:
            text = other.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        else:
            text = other.public_key().public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            )
        return text.decode()
    if how == "encrypted":
        encryption = BestAvailableEncryption(b"canary")
        loaded = load_private_key(MERCHANT_PRIVATE_KEY)
        return loaded.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, encryption
        ).decode()
    return f"the key is '{key}' (keep it!)"


def canaries_of(key: str) -> dict[str, str]:
    """Return a part of a key's text, and the bytes that it stands for."""
    middle = key.replace("\n", "")[64:104]
    plain = base64.b64decode(middle + "=" * (-len(middle) % 4), validate=False)
    return {"text of the key": middle, "bytes of the key": repr(plain[2:-4])[2:-1]}


def start(**settings: Any) -> None:
    with open_shop(**settings):
        pass


def start_with(setting: str, key: str) -> None:
    """Start the app, and then use both keys for the first time."""
    with settings_for(setting, key) as settings, open_shop(**settings) as offline:
        begin(offline)
        offline.shop.call("sync")
        body = body_of(paid("request-of-A-1"))
        offline.shop.app.error_handler_spec.pop("antom")
        offline.post(body, SIGNER.headers(PATH, body))


@contextmanager
def settings_for(setting: str, key: str) -> Iterator[dict[str, Any]]:
    if not setting.endswith("_FILE"):
        yield {setting: key}
        return
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "key.pem"
        path.write_text(key)
        yield {setting.removesuffix("_FILE"): None, setting: path}


KEYS: Mapping[str, tuple[Play, Mapping[str, str]]] = {
    f"{setting}, {how}": (
        lambda setting=setting, key=key: start_with(setting, key),  # type: ignore[misc]
        canaries_of(key),
    )
    for setting in KEY_SETTINGS
    for how in DAMAGES
    for key in [damage(setting, how)]
}


# Other settings


def start_twice() -> None:
    with open_shop() as offline:
        FlaskAntom(db=offline.shop.db).init_app(offline.shop.app)


BLANKS = f"{CANARIES['agent token']} with blanks"

FAULTY_SETTINGS: Mapping[str, Play] = {
    "no private key": lambda: start(ANTOM_PRIVATE_KEY=None),
    "no public key": lambda: start(ANTOM_PUBLIC_KEY=None),
    "the private key as Antom's": lambda: start(ANTOM_PUBLIC_KEY=MERCHANT_PRIVATE_KEY),
    "our own key as Antom's": lambda: start(ANTOM_PUBLIC_KEY=MERCHANT_PUBLIC_KEY),
    "a private key that is bytes": lambda: start(
        ANTOM_PRIVATE_KEY=MERCHANT_PRIVATE_KEY.encode()
    ),
    "public keys in a wrong list": lambda: start(
        ANTOM_PUBLIC_KEY=[ANTOM_PUBLIC_KEY, MERCHANT_PRIVATE_KEY.encode()]
    ),
    "a key version of words": lambda: start(ANTOM_KEY_VERSION="one"),
    "a wrong Agent-Token": lambda: start(ANTOM_AGENT_TOKEN=BLANKS),
    "an Agent-Token that is bytes": lambda: start(ANTOM_AGENT_TOKEN=BLANKS.encode()),
    "a wrong timeout": lambda: start(ANTOM_TIMEOUT="soon"),
    "a misspelt setting": lambda: start(ANTOM_TIMEOUTS=1),
    "several wrong settings": lambda: start(
        ANTOM_PRIVATE_KEY=MERCHANT_PRIVATE_KEY[:-9],
        ANTOM_AGENT_TOKEN=BLANKS,
        ANTOM_PUBLIC_KEY=[MERCHANT_PUBLIC_KEY, MERCHANT_PRIVATE_KEY],
    ),
    "init_app twice": start_twice,
}


# Gateways


def half_signed(link: Any, request: Any) -> bool:
    body = body_of(OPEN_SESSION)
    headers = sealed(request.path, body)
    headers.pop("response-time")
    link.send(http(body, headers))
    return True


def wrongly_signed(link: Any, request: Any) -> bool:
    body = body_of(OPEN_SESSION)
    link.send(http(body + b" ", sealed(request.path, body)))
    return True


BEHAVIOURS: Mapping[str, Behaviour] = {
    "time-out": silent,
    "reset": reset,
    "garbage": always(b"\x00\xffgarbage" + body_of(PERSONAL) + b"\r\n\r\n"),
    "half an answer": always(http(body_of(OPEN_SESSION), {"Content-Length": "9000"})),
    "too large": unsigned(b"{" + b" " * MAX_ANSWER + body_of(PERSONAL)),
    "dripping head": drip_head,
    "dripping body": drip_body,
    "redirect": unsigned(PERSONAL, {"Location": "https://other.example/"}, 307),
    "status 500": signed(OPEN_SESSION, 500),
    "no JSON": signed(body_of(OPEN_SESSION)[:-1]),
    "no signature": unsigned(OPEN_SESSION),
    "half a signature": half_signed,
    "bad signature": wrongly_signed,
    "result F": signed(card_answer("RISK_REJECT", "F")),
    "result F, not signed": unsigned(card_answer("ACCESS_DENIED", "F")),
    "result U": signed(card_answer("UNKNOWN_EXCEPTION", "U")),
    "missing fields": signed({"pspCustomerInfo": PERSONAL}),
}


#: The faults that end with the time.
SLOW = ("time-out", "dripping head", "dripping body", "half an answer")


def speak_plainly(link: Any) -> bool:
    """Answer without TLS to whoever speaks TLS, before anything is read."""
    link.send(http(b""))
    return False


@contextmanager
def networked(name: str) -> Iterator[Shopfront]:
    """Open a shop whose gateway has a fault."""
    behave = BEHAVIOURS.get(name, silent)
    options: dict[str, Any] = {"greet": speak_plainly} if name == "TLS failure" else {}
    with serving(behave, **options) as gateway:
        url = gateway.url
        if name == "TLS failure":
            url = url.replace("http:", "https:")
        elif name == "no gateway at all":
            url = "http://127.0.0.1:9"
        settings = shop_settings(ANTOM_PUBLIC_KEY, url)
        seconds = 0.2 if name in SLOW else 10
        shop = make_shop({**settings, **SETTINGS, "ANTOM_TIMEOUT": seconds})
        try:
            yield shop
        finally:
            shop.close()


def ask_for_a_session(name: str) -> None:
    """Ask as a checkout does, by the client alone: a checkout tells its buyer."""
    person = {"buyerName": CANARIES["name"], "buyerEmail": CANARIES["e-mail"]}
    with networked(name) as shop:
        state = shop.app.extensions["antom"]
        state.client.create_payment_session(state.account, {"order": person})


def call(name: str, method: str, **columns: Any) -> None:
    with networked(name) as shop:
        begin(OfflineShop(shop, [], {}, []), **columns)
        shop.call(method)


CALLS: Mapping[str, Callable[[str], None]] = {
    "a session": ask_for_a_session,
    "a sync": lambda name: call(name, "sync"),
    "a cancel": lambda name: call(name, "cancel", captured=Money(0, "MYR")),
}


# Notifications

SIGNED = body_of(paid("request-of-A-1"))
HEADERS = SIGNER.headers(PATH, SIGNED)


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in HEADERS.items() if key.lower() != name}


def sign_now(body: bytes) -> tuple[bytes, Mapping[str, str]]:
    return body, SIGNER.headers(PATH, body)


REQUESTS: Mapping[str, tuple[bytes, Mapping[str, str]]] = {
    "missing": (SIGNED, without("client-id")),
    "client-id": (SIGNED, HEADERS | {"Client-Id": "SANDBOX_OTHER"}),
    "missing signature": (SIGNED, without("signature")),
    "header": (SIGNED, HEADERS | {"Signature": "algorithm=RSA256"}),
    "algorithm": (SIGNED, HEADERS | {"Signature": "algorithm=RSA512,signature=AAAA"}),
    "encoding": (SIGNED, HEADERS | {"Signature": "algorithm=RSA256,signature=A*"}),
    "mismatch": (SIGNED + b" ", HEADERS),
    "json": sign_now(SIGNED[:-1]),
    "fields": sign_now(body_of(paid("request-of-A-1", paymentAmount=PERSONAL))),
    "too_large": sign_now(json.dumps(paid("x", more="x" * 65536)).encode()),
}


def post(name: str) -> None:
    """Post what is refused, to a shop that does not answer but raises."""
    with open_shop(TRAP_HTTP_EXCEPTIONS=True) as offline:
        begin(offline)
        offline.shop.app.error_handler_spec.pop("antom")
        offline.post(*REQUESTS[name])
