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
from urllib.parse import unquote

import psycopg_pool
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from benchmarks.shop import CLIENT_ID
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
"""
_INSERT = "INSERT INTO inbox (key, body) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING"
_UPDATE = """
    UPDATE orders SET status = 'paid', paid_at = now()
    WHERE request_id = %s AND amount = %s AND currency = %s AND status <> 'paid'
"""
_ANSWER = {
    "result": {
        "resultCode": "SUCCESS",
        "resultStatus": "S",
        "resultMessage": "success",
    }
}


def make_app() -> Flask:
    app = Flask("floor")
    pool = psycopg_pool.ConnectionPool(
        os.environ["BENCHMARK_DATABASE"], min_size=5, max_size=5, open=True
    )
    key = serialization.load_der_public_key(base64.b64decode(ANTOM_PUBLIC_KEY))
    assert isinstance(key, RSAPublicKey)

    @app.post("/antom/notify")
    def notify() -> ResponseReturnValue:
        body = request.get_data(cache=False)
        time = request.headers["request-time"]
        header = request.headers["signature"]
        signature = base64.b64decode(unquote(header.rpartition("signature=")[2]))
        text = f"POST /antom/notify\n{CLIENT_ID}.{time}.".encode() + body
        try:
            key.verify(signature, text, PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
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
        return jsonify(_ANSWER)

    return app
