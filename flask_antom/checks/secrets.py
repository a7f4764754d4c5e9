"""Whether the keys can sign: those of Antom's account, and the app's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..app_state import AppState
from .environment import is_open
from .findings import ERROR, WARNING, Fact, Finding, Mistake

#: Fewer characters can be guessed.
_SHORTEST = 16

_MADE_UP = re.compile(
    r"dev\w*|test\w*|secret\w*|my[ _-]?secret.*|super[ _-]?secret.*"
    r"|.*change[ _-]?(me|this|it).*|your[ _-].*|.*\bplaceholder\b.*|password\d*"
    r"|(.)\2*",
    re.IGNORECASE | re.DOTALL,
)

UNREADABLE = Mistake(
    "keys.unreadable",
    ERROR,
    "A key cannot be used: {error}.",
    "No request to Antom can be signed, or none of its answers be read.",
    "Copy the key again, whole, from where it was made: the private key from its file,"
    " Antom's public key from the Dashboard.",
)
NO_SECRET = Mistake(
    "secret_key.missing",
    ERROR,
    "SECRET_KEY is not set.",
    "Nobody can pay: the links to the result page are signed with it.",
    'Set app.config["SECRET_KEY"] to the output of'
    " python -c 'import secrets; print(secrets.token_hex())'.",
)
WEAK_SECRET = Mistake(
    "secret_key.weak",
    WARNING,
    "SECRET_KEY is short, or a text that is often used.",
    "Whoever guesses it can forge sessions of the shop, and links to result pages.",
    "Replace it by the output of"
    " python -c 'import secrets; print(secrets.token_hex())'. Keep the old one for a"
    " day in SECRET_KEY_FALLBACKS, so that links stay valid.",
)
MISTAKES = (UNREADABLE, NO_SECRET, WEAK_SECRET)


def check(state: AppState) -> Iterator[Fact | Finding]:
    """Load each key, and look at ``SECRET_KEY``."""
    keyring = state.config.keyring
    try:
        _ = keyring.private_key
        yield Fact("Antom's keys", ", ".join(keyring.public_keys))
    except ValueError as error:
        yield UNREADABLE.found(error=error)
    secret = state.app.secret_key
    if not secret:
        yield NO_SECRET.found()
    elif is_open(state.config) and _is_weak(secret):
        yield WEAK_SECRET.found()


def _is_weak(secret: str | bytes) -> bool:
    text = secret.decode("latin-1") if isinstance(secret, bytes) else secret
    return len(text) < _SHORTEST or _MADE_UP.fullmatch(text) is not None
