"""The change of a key, ours or Antom's: both are accepted while it goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.errors import ConfigError
from flask_antom.gateway.key_files import pem
from flask_antom.gateway.keys import load_private_key
from flask_antom.simulator import Simulator
from flask_antom.simulator.signatures import generate_key
from flask_antom.testing import Signer
from tests.support.keys import (
    ANTOM_PRIVATE_KEY,
    ANTOM_PUBLIC_KEY,
    MERCHANT_PRIVATE_KEY,
    MERCHANT_PUBLIC_KEY,
    OTHER_PRIVATE_KEY,
    OTHER_PUBLIC_KEY,
)
from tests.support.shop import CLIENT_ID, NOTIFY, Shopfront, make_shop, shop_settings

BOTH = {"1": MERCHANT_PRIVATE_KEY, "2": OTHER_PRIVATE_KEY}
WANTED = {"orderReference": "A-1", "paymentMethodType": "GCASH"}

#: Antom before the Dashboard has taken the new key, and afterwards.
BEFORE = MERCHANT_PUBLIC_KEY, "1"
AFTER = OTHER_PUBLIC_KEY, "2"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def shop_of(stack: ExitStack, antom: tuple[str, str], **settings: Any) -> Shopfront:
    """Return a shop whose Antom knows one of the merchant's keys."""
    public_key, version = antom
    simulator = Simulator(
        public_key, private_key=ANTOM_PRIVATE_KEY, key_version=version
    )
    server = stack.enter_context(simulator.serve())
    shop = make_shop(shop_settings(ANTOM_PUBLIC_KEY, server.url) | settings)
    stack.callback(shop.close)
    return shop


def open_session(shop: Shopfront) -> int:
    return shop.app.test_client().post("/antom/session", json=WANTED).status_code


@pytest.mark.parametrize("antom", [BEFORE, AFTER], ids=["before", "after"])
@pytest.mark.parametrize("first", ["1", "2"])
def test_calls_succeed_before_and_after_the_new_key_is_in_force(
    stack: ExitStack, antom: tuple[str, str], first: str
) -> None:
    keys = {"ANTOM_PRIVATE_KEY": BOTH, "ANTOM_KEY_VERSION": first}
    assert open_session(shop_of(stack, antom, **keys)) == 201


def test_the_other_key_is_tried_once_and_the_log_says_so(
    stack: ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    shop = shop_of(stack, AFTER, ANTOM_PRIVATE_KEY=BOTH)
    with shop.app.app_context(), caplog.at_level(logging.WARNING):
        assert open_session(shop) == 201
        payment = shop.db.session.scalars(shop.db.select(shop.antom.Payment)).one()
        shop.antom.sync(payment)
    told = [one.getMessage() for one in caplog.records if "signed again" in one.message]
    assert len(told) == 1
    assert told[0].startswith(
        "Antom createPaymentSession: KEY_NOT_FOUND. It is signed again with our key of"
        " version 2."
    )


def test_with_one_key_a_call_is_refused(stack: ExitStack) -> None:
    assert open_session(shop_of(stack, AFTER)) == 422


def test_keys_that_are_all_wrong_are_each_tried_once(stack: ExitStack) -> None:
    keys = {"3": MERCHANT_PRIVATE_KEY, "4": OTHER_PRIVATE_KEY}
    assert open_session(shop_of(stack, AFTER, ANTOM_PRIVATE_KEY=keys)) == 422


def test_the_lowest_version_is_the_lowest_number(stack: ExitStack) -> None:
    keys = {"10": OTHER_PRIVATE_KEY, "9": MERCHANT_PRIVATE_KEY}
    shop = shop_of(stack, BEFORE, ANTOM_PRIVATE_KEY=keys)
    assert shop.app.extensions["antom"].config.keyring.versions == ("9", "10")


def test_keys_come_from_files_too(stack: ExitStack, tmp_path: Path) -> None:
    files = {}
    for version, key in BOTH.items():
        files[version] = tmp_path / f"{version}.pem"
        files[version].write_text(key)
    changed = {"ANTOM_PRIVATE_KEY": None, "ANTOM_PRIVATE_KEY_FILE": files}
    assert open_session(shop_of(stack, AFTER, **changed)) == 201


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ANTOM_PRIVATE_KEY": {}}, "must be the text of a key, or"),
        ({"ANTOM_PRIVATE_KEY": {"new": OTHER_PRIVATE_KEY}}, "not a whole number"),
        ({"ANTOM_PRIVATE_KEY": {"1": 5}}, "ANTOM_PRIVATE_KEY 1 must be the text"),
        ({"ANTOM_PRIVATE_KEY": {"1": "MIIB"}}, "ANTOM_PRIVATE_KEY 1: this is not"),
        ({"ANTOM_PRIVATE_KEY": BOTH, "ANTOM_KEY_VERSION": "3"}, "has no such version"),
        ({"ANTOM_PRIVATE_KEY": BOTH, "ANTOM_PUBLIC_KEY": OTHER_PUBLIC_KEY}, "own key"),
    ],
)
def test_a_mistake_is_named(changed: dict[str, Any], words: str) -> None:
    settings = shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9") | changed
    with pytest.raises(ConfigError, match=words) as caught:
        make_shop(settings)
    assert MERCHANT_PRIVATE_KEY[:30] not in str(caught.value)


def test_no_private_key_is_shown(stack: ExitStack) -> None:
    shop = shop_of(stack, BEFORE, ANTOM_PRIVATE_KEY=BOTH)
    assert MERCHANT_PRIVATE_KEY[:30] not in repr(shop.app.config)


def test_notifications_of_both_keys_of_antoms_are_accepted(
    stack: ExitStack, tmp_path: Path
) -> None:
    new = generate_key()
    (tmp_path / "1.pem").write_text(ANTOM_PUBLIC_KEY)
    (tmp_path / "2.pem").write_bytes(pem(load_private_key(new).public_key()))
    files = {version: tmp_path / f"{version}.pem" for version in "12"}
    changed = {"ANTOM_PUBLIC_KEY": None, "ANTOM_PUBLIC_KEY_FILE": files}
    shop = shop_of(stack, BEFORE, **changed)
    client = shop.app.test_client()
    request_id = client.post("/antom/session", json=WANTED).json["paymentRequestId"]  # type: ignore[index]
    for key in (ANTOM_PRIVATE_KEY, new):
        signer = Signer(key, CLIENT_ID)
        body, headers = signer.notification(request_id, Money(4200, "MYR"))
        assert client.post(NOTIFY, data=body, headers=headers).status_code == 200
    stranger = Signer(generate_key(), CLIENT_ID)
    body, headers = stranger.notification(request_id, Money(4200, "MYR"))
    assert client.post(NOTIFY, data=body, headers=headers).status_code == 401
