"""Named points before and after each durable step, where crash tests end the process.

A test sets :data:`hook`. Without one, a point costs one comparison. A name is
``before`` or ``after``, followed by ``commit`` and the name of the store's method, by
``call`` and Antom's operation, or by ``receivers``: ``"after call refund"``,
``"before commit take"``.
"""

from __future__ import annotations

from collections.abc import Callable

#: Called with the name of each point.
hook: Callable[[str], None] | None = None


def passed(name: str) -> None:
    """Call the hook, if there is one, with the name of this point."""
    if hook is not None:
        hook(name)
