"""The commands of ``flask antom``. Each one calls a public method."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError, ProgrammingError

from ..errors import ConfigError

_ROOMS = (
    *("act", "check", "clerk", "init", "keygen"),
    *("lists", "setup", "tail", "trigger", "upkeep"),
)


class _Group(AppGroup):
    """Loads the commands when one is called: a server that takes requests has none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._load()
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; wrong settings and no tables are told in a few lines."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise click.ClickException(str(error)) from None
        except DBAPIError as error:
            if not _lacks_tables(error):
                raise
            raise click.ClickException(_database_failed(error)) from None

    def _load(self) -> None:
        for name in _ROOMS:
            for command in import_module(f".{name}", __name__).COMMANDS:
                self.add_command(command)


def _lacks_tables(error: DBAPIError) -> bool:
    """Whether a table or a column is missing."""
    missing = ("no such table", "no such column", "Unknown column")
    return isinstance(error, ProgrammingError) or any(
        words in str(error.orig) for words in missing
    )


def _database_failed(error: DBAPIError) -> str:
    """Return a text without the statement, whose values may be secrets."""
    from .printing import harmless

    first, *_ = str(error.orig).splitlines() or [""]
    kind = type(error.orig).__name__
    return (
        f"The database has failed: {kind}: {harmless(first)}\n"
        "    flask antom check\nnames the cure, such as a migration."
    )


group: AppGroup = _Group(
    "antom", help="Set up, check and look after payments by Antom."
)
