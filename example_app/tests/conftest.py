"""The shop for a test: an empty database in memory, and no keys of Antom's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from example_app import create_app
from example_app.catalogue import fill_shelves
from example_app.database import db
from flask_antom.testing import AntomKit

pytest_plugins = ["flask_antom.testing"]


@pytest.fixture
def app() -> Iterator[Flask]:
    app = create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "for tests only",
            "SQLALCHEMY_DATABASE_URI": "sqlite://",
            "WTF_CSRF_ENABLED": False,
        }
    )
    with app.app_context():
        db.create_all()
        fill_shelves()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def buyer(antom_kit: AntomKit) -> FlaskClient:
    """The browser of the buyer, who has not ordered anything yet."""
    return antom_kit.client


@pytest.fixture
def order(buyer: FlaskClient) -> str:
    """The reference of an order of two cups, which the buyer has placed."""
    wanted = {"quantity": "2", "name": "Ann Tan", "email": "ann@example.com"}
    answer = buyer.post("/products/kopi-cup/order", data=wanted)
    assert answer.status_code == 303, answer.text
    return str(answer.location).split("/")[-2]
