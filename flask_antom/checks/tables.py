"""Whether the four tables are as the models say: a migration may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import Flask

from ..app_state import AppState
from ..store.columns import OURS
from .findings import ERROR, WARNING, Fact, Finding, Mistake

MISSING = Mistake(
    "tables.missing",
    ERROR,
    "The database has no table {names}.",
    "Nobody can pay, and notifications are answered with 500.",
    "Run {command}.",
)
COLUMNS = Mistake(
    "tables.columns",
    ERROR,
    "The table {table} has no column {names}.",
    "Nobody can pay, and notifications are answered with 500.",
    "Run {command}.",
)
UNIQUE = Mistake(
    "tables.unique",
    ERROR,
    "The table {table} has no unique constraint over {names}.",
    "Two requests at once may both write: an order is paid or told twice.",
    "Run {command}. If Alembic finds nothing, add it to a migration by hand:"
    ' op.create_unique_constraint("{constraint}", "{table}", [{quoted}]).',
)
INDEX = Mistake(
    "tables.index",
    WARNING,
    "The table {table} has no index over {names}.",
    "Notifications and sweeps read the whole table, so they are slow.",
    "Run {command}. If Alembic finds nothing, add it to a migration by hand:"
    ' op.create_index("{constraint}", "{table}", [{quoted}]).',
)
NARROW = Mistake(
    "tables.narrow",
    ERROR,
    "The column {table}.{names} takes {there} characters, and {wanted} are needed.",
    "Longer values are cut or refused: notifications are answered with 500.",
    "Run {command}.",
)
ENGINE = Mistake(
    "tables.engine",
    ERROR,
    "The table {table} has the storage engine {engine}, which has no transactions.",
    "Nothing can be locked or undone: an order is paid or told twice.",
    "Run ALTER TABLE {table} ENGINE = InnoDB.",
)
COLLATION = Mistake(
    "tables.collation",
    WARNING,
    "The column {table}.{names} has the collation {there}.",
    "The database takes A-1 and a-1 for the same.",
    "Add to a migration: ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4"
    " COLLATE utf8mb4_bin.",
)
MISTAKES = (MISSING, COLUMNS, UNIQUE, INDEX, NARROW, ENGINE, COLLATION)


_HERE = "table_name = :name AND table_schema = coalesce(:schema, database())"
_ENGINE = f"SELECT engine FROM information_schema.tables WHERE {_HERE}"  # noqa: S608
_COLLATIONS = (
    "SELECT column_name AS name, collation_name AS collation"  # noqa: S608
    f" FROM information_schema.columns WHERE {_HERE}"
)


def check(state: AppState) -> Iterator[Fact | Finding]:
    """Compare the tables of the database with the models."""
    with state.dossiers.transactions.connections.read() as connection:
        found = list(_check_tables(state, connection))
    yield Fact("Database", "does not fit" if found else "has all tables and columns")
    yield from found


def _check_tables(state: AppState, connection: sa.Connection) -> Iterator[Finding]:
    inspector = sa.inspect(connection)
    command = _command(state.app, connection)
    models: Any = state.host.models
    tables: list[sa.Table] = [model.__table__ for model in models]
    missing = [
        table for table in tables if not inspector.has_table(table.name, table.schema)
    ]
    if missing:
        names = ", ".join(table.fullname for table in missing)
        yield MISSING.found(names=names, command=command)
    is_mysql = connection.dialect.name in ("mariadb", "mysql")
    for table in tables:
        if table in missing:
            continue
        yield from _check_columns(table, inspector, command)
        yield from _check_keys(table, inspector, command)
        if is_mysql:
            yield from _check_mysql(table, connection)


def _check_columns(
    table: sa.Table, inspector: sa.Inspector, command: str
) -> Iterator[Finding]:
    there = {
        column["name"]: column["type"]
        for column in inspector.get_columns(table.name, table.schema)
    }
    gaps = {"table": table.fullname, "command": command}
    missing = [column.name for column in table.columns if column.name not in there]
    if missing:
        yield COLUMNS.found(names=", ".join(missing), **gaps)
    for column in table.columns:
        wanted = getattr(column.type, "length", None)
        length = getattr(there.get(column.name), "length", None)
        if wanted and length and length < wanted:
            yield NARROW.found(names=column.name, there=length, wanted=wanted, **gaps)


def _check_keys(
    table: sa.Table, inspector: sa.Inspector, command: str
) -> Iterator[Finding]:
    place = table.name, table.schema
    unique: list[Any] = [one["column_names"] for one in _unique(inspector, *place)]
    every: list[Any] = [one["column_names"] for one in inspector.get_indexes(*place)]
    primary = inspector.get_pk_constraint(*place)["constrained_columns"]
    for columns in sorted(_unique_of(table)):
        if not any(sorted(one) == sorted(columns) for one in unique):
            yield UNIQUE.found(**_gaps(table, columns, command))
    for index in sorted(table.indexes, key=lambda one: one.columns.keys()):
        wanted = [column.name for column in index.columns]
        known = [*every, *unique, primary]
        if not index.unique and not any(one[: len(wanted)] == wanted for one in known):
            yield INDEX.found(**_gaps(table, wanted, command))


def _unique(inspector: sa.Inspector, name: str, schema: str | None) -> Iterator[Any]:
    yield from inspector.get_unique_constraints(name, schema)
    yield from (one for one in inspector.get_indexes(name, schema) if one["unique"])


def _unique_of(table: sa.Table) -> Iterator[list[str]]:
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            yield [column.name for column in constraint.columns]
    for index in table.indexes:
        if index.unique:
            yield [column.name for column in index.columns]


def _gaps(table: sa.Table, columns: list[str], command: str) -> dict[str, str]:
    return {
        "table": table.fullname,
        "names": ", ".join(columns),
        "command": command,
        "constraint": "_".join([table.name, *columns])[:60],
        "quoted": ", ".join(f'"{column}"' for column in columns),
    }


def _check_mysql(table: sa.Table, connection: sa.Connection) -> Iterator[Finding]:
    place = {"name": table.name, "schema": table.schema}
    engine = connection.scalar(sa.text(_ENGINE), place)
    if engine != "InnoDB":
        yield ENGINE.found(table=table.fullname, engine=engine)
    rows = connection.execute(sa.text(_COLLATIONS), place)
    collations = {row.name: row.collation for row in rows}
    for column in table.columns:
        there = collations.get(column.name)
        is_key = OURS in column.info and isinstance(column.type, sa.String)
        is_key = is_key and not isinstance(column.type, sa.Text)
        if is_key and there and not there.endswith("_bin"):
            yield COLLATION.found(table=table.fullname, names=column.name, there=there)
            return  # one of them says it all


def _command(app: Flask, connection: sa.Connection) -> str:
    """Return what brings the tables up to date."""
    if "migrate" not in app.extensions:
        return "db.create_all() for new tables, and ALTER TABLE for changed ones"
    if _is_behind(app, connection):
        return "flask db upgrade"
    return 'flask db migrate -m "Flask-Antom", and then flask db upgrade'


def _is_behind(app: Flask, connection: sa.Connection) -> bool:
    """Whether there is a migration of Flask-Migrate's that was not run."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    migrate: Any = app.extensions["migrate"]
    try:
        script = ScriptDirectory.from_config(migrate.migrate.get_config())
        wanted = set(script.get_heads())
    except CommandError:
        return False
    here = MigrationContext.configure(connection).get_current_heads()
    return wanted != set(here)
