"""Reads the settings of keys: one key, a list, or one for each version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import ConfigError
from ..gateway.keys import Keyring, find_faults
from .reader import Reader


def read_keyring(read: Reader) -> Keyring:
    """Return the merchant's keys and Antom's keys.

    What is missing or is not a key is noted.
    """
    private = read.noted(_private)
    public = read.noted(_public)
    sources = read.source("ANTOM_PRIVATE_KEY"), read.source("ANTOM_PUBLIC_KEY")
    read.faults.extend(find_faults(private, public or {}, *sources))
    try:
        version = read_key_version(read)
    except ConfigError:  # it is noted as a setting of its own
        version = "1"
    return Keyring(private or "", public or {}, version)


def _private(read: Reader) -> str | dict[str, str]:
    """Return one key, or several by version, beginning with the one that signs."""
    private = read.text_or_file("ANTOM_PRIVATE_KEY")
    if private is None:
        raise ConfigError("ANTOM_PRIVATE_KEY (or ANTOM_PRIVATE_KEY_FILE) is not set.")
    if isinstance(private, str):
        return private
    if not isinstance(private, Mapping) or not private:
        raise ConfigError(
            "ANTOM_PRIVATE_KEY must be the text of a key, or {version: key}."
        )
    keys = _checked("ANTOM_PRIVATE_KEY", private)
    first = read_key_version(read) if read.has("ANTOM_KEY_VERSION") else _lowest(keys)
    if first not in keys:
        raise ConfigError(
            f"ANTOM_KEY_VERSION is {first}, but ANTOM_PRIVATE_KEY has no such version."
        )
    return {first: keys[first]} | keys


def _lowest(versions: Iterable[str]) -> str:
    """Return the lowest version, as a number: 9 comes before 10."""
    return min(versions, key=int)


def _public(read: Reader) -> dict[str, str]:
    public = read.text_or_file("ANTOM_PUBLIC_KEY")
    if public is None:
        raise ConfigError(
            "ANTOM_PUBLIC_KEY (or ANTOM_PUBLIC_KEY_FILE) is not set. It is Antom's"
            " key, which the Dashboard shows once you have uploaded yours."
        )
    return _by_version(public)


def _by_version(public: Any) -> dict[str, str]:
    """Return one key, a list of keys or ``{version: key}`` in the last form."""
    if isinstance(public, str):
        public = [public]
    if isinstance(public, list | tuple):
        public = {str(place): key for place, key in enumerate(public, start=1)}
    if not isinstance(public, Mapping) or not public:
        raise ConfigError("ANTOM_PUBLIC_KEY must be a key, a list or {version: key}.")
    return _checked("ANTOM_PUBLIC_KEY", public)


def _checked(setting: str, keys: Mapping[Any, Any]) -> dict[str, str]:
    """Return keys by version, of which each is text."""
    for version, key in keys.items():
        if not _is_version(version):
            raise ConfigError(
                f'{setting} has a version that is not a whole number, such as "1".'
            )
        if not isinstance(key, str):
            raise ConfigError(f"{setting} {version} must be the text of a key.")
    return {str(version): key for version, key in keys.items()}


def read_key_version(read: Reader) -> str:
    """Return ``ANTOM_KEY_VERSION`` as text.

    :raises ConfigError: if it is not a whole number.
    """
    value = read.get("ANTOM_KEY_VERSION")
    if not _is_version(value):
        raise ConfigError('ANTOM_KEY_VERSION must be a whole number, such as "1".')
    return str(value)


def _is_version(value: Any) -> bool:
    is_number = isinstance(value, str | int) and not isinstance(value, bool)
    return is_number and bool(re.fullmatch(r"\d{1,9}", str(value), re.ASCII))
