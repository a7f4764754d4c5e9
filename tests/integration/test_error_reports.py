"""No report of an error holds a secret, by the real sentry-sdk at its defaults.

The cases are in :mod:`.error_reports`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.integration.error_reports import CANARIES, CASES
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

#: The error of each case that is not a ``ConfigError``.
ERRORS = {
    "a leak": "RuntimeError",
    "a damaged key at a sync": "ValueError",
    "a damaged key at a session": "ValueError",
    "a refused sync": "Refused",
    "a sync without an answer": "OutcomeUnknown",
    "a sync of unknown outcome": "OutcomeUnknown",
    "an unsigned answer": "OutcomeUnknown",
    "a refused refund": "Refused",
    "a refused session": "Refused",
    "a session of unknown outcome": "OutcomeUnknown",
    "a worker that is ended": "SystemExit",
    "silence": "OutcomeUnknown",
    "a reset": "OutcomeUnknown",
    "a slow answer": "OutcomeUnknown",
    "a refusal over the network": "Refused",
    "a hook that raises": "LookupError",
    "no table of notifications": "OperationalError",
    "no table of payments": "OperationalError",
}


@pytest.fixture(scope="module")
def reports() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.error_reports"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reports: dict[str, Any] = json.loads(done.stdout)
    return reports


def leaks(report: dict[str, Any]) -> set[tuple[str, str]]:
    """Return where each canary is seen: in what is sent, or in which variable."""
    found = set()
    for what, canary in CANARIES.items():
        for text in report["sent"]:
            if canary in text or json.dumps(canary)[1:-1] in text:
                found.add((what, "sent"))
        found |= {(what, place) for place, text in report["held"] if canary in text}
    return found


@pytest.mark.parametrize("name", [name for name in CASES if name != "a leak"])
def test_no_report_holds_a_secret(reports: dict[str, Any], name: str) -> None:
    assert leaks(reports[name]) == set()


@pytest.mark.parametrize("name", [name for name in CASES if name != "a leak"])
def test_no_frame_of_an_http_library_is_left(
    reports: dict[str, Any], name: str
) -> None:
    assert reports[name]["http frames"] == []
    assert reports[name]["our frames"] >= 1


def test_each_case_fails_as_it_should_and_is_reported(reports: dict[str, Any]) -> None:
    found = {name: report["error"] for name, report in reports.items()}
    assert found == {name: ERRORS.get(name, "ConfigError") for name in CASES}
    assert all(report["sent"] for report in reports.values())


def test_a_leak_is_found(reports: dict[str, Any]) -> None:
    found = leaks(reports["a leak"])
    assert {what for what, place in found if place == "sent"} == set(CANARIES)
    assert {what for what, place in found if place != "sent"} == set(CANARIES)
