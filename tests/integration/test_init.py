"""``flask antom keygen`` and ``flask antom init``: keys and settings of a new shop."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.cli import ScriptInfo
from flask_sqlalchemy import SQLAlchemy

from flask_antom import FlaskAntom
from flask_antom.cli import group
from flask_antom.config import Config
from flask_antom.gateway.key_files import one_line
from flask_antom.gateway.keys import load_private_key
from tests.support.keys import ANTOM_PUBLIC_KEY, MERCHANT_PRIVATE_KEY
from tests.support.paths import ROOT

ANSWERS = {
    "--client-id": "SANDBOX_5Y00000000001",
    "--region": "europe",
    "--antom-key": ANTOM_PUBLIC_KEY,
    "--public-url": "https://shop.example.com",
    "--methods": "gcash, CARD",
}

Started = tuple[Flask, SQLAlchemy]


@pytest.fixture
def started() -> Iterator[list[Started]]:
    """The apps of a test, whose databases are closed at its end."""
    apps: list[Started] = []
    yield apps
    for app, db in apps:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "instance"


@pytest.fixture
def new_app(folder: Path, started: list[Started]) -> Any:
    """Return a function that starts the app, as each of its processes does."""

    def start() -> Flask:
        app = Flask("shop", instance_path=str(folder), instance_relative_config=True)
        app.config.from_mapping(
            SECRET_KEY="for tests only", SQLALCHEMY_DATABASE_URI="sqlite://"
        )
        app.config.from_pyfile("antom.cfg", silent=True)
        db = SQLAlchemy(app)
        FlaskAntom(app, db=db)
        started.append((app, db))
        return app

    return start


def run(app: Flask, *arguments: str, answers: str | None = None) -> tuple[int, str]:
    runner = app.test_cli_runner()
    result = runner.invoke(group, arguments, input=answers)
    return result.exit_code, result.output


def options(**changes: str | None) -> list[str]:
    """Return the options that answer all questions."""
    given = ANSWERS | {f"--{name.replace('_', '-')}": v for name, v in changes.items()}
    return [part for name, v in given.items() if v is not None for part in (name, v)]


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def config_of(app: Flask) -> Config:
    config: Config = app.extensions["antom"].config
    return config


def test_a_key_is_printed_as_the_dashboard_takes_it(new_app: Any, folder: Path) -> None:
    app = new_app()
    result = app.test_cli_runner().invoke(group, ["keygen"])
    path = folder / "antom" / "merchant-private.pem"
    key = load_private_key(path.read_text())
    assert result.exit_code == 0
    assert key.key_size == 2048
    assert result.stdout == one_line(key.public_key()) + "\n"
    assert "Developer > Key configuration" in result.stderr
    assert (mode(path), (path.parent / ".gitignore").read_text()) == ("0o600", "*\n")


def test_a_key_is_never_overwritten(new_app: Any, folder: Path) -> None:
    app, path = new_app(), folder / "antom" / "merchant-private.pem"
    _, first = run(app, "keygen")
    before = path.read_bytes()
    code, output = run(app, "keygen")
    assert (code, "is not overwritten" in output) == (1, True)
    assert path.read_bytes() == before
    shown = app.test_cli_runner().invoke(group, ["keygen", "--show"])
    assert shown.stdout.strip() in first


def test_a_second_key_has_a_file_of_its_own(new_app: Any, tmp_path: Path) -> None:
    app, other = new_app(), tmp_path / "keys" / "second.pem"
    assert run(app, "keygen", str(other))[0] == 0
    assert mode(other) == "0o600"
    assert not (other.parent / ".gitignore").exists()


@pytest.mark.parametrize("content", [None, "no key", ANTOM_PUBLIC_KEY])
def test_there_is_nothing_to_show(
    content: str | None, new_app: Any, tmp_path: Path
) -> None:
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_text(content)
    code, output = run(new_app(), "keygen", "--show", str(path))
    assert (code, output.startswith("Error: ")) == (1, True)
    assert ANTOM_PUBLIC_KEY[:40] not in output


@pytest.mark.slow
def test_a_key_needs_no_app(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from flask_antom.cli import group; group()", "keygen"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    path = tmp_path / "instance" / "antom" / "merchant-private.pem"
    key = load_private_key(path.read_text()).public_key()
    assert done.stdout == one_line(key) + "\n", done.stderr


def test_the_settings_are_those_of_the_answers(new_app: Any, folder: Path) -> None:
    code, output = run(new_app(), "init", "--no-input", *options())
    assert code == 0, output
    config = config_of(new_app())
    assert config.client_id == ANSWERS["--client-id"]
    assert config.environment == "sandbox"
    assert config.gateway_url == "https://open-de-global.alipay.com"
    assert config.notify_url == "https://shop.example.com/antom/notify"
    assert config.payment_methods == ("GCASH", "CARD")
    own = config.keyring.private_key.public_key()
    assert one_line(own) in output
    assert one_line(config.keyring.public_keys["1"]) == ANTOM_PUBLIC_KEY
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name: mode(path) for path in files if path.name[0] != "."} == {
        "antom.cfg": "0o600",
        "merchant-private.pem": "0o600",
        "antom-public.pem": "0o600",
    }


def test_it_says_what_is_next_and_the_check_before_the_run(new_app: Any) -> None:
    _, output = run(new_app(), "init", "--no-input", *options())
    assert 'app.config.from_pyfile("antom.cfg", silent=True)' in output
    assert "Developer > Key configuration" in output
    *_, check, last = map(str.strip, output.strip().splitlines())
    assert (check, last) == ("flask antom check", "flask run")


def test_the_folder_can_be_moved(new_app: Any, folder: Path) -> None:
    run(new_app(), "init", "--no-input", *options())
    moved = folder.with_name("moved")
    shutil.move(folder, moved)
    app = Flask("elsewhere")
    app.config.from_pyfile(str(moved / "antom.cfg"))
    assert app.config["ANTOM_PRIVATE_KEY_FILE"].is_relative_to(moved)
    config = Config.from_mapping(app.config)
    assert config.keyring.private_key.key_size == 2048


def test_nothing_is_overwritten(new_app: Any, folder: Path) -> None:
    run(new_app(), "init", "--no-input", *options())
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    code, output = run(new_app(), "init", "--no-input", *options())
    assert (code, "is not overwritten" in output) == (1, True)
    (folder / "antom.cfg").rename(folder / "old.cfg")
    code, output = run(new_app(), "init", "--no-input", *options())
    assert (code, "antom-public.pem exists" in output) == (1, True)
    (folder / "old.cfg").rename(folder / "antom.cfg")
    assert {path: path.read_bytes() for path in files} == files


def test_a_key_that_keygen_has_made_is_used(new_app: Any) -> None:
    app = new_app()
    public = app.test_cli_runner().invoke(group, ["keygen"]).stdout
    _, output = run(app, "init", "--no-input", *options())
    assert public in output
    own = config_of(new_app()).keyring.private_key.public_key()
    assert one_line(own) + "\n" == public


MISTAKES = {
    "--client-id": ("SANDBOX 5Y", "holds a blank"),
    "--region": ("http://shop.example.com/x", "ANTOM_GATEWAY_URL"),
    "--antom-key": ("MIIBnot", "this is not"),
    "--public-url": ("shop.example.com", "ANTOM_PUBLIC_URL"),
    "--methods": ("gcash!", "ANTOM_PAYMENT_METHODS"),
}


def test_a_file_that_is_not_there_is_named(new_app: Any) -> None:
    for path in ("nothing.pem", "keys/nothing"):
        given = options(antom_key=path)
        code, output = run(new_app(), "init", "--no-input", *given)
        assert (code, f"there is no file {path}" in output) == (2, True), output


@pytest.mark.parametrize("option", MISTAKES)
def test_a_wrong_option_is_named_and_nothing_is_written(
    option: str, new_app: Any, folder: Path
) -> None:
    wrong, words = MISTAKES[option]
    given = options(**{option[2:].replace("-", "_"): wrong})
    code, output = run(new_app(), "init", "--no-input", *given)
    assert code == 2
    assert f"{option}: " in output
    assert words in output
    assert not (folder / "antom.cfg").exists()


@pytest.mark.parametrize("option", ["--client-id", "--antom-key", "--public-url"])
def test_without_questions_nothing_may_be_missing(option: str, new_app: Any) -> None:
    given = options(**{option[2:].replace("-", "_"): None})
    code, output = run(new_app(), "init", "--no-input", *given)
    assert (code, f"{option} is missing" in output) == (2, True)


def test_http_is_refused_in_production(new_app: Any) -> None:
    given = options(client_id="5Y00000000001", public_url="http://shop.example.com")
    code, output = run(new_app(), "init", "--no-input", *given)
    assert (code, "--public-url: " in output) == (2, True)
    assert "its payments take real money" in output


def test_each_answer_is_checked_at_once(new_app: Any) -> None:
    """Each wrong answer is asked for again; the right ones are not."""
    app = new_app()
    own = app.test_cli_runner().invoke(group, ["keygen"]).stdout.strip()
    pem = f"-----BEGIN PUBLIC KEY-----\n{ANTOM_PUBLIC_KEY}\n-----END PUBLIC KEY-----"
    answers = [
        *("SANDBOX 5Y", ANSWERS["--client-id"]),
        *("mars", "asia"),
        *(own, MERCHANT_PRIVATE_KEY, pem),
        *(
            "shop.example.com",
            "https://shop.example.com/a%20b",
            "https://shop.example.com",
        ),
        *("gcash!", "GCASH ALIPAY_CN"),
    ]
    code, output = run(app, "init", answers="\n".join([*answers, ""]))
    assert code == 0, output
    asked = [line.split(":")[0] for line in output.splitlines()]
    assert sum(name.startswith("Error") for name in asked) == 7
    assert sum(name == "Client id" for name in asked) == 2
    assert "this is your own key" in output
    assert "this is a private key; Antom's public key belongs here" in output
    config = config_of(new_app())
    assert config.gateway_url == "https://open-sea-global.alipay.com"
    assert config.payment_methods == ("GCASH", "ALIPAY_CN")
    assert one_line(config.keyring.public_keys["1"]) == ANTOM_PUBLIC_KEY


def test_whoever_stops_in_the_middle_goes_on_with_the_same_key(
    new_app: Any, folder: Path
) -> None:
    """The Dashboard shows Antom's key only after it has the merchant's."""
    code, first = run(new_app(), "init", answers=f"{ANSWERS['--client-id']}\n\n")
    assert (code, (folder / "antom.cfg").exists()) == (1, False)
    _, second = run(new_app(), "init", "--no-input", *options())
    public = one_line(config_of(new_app()).keyring.private_key.public_key())
    assert public in first
    assert public in second


def test_the_simulator_needs_no_account(new_app: Any) -> None:
    code, output = run(new_app(), "init", "--simulator", "--no-input")
    assert code == 0
    assert "flask antom simulator" in output
    config = config_of(new_app())
    assert (config.environment, config.gateway_url) == (
        "sandbox",
        "http://127.0.0.1:5001",
    )
    assert config.payment_methods == ("ALIPAY_CN", "GCASH", "CARD")
    assert config.keyring.private_key.key_size == 2048


def test_methods_that_the_app_names_are_not_asked_for(
    new_app: Any, folder: Path
) -> None:
    app = new_app()
    app.config["ANTOM_PAYMENT_METHODS"] = ["GCASH"]
    run(app, "init", "--simulator")
    assert "ANTOM_PAYMENT_METHODS" not in (folder / "antom.cfg").read_text()


def test_an_app_that_does_not_start_yet_can_be_set_up(
    new_app: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Flask:
        raise RuntimeError("no secret key")

    monkeypatch.chdir(folder.parent)
    runner = new_app().test_cli_runner()
    info = ScriptInfo(create_app=fail)
    result = runner.invoke(group, ["init", "--no-input", *options()], obj=info)
    assert result.exit_code == 0, result.output
    assert "RuntimeError: no secret key" in result.stderr
    assert config_of(new_app()).is_set_up
