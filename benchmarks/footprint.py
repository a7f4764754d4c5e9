"""The cost of the extension: at import, in memory and on other routes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from time import process_time

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from werkzeug.test import EnvironBuilder

from benchmarks.measure import Result, compare, micro, milli
from benchmarks.shop import make_shop

ROUNDS = 15

_BARE = """
import json, time
begin = time.perf_counter()
import blinker, flask, flask_sqlalchemy, requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
app = flask.Flask("shop")
db = flask_sqlalchemy.SQLAlchemy()
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db.init_app(app)
"""
_OURS = """
from flask_antom import FlaskAntom
antom = FlaskAntom(db=db)
app.config.update(
    ANTOM_CLIENT_ID="SANDBOX_5YBENCHMARK000001",
    ANTOM_PRIVATE_KEY=private, ANTOM_PUBLIC_KEY=public,
    ANTOM_PUBLIC_URL="https://shop.example", ANTOM_GATEWAY_URL="http://127.0.0.1:9",
)
antom.init_app(app)
"""
_TELL = """
seconds = time.perf_counter() - begin
status = open("/proc/self/status").read()
memory = int(status.partition("VmRSS:")[2].split()[0]) * 1024
print(json.dumps([seconds, memory]))
"""


def run(database: str) -> Iterator[Result]:
    """Measure in new processes, in turn; memory is Linux's resident set size."""
    pairs = [(_start(_BARE + _OURS), _start(_BARE)) for _ in range(ROUNDS)]
    beside = "Flask, SQLAlchemy, cryptography, requests"
    for name, index, write in (
        ("Start: import, make the app, init_app", 0, milli),
        ("Memory after that", 1, lambda size: f"{size / 1e6:.1f} MB"),
    ):
        ours = statistics.median(pair[0][index] for pair in pairs)
        bare = statistics.median(pair[1][index] for pair in pairs)
        ratio = statistics.median(pair[0][index] / pair[1][index] for pair in pairs)
        yield Result(name, write(ours), f"{write(bare)} ({beside})", ratio)
    yield _other_routes(database)


def _start(code: str) -> list[float]:
    keys = (
        "from tests.support.keys import ANTOM_PUBLIC_KEY as public,"
        " MERCHANT_PRIVATE_KEY as private\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", keys + code + _TELL],
        stdout=subprocess.PIPE,
        check=True,
    )
    numbers: list[float] = json.loads(done.stdout)
    return numbers


def _other_routes(database: str) -> Result:
    """Measure a route of the host with and without the extension."""
    with_antom, _ = make_shop(database)
    without = Flask("benchmark")
    for key in ("SECRET_KEY", "SQLALCHEMY_DATABASE_URI"):
        without.config[key] = with_antom.config[key]
    SQLAlchemy().init_app(without)
    for app in (with_antom, without):
        app.add_url_rule("/hello", "hello", lambda: "Hello!")
    environ = EnvironBuilder("/hello").get_environ()

    def call(app: Flask) -> None:
        answer = app(dict(environ), lambda status, headers, error=None: bytes)
        for _ in answer:
            pass
        answer.close()  # type: ignore[attr-defined]

    ours, bare, ratio = compare(
        lambda: call(with_antom),
        lambda: call(without),
        times=1000,
        rounds=25,
        clock=process_time,
    )
    return Result(
        "Another route of the host's", micro(ours), f"{micro(bare)} (without)", ratio
    )
