"""How thorough is this run?

``make test THOROUGH=1``, which CI runs, kills a process at every point of every
scenario, plays 10,000 steps at random, and tries each fault on each database, each page
in all looks, and both versions of Antom's browser SDK in each way to pay. Hypothesis
tries three times as many examples.
"""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("ANTOM_THOROUGH"))


def examples(number: int) -> int:
    """Return how many examples Hypothesis tries: a third where little will do."""
    return number if THOROUGH else number // 3
