"""The start of an app with the extension, over that of its dependencies.

Python has compiled everything before: a shop compiles once, and starts often.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

from benchmarks.bench import AGAINST, PRESENT, Bench, collected
from benchmarks.environments import Environment
from benchmarks.measure import Result, beside, megabytes, milli

#: Starts in a round. A single one says little.
STARTS = 3

_BARE = """
import json, time
begin = time.process_time()
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
seconds = time.process_time() - begin
status = open("/proc/self/status").read()
memory = int(status.partition("VmRSS:")[2].split()[0]) * 1024
print(json.dumps([seconds, memory]))
"""
_KEYS = (
    "from tests.support.keys import ANTOM_PUBLIC_KEY as public,"
    " MERCHANT_PRIVATE_KEY as private\n"
)


def run(bench: Bench) -> Iterator[Result]:
    """Measure in new processes, in turn; memory is Linux's resident set size."""
    over, memory_over = collected(), collected()
    whole, bare = [], []
    for environment in bench.builds.values():
        for code in (_BARE + _OURS, _BARE):
            _start(environment, code)  # whatever is left to compile
    for turn in bench.turns("start", [*bench.builds]):
        for name in turn:
            environment = bench.builds[name]
            pairs = [
                (_start(environment, _BARE + _OURS), _start(environment, _BARE))
                for _ in range(STARTS)
            ]
            ours, theirs = (
                [min(pair[side][index] for pair in pairs) for index in (0, 1)]
                for side in (0, 1)
            )
            over[name].append(ours[0] - theirs[0])
            memory_over[name].append(ours[1] - theirs[1])
            if name == PRESENT:
                whole.append(ours)
                bare.append(theirs)
    title = "Start, over the dependencies: CPU"
    yield from bench.results(title, over, milli, {AGAINST: "<= 0.45"})
    yield from bench.results("Memory, over the dependencies", memory_over, megabytes)
    for name, index, write in (
        ("Start, whole: CPU", 0, milli),
        ("Memory", 1, megabytes),
    ):
        yield beside(
            name,
            [each[index] for each in whole],
            [each[index] for each in bare],
            "Flask, SQLAlchemy, cryptography, requests",
            write,
        )


def _start(environment: Environment, code: str) -> list[float]:
    process = environment.start("-c", _KEYS + code + _TELL, stdout=subprocess.PIPE)
    with process:
        text, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("The app did not start.")
    numbers: list[float] = json.loads(text)
    return numbers
