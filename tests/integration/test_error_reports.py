"""No report of an error holds a secret, whatever fails.

The failures are listed in :mod:`.failures` and played by :mod:`.error_reports`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.integration import failures
from tests.support.paths import ROOT

#: One process plays all failures, which is much on a busy machine.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CONTROL = "a leak"
STRIPPED = "documented: before_send"
OUTAGES = [f"database: {operation}" for operation in failures.DATABASE_AWAY]
KEYS = {
    f"key: {setting}, {how}": (
        failures.FIRST_USE[setting.removesuffix("_FILE")]
        if how == "one bit"
        else "ConfigError"
    )
    for setting in failures.KEY_SETTINGS
    for how in failures.DAMAGES
}
#: What comes out of each failure, first of all.
ERRORS = {
    **KEYS,
    **{f"setting: {name}": "ConfigError" for name in failures.SETTINGS},
    **{f"hook: {name}": error for name, error in failures.HOOKS.items()},
    **{
        f"gateway: {name}, at {call}": error
        for name, error in failures.GATEWAY.items()
        for call in failures.CALLS
    },
    **{f"refused: {name}": error for name, error in failures.REFUSED.items()},
    **dict.fromkeys(OUTAGES, "OperationalError"),
}
WATCHERS = {"sentry", "structlog", "rich", "frames"}

#: Whose frames may be left: they hold no header, no body and no key.
OPEN = {
    "<template>",
    "asyncio",
    "blinker",
    "click",
    "contextlib.py",
    "flask",
    "flask_sqlalchemy",
    "host",
    "itsdangerous",
    "jinja2",
    "ours",
    "sentry_sdk",
    "sqlalchemy",
    "werkzeug",
}

Reports = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def reports() -> Reports:
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.error_reports"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reports: Reports = json.loads(done.stdout)
    return reports


@pytest.mark.parametrize("name", ERRORS)
def test_nobody_sees_a_secret(reports: Reports, name: str) -> None:
    """Frames that hold messages or keys are not left at all."""
    assert reports[name]["found"] == []
    assert set(reports[name]["frames"]) <= OPEN


@pytest.mark.parametrize("name", ERRORS)
def test_each_failure_is_what_it_should_be(reports: Reports, name: str) -> None:
    report = reports[name]
    assert report["errors"][0].removeprefix("logged ") == ERRORS[name]
    assert report["sent"] >= 1


def test_the_list_is_played_and_nothing_else(reports: Reports) -> None:
    assert set(reports) == {CONTROL, STRIPPED, *ERRORS}


@pytest.mark.parametrize("name", OUTAGES)
def test_the_database_was_away_at_each_step(reports: Reports, name: str) -> None:
    report = reports[name]
    assert report["rounds"] >= 1
    assert len(report["errors"]) >= report["rounds"]


def test_each_watcher_finds_what_is_planted(reports: Reports) -> None:
    found = {(watcher, what) for watcher, what, _ in reports[CONTROL]["found"]}
    whats = {what for _, what in found}
    assert len(whats) == reports[CONTROL]["canaries"]
    assert found == {(watcher, what) for watcher in WATCHERS for what in whats}


def test_the_documented_example_strips_what_is_not_ours(reports: Reports) -> None:
    sent = reports[STRIPPED]
    assert {"secret key", "result token", "card", "e-mail"} <= set(sent["as it is"])
    assert sent["stripped"] == []
