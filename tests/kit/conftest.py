"""A shop whose Antom the test kit plays. It has no settings of Antom's itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.shop import Shopfront, make_shop


@pytest.fixture
def shop(shop_url: str) -> Iterator[Shopfront]:
    front = make_shop(
        {
            "SECRET_KEY": "for tests only",
            "TESTING": True,
            "SQLALCHEMY_DATABASE_URI": shop_url,
        }
    )
    yield front
    front.close()


@pytest.fixture
def app(shop: Shopfront) -> Flask:
    return shop.app
