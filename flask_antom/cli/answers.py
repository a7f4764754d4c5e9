"""The questions of ``flask antom init``, and the check of each answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..config import DEFAULTS
from ..config.fields import ACCOUNT, OTHERS
from ..config.reader import Reader
from ..domain.payment_methods import METHODS
from ..errors import ConfigError
from ..gateway.key_files import pem
from ..gateway.keys import find_faults, load_public_key

#: Antom's host for each region (Antom: fundamentals); the Dashboard shows which.
REGIONS = {
    "asia": "https://open-sea-global.alipay.com",
    "europe": "https://open-de-global.alipay.com",
    "north-america": "https://open-na-global.alipay.com",
}

Check = Callable[[str], Any]

#: A text with fewer letters is no key: one of 1024 bits has more than 200.
_SHORTEST_KEY = 100


class Answers:
    """The settings, as far as they are answered.

    :ivar settings: the checked values, by key.
    :ivar antom_key: Antom's public key as PEM.
    """

    def __init__(self, *, asks: bool) -> None:
        self._asks = asks
        self.settings: dict[str, Any] = {}
        self.antom_key: bytes = b""

    def take(
        self,
        given: str | None,
        option: str,
        words: str,
        check: Check,
        default: str = "",
    ) -> None:
        """Check the value of an option, or ask until an answer is right.

        :param default: what counts without an answer; if it is empty, there must be
            one.
        :raises click.UsageError: if the value is wrong, or nobody can be asked.
        """
        if given is None and self._asks:
            click.prompt(words, default=default or None, value_proc=check)
        elif given is None and not default:
            raise click.UsageError(f"{option} is missing, and --no-input asks nothing.")
        else:
            try:
                check(default if given is None else given)
            except click.UsageError as error:
                raise click.UsageError(f"{option}: {error.message}") from None

    def region(self, text: str) -> None:
        """Take the name of a region, or the host that the Dashboard shows."""
        host = text.strip().rstrip("/")
        url = REGIONS.get(host.lower(), host)
        if "://" not in url:
            url = f"https://{url}"
            if "." not in url:
                known = ", ".join(REGIONS)
                raise click.UsageError(
                    f"There is no region {host}, only {known}. A host has a point."
                )
        self._set("ANTOM_GATEWAY_URL", url, OTHERS["gateway_url"])

    def client_id(self, text: str) -> None:
        """Take the client id, whose beginning names the environment."""
        self._set("ANTOM_CLIENT_ID", text, ACCOUNT["client_id"])

    def public_url(self, text: str) -> None:
        """Take the address by which Antom and buyers reach the shop."""
        self._set("ANTOM_PUBLIC_URL", text, ACCOUNT["public_url"])

    def methods(self, text: str) -> None:
        """Take the payment methods, with commas or blanks between them."""
        names = text.upper().replace(",", " ").split()
        for name in names:
            if not any(name in kind for kind in METHODS.values()):
                click.echo(f"Nobody here knows {name}: is it Antom's name?", err=True)
        self._set("ANTOM_PAYMENT_METHODS", names, OTHERS["payment_methods"])

    def public_key(self, text: str, own: Path) -> None:
        """Take Antom's public key: its text, or the file that has it.

        :param own: the file of the merchant's private key.
        """
        text = _text_of(_whole(text) if self._asks else text)
        names = str(own), "Antom's key"
        faults = find_faults(own.read_text(encoding="ascii"), {"": text}, *names)
        if faults:
            raise click.UsageError(" ".join(faults))
        self.antom_key = pem(load_public_key(text))

    def _set(self, key: str, value: Any, read: Callable[[Reader], Any]) -> None:
        changed = {**self.settings, key: value}
        try:
            read(Reader(changed, DEFAULTS))
        except ConfigError as error:
            raise click.UsageError(str(error)) from None
        self.settings[key] = value.strip() if isinstance(value, str) else value


def _whole(text: str) -> str:
    """Return a pasted key: one that begins with PEM's armour has more lines."""
    lines = [text]
    while "-----BEGIN" in lines[0] and "-----END" not in lines[-1]:
        lines.append(click.prompt("", prompt_suffix="", show_default=False))
    return "\n".join(lines)


def _text_of(text: str) -> str:
    """Return the text of a file, if this is the path of one.

    :raises click.UsageError: if it can only be the path of a file that is not there.
    """
    try:
        path = Path(text.strip())
        if path.is_file():
            return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return text
    if len(text) < _SHORTEST_KEY and any(mark in text for mark in "./\\"):
        raise click.UsageError(f"Antom's key: there is no file {path}.")
    return text
