"""The example shop that overrides every look, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from example_app import own_looks
from flask_antom.simulator import Server, Simulator
from tests.support.keys import MERCHANT_PRIVATE_KEY
from tests.support.shop import CLIENT_ID


@contextmanager
def open_own_looks_shop(
    simulator: Simulator, gateway: Server, folder: Path, url: str
) -> Iterator[Flask]:
    """Open the shop on SQLite.

    :param url: where it will be served.
    """
    app = own_looks.create_app(
        {
            "SECRET_KEY": "for tests only",
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'shop.sqlite'}",
            "ANTOM_CLIENT_ID": CLIENT_ID,
            "ANTOM_PRIVATE_KEY": MERCHANT_PRIVATE_KEY,
            "ANTOM_PUBLIC_KEY": simulator.public_key,
            "ANTOM_PUBLIC_URL": url,
            "ANTOM_GATEWAY_URL": gateway.url,
            "ANTOM_SDK_URL": gateway.sdk_url,
        }
    )
    yield app
    with app.app_context():
        own_looks.db.engine.dispose()
