"""A simulator that serves, a merchant who calls it, a letterbox for notifications."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flask_antom.simulator import Server, Simulator
from tests.simulator.merchant import Letterbox, Merchant, open_letterbox
from tests.support.keys import ANTOM_PRIVATE_KEY, MERCHANT_PUBLIC_KEY


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(MERCHANT_PUBLIC_KEY, private_key=ANTOM_PRIVATE_KEY)


@pytest.fixture
def server(simulator: Simulator) -> Iterator[Server]:
    with simulator.serve() as server:
        yield server


@pytest.fixture
def merchant(server: Server) -> Merchant:
    return Merchant(server.url)


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    with open_letterbox() as letterbox:
        yield letterbox
