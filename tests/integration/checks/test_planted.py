"""Each planted mistake is named, with its consequence and its cure."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_antom.checks import registry
from flask_antom.checks.findings import Fact, Mistake
from flask_antom.checks.registry import CHECKS, MISTAKES, Check
from flask_antom.config import DEFAULTS
from tests.integration.checks.hosts import (
    PROD_ID,
    SETTINGS,
    check,
    invoke,
    invoke_factory,
    make_host,
    open_host,
)
from tests.integration.checks.planted import RUNNING, STOPPED, Planted
from tests.support.keys import MERCHANT_PRIVATE_KEY
from tests.support.paths import ROOT

#: These need a PgBouncer, so they run by ``make neighbours``.
POOLERS = ROOT / "tests/neighbours/test_check_of_poolers.py"


def named(planted: Planted) -> str:
    return f"{planted.number}-{planted.name}"


@pytest.mark.parametrize("planted", STOPPED, ids=named)
@pytest.mark.parametrize("command", [["antom", "check"], ["routes"]])
def test_an_app_that_does_not_start_says_why_in_short(
    planted: Planted, command: list[str]
) -> None:
    settings = {**SETTINGS, **planted.settings}

    def create_app() -> Flask:
        return make_host(settings).app

    result = invoke_factory(create_app, *command)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.output
    assert planted.name in " ".join(result.stderr.split())
    assert len(result.stderr.splitlines()) <= 1 + len(DEFAULTS)
    for key, value in settings.items():
        if key.endswith("_KEY") and value:
            assert value not in result.output


@pytest.mark.parametrize("planted", RUNNING, ids=named)
def test_a_mistake_is_named(planted: Planted) -> None:
    with open_host(planted.settings) as host:
        planted.change(host)
        found = check(host.app, planted.options)
    assert {*found} == {planted.name, *planted.also}
    finding = found[planted.name]
    assert all(len(finding[part]) > 10 for part in ("what", "leads_to", "cure"))


def test_the_list_is_numbered() -> None:
    numbers = [planted.number for planted in (*STOPPED, *RUNNING)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) >= 30


def test_every_mistake_is_planted_by_a_test() -> None:
    """Whatever is not in the list has a test that names it."""
    rooms = [*Path(__file__).parent.glob("test_*.py"), POOLERS]
    text = "\n".join(room.read_text() for room in rooms)
    text += "\n".join(f'"{planted.name}"' for planted in RUNNING)
    missing = [one.name for one in MISTAKES if f'"{one.name}"' not in text]
    assert missing == []


def test_names_are_stable_words_and_differ() -> None:
    names = [mistake.name for mistake in MISTAKES]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", name) for name in names)
    assert {one.level for one in MISTAKES} == {"error", "warning"}
    assert {one.option for one in CHECKS} == {"", "live", "online"}


def test_gaps_are_filled_and_other_braces_stay() -> None:
    mistake = Mistake("a.b", "error", "{x} at {y}", "", 'Set {"z": {y}}.')
    finding = mistake.found(x=1, y="{x}")
    assert (finding.what, finding.cure) == ("1 at {x}", 'Set {"z": {x}}.')


# Exit codes and the forms of output.


def test_a_warning_exits_with_one_only_if_strict() -> None:
    with open_host({"ANTOM_PUBLIC_URL": "http://192.168.0.7:5000"}) as host:
        plain, strict = invoke(host.app), invoke(host.app, "--strict")
    assert (plain.exit_code, strict.exit_code) == (0, 1)
    assert plain.stderr.startswith("\nWarning (url.local): ANTOM_PUBLIC_URL is http")
    assert "\n  So:   No notification arrives." in plain.stderr
    assert "\n  Cure: Set ANTOM_PUBLIC_URL to the address" in plain.stderr


def test_a_local_address_is_an_error_for_a_live_account() -> None:
    settings = {"ANTOM_CLIENT_ID": "5Y1", "ANTOM_PUBLIC_URL": "https://localhost:5000"}
    with open_host(settings) as host:
        assert check(host.app)["url.local"]["level"] == "error"


@pytest.mark.parametrize("variable", ["APP_ENV", "FLASK_ENV"])
def test_play_money_in_production_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "Production")
    with open_host() as host:
        found = check(host.app)["environment.sandbox_in_production"]
    assert f"{variable}=Production" in found["what"]


def test_debug_mode_with_a_live_account_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with open_host({"ANTOM_CLIENT_ID": PROD_ID}) as host:
        assert [*check(host.app)] == ["environment.debug"]


def test_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with open_host({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/db"}) as host:
        with host.app.app_context():
            host.db.engine.dispose()
        (folder / "db").unlink()
        folder.rmdir()
        found = check(host.app)
        output = invoke(host.app).stdout
    assert [*found] == ["database.unusable"]
    assert "unable to open database file" in found["database.unusable"]["what"]
    assert "Database:      cannot be used" in output


def raises(state: Any) -> Iterator[Any]:
    yield Fact("Colour", "blue")
    raise LookupError("no more\nthan this")


def test_a_check_that_raises_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Check("colours", raises, ())
    monkeypatch.setattr(registry, "CHECKS", (broken, *CHECKS))
    with open_host() as host:
        found = check(host.app)
        assert "Colour:        blue" in invoke(host.app).stdout
    assert [*found] == ["checks.broken"]
    assert "of colours" in found["checks.broken"]["what"]
    assert "LookupError: no more." in found["checks.broken"]["what"]


async def receive_later(app: Flask, **extra: Any) -> None:
    """Do nothing."""


def test_an_async_receiver_without_asgiref_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from flask_antom.signals import payment_failed

    monkeypatch.setitem(sys.modules, "asgiref", None)
    with open_host() as host:
        payment_failed.connect(receive_later, sender=host.app)
        found = check(host.app)
    assert "receive_later is async" in found["receivers.async"]["what"]


def test_a_system_without_time_zones_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from flask_antom.checks import workers

    monkeypatch.setattr(workers, "has_zones", lambda: False)
    with open_host({"ANTOM_TIME_ZONE": "buyer"}) as host:
        assert [*check(host.app)] == ["time_zones.missing"]


def test_an_app_without_credentials_is_named() -> None:
    credentials = ("ANTOM_CLIENT_ID", "ANTOM_PRIVATE_KEY", "ANTOM_PUBLIC_KEY")
    with open_host(dict.fromkeys(credentials)) as host:
        found = check(host.app)
    assert [*found] == ["settings.none"]
    assert found["settings.none"]["cure"].startswith("Run flask antom init. By hand: ")


def test_no_finding_shows_a_secret() -> None:
    secret = "change-me-in-production!"
    token = "agent-token-of-this-test"
    settings = {"SECRET_KEY": secret, "ANTOM_AGENT_TOKEN": token}
    with open_host(settings) as host:
        output = invoke(host.app).output + invoke(host.app, "--json").output
    assert "secret_key.weak" in output
    for text in (secret, token, MERCHANT_PRIVATE_KEY):
        assert text not in output
