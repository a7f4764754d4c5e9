"""These tests run by ``make neighbours`` only, in an environment of their own."""

from __future__ import annotations

from tests.concurrency.host_settings import NEIGHBOURS

collect_ignore_glob = [] if NEIGHBOURS else ["test_*.py"]
