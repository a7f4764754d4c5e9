"""Fixtures for all tests: a shop on a database, with the simulator as its Antom."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Browser, sync_playwright

from example_app.payments import fulfil
from flask_antom.signals import payment_succeeded
from flask_antom.simulator import Simulator
from tests.support.browser import quick, whole
from tests.support.keys import ANTOM_PRIVATE_KEY, MERCHANT_PUBLIC_KEY
from tests.support.shop import Shopfront, make_shop, shop_settings

# Most tests have apps of their own, of which the example's receiver knows nothing.
payment_succeeded.disconnect(fulfil)

pytest_plugins = [
    "flask_antom.testing",
    "tests.support.databases",
    "tests.support.offline",
    "tests.support.selection",
    "tests.support.templates",
]

_CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the state machine: one process takes longest for its file."""
    items.sort(key=lambda item: "tests/machine/" not in item.nodeid)


@pytest.fixture(autouse=True)
def is_outside_the_browsers_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hide the event loop of Playwright, which runs on after the browser's tests.

    While a loop runs in a thread, Flask calls no async function there.
    """
    if "launch" in request.fixturenames:
        yield
        return
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture(autouse=True)
def leaves_the_environment() -> Iterator[None]:
    """Check that no command of ``flask`` has left its mark: programs would inherit it.

    ``app.run()`` does nothing then.
    """
    yield
    assert "FLASK_RUN_FROM_CLI" not in os.environ


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[[bool], Browser]]:
    """Yield a function that launches a browser, the whole or a quick one, once.

    Playwright does not start twice in a process.
    """
    with sync_playwright() as playwright:

        @functools.cache
        def launch_once(is_whole: bool) -> Browser:
            return playwright.chromium.launch(
                **(whole() if is_whole else quick()),
                args=_CHROMIUM_ARGUMENTS,
                # Playwright switches the cache off in which a page waits for "Back".
                ignore_default_args=["--disable-back-forward-cache"],
            )

        yield launch_once


@pytest.fixture
def browser(
    request: pytest.FixtureRequest, launch: Callable[[bool], Browser]
) -> Browser:
    """A quick browser; the whole Chromium for tests that are marked so."""
    return launch(request.node.get_closest_marker("whole_chromium") is not None)


@pytest.fixture(scope="session", autouse=True)
def keys_are_read_once() -> Iterator[None]:
    """Prove the numbers of each key once, not for each shop."""
    with pytest.MonkeyPatch.context() as patch:
        load = functools.cache(serialization.load_der_private_key)
        patch.setattr(serialization, "load_der_private_key", load)
        yield


@pytest.fixture
def _push_request_context() -> None:
    """Take pytest-flask's pushed context away: it hides missing commits."""


@pytest.fixture
def simulator() -> Simulator:
    """Antom, with a clock that stands by."""
    return Simulator(MERCHANT_PUBLIC_KEY, private_key=ANTOM_PRIVATE_KEY)


@pytest.fixture
def gateway(simulator: Simulator) -> Iterator[Any]:
    """The simulator, serving on loopback."""
    with simulator.serve() as server:
        yield server


@pytest.fixture
def shop(simulator: Simulator, gateway: Any, shop_url: str) -> Iterator[Shopfront]:
    """A shop whose gateway is the simulator."""
    settings = shop_settings(simulator.public_key, gateway.url)
    settings["SQLALCHEMY_DATABASE_URI"] = shop_url
    front = make_shop(settings)
    yield front
    front.close()


@pytest.fixture
def app(shop: Shopfront) -> Flask:
    return shop.app


@pytest.fixture
def db(shop: Shopfront) -> SQLAlchemy:
    return shop.db


@pytest.fixture
def client(shop: Shopfront) -> FlaskClient:
    return shop.app.test_client()
