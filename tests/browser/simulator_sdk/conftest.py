"""A shop's server for all tests of the SDK."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from flask_antom.simulator import Server
from tests.browser.local_server import serve
from tests.browser.simulator_sdk.contract import PREPARATION, ContractPage
from tests.browser.simulator_sdk.sdk_page import Session, make_app
from tests.simulator.merchant import Merchant


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with serve(make_app()) as url:
        yield url


@pytest.fixture(params=["stand-in", "real"])
def contract(
    request: pytest.FixtureRequest, browser: Browser, server: str
) -> Iterator[ContractPage]:
    """A page with one of the two scripts."""
    with browser.new_context(locale="en-US") as context:
        page = context.new_page()
        page.add_init_script(PREPARATION)
        contract = ContractPage(page, f"{server}/{request.param}")
        page.route("**/*", contract.answer)
        yield contract
        page.unroute_all(behavior="ignoreErrors")


@pytest.fixture
def home(server: str, gateway: Server) -> str:
    """The address of a page with the SDK of the simulator."""
    return f"{server}/?gateway={gateway.url}"


@pytest.fixture
def shop(page: Page, home: str) -> Page:
    page.goto(home)
    return page


@pytest.fixture
def merchant(gateway: Server) -> Merchant:
    return Merchant(gateway.url)


@pytest.fixture
def session(merchant: Merchant, server: str) -> Session:
    """Creates a session that leads back to the shop, and returns its data."""

    def create(**changes: object) -> str:
        answer = merchant.create_session(
            paymentRedirectUrl=f"{server}/result", **changes
        )
        return str(answer["paymentSessionData"])

    return create
