"""Where the settings and keys of an app are kept, even if it cannot start yet."""

from __future__ import annotations

import os
from pathlib import Path

import click
from flask import Flask
from flask.cli import NoAppException, ScriptInfo

from ..errors import ConfigError

FOLDER = "antom"
SETTINGS = "antom.cfg"
PRIVATE, PUBLIC = "merchant-private.pem", "antom-public.pem"


class Place:
    """The app of a command, if it can be loaded, and its instance folder.

    :ivar app: the app; ``None`` if there is none, or if it does not start.
    :ivar trouble: why there is no app.
    :ivar app_option: the option of ``flask`` that names the app, with a blank before.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.app: Flask | None = None
        self.trouble: str = ""
        info = click.get_current_context().ensure_object(ScriptInfo)
        named = None if "FLASK_APP" in os.environ else info.app_import_path
        self.app_option: str = f" --app {named}" if named else ""
        try:
            self.app = info.load_app()
        except (NoAppException, ConfigError) as error:
            self.trouble = str(error)
        except Exception as error:  # an app that lacks settings may raise anything
            self.trouble = f"{type(error).__name__}: {error}"
        if folder is None:
            app = self.app
            folder = Path("instance") if app is None else Path(app.instance_path)
        self.folder: Path = folder.absolute()

    def has(self, key: str) -> bool:
        """Whether the app has a setting already."""
        return self.app is not None and self.app.config.get(key) is not None

    @property
    def settings(self) -> Path:
        """The file of settings."""
        return self.folder / SETTINGS

    @property
    def private_key(self) -> Path:
        """The file of the merchant's private key."""
        return self.folder / FOLDER / PRIVATE

    @property
    def antom_key(self) -> Path:
        """The file of Antom's public key."""
        return self.folder / FOLDER / PUBLIC


def shown(path: Path) -> str:
    """Return a path as short as it can be named from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def ignore(folder: Path) -> None:
    """Keep a folder of keys out of the shop's repository."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / ".gitignore"
    if not mark.exists():
        mark.write_text("*\n")
