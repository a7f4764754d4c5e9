"""A shop on loopback that serves Antom's own browser SDK itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Response

from flask_antom.browser_sdk.releases import file_name
from flask_antom.simulator import Simulator
from tests.browser.local_server import LocalServer
from tests.support.sdk_packages import bundle
from tests.support.shop import Shopfront, make_shop, shop_settings


@contextmanager
def open_shop(
    simulator: Simulator, gateway_url: str, folder: Path, version: str, **settings: Any
) -> Iterator[Shopfront]:
    """Open a shop whose pages are still to be added.

    :param folder: for the database; :param version: the SDK's.
    """
    path = f"/{file_name(version)}"
    script = bundle(version).read_bytes()
    server = LocalServer()
    front = make_shop(
        shop_settings(simulator.public_key, gateway_url)
        | {
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'shop.sqlite'}",
            "ANTOM_PUBLIC_URL": server.url,
            "ANTOM_SDK_URL": path,
            "ANTOM_CSP_NONCE": lambda: "n0nce",
            **settings,
        }
    )

    @front.app.get(path)
    def sdk() -> Response:
        return Response(script, mimetype="text/javascript")

    with server.serve(front.app):
        yield front
    front.close()
