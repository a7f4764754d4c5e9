"""``python -m example_app``, as a client of the repository starts it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

import example_app
from example_app.__main__ import main
from tests.browser.example_shop.client import ORDER

COMMAND = [sys.executable, "-m", "example_app"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the example, for it keeps its state beside itself."""
    source = Path(example_app.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, tmp_path / source.name, ignore=ignored)
    return tmp_path


class Running:
    """A started program.

    :ivar said: what it printed until it stood.
    """

    def __init__(self, program: subprocess.Popen[str]) -> None:
        assert program.stdout is not None
        lines = []
        for line in program.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        self._program = program
        self.said = "".join(lines)

    def address(self, of: str) -> str:
        found = re.search(rf"{of}: +(http://\S+)", self.said)
        assert found is not None, self.said
        return found[1]

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; return the exit code and the last words."""
        self._program.send_signal(number)
        rest, _ = self._program.communicate(timeout=20)
        return self._program.returncode, rest


@contextmanager
def started(copy: Path, *options: str, **environment: str) -> Iterator[Running]:
    with subprocess.Popen(
        [*COMMAND, *options],
        cwd=copy,
        env=clean_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        try:
            yield Running(program)
        finally:
            program.kill()


def clean_environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if "FLASK" not in key}
    return kept | {"PYTHONWARNINGS": "error::ResourceWarning"} | more


def run(copy: Path, **environment: str) -> tuple[int, str]:
    """Run to the end; return the exit code and what was printed."""
    done = subprocess.run(
        COMMAND,
        cwd=copy,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def order(shop: str, client: requests.Session) -> str:
    """Order a cup; return the order's path."""
    form = f"{shop}/products/kopi-cup/order"
    found = re.search(r'csrf_token"[^>]* value="([^"]+)"', client.get(form).text)
    assert found is not None
    answer = client.post(form, ORDER | {"csrf_token": found[1]})
    assert answer.status_code == 200
    return answer.url.removeprefix(shop).removesuffix("/checkout")


def test_orders_survive_a_restart_unless_it_is_fresh(copy: Path) -> None:
    options = ("--port", "0", "--simulator-port", "0")
    with requests.Session() as client:
        with started(copy, *options) as first:
            path = order(first.address("The shop"), client)
            console = requests.get(first.address("The simulator's console"), timeout=10)
            assert "Antom simulator" in console.text
            assert first.stop() == (
                0,
                "Stopped. The orders are kept; --fresh deletes them.\n",
            )
        with started(copy, *options) as second:
            page = client.get(second.address("The shop") + path)
            assert page.status_code == 200
            assert "Waiting for payment" in page.text
            second.stop()
        with started(copy, *options, "--fresh") as third:
            page = client.get(third.address("The shop") + path)
            assert page.status_code == 404
            third.stop()


def test_secrets_are_for_their_owner_only(copy: Path) -> None:
    with started(copy, "--port", "0", "--simulator-port", "0") as demo:
        demo.stop()
    folder = copy / "instance" / "simulator"
    for name in ("secret-key", "merchant-private.pem", "antom-private.pem"):
        assert (folder / name).stat().st_mode & 0o077 == 0, name


def test_ctrl_c_stops_it_cleanly(copy: Path) -> None:
    with started(copy, "--port", "0", "--simulator-port", "0") as demo:
        code, words = demo.stop(signal.SIGINT)
    assert code == 0
    assert words.startswith("Stopped.")


def test_taken_ports_are_told_and_gone_around(copy: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        ports = [taken.getsockname()[1] for taken in (one, two)]
        options = ("--port", str(ports[0]), "--simulator-port", str(ports[1]))
        with started(copy, *options) as demo:
            assert f"Port {ports[0]} is taken, so the shop uses" in demo.said
            assert f"Port {ports[1]} is taken, so the simulator uses" in demo.said
            answer = requests.get(demo.address("The shop"), timeout=10)
            assert answer.status_code == 200
            demo.stop()


def test_a_wrong_setting_is_named(copy: Path) -> None:
    code, words = run(copy, FLASK_ANTOM_CLIENT_ID="SANDBOX_REAL")
    assert code == 1
    assert words.startswith("Error: 2 settings are missing or wrong")
    assert "ANTOM_PRIVATE_KEY" in words
    assert "ANTOM_PUBLIC_KEY" in words
    code, words = run(copy, FLASK_ANTOM_CLIENT_ID="5E88123")
    assert code == 1
    assert "ANTOM_CLIENT_ID" in words


def test_a_port_that_cannot_be_is_refused() -> None:
    for option in ("--port", "--simulator-port"):
        refused = CliRunner().invoke(main, [option, "99999"])
        assert refused.exit_code == 2
        assert f"Invalid value for '{option}': 99999" in refused.output


def test_help_tells_the_options() -> None:
    told = CliRunner().invoke(main, ["--help"])
    assert told.exit_code == 0
    for option in ("--port", "--simulator-port", "--fresh"):
        assert option in told.output
