"""How thorough is this run?

``make test THOROUGH=1``, which CI runs, kills a process at every point of every
scenario, plays 10,000 steps at random, and tries each fault on each database.
"""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("ANTOM_THOROUGH"))
