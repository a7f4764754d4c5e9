"""The commands of ``flask antom``. Each one calls a public method."""

from __future__ import annotations

from flask.cli import AppGroup

from . import setup, upkeep

group: AppGroup = AppGroup(
    "antom", commands=[*setup.COMMANDS, *upkeep.COMMANDS], help="Antom payments."
)
