"""The commands of ``flask antom``. Each one calls a public method."""

from __future__ import annotations

import click
from flask.cli import AppGroup


class _Group(AppGroup):
    """Loads the commands when one is called: a server that takes requests has none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._load()
        return super().get_command(ctx, cmd_name)

    def _load(self) -> None:
        from . import act, check, clerk, lists, setup, tail, upkeep

        for room in (act, check, clerk, lists, setup, tail, upkeep):
            for command in room.COMMANDS:
                self.add_command(command)


group: AppGroup = _Group("antom", help="Antom payments.")
