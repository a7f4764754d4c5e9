"""A shop for ``flask --app tests.support.cli_app``, that talks to nobody."""

from __future__ import annotations

import os

from flask import Flask

from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.shop import make_shop, shop_settings


def create_app() -> Flask:
    settings = shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9")
    if "SHOP_DATABASE" in os.environ:
        settings["SQLALCHEMY_DATABASE_URI"] = os.environ["SHOP_DATABASE"]
    return make_shop(settings).app
