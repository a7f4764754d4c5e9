"""Named points before and after each durable step, where crash tests pull the plug.

A test sets :data:`hook`; without one, passing a point costs a comparison. The names are
``before`` or ``after``, and then ``commit`` and the ledger's verb, ``call`` and Antom's
operation, or ``receivers``: ``"after call refund"``, ``"before commit take"``.
"""

from __future__ import annotations

from collections.abc import Callable

#: Called with the name of each point that is passed.
hook: Callable[[str], None] | None = None


def passed(name: str) -> None:
    """Tell the hook, if there is one, that this point is passed."""
    if hook is not None:
        hook(name)
