"""When a call of the host is one that it has made before."""

from __future__ import annotations

from datetime import timedelta

from ..errors import NotPossible

#: For how long an equal call without a key counts as a second click.
SECOND_CLICK = timedelta(seconds=60)

_LONGEST_KEY = 64


def check_key(key: object) -> None:
    """Raise an error if the host's key cannot be stored and found again.

    A database may ignore spaces at the end of a text.

    :raises NotPossible: with the rule.
    """
    if key is None:
        return
    if (
        not isinstance(key, str)
        or not 0 < len(key) <= _LONGEST_KEY
        or not key.isprintable()
        or key != key.strip()
    ):
        raise NotPossible(
            f"key must be a text of 1 to {_LONGEST_KEY} printable characters, without"
            " spaces at its ends."
        )
