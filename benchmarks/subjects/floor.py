"""The floor: the least work that is as durable, written by hand for this purpose.

It verifies, parses, inserts the notification and commits, marks the order and commits:
raw SQL through psycopg and its pool. It has no state machine, no other currencies, no
retries, no events and no masking.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote

import psycopg
import psycopg_pool
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from flask import Flask, Request, jsonify, request
from flask.typing import ResponseReturnValue

from benchmarks.messages import RESULT, notification, signed_text
from benchmarks.subjects.calls import notify, notify_twice
from tests.support.keys import ANTOM_PUBLIC_KEY

TABLES = """
    CREATE TABLE inbox (
        id bigserial PRIMARY KEY,
        key varchar(64) NOT NULL UNIQUE,
        body text NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE orders (
        id bigserial PRIMARY KEY,
        request_id varchar(64) NOT NULL UNIQUE,
        amount bigint NOT NULL,
        currency varchar(3) NOT NULL,
        status varchar(16) NOT NULL,
        paid_at timestamptz
    );
    CREATE TABLE shop_order (
        id serial PRIMARY KEY,
        reference varchar(64) NOT NULL UNIQUE,
        status varchar(16) NOT NULL
    );
"""
_FILL = (
    "INSERT INTO shop_order (reference, status)"
    " SELECT 'past-' || n, 'paid' FROM generate_series(1, %s) AS n",
    "INSERT INTO orders (request_id, amount, currency, status)"
    " SELECT 'past-' || n, 4200, 'MYR', 'paid' FROM generate_series(1, %s) AS n",
    "INSERT INTO inbox (key, body)"
    " SELECT 'past-' || n, repeat('{}', 300) FROM generate_series(1, %s) AS n",
)
_EXPECT = (
    "INSERT INTO orders (request_id, amount, currency, status)"
    " SELECT id, 4200, 'MYR', 'open' FROM unnest(%s::text[]) AS id",
    "INSERT INTO shop_order (reference, status)"
    " SELECT id, 'open' FROM unnest(%s::text[]) AS id",
)
_INSERT = "INSERT INTO inbox (key, body) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING"
_UPDATE = """
    UPDATE orders SET status = 'paid', paid_at = now()
    WHERE request_id = %s AND amount = %s AND currency = %s AND status <> 'paid'
"""
ANSWER = {"result": RESULT}


def load_key() -> RSAPublicKey:
    key = serialization.load_der_public_key(base64.b64decode(ANTOM_PUBLIC_KEY))
    assert isinstance(key, RSAPublicKey)
    return key


def is_signed(key: RSAPublicKey, request: Request, body: bytes) -> bool:
    """Whether the notification comes from the owner of the key."""
    header = request.headers["signature"]
    signature = base64.b64decode(unquote(header.rpartition("signature=")[2]))
    text = signed_text(request.path, request.headers["request-time"], body)
    try:
        key.verify(signature, text, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def make_app() -> Flask:
    app = Flask("floor")
    pool = psycopg_pool.ConnectionPool(
        os.environ["BENCHMARK_DATABASE"], min_size=5, max_size=5, open=True
    )
    key = load_key()

    @app.post("/antom/notify")
    def notify() -> ResponseReturnValue:
        body = request.get_data(cache=False)
        if not is_signed(key, request, body):
            return {}, 401
        fields = json.loads(body)
        amount = fields["paymentAmount"]
        with pool.connection() as connection:
            values = (hashlib.sha256(body).hexdigest(), body.decode())
            connection.execute(_INSERT, values)
        with pool.connection() as connection:
            connection.execute(
                _UPDATE,
                (
                    fields["paymentRequestId"],
                    int(amount["value"]),
                    amount["currency"],
                ),
            )
        return jsonify(ANSWER)

    return app


class Floor:
    """A floor as a subject.

    :param make_app: makes the app for the database in ``BENCHMARK_DATABASE``.
    """

    def __init__(self, make_app: Callable[[], Flask] = make_app) -> None:
        self._make_app = make_app

    def open(self, database: str, past: int) -> None:
        """Create the tables with paid orders in them.

        For tables that it knows as empty, the database plans to read every row.
        """
        self._database = os.environ["BENCHMARK_DATABASE"] = database
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(TABLES)
            for statement in _FILL:
                connection.execute(statement, (past,))
            connection.execute("VACUUM ANALYZE")
        self._app = self._make_app()

    def expect(self, request_ids: Sequence[str]) -> None:
        """Add open orders."""
        with psycopg.connect(self._database) as connection:
            for statement in _EXPECT:
                connection.execute(statement, ([*request_ids],))

    def notify_twice(self, request_ids: Sequence[str]) -> Any:
        return notify_twice(self._app, request_ids)

    def notify(self, request_id: str) -> float:
        return notify(self._app, notification(request_id))


make_subject = Floor
