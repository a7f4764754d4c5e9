"""Starts the shop, and a simulated Antom unless real keys are given."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from flask_migrate import upgrade  # type: ignore[import-untyped]
from werkzeug.serving import WSGIRequestHandler, make_server

from flask_antom.simulator import KeyFiles, Simulator

from . import create_app
from .catalogue import fill_shelves
from .database import db

HOST = "127.0.0.1"
CLIENT_ID = "SANDBOX_5YDEMO00000000001"


T = TypeVar("T")


@dataclass(frozen=True)
class Demo:
    """A running shop.

    :ivar simulator: its Antom; ``None`` with Antom's own sandbox.
    :ivar simulator_url: the URL of the simulator's console.
    """

    app: Flask
    url: str
    simulator: Simulator | None = None
    simulator_url: str | None = None


def has_real_keys() -> bool:
    """Whether the environment has keys for Antom's sandbox."""
    return "FLASK_ANTOM_CLIENT_ID" in os.environ


@contextmanager
def open_shop(
    folder: Path,
    port: int,
    simulator_port: int,
    mode: str = "cashier",
    turbo: Path | None = None,
) -> Iterator[Demo]:
    """Serve the shop on this machine until the end of the block.

    :param folder: keeps the database, the keys and the simulator's payments.
    :param port: the port, or the first one to try; 0 takes any.
    :param mode: the mode of the checkout.
    :param turbo: a copy of Hotwired Turbo, if the shop is to run under it.
    :raises OSError: if there is no free port.
    :raises flask_antom.errors.ConfigError: for wrong settings in the environment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        listener = stack.enter_context(at_free_port(port, _listen))
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        settings = _unless_given(
            SECRET_KEY=_secret_key(folder / "secret-key"),
            SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder.absolute() / 'shop.sqlite3'}",
            ANTOM_PUBLIC_URL=url,
            DEMO_CLERK="the demo's clerk",
            ANTOM_CHECKOUT_MODE=mode,
            TURBO_FILE=None if turbo is None else str(turbo),
        )
        simulator, simulator_url = None, None
        if not has_real_keys():
            simulator, keys = _make_simulator(folder)
            server = stack.enter_context(
                at_free_port(
                    simulator_port, lambda free: simulator.serve(HOST, port=free)
                )
            )
            simulator_url = server.url
            settings |= {
                "SIMULATOR_URL": server.url,
                "ANTOM_CLIENT_ID": CLIENT_ID,
                "ANTOM_PRIVATE_KEY_FILE": str(keys.merchant_private.absolute()),
                "ANTOM_PUBLIC_KEY_FILE": str(keys.antom_public.absolute()),
                "ANTOM_GATEWAY_URL": server.url,
                "ANTOM_SDK_URL": server.sdk_url,
            }
        app = create_app(settings)
        stack.enter_context(_database(app))
        stack.enter_context(_serving(app, listener))
        yield Demo(app, url, simulator, simulator_url)


def at_free_port(port: int, open_at: Callable[[int], T]) -> T:
    """Open something at the first free port of twenty, beginning with ``port``.

    :raises OSError: if all of them are taken.
    """
    for candidate in range(port, port + 20):
        try:
            return open_at(candidate)
        except OSError:
            continue
    raise OSError(f"The ports {port} to {port + 19} are all taken.")


def _listen(port: int) -> socket.socket:
    return socket.create_server((HOST, port))


def _unless_given(**settings: Any) -> dict[str, Any]:
    """Return the settings that the environment does not set."""
    return {
        key: value
        for key, value in settings.items()
        if f"FLASK_{key}" not in os.environ
    }


def _secret_key(file: Path) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
    return file.read_text()


def _make_simulator(folder: Path) -> tuple[Simulator, KeyFiles]:
    keys = KeyFiles.in_folder(folder)
    simulator = Simulator(
        merchant_public_key=keys.merchant_public.read_text(),
        client_id=CLIENT_ID,
        private_key=keys.antom_private.read_text(),
        state_file=folder / "simulator.json",
    )
    return simulator, keys


@contextmanager
def _database(app: Flask) -> Iterator[None]:
    """Migrate the tables, and close the connections at the end."""
    with app.app_context():
        upgrade()
        fill_shelves()
    yield
    with app.app_context():
        db.engine.dispose()


class _QuietHandler(WSGIRequestHandler):
    """Does not log requests, so the addresses stay visible."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextmanager
def _serving(app: Flask, listener: socket.socket) -> Iterator[None]:
    server = make_server(
        HOST,
        listener.getsockname()[1],
        app,
        threaded=True,
        request_handler=_QuietHandler,
        fd=listener.fileno(),
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
