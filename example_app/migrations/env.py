"""How Flask-Migrate reaches the shop's database. Flask-Antom's tables are in it."""

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
