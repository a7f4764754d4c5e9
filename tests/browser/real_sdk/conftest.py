"""Checkouts that load Antom's own browser SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage

from flask_antom.simulator import Simulator
from tests.browser.conftest import PATIENCE
from tests.browser.real_sdk.antom_hosts import QUERY, AntomHosts
from tests.browser.real_sdk.sdk_checkout import (
    PHONE,
    TRIED,
    WAYS,
    SdkCheckout,
    add_checkout,
)
from tests.browser.real_sdk.sdk_shop import open_shop
from tests.support.shop import Shopfront


@dataclass
class Visit:
    """A shop, and its checkout in a browser.

    :ivar breaches: of the page's policy, as the console tells them.
    """

    shop: Shopfront
    checkout: SdkCheckout
    breaches: list[str]


Visits = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture
def visit(
    browser: Browser, simulator: Simulator, gateway: Any, tmp_path: Path
) -> Visits:
    """Opens a shop and its checkout, for a way to pay."""

    @contextmanager
    def open_visit(
        way_name: str,
        device: dict[str, Any] | None = None,
        settings: dict[str, Any] | None = None,
        query: str = "",
        opens: bool = True,
        **page: Any,
    ) -> Iterator[Visit]:
        way = WAYS[way_name]
        with ExitStack() as stack:
            shop = stack.enter_context(
                open_shop(
                    simulator, gateway.url, tmp_path, way.version, **(settings or {})
                )
            )
            add_checkout(shop, way, **page)
            context = browser.new_context(locale="en-US", **(device or {}))
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE)
            breaches: list[str] = []

            def on_console(message: ConsoleMessage) -> None:
                if "Content Security Policy" in message.text:
                    breaches.append(message.text)

            context.on("console", on_console)
            hosts = AntomHosts(context, simulator, gateway.url)
            url = f"{shop.app.config['ANTOM_PUBLIC_URL']}/checkout"
            checkout = SdkCheckout(
                context.new_page(),
                hosts,
                way,
                url,
                has_touch=(device or {}).get("has_touch", False),
            )
            if opens:
                checkout.visit(query)
            yield Visit(shop, checkout, breaches)
            assert hosts.strays == []

    return open_visit


@pytest.fixture(params=TRIED)
def visited(request: pytest.FixtureRequest, visit: Visits) -> Iterator[Visit]:
    """The checkout of each way to pay; the page's policy holds.

    A parameter may be "... on a phone" too, with a touch screen.
    """
    way, _, phone = request.param.partition(" on a ")
    with visit(way, PHONE if phone else None) as visited:
        yield visited
        assert visited.breaches == []
        if visited.checkout.way.mode != "page":
            assert visited.checkout.hosts.operations[0] == QUERY
