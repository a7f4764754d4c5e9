"""Whether browsers get Antom's SDK as it was tried."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from ..app_state import AppState
from ..browser_sdk.releases import RELEASES, release_of
from ..config import Config
from ..errors import ConfigError
from ..urls import is_loopback
from ..web import csp
from .findings import ERROR, WARNING, Finding, Mistake
from .requests import Answer, ask

_VENDOR = "Run flask antom vendor-sdk, and set what it prints."

MODE = Mistake(
    "sdk.mode",
    ERROR,
    "{error}",
    "Pages with a checkout raise.",
    'Set ANTOM_SDK_URL to that version, or ANTOM_CHECKOUT_MODE to "cashier".',
)
LOCAL = Mistake(
    "sdk.local",
    ERROR,
    "ANTOM_SDK_URL is {url}, this machine, but ANTOM_GATEWAY_URL is not.",
    "Buyers' browsers find no SDK there.",
    f"Remove ANTOM_SDK_URL. For a copy of your own: {_VENDOR}",
)
MISSING = Mistake(
    "sdk.missing",
    ERROR,
    "ANTOM_SDK_URL is {url}, which the app answers with {answer}.",
    "Buyers see that payments are not available.",
    _VENDOR,
)
INTEGRITY = Mistake(
    "sdk.integrity",
    ERROR,
    "ANTOM_SDK_INTEGRITY is not the hash of the file at {url}.",
    "Browsers refuse the SDK, and buyers see that payments are not available.",
    "Set ANTOM_SDK_INTEGRITY to {digest}, if the file is the one that you want."
    f" Or: {_VENDOR}",
)
UNTRIED = Mistake(
    "sdk.untried",
    WARNING,
    "ANTOM_SDK_URL is {url}, which is no version that Flask-Antom was tried with.",
    "The checkout may not open, or the Content-Security-Policy may block it.",
    f"Remove ANTOM_SDK_URL, or take one of these versions: {', '.join(RELEASES)}.",
)
MISTAKES = (MODE, LOCAL, MISSING, INTEGRITY, UNTRIED)


def check(state: AppState) -> Iterator[Finding]:
    """Look at the SDK's URL, and at the file if the app serves it."""
    config = state.config
    if config.checkout_mode == "hosted":
        return
    try:
        csp.policy(config)
    except ConfigError as error:
        yield MODE.found(error=error)
    parts = urlsplit(config.sdk_url)
    if not parts.netloc:
        yield from _check_copy(state)
        return
    is_local = is_loopback(parts.hostname or "")
    if is_local and not is_loopback(urlsplit(config.gateway_url).hostname or ""):
        yield LOCAL.found(url=config.sdk_url)
    elif not is_local and release_of(config.sdk_url) is None:
        yield UNTRIED.found(url=config.sdk_url)


def _check_copy(state: AppState) -> Iterator[Finding]:
    config = state.config
    answer = ask(state, "GET", _path_in_app(config))
    if answer.status != 200 or "html" in answer.kind:
        yield MISSING.found(url=config.sdk_url, answer=answer)
        return
    wanted = config.sdk_integrity
    if wanted and wanted != _digest(answer, wanted.partition("-")[0]):
        digest = _digest(answer, "sha384")
        yield INTEGRITY.found(url=config.sdk_url, digest=digest)
    is_known = _digest(answer, "sha384") in {one.integrity for one in RELEASES.values()}
    if not is_known and release_of(config.sdk_url) is None:
        yield UNTRIED.found(url=config.sdk_url)


def _path_in_app(config: Config) -> str:
    """Return the path below the root of the app, which may be mounted below another."""
    root = urlsplit(config.public_url).path
    path = urlsplit(config.sdk_url).path
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


def _digest(answer: Answer, name: str) -> str:
    digest = hashlib.new(name, answer.body).digest()
    return f"{name}-{base64.b64encode(digest).decode()}"
