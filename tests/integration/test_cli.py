"""``flask antom ...`` and ``python -m flask_antom.simulator``."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from flask_antom.simulator.keys import KeyFiles
from tests.support.keys import ANTOM_PUBLIC_KEY, MERCHANT_PRIVATE_KEY
from tests.support.processes import free_port
from tests.support.shop import Shopfront, make_shop, shop_settings


@pytest.fixture
def quiet_shop(tmp_path: Path) -> Iterator[Shopfront]:
    """A shop that talks to nobody."""
    settings = shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9")
    shop = make_shop(settings)
    yield shop
    shop.close()


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["antom", *arguments])
    return result.exit_code, result.output


def run_until_stopped(*arguments: str) -> str:
    """Run a command in its own process, stop it when it is ready; give its words."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        words = ""
        for line in process.stdout:
            words += line
            if line.startswith("Stop with"):
                break
        process.terminate()
        rest, _ = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "Stopped.\n")
    return words


def test_help_names_the_commands(quiet_shop: Shopfront) -> None:
    code, output = run(quiet_shop.app, "--help")
    assert code == 0
    assert {"check", "simulator"} <= set(output.split())


@pytest.mark.parametrize("command", ["work", "tail"])
@pytest.mark.parametrize("pause", ["0", "-1", "nan", "inf", "soon", "86401"])
def test_a_pause_is_a_number_of_seconds(
    quiet_shop: Shopfront, command: str, pause: str
) -> None:
    code, output = run(quiet_shop.app, command, "--pause", pause)
    assert (code, "Invalid value for '--pause'" in output) == (2, True)


def test_check_shows_the_addresses(quiet_shop: Shopfront) -> None:
    code, output = run(quiet_shop.app, "check")
    assert code == 0
    assert "http://127.0.0.1:5000/antom/notify" in output
    assert "sandbox" in output


def test_check_finds_a_key_whose_numbers_do_not_fit(quiet_shop: Shopfront) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    from flask_antom.gateway.keys import load_private_key

    good = load_private_key(MERCHANT_PRIVATE_KEY).private_numbers()
    bad = rsa.RSAPrivateNumbers(
        good.p, good.q, good.d + 2, good.dmp1, good.dmq1, good.iqmp, good.public_numbers
    ).private_key(unsafe_skip_rsa_key_validation=True)
    pem = bad.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    settings = shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9")
    shop = make_shop({**settings, "ANTOM_PRIVATE_KEY": pem})
    code, output = run(shop.app, "check")
    shop.close()
    assert code == 1
    assert "A key cannot be used" in output


def test_check_misses_the_order_loader(quiet_shop: Shopfront) -> None:
    quiet_shop.app.extensions["antom"].hooks.order_loader = None
    code, output = run(quiet_shop.app, "check")
    assert (code, "order_loader" in output) == (1, True)


def test_check_misses_the_secret_key(quiet_shop: Shopfront) -> None:
    quiet_shop.app.secret_key = None
    code, output = run(quiet_shop.app, "check")
    assert (code, "SECRET_KEY" in output) == (1, True)


@pytest.mark.slow
def test_the_simulator_runs_for_the_app(tmp_path: Path) -> None:
    port = str(free_port())
    command = ("flask", "--app", "tests.support.cli_app", "antom", "simulator")
    words = run_until_stopped(*command, "--port", port, "--folder", str(tmp_path))
    assert str(tmp_path / "antom-public.pem") in words
    assert f"\nexport FLASK_ANTOM_GATEWAY_URL=http://127.0.0.1:{port}\n" in words


def test_the_simulator_says_when_its_port_is_taken(
    quiet_shop: Shopfront, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        code, output = run(
            quiet_shop.app, "simulator", "--port", port, "--folder", str(tmp_path)
        )
    assert code == 1
    assert f"Port {port} is taken" in output


def test_the_simulator_refuses_prod(tmp_path: Path) -> None:
    settings = shop_settings(ANTOM_PUBLIC_KEY, "http://127.0.0.1:9")
    settings |= {
        "ANTOM_CLIENT_ID": "5YDEMO00000000001",
        "ANTOM_PUBLIC_URL": "https://shop.example",
    }
    shop = make_shop(settings)
    code, output = run(shop.app, "simulator", "--folder", str(tmp_path))
    shop.close()
    assert (code, "prod" in output) == (1, True)


SHOP = """
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_antom import FlaskAntom
from flask_antom.signals import payment_succeeded

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
app.config.from_prefixed_env()
db = SQLAlchemy(app)
antom = FlaskAntom(app, db=db)
antom.order_loader(lambda reference: None)
antom.ignores(payment_succeeded)

with app.app_context():
    db.create_all()
"""


@pytest.mark.slow
def test_what_the_module_prints_is_all_that_a_shops_shell_needs(tmp_path: Path) -> None:
    folder, port = tmp_path / "a folder's name", str(free_port())
    command = ("flask_antom.simulator", "--folder", str(folder), "--port", port)
    words = run_until_stopped(*command)
    script = [line for line in words.splitlines() if line.startswith("export ")]
    script.append('exec "$0" -m flask --app shop antom check')
    (tmp_path / "shop.py").write_text(SHOP)
    checked = subprocess.run(
        ["sh", "-ec", "\n".join(script), sys.executable],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    assert f"Gateway:       http://127.0.0.1:{port}\n" in checked.stdout


def test_keys_stay_the_same_and_private(tmp_path: Path) -> None:
    first = KeyFiles.in_folder(tmp_path)
    text = first.antom_private.read_text()
    first.antom_public.unlink()
    second = KeyFiles.in_folder(tmp_path)
    assert second.antom_private.read_text() == text
    assert second.antom_public.exists()
    assert second.antom_private.stat().st_mode & 0o077 == 0
