"""The page about ``flask antom check``, held to what it prints."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests.integration.checks.hosts import (
    SETTINGS,
    check,
    invoke,
    invoke_factory,
    make_host,
    open_host,
)
from tests.integration.checks.test_blockers import BLOCKERS
from tests.support.blocks import DOCS

PAGE = (DOCS / "check.md").read_text()


def shown() -> list[str]:
    """Return the blocks of the page, without their line breaks."""
    blocks = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    return [" ".join(block.split()) for block in blocks]


def test_a_guard_is_shown_as_it_is_printed() -> None:
    with open_host() as host:
        BLOCKERS["login page"].add(host.app, False)
        printed = invoke(host.app).stderr
    assert shown()[0] in " ".join(printed.split())


def test_an_app_that_does_not_start_is_shown_as_it_is_printed() -> None:
    settings = SETTINGS | {"ANTOM_PUBLIC_KEY": None, "ANTOM_PUBLIC_URL": None}  # type: ignore[operator]

    def create_app() -> Flask:
        return make_host(settings).app

    printed = invoke_factory(create_app, "antom", "check").stderr
    assert shown()[1] == " ".join(printed.split())


def test_the_warning_of_a_sweep_is_shown_as_it_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with open_host() as host:
        paid_at = datetime.now(UTC) - timedelta(minutes=10)
        host.add_payment(status="succeeded", paid_at=paid_at)
        with host.app.app_context():
            host.antom.sweep()
    (line,) = [one.getMessage() for one in caplog.records if "paid at" in one.message]
    time = r"\d{4}-\d\d-\d\dT[\d:]+Z"
    assert re.sub(time, "", line) == re.sub(time, "", shown()[2])


def test_the_options_are_all_that_there_are() -> None:
    with open_host() as host:
        options = set(re.findall(r"--[a-z]+", invoke(host.app, "--help").stdout))
        assert check(host.app) == {}
    described = set(re.findall(r"^\| `(--[a-z]+)` \|", PAGE, re.MULTILINE))
    assert options - {"--help", "--app"} == described
    assert "```{checks}\n```" in PAGE
