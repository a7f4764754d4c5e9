"""The needs of each test, and the tests that ``make quick`` leaves out.

Each test is marked by its fixtures and parameters, so that ``-m`` can select it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import KINDS

_BROWSER_TESTS = Path(__file__).parents[1] / "browser"

#: The markers, and the fixtures that need what they stand for.
_FIXTURES = {
    "server": {
        *("postgres_url", "two_phase_postgres_url", "mariadb_url"),
        *("redis", "rabbitmq", "gunicorn", "galera"),
    },
    "browser": {"launch", "browser"},
    "antom_sdk": {"oracle"},
}

#: The parameters that do: kinds of database, and the fixtures of their servers.
_WITH_SERVER = {kind for kind, server in KINDS.items() if server} | _FIXTURES["server"]

#: What is left out, for whoever reads the end of a run.
_NAMES = {
    "server": "a server (PostgreSQL, MariaDB, Galera, Redis, RabbitMQ, gunicorn)",
    "browser": "a browser",
    "antom_sdk": "Antom's own SDKs",
    "wal": "SQLite with WAL",
    "slow": "more time",
}

_left_out: Counter[str] = Counter()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for name in _needs_of(item):
            item.add_marker(name)
        if not any(item.get_closest_marker(name) for name in _NAMES):
            item.add_marker("quick")


def _needs_of(item: pytest.Item) -> set[str]:
    fixtures = set(getattr(item, "fixturenames", ()))
    needs = {name for name, needed in _FIXTURES.items() if fixtures & needed}
    if _BROWSER_TESTS in item.path.parents:
        needs.add("browser")
    callspec = getattr(item, "callspec", None)
    values = [] if callspec is None else list(callspec.params.values())
    texts = {value for value in values if isinstance(value, str)}
    if texts & _WITH_SERVER:
        needs.add("server")
    if "sqlite-wal" in texts:
        needs.add("wal")
    return needs


def pytest_deselected(items: list[pytest.Item]) -> None:
    for item in items:
        marks = (name for name in _NAMES if item.get_closest_marker(name))
        _left_out[next(marks, "")] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the numbers of a worker over to whoever started it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(_left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep the numbers of one worker: each has collected the same tests."""
    _left_out.update(node.workeroutput.get("left_out", {}) if not _left_out else {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, words in _NAMES.items():
        if number := _left_out[name]:
            terminalreporter.write_line(f"Left out: {number} tests that need {words}")
