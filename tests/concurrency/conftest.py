"""The shop on four workers, on a database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_antom.simulator import Simulator
from tests.concurrency.gunicorn_shop import GunicornShop, open_gunicorn_shop
from tests.support.databases import KINDS, empty_database
from tests.support.keys import MERCHANT_PUBLIC_KEY


@pytest.fixture(scope="module", params=KINDS)
def database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """An empty database."""
    directory = tmp_path_factory.mktemp("database")
    with empty_database(request.param, request, directory) as url:
        yield url


@pytest.fixture(scope="module")
def gunicorn(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GunicornShop]:
    """A running shop, whose workers must not have raised anything unasked."""
    simulator = Simulator(MERCHANT_PUBLIC_KEY)
    directory: Path = tmp_path_factory.mktemp("gunicorn")
    with (
        simulator.serve() as server,
        open_gunicorn_shop(database_url, simulator, server.url, directory) as gunicorn,
    ):
        yield gunicorn
