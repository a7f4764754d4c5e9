"""The commands of ``flask antom``. Each one calls a public method."""

from __future__ import annotations

from flask.cli import AppGroup

from . import setup, upkeep

group = AppGroup("antom", help="Antom payments.")
for command in (*setup.COMMANDS, *upkeep.COMMANDS):
    group.add_command(command)
