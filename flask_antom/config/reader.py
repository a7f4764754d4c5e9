"""Reads one setting, and checks its type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ..errors import ConfigError

T = TypeVar("T")


class Reader:
    """Typed access to the settings, with error messages for the usual mistakes.

    Every method but :meth:`noted` raises :class:`~flask_antom.errors.ConfigError` if
    the setting is missing or has the wrong type.

    :ivar faults: the noted sentences about settings that are missing or wrong.
    """

    def __init__(
        self, settings: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> None:
        self._settings = settings
        self._defaults = defaults
        self.faults: list[str] = []

    def noted(self, function: Callable[[Reader], T]) -> T | None:
        """Return what a function returns, or note the sentence of its ``ConfigError``.

        So one error can name everything that is missing or wrong.
        """
        try:
            return function(self)
        except ConfigError as error:
            self.faults.append(str(error))
            return None

    def has(self, key: str) -> bool:
        """Whether a setting is set."""
        return self._settings.get(key) is not None

    def get(self, key: str) -> Any:
        """Return a setting or its default."""
        value = self._settings.get(key)
        if value is None:
            value = self._defaults[key]
        if value is ...:
            raise ConfigError(f"{key} is not set.")
        return value

    def text_or_none(self, key: str) -> str | None:
        """Return a text that may be missing, without blanks at its ends."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise ConfigError(
                f"{key} must be text but is of type {type(value).__name__}."
                " from_prefixed_env() reads values such as 5E88123 as numbers:"
                " put double quotes inside the variable, '\"...\"'."
            )
        if not value.strip():
            raise ConfigError(f"{key} is empty.")
        return value.strip()

    def text(self, key: str) -> str:
        """Return a text, without blanks at its ends."""
        value = self.text_or_none(key)
        if value is None:
            raise ConfigError(f"{key} is not set.")
        return value

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        """Return one of the choices."""
        value = self.text(key)
        if value not in choices:
            known = ", ".join(f'"{choice}"' for choice in choices)
            raise ConfigError(f"{key} must be one of {known} (small letters).")
        return value

    def switch(self, key: str) -> bool:
        """Return ``True`` or ``False``."""
        value = self.get(key)
        if not isinstance(value, bool):
            raise ConfigError(f"{key} must be True or False, not in quotes.")
        return value

    def text_or_file(self, key: str) -> Any:
        """Return ``key``, or the texts of the files that ``key_FILE`` names.

        That is the path of a file, a list of paths, or ``{version: path}``.
        """
        file_key = f"{key}_FILE"
        value, path = self.get(key), self.get(file_key)
        if value is not None and path is not None:
            raise ConfigError(f"{key} and {file_key} are both set; keep one.")
        if path is None:
            return value
        if isinstance(path, Mapping):
            return {name: _text_of(file_key, one) for name, one in path.items()}
        if isinstance(path, list | tuple):
            return [_text_of(file_key, one) for one in path]
        return _text_of(file_key, path)

    def source(self, key: str) -> str:
        """Return the name of the setting that :meth:`text_or_file` reads."""
        return key if self.get(f"{key}_FILE") is None else f"{key}_FILE"


def check_header(key: str, value: str) -> str:
    """Return a value that is sent in a header: ASCII without blanks.

    :raises ConfigError: if it holds another character; the message names the key.
    """
    if not re.fullmatch(r"[!-~]+", value):
        raise ConfigError(f"{key} holds a blank or another forbidden character.")
    return value


def _text_of(file_key: str, path: Any) -> str:
    if not isinstance(path, str | Path):
        raise ConfigError(f"{file_key} must be the path of a file.")
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{file_key} names a file that cannot be read ({type(error).__name__})."
        ) from None
