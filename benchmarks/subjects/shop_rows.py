"""Rows of Flask-Antom's tables, as copies of rows that Flask-Antom wrote itself.

The tables differ from build to build. So one payment is opened, and another one is
paid, through the routes. Their rows become templates, and a copy replaces what is
unique.
"""

# ruff: noqa: S608

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask import Flask

from benchmarks.messages import notification
from benchmarks.subjects.calls import notify
from benchmarks.subjects.host import db
from flask_antom import FlaskAntom

#: The payments to copy for: a table of ``ref`` and ``n``, from 1.
_NUMBERED = "SELECT md5(n::text) AS ref, n FROM generate_series(1, :size) AS n"
_GIVEN = (
    "SELECT ref, n FROM unnest(CAST(:refs AS text[])) WITH ORDINALITY AS given (ref, n)"
)
_ORDERS = "INSERT INTO shop_order (reference, status) SELECT ref, '{}' FROM ({}) AS new"


class Rows:
    """The tables of a shop.

    :param app: an app whose Antom answers at once.
    """

    def __init__(self, app: Flask, antom: FlaskAntom) -> None:
        self._app = app
        models = (antom.Payment, antom.Notification, antom.Event)
        self._tables = [model.__tablename__ for model in models]

    def create(self, past: int, spread: int = 0) -> None:
        """Create the tables, with paid orders in them.

        For tables that it knows as empty, the database plans to read every row.

        :param spread: seconds from one order to the next; the last one is of now.
        """
        with self._app.app_context():
            db.create_all()
        self._open = self._make_template("open_", is_paid=False)
        self._paid = self._make_template("paid_", is_paid=True)
        with self._app.app_context():
            for table in self._tables:
                values = {"size": past}
                self._copy("paid_", table, _NUMBERED, self._paid, values, spread=spread)
            db.session.execute(
                sa.text(_ORDERS.format("paid", _NUMBERED)), {"size": past}
            )
            db.session.commit()
        self.maintain()

    def expect(self, request_ids: Sequence[str], *, minutes: int = 0) -> None:
        """Add open payments.

        :param minutes: how long ago they were opened.
        """
        values = {"refs": [*request_ids]}
        with self._app.app_context():
            self._copy("open_", self._tables[0], _GIVEN, self._open, values, minutes)
            db.session.execute(sa.text(_ORDERS.format("open", _GIVEN)), values)
            db.session.commit()

    def remove_each(self, step: int) -> int:
        """Remove each n-th payment with all that belongs to it; return their number."""
        payments = self._tables[0]
        with self._app.app_context():
            chosen = f"SELECT id FROM {payments} WHERE id % {step} = 0"
            for table, column in self._references(payments):
                db.session.execute(
                    sa.text(f"DELETE FROM {table} WHERE {column} IN ({chosen})")
                )
            gone = db.session.execute(
                sa.text(f"DELETE FROM {payments} WHERE id % {step} = 0")
            )
            db.session.commit()
        self.maintain()
        return gone.rowcount  # type: ignore[attr-defined, no-any-return]

    def maintain(self) -> None:
        with self._app.app_context(), db.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(sa.text("VACUUM ANALYZE"))

    def _references(self, payments: str) -> list[tuple[str, str]]:
        """Return the tables and columns that refer to payments."""
        inspector = sa.inspect(db.engine)
        return [
            (table, key["constrained_columns"][0])
            for table in inspector.get_table_names()
            for key in inspector.get_foreign_keys(table)
            if key["referred_table"] == payments
        ]

    def _make_template(self, prefix: str, *, is_paid: bool) -> tuple[str, str]:
        """Open a payment, and pay it or not; return its order and its request id."""
        order = uuid.uuid4().hex
        fields = {"orderReference": order, "paymentMethodType": "GCASH"}
        answer = self._app.test_client().post("/antom/session", json=fields)
        request_id: str = answer.get_json()["paymentRequestId"]
        if is_paid:
            notify(self._app, notification(request_id))
        with self._app.app_context():
            for table in self._tables:
                statement = f"CREATE TABLE {prefix}{table} AS SELECT * FROM {table}"
                db.session.execute(sa.text(statement))
            for table in reversed(self._tables):
                db.session.execute(sa.text(f"DELETE FROM {table}"))
            db.session.commit()
        return order, request_id

    def _copy(
        self,
        prefix: str,
        table: str,
        numbers: str,
        old: tuple[str, str],
        values: Mapping[str, object],
        minutes: int = 0,
        spread: int = 0,
    ) -> None:
        """Copy the template's row of a table, once for each number."""
        size = values.get("size", 0)
        inspector = sa.inspect(db.session.connection())
        unique, payments = self._unique(inspector, table), self._tables[0]
        refers = {
            key["constrained_columns"][0]
            for key in inspector.get_foreign_keys(table)
            if key["referred_table"] == payments
        }
        last = f"(SELECT coalesce(max(id), 0) FROM {table})"
        # Payments are copied before what refers to them, so theirs are the last ids.
        first = f"(SELECT max(id) FROM {payments}) - (SELECT count(*) FROM numbers)"
        new: dict[str, str] = {}
        for column in inspector.get_columns(table):
            name, kind = column["name"], column["type"]
            new[name] = f"t.{name}"
            if name == "id":
                new[name] = f"{last} + n"
            elif name in refers:
                new[name] = f"CASE WHEN t.{name} > 0 THEN {first} + n END"
            elif isinstance(kind, sa.DateTime) and minutes:
                new[name] = f"t.{name} - interval '{minutes} minutes'"
            elif isinstance(kind, sa.DateTime) and spread:
                new[name] = f"t.{name} - ({size} - n) * interval '{spread} seconds'"
            elif isinstance(kind, sa.String):
                new[name] = f"replace(replace(t.{name}, :order, ref), :request_id, ref)"
                if name in unique:
                    other = f"left(md5(ref), length(t.{name}))"
                    new[name] = f"coalesce(nullif({new[name]}, t.{name}), {other})"
        names = {"order": old[0], "request_id": old[1]}
        db.session.execute(
            sa.text(
                f"WITH numbers AS ({numbers}) INSERT INTO {table} ({', '.join(new)})"
                f" SELECT {', '.join(new.values())} FROM {prefix}{table} AS t, numbers"
            ),
            {**values, **names},
        )
        db.session.execute(
            sa.text(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                f" (SELECT coalesce(max(id), 1) FROM {table}))"
            )
        )

    def _unique(self, inspector: sa.Inspector, table: str) -> set[str]:
        """Return the columns that are unique by themselves."""
        constraints = inspector.get_unique_constraints(table)
        sets = [constraint["column_names"] for constraint in constraints]
        sets += [
            [name for name in index["column_names"] if name]
            for index in inspector.get_indexes(table)
            if index["unique"]
        ]
        return {names[0] for names in sets if len(names) == 1}
