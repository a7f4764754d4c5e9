"""Whether a Content-Security-Policy lets a checkout work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from flask import Flask

from ..app_state import AppState
from ..errors import ConfigError
from ..web import csp
from .findings import WARNING, Finding, Mistake

MISSING_SOURCES = Mistake(
    "pages.csp",
    WARNING,
    "The Content-Security-Policy of the app's pages lacks {sources}.",
    "If the page with the checkout has this policy, browsers block Antom's SDK there:"
    " the buyer sees no form, or an empty frame.",
    "Add antom.csp() to it: merge_csp(YOUR_POLICY, antom.csp()). With Flask-Talisman:"
    " Talisman(app, content_security_policy=merge_csp(YOUR_POLICY, antom.csp()),"
    ' content_security_policy_nonce_in=["script-src", "style-src"]).',
)

#: The most sources that are named.
_MOST = 4


def check_policy(state: AppState, header: str) -> Iterator[Finding]:
    """Compare the policy of our result page with the one that a checkout needs."""
    if not header or _has_views_of_its_own(state.app):
        return
    try:
        needed = csp.policy(state.config)
    except ConfigError:
        return  # another check says that the SDK has no such mode
    given = _parse(header)
    lacking = list(_lacking(given, needed))
    if lacking:
        named, rest = lacking[:_MOST], len(lacking) - _MOST
        more = f" and {rest} more" if rest > 0 else ""
        yield MISSING_SOURCES.found(sources=", ".join(named) + more)


def _has_views_of_its_own(app: Flask) -> bool:
    """Whether some views have a policy of their own, with Flask-Talisman."""
    return any(
        "content_security_policy" in getattr(view, "talisman_view_options", {})
        for view in app.view_functions.values()
    )


def _parse(header: str) -> dict[str, list[str]]:
    parts = (part.split() for part in header.split(";"))
    return {part[0].lower(): part[1:] for part in reversed([*parts]) if part}


def _lacking(
    given: Mapping[str, Sequence[str]], needed: Mapping[str, str]
) -> Iterator[str]:
    """Yield directives with a source each that they lack."""
    for name, sources in needed.items():
        allowed = next(
            (given[way] for way in (name, *csp.fallbacks(name)) if way in given), None
        )
        if allowed is None:
            continue
        for source in sources.split():
            if not _is_allowed(source, allowed):
                yield f"{name} {source}"


def _is_allowed(source: str, allowed: Sequence[str]) -> bool:
    if source in allowed or source == "'strict-dynamic'":
        return True
    if source.startswith("'"):
        # A nonce or a hash makes browsers ignore 'unsafe-inline'.
        is_strict = any(one.startswith(("'nonce-", "'sha")) for one in allowed)
        loose = "'unsafe-eval'" if source == "'wasm-unsafe-eval'" else "'unsafe-inline'"
        is_loose = loose in allowed and not (is_strict and loose == "'unsafe-inline'")
        return is_loose or (source == "'self'" and "*" in allowed)
    if "'strict-dynamic'" in allowed:
        return True
    parts = urlsplit(source)
    labels = (parts.hostname or "").split(".")
    wild = {f"*.{'.'.join(labels[start:])}" for start in range(1, len(labels))}
    known = {"*", f"{parts.scheme}:", parts.netloc, *wild}
    known |= {f"{parts.scheme}://{one}" for one in wild}
    return not known.isdisjoint(allowed)
