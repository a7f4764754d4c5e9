"""The ``ANTOM_`` keys, with their defaults and checks.

The keys are read once, in ``init_app``. If any are missing or wrong, one
:class:`~flask_antom.errors.ConfigError` names them all. It guesses the mistakes and
never shows a value. Without any credential the app is not set up yet, which is no
error.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any
from urllib.parse import urlsplit

from ..browser_sdk import releases
from ..domain import modes
from ..errors import ConfigError
from ..gateway.keys import Keyring
from ..opaque import Opaque, SecretStr, conceal
from .fields import ACCOUNT, NO_ACCOUNT, OTHERS
from .reader import Reader

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
    "ANTOM_SHOP_NAME": None,
    "ANTOM_COLOR_SCHEME": "light",
    "ANTOM_TIME_ZONE": None,
}


#: The keys that belong to an account. If all are missing, the app is not set up yet.
CREDENTIALS = (
    *("ANTOM_CLIENT_ID", "ANTOM_AGENT_TOKEN"),
    *("ANTOM_PRIVATE_KEY", "ANTOM_PRIVATE_KEY_FILE"),
    *("ANTOM_PUBLIC_KEY", "ANTOM_PUBLIC_KEY_FILE"),
)

#: The sentence for developers of an app without any credential.
NOT_SET_UP = (
    "Payments are not set up: none of Antom's credentials is set. Set ANTOM_CLIENT_ID,"
    " ANTOM_PRIVATE_KEY (or ANTOM_PRIVATE_KEY_FILE), ANTOM_PUBLIC_KEY (or"
    " ANTOM_PUBLIC_KEY_FILE) and ANTOM_PUBLIC_URL."
)


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
    shop_name: str | None
    color_scheme: str
    time_zone: tzinfo | str | None

    @classmethod
    @conceal
    def from_mapping(cls, settings: Mapping[str, Any]) -> Config:
        """Read the ``ANTOM_`` keys of ``app.config``.

        :raises ConfigError: for all keys that are missing or wrong.
        """
        read = Reader(settings, DEFAULTS)
        read.faults.extend(_misspelt(settings))
        is_set_up = any(read.has(key) for key in CREDENTIALS)
        readers = {**(ACCOUNT if is_set_up else NO_ACCOUNT), **OTHERS}
        values = {name: read.noted(reader) for name, reader in readers.items()}
        if read.faults:
            raise ConfigError(_joined(read.faults))
        made: Any = values
        return cls(**made)

    @property
    def is_set_up(self) -> bool:
        """Whether there is an account; without one nobody can pay."""
        return bool(self.client_id)

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


def hide_secrets(settings: MutableMapping[str, Any]) -> None:
    """Replace the secret texts of ``app.config`` by texts whose ``repr`` is empty.

    Flask gives ``app.config`` to every template, and a traceback through a template
    shows it.
    """
    for key in ("ANTOM_PRIVATE_KEY", "ANTOM_AGENT_TOKEN"):
        value = settings.get(key)
        if isinstance(value, str):
            settings[key] = SecretStr(value)
        elif isinstance(value, Mapping):
            settings[key] = {name: _hidden(one) for name, one in value.items()}


def _hidden(value: Any) -> Any:
    return SecretStr(value) if isinstance(value, str) else value


def _misspelt(settings: Mapping[str, Any]) -> list[str]:
    found = []
    for key in settings:
        if key.startswith("ANTOM") and key not in DEFAULTS:
            close = difflib.get_close_matches(key, DEFAULTS, n=1, cutoff=0.9)
            if close:
                found.append(f"There is no key {key}. Did you mean {close[0]}?")
    return found


def _joined(faults: list[str]) -> str:
    if len(faults) == 1:
        return faults[0]
    listed = "".join(f"\n- {fault}" for fault in faults)
    return f"{len(faults)} settings are missing or wrong:{listed}"
