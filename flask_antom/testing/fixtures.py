"""The fixtures of the pytest plugin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from ..simulator import Simulator
from .kit import AntomKit
from .signer import CLIENT_ID, Signer, key_of
from .wiring import new_simulator


@pytest.fixture
def antom_kit(app: Flask, antom_simulator: Simulator) -> Iterator[AntomKit]:
    """The test kit of the app that the fixture ``app`` returns."""
    with AntomKit(app, antom_simulator) as kit:
        yield kit


@pytest.fixture
def antom_simulator() -> Simulator:
    """A simulated Antom."""
    return new_simulator()


@pytest.fixture
def antom_settings(antom_simulator: Simulator) -> Iterator[dict[str, Any]]:
    """The ``ANTOM_`` keys of an app that uses ``antom_simulator``, which serves."""
    with antom_simulator.serve() as server:
        yield {
            "ANTOM_CLIENT_ID": CLIENT_ID,
            "ANTOM_PRIVATE_KEY": key_of("merchant"),
            "ANTOM_KEY_VERSION": "1",
            "ANTOM_PUBLIC_KEY": antom_simulator.public_key,
            "ANTOM_GATEWAY_URL": server.url,
            "ANTOM_PUBLIC_URL": "http://127.0.0.1:5000",
            "ANTOM_SDK_URL": server.sdk_url,
        }


@pytest.fixture
def antom_signer() -> Signer:
    """A signer with the key of ``antom_simulator``."""
    return Signer(key_of("antom"), CLIENT_ID)
