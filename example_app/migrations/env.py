"""Connects Flask-Migrate to the shop's database with Flask-Antom's tables."""

from typing import Any

from alembic import context
from flask import current_app


def run_migrations() -> None:
    migrate: Any = current_app.extensions["migrate"]
    with migrate.db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
