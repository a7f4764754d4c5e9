"""Checks of absolute URLs in settings."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from .errors import ConfigError


def is_loopback(host: str) -> bool:
    """Whether a URL's host is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_url(key: str, value: str, *, http_hosts: Callable[[str], bool]) -> str:
    """Check an absolute URL, which must have no query, fragment, user or password.

    :param key: the setting, for the error message.
    :param http_hosts: takes a host, and returns whether ``http://`` is allowed for it.
    :returns: the URL without a slash at its end.
    :raises ConfigError: if the URL is not allowed; the message names the key.
    """
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(f"{key} is not a URL.") from None
    if parts.scheme not in ("https", "http") or not host:
        raise ConfigError(f'{key} must begin with "https://" and name a host.')
    if parts.scheme == "http" and not http_hosts(host):
        raise ConfigError(f'{key} must begin with "https://"; "http://" is not safe.')
    if "?" in value or "#" in value:
        raise ConfigError(f"{key} must have no query and no fragment.")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{key} must hold no user name or password.")
    if re.search(r"[^!-~]|\\", value):
        raise ConfigError(f"{key} holds a blank or another forbidden character.")
    return value.rstrip("/")


def check_signed_path(key: str, path: str) -> None:
    """Check a part of the path to which Antom posts, and which it signs.

    Proxies and HTTP libraries write some characters of a path in another way.

    :param key: the setting, for the error message.
    :param path: empty, or beginning with a slash.
    :raises ConfigError: if it has such a character; the message names the key.
    """
    if re.fullmatch(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)*", path, re.ASCII):
        return
    found = re.search(r"//|/\.{1,2}(?=/|$)|[^A-Za-z0-9._/-]", path, re.ASCII)
    what = found.group() if found else "/"
    raise ConfigError(
        f'{key} has "{what}" in its path. Antom signs the path to which it posts, and'
        " some proxies rewrite this, so that no signature would match. Use letters,"
        ' digits, ".", "_" and "-" between single slashes.'
    )
