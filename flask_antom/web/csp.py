"""The Content-Security-Policy of a page with a checkout.

A policy is a dict of directives and their sources. The sources of a directive are one
text, as in Flask-Talisman. The header is
``"; ".join(f"{name} {sources}" for name, sources in policy.items())``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, overload
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from flask import Flask, current_app, g

from ..browser_sdk import releases
from ..config import Config
from ..errors import ConfigError
from ..urls import is_loopback

#: The hosts of Antom's checkout page, to which a form may lead. It is not documented
#: which of the two it is. Both are in the list of Antom's plugin for Magento.
_PAGES = ("https://*.antom.com", "https://*.alipay.com")

#: The directives that browsers use instead of a missing one, unless that is only
#: ``default-src``.
_FALLBACKS: Mapping[str, tuple[str, ...]] = {
    "form-action": (),
    "frame-src": ("child-src", "default-src"),
    "style-src-attr": ("style-src", "default-src"),
}

Sources = str | Iterable[str]


def policy(
    config: Config, mode: str | None = None, nonce: str | None = None
) -> dict[str, str]:
    """Return the policy that a page with a checkout needs.

    It includes our own files and routes.

    :param mode: the mode of the checkout; by default ``ANTOM_CHECKOUT_MODE``.
    :param nonce: the nonce of the request, for a plain header. Without it, the nonce
        has to be added to ``script-src`` and ``style-src``.
    :returns: directives and their sources, each one text.
    :raises ConfigError: if there is no such mode, or the SDK has no class for it.
    """
    mode = config.mode(mode)
    needed = _hosted() if mode == "hosted" else _with_sdk(config, mode)
    needed["form-action"] = ["'self'", *_PAGES, *_simulator(config)]
    for name in ("script-src", "style-src") if nonce else ():
        needed[name].insert(1, f"'nonce-{nonce}'")
    return {name: " ".join(sources) for name, sources in needed.items()}


@overload
def merge(own: Mapping[str, Sources], more: Mapping[str, Sources]) -> dict[str, str]:
    pass


@overload
def merge(
    own: Mapping[str, Sources], more: Callable[[], Mapping[str, Sources]]
) -> Mapping[str, str]:
    pass


def merge(
    own: Mapping[str, Sources],
    more: Mapping[str, Sources] | Callable[[], Mapping[str, Sources]],
) -> Mapping[str, str]:
    """Add the sources of another policy to the host's policy.

    If the host's policy lacks a directive, it starts with the sources that browsers
    have used instead, usually those of ``default-src``. What the host does not limit
    stays without a limit.

    :param own: the host's policy. Its sources may be one text or several.
    :param more: the policy to add, such as the one of ``antom.csp()``; or a function
        that returns it, such as ``antom.csp`` itself. That is called in the first
        request of each app, so that the app need not be set up yet.
    :returns: directives and their sources, each one text.
    """
    return _Later(own, more) if callable(more) else _merged(own, more)


class _Later(Mapping[str, str]):
    """A merged policy, made for each app when a request first asks for it."""

    def __init__(
        self,
        own: Mapping[str, Sources],
        more: Callable[[], Mapping[str, Sources]],
    ) -> None:
        self._own, self._more = own, more
        self._made: WeakKeyDictionary[Flask, dict[str, str]] = WeakKeyDictionary()

    def __getitem__(self, name: str) -> str:
        return self._policy[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._policy)

    def __len__(self) -> int:
        return len(self._policy)

    def __repr__(self) -> str:
        return f"<policy of {', '.join(self._own)}>"

    @property
    def _policy(self) -> dict[str, str]:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        if app not in self._made:
            self._made[app] = _merged(self._own, self._more())
        return self._made[app]


def _merged(own: Mapping[str, Sources], more: Mapping[str, Sources]) -> dict[str, str]:
    limits = {name: _split(sources) for name, sources in own.items()}
    merged = dict(limits)
    for name, sources in more.items():
        for place in (name, f"{name}-elem"):
            base = limits.get(place)
            if place == name and base is None:
                ways = fallbacks(name)
                base = next((limits[way] for way in ways if way in limits), None)
            if base is not None:
                words = dict.fromkeys([*base, *_split(sources)])
                merged[place] = [word for word in words if word != "'none'"]
    return {name: " ".join(words) for name, words in merged.items()}


def fallbacks(name: str) -> tuple[str, ...]:
    """Return the directives that browsers use instead of a missing one, in order."""
    return _FALLBACKS.get(name, ("default-src",))


def _hosted() -> dict[str, list[str]]:
    return {
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "connect-src": ["'self'"],
    }


def _with_sdk(config: Config, mode: str) -> dict[str, list[str]]:
    """Return the sources that the SDK needed when it was tried.

    The hosts of scripts are for old browsers. A browser that knows ``'strict-dynamic'``
    ignores them, and trusts the scripts that a script with the nonce loads.
    """
    needed = _hosted()
    needed["script-src"] += ["'strict-dynamic'"]
    needed["script-src"] += filter(
        None, [releases.origin_of(config.sdk_url), releases.TRACKER]
    )
    needed["style-src"] += [f"'{digest}'" for digest in _styles(config, mode)]
    needed["frame-src"] = [releases.frame_of(mode), *_simulator(config)]
    if mode != "page":
        needed["connect-src"] += releases.gateways()
        needed["img-src"] = [releases.ICONS]
    if mode == "cashier":  # It takes a fingerprint of the device.
        needed["script-src"].insert(1, "'wasm-unsafe-eval'")
        needed["style-src-attr"] = ["'unsafe-inline'"]
        needed["connect-src"] += releases.fingerprint_hosts()
    return needed


def _styles(config: Config, mode: str) -> tuple[str, ...]:
    release = releases.release_of(config.sdk_url) or releases.NEWEST
    if mode not in release.styles:
        raise ConfigError(
            f"ANTOM_SDK_URL names version {release.version}, which has no class for the"
            f' mode "{mode}". Take {releases.NEWEST.version} or another mode.'
        )
    return release.styles[mode]


def _simulator(config: Config) -> list[str]:
    """Return the origin of the simulator, if it is used instead of Antom."""
    local = is_loopback(urlsplit(config.gateway_url).hostname or "")
    return [config.gateway_url] if local else []


def _split(sources: Sources) -> list[str]:
    return sources.split() if isinstance(sources, str) else list(sources)


def find_nonce(config: Config) -> str | None:
    """Return the CSP nonce of the request; ``None`` if the host has no nonce.

    ``ANTOM_CSP_NONCE`` is a function or the name of an attribute of ``g``. Without it,
    the Jinja global ``csp_nonce`` is called, such as Flask-Talisman's.

    :raises ConfigError: if ``g`` lacks the attribute.
    """
    source: Any = config.csp_nonce
    if isinstance(source, str):
        if source not in g:
            raise ConfigError(
                f'ANTOM_CSP_NONCE is "{source}", but g has no such attribute in this'
                " request. Set it in before_request, or use a function."
            )
        return g.get(source) or None
    if source is None:
        source = current_app.jinja_env.globals.get("csp_nonce")
    nonce: Any = source() if callable(source) else None
    return nonce or None
