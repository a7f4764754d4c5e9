"""The example shop with its simulated Antom, served, and a browser in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from example_app.demo import Demo, open_shop
from example_app.payments import fulfil
from flask_antom.signals import payment_succeeded
from flask_antom.simulator.keys import KeyFiles
from tests.browser.conftest import OpenContext
from tests.browser.example_shop.buyer import Buyer
from tests.browser.example_shop.records import Records
from tests.browser.page_swaps.swap_shop import SWAPPERS

#: Marks tests that are run without Hotwired Turbo and with it.
with_and_without_turbo = pytest.mark.parametrize(
    "has_turbo", [False, True], ids=["plain", "turbo"], indirect=True
)


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys for all shops: to make them takes its time."""
    folder = tmp_path_factory.mktemp("keys")
    KeyFiles.in_folder(folder)
    return folder


@pytest.fixture
def has_turbo(request: pytest.FixtureRequest) -> bool:
    """Whether Hotwired Turbo swaps the shop's pages: the fixture's parameter."""
    return bool(getattr(request, "param", False))


@pytest.fixture
def demo(
    request: pytest.FixtureRequest,
    key_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_turbo: bool,
) -> Iterator[Demo]:
    """The shop as ``python -m example_app`` starts it, on any free ports.

    Its mode may be the fixture's parameter.
    """
    monkeypatch.delenv("FLASK_ANTOM_CLIENT_ID", raising=False)
    folder = tmp_path / "simulator"
    shutil.copytree(key_folder, folder)
    mode = getattr(request, "param", "cashier")
    turbo = SWAPPERS["turbo"] if has_turbo else None
    with (
        payment_succeeded.connected_to(fulfil),
        open_shop(folder, 0, 0, mode, turbo) as demo,
    ):
        yield demo


@pytest.fixture
def records(demo: Demo) -> Records:
    return Records(demo)


@pytest.fixture
def buyer(open_context: OpenContext, demo: Demo) -> Buyer:
    """A buyer at a desktop computer."""
    context = open_context(viewport={"width": 1280, "height": 800})
    return Buyer(context.new_page(), demo)
