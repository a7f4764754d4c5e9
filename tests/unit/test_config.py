"""Every ANTOM_ key: its default, what it takes, and how it refuses the rest."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from flask import Flask

from flask_antom.config import DEFAULTS, Config
from flask_antom.config.reader import Reader
from flask_antom.config.settings import CREDENTIALS
from flask_antom.errors import ConfigError
from flask_antom.gateway.keys import load_private_key, load_public_key
from flask_antom.urls import is_loopback
from tests.support.keys import (
    ANTOM_PUBLIC_KEY,
    MERCHANT_PRIVATE_KEY,
    MERCHANT_PUBLIC_KEY,
    OTHER_PUBLIC_KEY,
)

#: A value that must never be seen again, whatever key it is put in.
CANARY = "canary7Zq"

NEEDED: dict[str, Any] = {
    "ANTOM_CLIENT_ID": "SANDBOX_5YDEMO00000000001",
    "ANTOM_PRIVATE_KEY": MERCHANT_PRIVATE_KEY,
    "ANTOM_PUBLIC_KEY": ANTOM_PUBLIC_KEY,
    "ANTOM_PUBLIC_URL": "https://shop.example",
}
LIVE = {"ANTOM_CLIENT_ID": "5YDEMO00000000001"}


def config(**changed: Any) -> Config:
    settings = NEEDED | changed
    return Config.from_mapping({k: v for k, v in settings.items() if v is not ...})


def refused(sentence: str, **changed: Any) -> str:
    """Expect a sentence about the key; ``...`` leaves a key out."""
    with pytest.raises(ConfigError, match=sentence) as caught:
        config(**changed)
    assert not caught.value.__context__ or caught.value.__suppress_context__
    return str(caught.value)


def plain(made: Config) -> dict[str, Any]:
    """Return all fields that compare; two keyrings never do."""
    names = [field.name for field in dataclasses.fields(made)]
    return {name: getattr(made, name) for name in names if name != "keyring"}


# What is there when nothing else is set


def test_four_keys_are_enough() -> None:
    made = config()
    assert made.client_id == "SANDBOX_5YDEMO00000000001"
    assert made.public_url == "https://shop.example"
    assert (made.environment, made.key_version) == ("sandbox", "1")
    assert made.gateway_url == "https://open-sea-global.alipay.com"
    assert made.url_prefix == "/antom"
    assert made.notify_url == "https://shop.example/antom/notify"
    assert made.notify_path == "/antom/notify"
    assert made.timeout == 10.0
    assert made.checkout_mode == "cashier"
    assert made.event_delivery == "inline"
    assert made.sdk_url.startswith("https://sdk.marmot-cloud.com/package/ams-checkout/")
    assert (made.agent_token, made.settlement_currency) == (None, None)
    assert (made.payment_methods, made.sdk_integrity) == (None, None)
    assert made.csp_nonce is None


@pytest.mark.parametrize(
    "key",
    [
        "ANTOM_CLIENT_ID",
        "ANTOM_PRIVATE_KEY",
        "ANTOM_PUBLIC_KEY",
        "ANTOM_PUBLIC_URL",
    ],
)
@pytest.mark.parametrize("value", [..., None])
def test_a_key_that_is_needed_and_not_set_is_named(key: str, value: Any) -> None:
    assert "is not set" in refused(key, **{key: value})


@pytest.mark.parametrize(
    "key", [key for key, default in DEFAULTS.items() if default is not ...]
)
def test_a_key_that_is_none_has_its_default(key: str) -> None:
    if key not in NEEDED:
        assert plain(config(**{key: None})) == plain(config())


def test_other_keys_of_the_app_are_left_alone() -> None:
    assert config(SECRET_KEY=CANARY, ANTOM_SHOP_THEME="dark", DEBUG=True).timeout == 10


# Every key: what it takes


@pytest.mark.parametrize(
    ("key", "value", "field", "expected"),
    [
        ("ANTOM_CLIENT_ID", " SANDBOX_1 ", "client_id", "SANDBOX_1"),
        ("ANTOM_GATEWAY_URL", "https://gw.example", "gateway_url", None),
        ("ANTOM_GATEWAY_URL", "https://gw.example:8443", "gateway_url", None),
        (
            "ANTOM_GATEWAY_URL",
            "https://gw.example/",
            "gateway_url",
            "https://gw.example",
        ),
        ("ANTOM_GATEWAY_URL", "http://127.0.0.1:9000", "gateway_url", None),
        ("ANTOM_GATEWAY_URL", "http://localhost:9000", "gateway_url", None),
        ("ANTOM_GATEWAY_URL", "http://[::1]:9000", "gateway_url", None),
        (
            "ANTOM_PUBLIC_URL",
            "https://shop.example/",
            "public_url",
            NEEDED["ANTOM_PUBLIC_URL"],
        ),
        ("ANTOM_PUBLIC_URL", "https://shop.example/my/shop", "public_url", None),
        ("ANTOM_PUBLIC_URL", "http://192.0.2.7:5000", "public_url", None),
        ("ANTOM_URL_PREFIX", "/pay", "url_prefix", None),
        ("ANTOM_URL_PREFIX", "/pay/antom-1", "url_prefix", None),
        ("ANTOM_ENVIRONMENT", "sandbox", "environment", None),
        ("ANTOM_KEY_VERSION", "2", "key_version", None),
        ("ANTOM_KEY_VERSION", 2, "key_version", "2"),
        ("ANTOM_SETTLEMENT_CURRENCY", "USD", "settlement_currency", None),
        (
            "ANTOM_PAYMENT_METHODS",
            ["GCASH", "ALIPAY_CN"],
            "payment_methods",
            ("GCASH", "ALIPAY_CN"),
        ),
        ("ANTOM_PAYMENT_METHODS", ("M" * 64,), "payment_methods", None),
        ("ANTOM_CHECKOUT_MODE", "cashier", "checkout_mode", None),
        ("ANTOM_CHECKOUT_MODE", "element", "checkout_mode", None),
        ("ANTOM_CHECKOUT_MODE", "page", "checkout_mode", None),
        ("ANTOM_CHECKOUT_MODE", "hosted", "checkout_mode", None),
        ("ANTOM_DEBUG_PANEL", True, "debug_panel", None),
        ("ANTOM_SDK_URL", "https://cdn.example/sdk.js", "sdk_url", None),
        ("ANTOM_SDK_URL", "http://127.0.0.1:9000/sdk.js", "sdk_url", None),
        ("ANTOM_SDK_URL", "/static/sdk.js", "sdk_url", None),
        ("ANTOM_SDK_INTEGRITY", "sha256-" + "A" * 43 + "=", "sdk_integrity", None),
        ("ANTOM_SDK_INTEGRITY", "sha384-" + "A" * 64, "sdk_integrity", None),
        ("ANTOM_TIMEOUT", 0.5, "timeout", None),
        ("ANTOM_TIMEOUT", 120, "timeout", 120.0),
        ("ANTOM_EVENT_DELIVERY", "inline", "event_delivery", None),
        ("ANTOM_EVENT_DELIVERY", "worker", "event_delivery", None),
        ("ANTOM_CSP_NONCE", "csp_nonce", "csp_nonce", None),
        ("ANTOM_CSP_NONCE", str, "csp_nonce", None),
    ],
)
def test_a_right_value_is_taken(
    key: str, value: Any, field: str, expected: Any
) -> None:
    made = getattr(config(**{key: value}), field)
    assert made == (value if expected is None else expected)
    assert type(made) is type(value if expected is None else expected)


# Every key: what it refuses

NO_TEXT = [5, 5e88123, True, b"bytes", [CANARY], {"a": CANARY}]
EMPTY = ["", "  ", "\n"]
BAD_URLS = [
    *NO_TEXT,
    *EMPTY,
    CANARY,
    f"{CANARY}.example",
    f"ftp://{CANARY}.example",
    f"//{CANARY}.example",
    f"https:/{CANARY}.example",
    "https://",
    "https:///antom",
    f"https://{CANARY}.example?",
    f"https://{CANARY}.example/?shop={CANARY}",
    f"https://{CANARY}.example/#{CANARY}",
    f"https://{CANARY}.example#",
    f"https://user:{CANARY}@shop.example",
    f"https://{CANARY}@shop.example",
    f"https://@{CANARY}.example",
    f"https://{CANARY} .example",
    f"https://{CANARY}.example/my shop",
    f"https://{CANARY}.example/my\tshop",
    f"https://{CANARY}.example/my\nshop",
    f"https://{CANARY}.example/my\x00shop",
    f"https://{CANARY}.example\\@evil.example",
    f"https://{CANARY}.example/caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    f"https://{CANARY}.example:99999",
    f"https://{CANARY}.example:port",
    f"https://[{CANARY}",
]

#: Paths that some proxies write in another way.
REWRITTEN = [
    f"~{CANARY}",
    f"{CANARY}%7E",
    f"{CANARY}%2Fb",
    f"{CANARY}//b",
    f"{CANARY}/./b",
    f"{CANARY}/../b",
    f"{CANARY}/..",
    f"{CANARY};b",
    f"{CANARY}:b",
    f"{CANARY}+b",
    f"{CANARY}'b",
]

WRONG: dict[str, list[Any]] = {
    "ANTOM_CLIENT_ID": [
        *NO_TEXT,
        *EMPTY,
        f"{CANARY} {CANARY}",
        f"{CANARY}\r\nX: {CANARY}",
        f"{CANARY}\N{EURO SIGN}",
    ],
    "ANTOM_PRIVATE_KEY": [*NO_TEXT, *EMPTY, CANARY, MERCHANT_PUBLIC_KEY],
    "ANTOM_PUBLIC_KEY": [
        *NO_TEXT,
        *EMPTY,
        CANARY,
        [],
        {},
        [ANTOM_PUBLIC_KEY, 5],
        [ANTOM_PUBLIC_KEY, ""],
        {"1": None},
        {"1": CANARY},
        {CANARY: ANTOM_PUBLIC_KEY},
        {"": ANTOM_PUBLIC_KEY},
        {"1.0": ANTOM_PUBLIC_KEY},
        MERCHANT_PRIVATE_KEY,
    ],
    "ANTOM_GATEWAY_URL": [
        *BAD_URLS,
        f"http://{CANARY}.example",
        f"https://{CANARY}.example/ams/api",
        f"http://localhost.{CANARY}.example",
    ],
    "ANTOM_PUBLIC_URL": [*BAD_URLS, *(f"https://a.example/{p}" for p in REWRITTEN)],
    "ANTOM_URL_PREFIX": [
        *NO_TEXT,
        *EMPTY,
        "/",
        CANARY,
        f"/{CANARY}/",
        f"//{CANARY}",
        f"/{CANARY}?a",
        f"/<{CANARY}>",
        f"/{CANARY} a",
        *(f"/{path}" for path in REWRITTEN),
    ],
    "ANTOM_ENVIRONMENT": [*NO_TEXT, *EMPTY, CANARY, "Sandbox", "PROD", "production"],
    "ANTOM_KEY_VERSION": ["", " 1", "1.0", 1.0, -1, True, "x" + CANARY, "1" * 10, [1]],
    "ANTOM_AGENT_TOKEN": [
        *NO_TEXT,
        *EMPTY,
        f"{CANARY} {CANARY}",
        f"{CANARY}\r\nX: {CANARY}",
        f"{CANARY}\N{EURO SIGN}",
    ],
    "ANTOM_SETTLEMENT_CURRENCY": [*NO_TEXT, *EMPTY, "usd", "US", "XXX", CANARY],
    "ANTOM_PAYMENT_METHODS": [
        5,
        CANARY,
        "GCASH",
        [],
        (),
        {"GCASH"},
        {"GCASH": 1},
        ["gcash"],
        ["GCASH", CANARY],
        ["GCASH", None],
        [["GCASH"]],
        [""],
        ["G CASH"],
        ["GCASH\n"],
        ["M" * 65],
    ],
    "ANTOM_CHECKOUT_MODE": [*NO_TEXT, *EMPTY, CANARY, "Cashier", "drop-in"],
    "ANTOM_DEBUG_PANEL": [1, "", "true", [CANARY]],
    "ANTOM_SDK_URL": [*BAD_URLS, f"http://{CANARY}.example/sdk.js"],
    "ANTOM_SDK_INTEGRITY": [
        *NO_TEXT,
        *EMPTY,
        CANARY,
        f"md5-{CANARY}",
        f"sha384-{CANARY}!",
        "sha384-",
    ],
    "ANTOM_TIMEOUT": [
        "10",
        CANARY,
        "",
        True,
        0,
        -1,
        120.5,
        10**400,
        float("inf"),
        float("nan"),
        [10],
    ],
    "ANTOM_EVENT_DELIVERY": [*NO_TEXT, *EMPTY, CANARY, "Inline", "celery"],
    "ANTOM_CSP_NONCE": [5, True, b"nonce", [CANARY], *EMPTY],
    "ANTOM_SHOP_NAME": [*NO_TEXT, *EMPTY],
    "ANTOM_COLOR_SCHEME": [*NO_TEXT, *EMPTY, CANARY, "Light", "light dark"],
    "ANTOM_TIME_ZONE": [
        *NO_TEXT,
        *EMPTY,
        CANARY,
        "Buyer",
        f"Asia/{CANARY}",
        f"../{CANARY}",
        f"/{CANARY}",
        f"{CANARY}\0",
        "Asia",
    ],
}


@pytest.mark.parametrize(
    ("key", "value"),
    [(key, value) for key, values in WRONG.items() for value in values],
)
def test_a_wrong_value_is_refused_by_its_key_and_not_shown(
    key: str, value: Any
) -> None:
    sentence = refused(f"^{key}", **{key: value})
    assert CANARY not in sentence
    assert "MII" not in sentence


def test_every_key_has_its_wrong_values_here() -> None:
    files = {key for key in DEFAULTS if key.endswith("_FILE")}
    assert WRONG.keys() | files == DEFAULTS.keys()


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example",
        "http://127.0.0.1:5000",
        "http://localhost",
    ],
)
def test_in_production_the_public_url_is_https(url: str) -> None:
    assert config(ANTOM_PUBLIC_URL=url).public_url == url
    assert "https://" in refused("^ANTOM_PUBLIC_URL", ANTOM_PUBLIC_URL=url, **LIVE)


def test_what_is_wrong_with_a_url_is_said() -> None:
    for end, word in (
        ("?a=1", "query"),
        ("#a", "fragment"),
        ("/a b", "blank"),
    ):
        refused(word, ANTOM_PUBLIC_URL=f"https://shop.example{end}")
    refused("password", ANTOM_PUBLIC_URL="https://me:secret@shop.example")
    refused("not safe", ANTOM_GATEWAY_URL="http://gw.example")


@pytest.mark.parametrize(
    ("path", "what"),
    [("/~shop", "~"), ("/a%7Eb", "%"), ("/a//b", "//"), ("/..", "/..")],
)
def test_a_path_that_proxies_rewrite_is_explained(path: str, what: str) -> None:
    for key, start in (
        ("ANTOM_PUBLIC_URL", "https://shop.example"),
        ("ANTOM_URL_PREFIX", ""),
    ):
        sentence = refused("no signature would match", **{key: f"{start}{path}"})
        assert sentence.startswith(f'{key} has "{what}" in its path.')


# Keys that do not fit each other


def test_the_environment_follows_from_the_client_id() -> None:
    assert config().environment == "sandbox"
    assert config(**LIVE).environment == "prod"
    assert config(ANTOM_ENVIRONMENT="prod", **LIVE).environment == "prod"


def test_a_client_id_and_an_environment_that_contradict_are_refused() -> None:
    for changed, word in (
        ({"ANTOM_ENVIRONMENT": "prod"}, "has"),
        ({"ANTOM_ENVIRONMENT": "sandbox"} | LIVE, "lacks"),
    ):
        sentence = refused("^ANTOM_ENVIRONMENT", **changed)
        assert f"ANTOM_CLIENT_ID {word} the prefix SANDBOX_" in sentence
        assert "5YDEMO" not in sentence


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("ANTOM_CLIENTID", "ANTOM_CLIENT_ID"),
        ("ANTOM_CLIENT_IDS", "ANTOM_CLIENT_ID"),
        ("ANTOM_PRIVAT_KEY", "ANTOM_PRIVATE_KEY"),
        ("ANTOM_PRIVATE_KEYFILE", "ANTOM_PRIVATE_KEY_FILE"),
        ("ANTOM_PAYMENT_METHOD", "ANTOM_PAYMENT_METHODS"),
        ("ANTOM_URLPREFIX", "ANTOM_URL_PREFIX"),
        ("ANTOM_ENVIROMENT", "ANTOM_ENVIRONMENT"),
        ("ANTOM_SETTLEMENT_CURENCY", "ANTOM_SETTLEMENT_CURRENCY"),
    ],
)
def test_a_misspelt_key_is_reported(wrong: str, right: str) -> None:
    sentence = refused(f"no key {wrong}. Did you mean {right}", **{wrong: CANARY})
    assert CANARY not in sentence


# All at once, or nothing yet


def test_everything_that_is_missing_or_wrong_is_named_at_once() -> None:
    sentence = refused(
        "^8 settings are missing or wrong:",
        ANTOM_CLIENT_ID=None,
        ANTOM_PRIVATE_KEY=CANARY,
        ANTOM_PUBLIC_KEY={"1": ANTOM_PUBLIC_KEY, "2": CANARY},
        ANTOM_PUBLIC_URL=f"ftp://{CANARY}.example",
        ANTOM_ENVIRONMENT=CANARY,
        ANTOM_TIMEOUT="10",
        ANTOM_PAYMENT_METHOD=[CANARY],
        ANTOM_EVENT_DELIVERY=CANARY,
    )
    lines = sentence.splitlines()[1:]
    assert [line.split()[1].rstrip(":") for line in lines[1:]] == [
        *("ANTOM_CLIENT_ID", "ANTOM_PRIVATE_KEY", "ANTOM_PUBLIC_KEY"),
        *("ANTOM_PUBLIC_URL", "ANTOM_ENVIRONMENT", "ANTOM_TIMEOUT"),
        "ANTOM_EVENT_DELIVERY",
    ]
    assert "Did you mean ANTOM_PAYMENT_METHODS?" in lines[0]
    assert CANARY not in sentence
    assert "MII" not in sentence


@pytest.mark.parametrize("key", CREDENTIALS)
def test_with_one_credential_the_others_are_missed(key: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text({**NEEDED, "ANTOM_AGENT_TOKEN": "token"}[key.removesuffix("_FILE")])
    value = str(file) if key.endswith("_FILE") else file.read_text()
    with pytest.raises(ConfigError) as caught:
        Config.from_mapping({key: value})
    missing = {name for name in NEEDED if f"{name} is not set" in str(caught.value)} | {
        name
        for name in NEEDED
        if f"{name} (or {name}_FILE) is not set" in str(caught.value)
    }
    assert missing == NEEDED.keys() - {key.removesuffix("_FILE")}


def test_an_empty_credential_is_not_a_missing_one() -> None:
    with pytest.raises(ConfigError, match="ANTOM_CLIENT_ID is empty"):
        Config.from_mapping({"ANTOM_CLIENT_ID": ""})


@pytest.mark.parametrize("url", [None, "https://shop.example"])
def test_without_any_credential_the_app_is_not_set_up_yet(url: str | None) -> None:
    made = Config.from_mapping({"ANTOM_PUBLIC_URL": url})
    assert not made.is_set_up
    assert (made.client_id, made.public_url) == ("", url or "")
    assert config().is_set_up


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ANTOM_CLIENTID", "SANDBOX_1"),
        ("ANTOM_TIMEOUT", 0),
        ("ANTOM_PUBLIC_URL", "shop"),
    ],
)
def test_without_any_credential_the_other_keys_are_checked(
    key: str, value: Any
) -> None:
    with pytest.raises(ConfigError, match=key):
        Config.from_mapping({key: value})


# The two keys


def pem(private: str, form: PrivateFormat) -> str:
    key = load_private_key(private, check=False)
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def public_pem(public: str) -> str:
    key = load_public_key(public)
    form = PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(Encoding.PEM, form).decode()


KEY_FORMS: dict[str, tuple[str, str]] = {
    "bare": (MERCHANT_PRIVATE_KEY, ANTOM_PUBLIC_KEY),
    "PEM PKCS#8": (
        pem(MERCHANT_PRIVATE_KEY, PrivateFormat.PKCS8),
        public_pem(ANTOM_PUBLIC_KEY),
    ),
    "PEM PKCS#1": (
        pem(MERCHANT_PRIVATE_KEY, PrivateFormat.TraditionalOpenSSL),
        public_pem(ANTOM_PUBLIC_KEY).replace("\n", "\r\n"),
    ),
    "escapes": (
        pem(MERCHANT_PRIVATE_KEY, PrivateFormat.PKCS8).replace("\n", "\\n"),
        public_pem(ANTOM_PUBLIC_KEY).replace("\n", "\\n"),
    ),
}


def belongs(made: Config, private: str, *public: str) -> None:
    own = load_private_key(private, check=False).private_numbers()
    assert made.keyring.private_key.private_numbers() == own
    antoms = [load_public_key(key).public_numbers() for key in public]
    found = made.keyring.public_keys.values()
    assert [key.public_numbers() for key in found] == antoms


@pytest.mark.parametrize("form", KEY_FORMS)
@pytest.mark.parametrize("as_path", [str, Path])
def test_keys_are_taken_as_text_or_from_files(
    form: str, as_path: Callable[[Path], Any], tmp_path: Path
) -> None:
    private, public = KEY_FORMS[form]
    (tmp_path / "private").write_text(private)
    (tmp_path / "public").write_text(public)
    by_text = config(ANTOM_PRIVATE_KEY=private, ANTOM_PUBLIC_KEY=public)
    by_file = config(
        ANTOM_PRIVATE_KEY=...,
        ANTOM_PRIVATE_KEY_FILE=as_path(tmp_path / "private"),
        ANTOM_PUBLIC_KEY=...,
        ANTOM_PUBLIC_KEY_FILE=as_path(tmp_path / "public"),
    )
    belongs(by_text, MERCHANT_PRIVATE_KEY, ANTOM_PUBLIC_KEY)
    belongs(by_file, MERCHANT_PRIVATE_KEY, ANTOM_PUBLIC_KEY)


@pytest.mark.parametrize(
    ("public", "versions"),
    [
        (ANTOM_PUBLIC_KEY, ["1"]),
        ([ANTOM_PUBLIC_KEY], ["1"]),
        ([ANTOM_PUBLIC_KEY, OTHER_PUBLIC_KEY], ["1", "2"]),
        ((ANTOM_PUBLIC_KEY, OTHER_PUBLIC_KEY), ["1", "2"]),
        ({"3": ANTOM_PUBLIC_KEY, "4": OTHER_PUBLIC_KEY}, ["3", "4"]),
        ({3: ANTOM_PUBLIC_KEY}, ["3"]),
    ],
)
def test_while_they_rotate_antoms_keys_are_a_list_or_named_by_version(
    public: Any, versions: list[str]
) -> None:
    made = config(ANTOM_PUBLIC_KEY=public)
    assert list(made.keyring.public_keys) == versions
    belongs(
        made,
        MERCHANT_PRIVATE_KEY,
        *[ANTOM_PUBLIC_KEY, OTHER_PUBLIC_KEY][: len(versions)],
    )


@pytest.mark.parametrize("key", ["ANTOM_PRIVATE_KEY", "ANTOM_PUBLIC_KEY"])
def test_a_key_and_a_file_for_it_are_not_both_taken(key: str, tmp_path: Path) -> None:
    path = tmp_path / CANARY
    path.write_text(NEEDED[key])
    sentence = refused(f"{key} and {key}_FILE are both set", **{f"{key}_FILE": path})
    assert CANARY not in sentence


@pytest.mark.parametrize("key", ["ANTOM_PRIVATE_KEY", "ANTOM_PUBLIC_KEY"])
def test_a_file_that_cannot_be_read_is_named_by_its_setting(
    key: str, tmp_path: Path
) -> None:
    binary = tmp_path / f"{CANARY}.der"
    binary.write_bytes(b"\x30\x82\xff" + CANARY.encode())
    for path in (tmp_path / CANARY, str(tmp_path / CANARY), tmp_path, binary, "", "\0"):
        for given in (path, [path], {"1": path}):
            changed: dict[str, Any] = {key: ..., f"{key}_FILE": given}
            assert CANARY not in refused(f"^{key}_FILE .* cannot be read", **changed)
    for wrong in (5, True, b"path", [5], {"1": b"path"}):
        changed = {key: ..., f"{key}_FILE": wrong}
        assert CANARY not in refused(f"^{key}_FILE must be the path", **changed)


def test_an_empty_file_holds_no_key(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    changed = {"ANTOM_PRIVATE_KEY": ..., "ANTOM_PRIVATE_KEY_FILE": tmp_path / "empty"}
    refused("^ANTOM_PRIVATE_KEY_FILE: the key is empty", **changed)


def test_the_setting_that_names_the_file_of_a_wrong_key_is_reported(
    tmp_path: Path,
) -> None:
    own = tmp_path / "own"
    own.write_text(MERCHANT_PUBLIC_KEY)
    in_file = {"ANTOM_PUBLIC_KEY": ..., "ANTOM_PUBLIC_KEY_FILE": own}
    sentence = refused("^ANTOM_PUBLIC_KEY_FILE 1: this is your own key", **in_file)
    assert "half of ANTOM_PRIVATE_KEY. " in sentence
    own.write_text(MERCHANT_PRIVATE_KEY)
    refused("^ANTOM_PUBLIC_KEY_FILE 1: this is a private key", **in_file)


@pytest.mark.parametrize(
    "public",
    [
        MERCHANT_PUBLIC_KEY,
        public_pem(MERCHANT_PUBLIC_KEY),
        [ANTOM_PUBLIC_KEY, MERCHANT_PUBLIC_KEY],
        {"7": MERCHANT_PUBLIC_KEY},
    ],
)
def test_ones_own_public_key_in_antoms_place_is_reported(public: Any) -> None:
    sentence = refused("^ANTOM_PUBLIC_KEY", ANTOM_PUBLIC_KEY=public)
    assert "this is your own key" in sentence
    assert "Dashboard" in sentence


def test_the_two_keys_in_each_others_place_are_reported() -> None:
    swapped = {"ANTOM_PRIVATE_KEY": MERCHANT_PUBLIC_KEY}
    refused("^ANTOM_PRIVATE_KEY: this is a public key", **swapped)
    refused(
        "^ANTOM_PUBLIC_KEY 1: this is a private key",
        ANTOM_PUBLIC_KEY=MERCHANT_PRIVATE_KEY,
    )


def test_the_private_key_is_not_proved_before_it_is_used() -> None:
    der = bytearray(base64.b64decode(MERCHANT_PRIVATE_KEY))
    der[-40] ^= 1  # its last number does not fit the others any more
    made = config(ANTOM_PRIVATE_KEY=base64.b64encode(der).decode())
    with pytest.raises(ValueError, match="key"):
        _ = made.keyring.private_key


# The environment's variables, through a real app


def from_environment(
    monkeypatch: pytest.MonkeyPatch, **variables: str
) -> dict[str, Any]:
    for name, value in variables.items():
        monkeypatch.setenv(f"FLASK_{name}", value)
    app = Flask("shop")
    app.config.from_prefixed_env()
    return dict(app.config)


ENVIRONMENT = {
    "ANTOM_CLIENT_ID": "SANDBOX_5YDEMO00000000001",
    "ANTOM_PRIVATE_KEY": KEY_FORMS["escapes"][0],
    "ANTOM_PUBLIC_KEY": ANTOM_PUBLIC_KEY,
    "ANTOM_PUBLIC_URL": "https://shop.example",
}


def test_all_keys_can_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more = {
        "ANTOM_TIMEOUT": "7.5",
        "ANTOM_KEY_VERSION": "3",
        "ANTOM_PAYMENT_METHODS": '["GCASH", "ALIPAY_CN"]',
    }
    more["ANTOM_PUBLIC_KEY"] = json.dumps({"3": ANTOM_PUBLIC_KEY})
    made = Config.from_mapping(from_environment(monkeypatch, **ENVIRONMENT | more))
    assert (made.timeout, made.key_version) == (7.5, "3")
    assert made.payment_methods == ("GCASH", "ALIPAY_CN")
    belongs(made, MERCHANT_PRIVATE_KEY, ANTOM_PUBLIC_KEY)


@pytest.mark.parametrize(
    ("variable", "kind"),
    [("5E88123", "float"), ("2188123456789012345678", "int"), ("true", "bool")],
)
def test_a_client_id_that_the_environment_turned_into_a_number_is_reported(
    monkeypatch: pytest.MonkeyPatch, variable: str, kind: str
) -> None:
    variables = ENVIRONMENT | {"ANTOM_CLIENT_ID": variable}
    settings = from_environment(monkeypatch, **variables)
    with pytest.raises(ConfigError, match=r"^ANTOM_CLIENT_ID must be text") as caught:
        Config.from_mapping(settings)
    assert f"of type {kind}" in str(caught.value)
    assert "from_prefixed_env" in str(caught.value)
    assert variable not in str(caught.value).replace("such as 5E88123", "")


def test_the_advice_for_such_a_client_id_works(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = ENVIRONMENT | {"ANTOM_CLIENT_ID": '"5E88123"'}
    settings = from_environment(monkeypatch, **variables)
    assert Config.from_mapping(settings).client_id == "5E88123"


def test_a_client_id_that_is_null_in_the_environment_is_not_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    variables = ENVIRONMENT | {"ANTOM_CLIENT_ID": "null"}
    with pytest.raises(ConfigError, match=r"^ANTOM_CLIENT_ID is not set"):
        Config.from_mapping(from_environment(monkeypatch, **variables))


# What is made of them


def test_public_urls_are_made_of_url_and_prefix() -> None:
    made = config(
        ANTOM_PUBLIC_URL="https://shop.example/my/", ANTOM_URL_PREFIX="/pay/antom"
    )
    assert made.notify_url == "https://shop.example/my/pay/antom/notify"
    assert made.notify_path == "/my/pay/antom/notify"
    assert made.public("/result/x") == "https://shop.example/my/pay/antom/result/x"


def test_a_config_shows_no_secret_and_does_not_change() -> None:
    made = config(ANTOM_AGENT_TOKEN=CANARY, ANTOM_CSP_NONCE=lambda: CANARY)
    assert made.agent_token is not None
    assert made.agent_token.reveal() == CANARY
    for text in (repr(made), str(made), f"{made}"):
        assert CANARY not in text
        assert "MII" not in text
        assert MERCHANT_PRIVATE_KEY[40:80] not in text
        assert "SANDBOX_5YDEMO00000000001" in text
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.timeout = 1.0  # type: ignore[misc]


def test_a_setting_that_may_be_missing_is_reported_when_it_may_not() -> None:
    reader = Reader({}, {"ANTOM_KEY": None})
    assert reader.text_or_none("ANTOM_KEY") is None
    with pytest.raises(ConfigError, match="ANTOM_KEY is not set"):
        reader.text("ANTOM_KEY")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("shop.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost.example", False),
        ("notlocalhost", False),
        ("192.168.0.1", False),
        ("192.0.2.1", False),
        ("127.0.0.1.example", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
