from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from flask_antom.simulator import Server, Simulator

from .merchant import Letterbox, Merchant, open_letterbox


class KeyPair(NamedTuple):
    private: str
    public: str


def make_keys() -> KeyPair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(pem.decode(), base64.b64encode(der).decode())


@pytest.fixture(scope="session")
def merchant_keys() -> KeyPair:
    return make_keys()


@pytest.fixture(scope="session")
def antom_keys() -> KeyPair:
    return make_keys()


@pytest.fixture
def simulator(merchant_keys: KeyPair, antom_keys: KeyPair) -> Simulator:
    return Simulator(merchant_keys.public, private_key=antom_keys.private)


@pytest.fixture
def server(simulator: Simulator) -> Iterator[Server]:
    with simulator.serve() as server:
        yield server


@pytest.fixture
def merchant(server: Server, simulator: Simulator, merchant_keys: KeyPair) -> Merchant:
    return Merchant(merchant_keys.private, simulator.public_key, server.url)


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    with open_letterbox() as letterbox:
        yield letterbox
