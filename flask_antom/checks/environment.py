"""Whether client id, gateway and public URL belong together."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from ..app_state import AppState
from ..browser_sdk.releases import is_gateway
from ..config import Config
from ..urls import is_loopback
from .findings import ERROR, WARNING, Fact, Finding, Mistake

#: Variables by which shops name the place where the app runs.
_PLACES = ("APP_ENV", "ENV", "ENVIRONMENT", "FLASK_ENV", "DEPLOY_ENV", "PYTHON_ENV")

#: The ends of names that the internet does not know.
_LOCAL = (".internal", ".lan", ".local", ".localhost", ".test")

_OPEN_GATEWAYS = "such as https://open-sea-global.alipay.com"

SIMULATED_PROD = Mistake(
    "environment.live_at_simulator",
    ERROR,
    "ANTOM_CLIENT_ID is a live account, but ANTOM_GATEWAY_URL is {url}, this machine.",
    "Nobody can pay: Antom is not asked.",
    f"Remove ANTOM_GATEWAY_URL, or set it to the host of your region,"
    f" {_OPEN_GATEWAYS}.",
)
SIMULATED_DEPLOYED = Mistake(
    "environment.simulator_deployed",
    WARNING,
    "ANTOM_GATEWAY_URL is {url}, this machine, but ANTOM_PUBLIC_URL is {public_url}.",
    "Visitors of that site pay a simulator, or nobody.",
    "Remove ANTOM_GATEWAY_URL there, or set ANTOM_PUBLIC_URL to the address on this"
    " machine, such as http://127.0.0.1:5000.",
)
SANDBOX_DEPLOYED = Mistake(
    "environment.sandbox_in_production",
    WARNING,
    "{variable} says that this is production, and ANTOM_CLIENT_ID begins with"
    " SANDBOX_.",
    "Orders are paid with play money.",
    "Set ANTOM_CLIENT_ID and the keys of the live account. Its id has no SANDBOX_.",
)
LIVE_IN_SANDBOX = Mistake(
    "environment.sandbox_is_not_live",
    ERROR,
    "The app was to be live, but ANTOM_CLIENT_ID begins with SANDBOX_.",
    "Orders are paid with play money.",
    "Set ANTOM_CLIENT_ID and the keys of the live account. Its id has no SANDBOX_.",
)
UNKNOWN_GATEWAY = Mistake(
    "environment.unknown_gateway",
    WARNING,
    "ANTOM_GATEWAY_URL is {url}, which is no gateway that Antom's documentation names.",
    "Signed requests may go to a host that is not Antom's, and nobody can pay.",
    f"Copy the host from Antom's Dashboard, {_OPEN_GATEWAYS}.",
)
DEBUG = Mistake(
    "environment.debug",
    ERROR,
    "The account is live, and the app is in debug mode.",
    "Visitors see errors of the app with its code, and can run code with its PIN.",
    "Leave out --debug and FLASK_DEBUG.",
)
LOCAL_URL = Mistake(
    "url.local",
    WARNING,
    "ANTOM_PUBLIC_URL is {public_url}, which Antom cannot reach from the internet.",
    "No notification arrives. Payments are only learnt of when Antom is asked.",
    "Set ANTOM_PUBLIC_URL to the address of the site, with https://. For a trial, start"
    " a tunnel to this machine, and set its address.",
)
DOUBLED_PREFIX = Mistake(
    "url.prefix_twice",
    WARNING,
    "ANTOM_PUBLIC_URL ends with {prefix}, which ANTOM_URL_PREFIX adds once more:"
    " Antom would post to {notify_url}.",
    "If the app is not mounted there, Antom and buyers get 404.",
    "Remove {prefix} from ANTOM_PUBLIC_URL.",
)
MISTAKES = (
    SIMULATED_PROD,
    SIMULATED_DEPLOYED,
    SANDBOX_DEPLOYED,
    UNKNOWN_GATEWAY,
    DEBUG,
    LOCAL_URL,
    DOUBLED_PREFIX,
)
LIVE_MISTAKES = (LIVE_IN_SANDBOX,)


def check(state: AppState) -> Iterator[Fact | Finding]:
    """Show the addresses, and look for those that do not belong together."""
    config = state.config
    yield Fact("Environment", config.environment)
    yield Fact("Gateway", config.gateway_url)
    yield Fact("Notifications", config.notify_url)
    yield Fact("Result page", config.public("/result/..."))
    yield from _check_gateway(config)
    if config.environment == "prod" and state.app.debug:
        yield DEBUG.found()
    place = _production()
    if config.environment == "sandbox" and place:
        yield SANDBOX_DEPLOYED.found(variable=place)
    yield from _check_url(config)


def check_live(state: AppState) -> Iterator[Finding]:
    """Find out whether the app takes real money."""
    if state.config.environment != "prod":
        yield LIVE_IN_SANDBOX.found()


def is_open(config: Config) -> bool:
    """Whether visitors from the internet can come to ``ANTOM_PUBLIC_URL``."""
    return not _is_local(urlsplit(config.public_url).hostname or "")


def _check_gateway(config: Config) -> Iterator[Finding]:
    gaps = {"url": config.gateway_url, "public_url": config.public_url}
    if not _is_simulated(config):
        if not is_gateway(config.gateway_url):
            yield UNKNOWN_GATEWAY.found(**gaps)
    elif config.environment == "prod":
        yield SIMULATED_PROD.found(**gaps)
    elif is_open(config):
        yield SIMULATED_DEPLOYED.found(**gaps)


def _check_url(config: Config) -> Iterator[Finding]:
    if not _is_simulated(config) and not is_open(config):
        finding = LOCAL_URL.found(public_url=config.public_url)
        is_live = config.environment == "prod"
        yield finding._replace(level=ERROR) if is_live else finding
    if config.public_url.endswith(config.url_prefix):
        yield DOUBLED_PREFIX.found(
            prefix=config.url_prefix, notify_url=config.notify_url
        )


def _is_simulated(config: Config) -> bool:
    return is_loopback(urlsplit(config.gateway_url).hostname or "")


def _is_local(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        is_name_here = "." not in host or host.endswith(_LOCAL)
        return is_name_here or is_loopback(host)


def _production() -> str:
    """Return the variable that says that this is production; empty if none does."""
    for name in _PLACES:
        if os.environ.get(name, "").lower() in ("prod", "production", "live"):
            return f"{name}={os.environ[name]}"
    return ""
