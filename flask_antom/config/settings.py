"""The ``ANTOM_`` keys, with their defaults and checks.

The keys are read once, in ``init_app``. A wrong key raises
:class:`~flask_antom.errors.ConfigError`. Its message names the key, guesses the mistake
and never shows the value.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..browser_sdk import releases
from ..domain import modes
from ..domain.money import DECIMALS
from ..domain.payment_methods import METHOD_TYPE
from ..errors import ConfigError
from ..gateway.keys import Keyring
from ..opaque import Opaque, conceal
from ..urls import check_url, is_loopback
from .keys import read_key_version, read_keyring
from .reader import Reader, check_header

#: Every key with its default; ``...`` marks the required ones.
DEFAULTS: Mapping[str, Any] = {
    "ANTOM_CLIENT_ID": ...,
    "ANTOM_PRIVATE_KEY": None,
    "ANTOM_PRIVATE_KEY_FILE": None,
    "ANTOM_PUBLIC_KEY": None,
    "ANTOM_PUBLIC_KEY_FILE": None,
    "ANTOM_PUBLIC_URL": ...,
    "ANTOM_GATEWAY_URL": "https://open-sea-global.alipay.com",
    "ANTOM_URL_PREFIX": "/antom",
    "ANTOM_ENVIRONMENT": None,
    "ANTOM_KEY_VERSION": "1",
    "ANTOM_AGENT_TOKEN": None,
    "ANTOM_SETTLEMENT_CURRENCY": None,
    "ANTOM_PAYMENT_METHODS": None,
    "ANTOM_CHECKOUT_MODE": "cashier",
    "ANTOM_DEBUG_PANEL": False,
    "ANTOM_SDK_URL": releases.DEFAULT_URL,
    "ANTOM_SDK_INTEGRITY": None,
    "ANTOM_TIMEOUT": 10,
    "ANTOM_EVENT_DELIVERY": "inline",
    "ANTOM_CSP_NONCE": None,
}


_SANDBOX_PREFIX = "SANDBOX_"
_INTEGRITY = re.compile(r"sha(256|384|512)-[A-Za-z0-9+/]+={0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Config:
    """One app's settings, checked. Secrets are left out of the ``repr``."""

    client_id: str
    keyring: Keyring = field(repr=False)
    key_version: str
    agent_token: Opaque[str] | None = field(repr=False)
    environment: str
    gateway_url: str
    public_url: str
    url_prefix: str
    settlement_currency: str | None
    payment_methods: tuple[str, ...] | None
    checkout_mode: str
    debug_panel: bool
    sdk_url: str
    sdk_integrity: str | None
    timeout: float
    event_delivery: str
    csp_nonce: Callable[[], str] | str | None = field(repr=False)

    @classmethod
    @conceal
    def from_mapping(cls, settings: Mapping[str, Any]) -> Config:
        """Read the ``ANTOM_`` keys of ``app.config``.

        :raises ConfigError: for the first key that is missing or wrong.
        """
        _refuse_misspelt(settings)
        read = Reader(settings, DEFAULTS)
        client_id = check_header("ANTOM_CLIENT_ID", read.text("ANTOM_CLIENT_ID"))
        environment = _environment(read, client_id)
        return cls(
            client_id=client_id,
            keyring=read_keyring(read),
            key_version=read_key_version(read.get("ANTOM_KEY_VERSION")),
            agent_token=_agent_token(read),
            environment=environment,
            gateway_url=_gateway_url(read),
            public_url=_public_url(read, environment),
            url_prefix=_url_prefix(read),
            settlement_currency=_settlement_currency(read),
            payment_methods=_payment_methods(read.get("ANTOM_PAYMENT_METHODS")),
            checkout_mode=read.choice("ANTOM_CHECKOUT_MODE", modes.MODES),
            debug_panel=read.switch("ANTOM_DEBUG_PANEL"),
            sdk_url=_sdk_url(read),
            sdk_integrity=_sdk_integrity(read),
            timeout=_timeout(read.get("ANTOM_TIMEOUT")),
            event_delivery=read.choice("ANTOM_EVENT_DELIVERY", ("inline", "worker")),
            csp_nonce=_csp_nonce(read.get("ANTOM_CSP_NONCE")),
        )

    @property
    def notify_url(self) -> str:
        """The URL that Antom sends notifications to."""
        return f"{self.public_url}{self.url_prefix}/notify"

    @property
    def notify_path(self) -> str:
        """The path of :attr:`notify_url`, which is a part of the signed text."""
        return urlsplit(self.notify_url).path

    def mode(self, wanted: str | None) -> str:
        """Return the mode of a checkout: the wanted one, or ``ANTOM_CHECKOUT_MODE``.

        :raises ConfigError: if there is no such mode.
        """
        mode = self.checkout_mode if wanted is None else wanted
        if mode not in modes.MODES:
            known = ", ".join(f'"{name}"' for name in modes.MODES)
            raise ConfigError(f"mode is {mode!r}, but must be one of {known}.")
        return mode

    def public(self, path: str) -> str:
        """Return the public URL of a path below ``ANTOM_URL_PREFIX``."""
        return f"{self.public_url}{self.url_prefix}{path}"


def _refuse_misspelt(settings: Mapping[str, Any]) -> None:
    for key in settings:
        if key.startswith("ANTOM") and key not in DEFAULTS:
            close = difflib.get_close_matches(key, DEFAULTS, n=1, cutoff=0.9)
            if close:
                raise ConfigError(f"There is no key {key}. Did you mean {close[0]}?")


def _environment(read: Reader, client_id: str) -> str:
    by_id = "sandbox" if client_id.startswith(_SANDBOX_PREFIX) else "prod"
    if read.get("ANTOM_ENVIRONMENT") is None:
        return by_id
    environment = read.choice("ANTOM_ENVIRONMENT", ("sandbox", "prod"))
    if environment != by_id:
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


def _public_url(read: Reader, environment: str) -> str:
    key = "ANTOM_PUBLIC_URL"
    return check_url(
        key, read.text(key), http_hosts=lambda host: environment == "sandbox"
    )


def _url_prefix(read: Reader) -> str:
    prefix = read.text("ANTOM_URL_PREFIX")
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", prefix, re.ASCII):
        raise ConfigError(
            'ANTOM_URL_PREFIX must look like "/antom": no "/" at its end.'
        )
    return prefix


def _settlement_currency(read: Reader) -> str | None:
    currency = read.text_or_none("ANTOM_SETTLEMENT_CURRENCY")
    if currency is not None and currency not in DECIMALS:
        raise ConfigError('ANTOM_SETTLEMENT_CURRENCY must be a code such as "USD".')
    return currency


def _payment_methods(value: Any) -> tuple[str, ...] | None:
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


def _timeout(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError("ANTOM_TIMEOUT must be a number of seconds.")
    if not 0 < value <= 120:
        raise ConfigError("ANTOM_TIMEOUT must be more than 0 and at most 120 seconds.")
    return float(value)


def _csp_nonce(value: Any) -> Callable[[], str] | str | None:
    nonce: Callable[[], str] | str | None = value
    is_name = isinstance(value, str) and value.isidentifier()
    if value is not None and not is_name and not callable(value):
        raise ConfigError("ANTOM_CSP_NONCE must be a function or a name on g.")
    return nonce
