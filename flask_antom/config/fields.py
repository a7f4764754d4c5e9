"""Reads the field of :class:`.settings.Config` that each setting is for, and checks it.

An error names the setting, guesses the mistake and never shows the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ..domain import modes
from ..domain.money import DECIMALS
from ..domain.payment_methods import METHOD_TYPE
from ..errors import ConfigError
from ..gateway.keys import Keyring
from ..opaque import Opaque
from ..urls import check_signed_path, check_url, is_loopback
from .keys import read_key_version, read_keyring
from .reader import Reader, check_header

_SANDBOX_PREFIX = "SANDBOX_"
_INTEGRITY = re.compile(r"sha(256|384|512)-[A-Za-z0-9+/]+={0,2}", re.ASCII)


def _client_id(read: Reader) -> str:
    return check_header("ANTOM_CLIENT_ID", read.text("ANTOM_CLIENT_ID"))


def _environment_by_id(read: Reader) -> str | None:
    """Return the environment of the client id; ``None`` if that is missing or wrong."""
    try:
        is_sandbox = _client_id(read).startswith(_SANDBOX_PREFIX)
    except ConfigError:
        return None
    return "sandbox" if is_sandbox else "prod"


def _environment(read: Reader) -> str:
    by_id = _environment_by_id(read)
    if read.get("ANTOM_ENVIRONMENT") is None:
        return by_id or "sandbox"
    environment = read.choice("ANTOM_ENVIRONMENT", ("sandbox", "prod"))
    if by_id not in (None, environment):
        raise ConfigError(
            f'ANTOM_ENVIRONMENT is "{environment}", but ANTOM_CLIENT_ID'
            f" {'has' if by_id == 'sandbox' else 'lacks'} the prefix"
            f" {_SANDBOX_PREFIX} of sandbox ids. One of them belongs to the other"
            " environment."
        )
    return environment


def _agent_token(read: Reader) -> Opaque[str] | None:
    token = read.text_or_none("ANTOM_AGENT_TOKEN")
    return None if token is None else Opaque(check_header("ANTOM_AGENT_TOKEN", token))


def _gateway_url(read: Reader) -> str:
    key = "ANTOM_GATEWAY_URL"
    url = check_url(key, read.text(key), http_hosts=is_loopback)
    if urlsplit(url).path:
        raise ConfigError(
            f"{key} is scheme and host only; the path of each call is added to it."
        )
    return url


def _public_url(read: Reader) -> str:
    key, is_sandbox = "ANTOM_PUBLIC_URL", _environment_by_id(read) != "prod"
    url = check_url(key, read.text(key), http_hosts=lambda host: is_sandbox)
    check_signed_path(key, urlsplit(url).path)
    return url


def _public_url_or_none(read: Reader) -> str:
    return _public_url(read) if read.has("ANTOM_PUBLIC_URL") else ""


def _url_prefix(read: Reader) -> str:
    key = "ANTOM_URL_PREFIX"
    prefix = read.text(key)
    if not prefix.startswith("/") or prefix.endswith("/"):
        raise ConfigError(f'{key} must look like "/antom": no "/" at its end.')
    check_signed_path(key, prefix)
    return prefix


def _settlement_currency(read: Reader) -> str | None:
    currency = read.text_or_none("ANTOM_SETTLEMENT_CURRENCY")
    if currency is not None and currency not in DECIMALS:
        raise ConfigError('ANTOM_SETTLEMENT_CURRENCY must be a code such as "USD".')
    return currency


def _payment_methods(read: Reader) -> tuple[str, ...] | None:
    value = read.get("ANTOM_PAYMENT_METHODS")
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not value:
        raise ConfigError('ANTOM_PAYMENT_METHODS must be a list such as ["GCASH"].')
    for method in value:
        if not isinstance(method, str) or not METHOD_TYPE.fullmatch(method):
            raise ConfigError(
                "ANTOM_PAYMENT_METHODS holds something that is not a payment method"
                ' type, such as "GCASH" (capital letters).'
            )
    return tuple(value)


def _sdk_url(read: Reader) -> str:
    value = read.text("ANTOM_SDK_URL")
    if value.startswith("/") and not value.startswith("//"):
        return value
    return check_url("ANTOM_SDK_URL", value, http_hosts=is_loopback)


def _sdk_integrity(read: Reader) -> str | None:
    value = read.text_or_none("ANTOM_SDK_INTEGRITY")
    if value is not None and not _INTEGRITY.fullmatch(value):
        raise ConfigError('ANTOM_SDK_INTEGRITY must look like "sha384-...".')
    return value


def _timeout(read: Reader) -> float:
    value = read.get("ANTOM_TIMEOUT")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError("ANTOM_TIMEOUT must be a number of seconds.")
    if not 0 < value <= 120:
        raise ConfigError("ANTOM_TIMEOUT must be more than 0 and at most 120 seconds.")
    return float(value)


def _csp_nonce(read: Reader) -> Callable[[], str] | str | None:
    value = read.get("ANTOM_CSP_NONCE")
    nonce: Callable[[], str] | str | None = value
    is_name = isinstance(value, str) and value.isidentifier()
    if value is not None and not is_name and not callable(value):
        raise ConfigError("ANTOM_CSP_NONCE must be a function or a name on g.")
    return nonce


def _checkout_mode(read: Reader) -> str:
    return read.choice("ANTOM_CHECKOUT_MODE", modes.MODES)


def _debug_panel(read: Reader) -> bool:
    return read.switch("ANTOM_DEBUG_PANEL")


def _event_delivery(read: Reader) -> str:
    return read.choice("ANTOM_EVENT_DELIVERY", ("inline", "worker"))


def _shop_name(read: Reader) -> str | None:
    return read.text_or_none("ANTOM_SHOP_NAME")


def _color_scheme(read: Reader) -> str:
    return read.choice("ANTOM_COLOR_SCHEME", ("light", "dark", "auto"))


def _time_zone(read: Reader) -> tzinfo | str | None:
    name = read.text_or_none("ANTOM_TIME_ZONE")
    if name is None or name == "buyer":
        return name
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            'ANTOM_TIME_ZONE must be "buyer" or a name such as "Asia/Kuala_Lumpur"'
            " (the list: zoneinfo.available_timezones()). If the name is right, this"
            " system has no time zones: install the package tzdata."
        ) from None


#: The functions that read the fields of an account, and what is there without one.
ACCOUNT: Mapping[str, Callable[[Reader], Any]] = {
    "client_id": _client_id,
    "keyring": read_keyring,
    "public_url": _public_url,
}
NO_ACCOUNT: Mapping[str, Callable[[Reader], Any]] = {
    "client_id": lambda read: "",
    "keyring": lambda read: Keyring("", {}),
    "public_url": _public_url_or_none,
}

#: The functions that read the other fields.
OTHERS: Mapping[str, Callable[[Reader], Any]] = {
    "key_version": read_key_version,
    "agent_token": _agent_token,
    "environment": _environment,
    "gateway_url": _gateway_url,
    "url_prefix": _url_prefix,
    "settlement_currency": _settlement_currency,
    "payment_methods": _payment_methods,
    "checkout_mode": _checkout_mode,
    "debug_panel": _debug_panel,
    "sdk_url": _sdk_url,
    "sdk_integrity": _sdk_integrity,
    "timeout": _timeout,
    "event_delivery": _event_delivery,
    "csp_nonce": _csp_nonce,
    "shop_name": _shop_name,
    "color_scheme": _color_scheme,
    "time_zone": _time_zone,
}
