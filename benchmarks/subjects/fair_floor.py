"""The fair floor: the same work by hand, with the tools that Flask-Antom's shop uses.

A view with ``db.session`` of Flask-SQLAlchemy and Core statements. It verifies, inserts
the notification and marks the payment, commits, calls the shop's own receiver, and
commits. A copy does all of this again. So a crash between the commits loses nothing,
because the receiver can run twice. It has no events, no states and no masking.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import sqlalchemy as sa
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.dialects.postgresql import insert

from benchmarks.subjects.floor import ANSWER, Floor, is_signed, load_key
from benchmarks.subjects.host import db, make_host, mark_paid

_TIME = sa.DateTime(timezone=True)
_INBOX = sa.table("inbox", sa.column("key"), sa.column("body"))
_ORDERS = sa.table(
    "orders",
    *(sa.column("request_id"), sa.column("amount"), sa.column("currency")),
    *(sa.column("status"), sa.column("paid_at", _TIME)),
)
_INSERT = insert(_INBOX).on_conflict_do_nothing(index_elements=["key"])
_UPDATE = (
    sa.update(_ORDERS)
    .where(
        _ORDERS.c.request_id == sa.bindparam("id"),
        _ORDERS.c.amount == sa.bindparam("value"),
        _ORDERS.c.currency == sa.bindparam("code"),
        _ORDERS.c.status != "paid",
    )
    .values(status="paid", paid_at=sa.func.now())
)


def make_app() -> Flask:
    app = make_host(os.environ["BENCHMARK_DATABASE"])
    key = load_key()

    @app.post("/antom/notify")
    def notify() -> ResponseReturnValue:
        body = request.get_data(cache=False)
        if not is_signed(key, request, body):
            return {}, 401
        fields = json.loads(body)
        amount = fields["paymentAmount"]
        request_id = fields["paymentRequestId"]
        row = {"key": hashlib.sha256(body).hexdigest(), "body": body.decode()}
        db.session.execute(_INSERT, row)
        paid = {"value": int(amount["value"]), "code": amount["currency"]}
        db.session.execute(_UPDATE, {"id": request_id, **paid})
        db.session.commit()
        mark_paid(request_id)
        db.session.commit()
        return jsonify(ANSWER)

    return app


def make_subject() -> Any:
    return Floor(make_app)
