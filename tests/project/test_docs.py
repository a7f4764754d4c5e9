"""The README and the documentation, held to the code: what can be run is run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import requests
from sqlalchemy import inspect

from flask_antom import cli, errors, signals
from flask_antom.browser_sdk.releases import NEWEST, RELEASES
from flask_antom.config import DEFAULTS
from flask_antom.domain.payment_states import Status
from flask_antom.domain.refund_states import RefundStatus
from flask_antom.domain.transitions import TABLE
from flask_antom.i18n import english
from flask_antom.i18n.translations import LOCALES
from flask_antom.simulator import Simulator, faults
from flask_antom.web import routes
from tests.support.blocks import DOCS, README, blocks, write_files
from tests.support.keys import MERCHANT_PRIVATE_KEY
from tests.support.paths import ROOT
from tests.support.processes import answers, free_port
from tests.support.shop import CLIENT_ID, Shopfront

PAGES = [README, ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]

MARKDOWN = [
    *PAGES,
    ROOT / "CONTRIBUTING.md",
    ROOT / "benchmarks" / "README.md",
    ROOT / "example_app" / "README.md",
]


def first_cells(page: Path) -> set[str]:
    """Return the code in the first cells of a page's tables."""
    rows = re.findall(r"^\| (.*?) \|", page.read_text(), re.MULTILINE)
    return {word for cell in rows for word in re.findall(r"`([^`]+)`", cell)}


class ReadmeShop:
    """The shop of the README, in a process of its own."""

    def __init__(self, directory: Path, simulator: Simulator, gateway: str) -> None:
        self._directory = directory
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        write_files(README, directory)
        private, public = directory / "merchant.pem", directory / "antom.pem"
        private.write_text(MERCHANT_PRIVATE_KEY)
        public.write_text(simulator.public_key)
        self.exports = {
            "FLASK_SECRET_KEY": '"for tests only"',
            "FLASK_ANTOM_CLIENT_ID": f'"{CLIENT_ID}"',
            "FLASK_ANTOM_PRIVATE_KEY_FILE": str(private),
            "FLASK_ANTOM_PUBLIC_KEY_FILE": str(public),
            "FLASK_ANTOM_PUBLIC_URL": self.url,
        }
        self._environment = self.exports | {"FLASK_ANTOM_GATEWAY_URL": gateway}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "flask", "--app", "shop", *arguments]

    def run(self, *arguments: str) -> str:
        """Run a command of the README to its end, and give what it prints."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self._directory,
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout

    def serve(self) -> Iterator[None]:
        with (self._directory / "log").open("wb") as log:
            process = subprocess.Popen(
                self.command("run", "--port", str(self._port)),
                cwd=self._directory,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
            try:
                while not answers(f"{self.url}/orders/A-1"):
                    assert process.poll() is None, (self._directory / "log").read_text()
                yield
            finally:
                process.terminate()
                process.wait()


@pytest.fixture
def readme_shop(
    tmp_path: Path, simulator: Simulator, gateway: Any
) -> Iterator[ReadmeShop]:
    shop = ReadmeShop(tmp_path, simulator, gateway.url)
    for _ in shop.serve():
        yield shop


@pytest.mark.slow
def test_the_readmes_shop_takes_a_payment(
    readme_shop: ReadmeShop, simulator: Simulator
) -> None:
    order_page = f"{readme_shop.url}/orders/A-1"
    assert (
        'name="orderReference" value="A-1"' in requests.get(order_page, timeout=10).text
    )
    wanted = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
    session_url = f"{readme_shop.url}/antom/session"
    session = requests.post(session_url, json=wanted, timeout=20).json()
    simulator.approve(session["paymentRequestId"])
    simulator.notifier.drain()
    assert [delivery.acknowledged for delivery in simulator.deliveries] == [True]
    result_page = requests.get(session["resultUrl"], timeout=20).text
    assert "Payment received" in result_page
    assert 'href="/orders/A-1"' in result_page
    assert "This order is paid." in requests.get(order_page, timeout=10).text


@pytest.mark.slow
def test_the_readmes_commands_run(readme_shop: ReadmeShop) -> None:
    (commands,) = blocks(README, "sh")
    exported = re.findall(r"^export (\w+)=", commands, re.MULTILINE)
    assert set(exported) == set(readme_shop.exports)
    assert "flask --app shop antom check\n" in commands
    assert f"{readme_shop.url}/antom/notify" in readme_shop.run("antom", "check")


@pytest.mark.slow
def test_the_tests_that_the_documentation_shows_pass(tmp_path: Path) -> None:
    write_files(DOCS / "start.md", tmp_path)
    write_files(DOCS / "testing.md", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = sum(len(re.findall(r"def test_", code)) for code in python_of_testing())
    assert f"{shown} passed" in done.stdout


@pytest.mark.slow
def test_the_first_commands_of_the_start_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = DOCS / "start.md"
    write_files(page, tmp_path)
    (commands,) = [code for code in blocks(page, "sh") if "--simulator" in code]
    binaries = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{binaries}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = subprocess.run(
        ["sh", "-e", "-c", commands],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "http://127.0.0.1:5000/antom/notify" in done.stdout
    assert done.stdout.endswith("\nAll is well.\n")
    assert (tmp_path / "instance" / "antom.cfg").exists()


def python_of_testing() -> list[str]:
    return blocks(DOCS / "testing.md", "python")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_in_the_documentation_compiles(page: Path) -> None:
    for code in blocks(page, "python"):
        compile(code, str(page), "exec")


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if blocks(page, "python", marked=True)],
    ids=lambda page: page.stem,
)
def test_blocks_that_are_marked_run(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType(f"docs_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for code in blocks(page, "python", marked=True):
        exec(compile(code, str(page), "exec"), vars(module))  # noqa: S102


def test_every_key_is_documented_and_no_other() -> None:
    keys = first_cells(DOCS / "configuration.md")
    assert {key for key in keys if key.startswith("ANTOM_")} == set(DEFAULTS)


def test_defaults_are_documented() -> None:
    text = (DOCS / "configuration.md").read_text()
    for key, default in DEFAULTS.items():
        if default not in (None, ...):
            row = next(line for line in text.splitlines() if f"| `{key}` |" in line)
            assert f"`{default}`" in row


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_in_the_documentation_exist(page: Path) -> None:
    text = page.read_text()
    commands = set(re.findall(r"\bflask (?:--app \w+ )?antom ([a-z][\w-]*)", text))
    assert commands <= set(cli.group.list_commands(click.Context(cli.group)))


def test_every_command_is_in_the_table_once() -> None:
    _, table = (DOCS / "api.md").read_text().split("\n## Commands\n")
    named = re.findall(r"`([^`]+)`", "".join(re.findall(r"^\|.*?\|", table, re.M)))
    commands = [name.removeprefix("flask antom ").split()[0] for name in named]
    assert sorted(commands) == cli.group.list_commands(click.Context(cli.group))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_keys_in_the_documentation_exist(page: Path) -> None:
    named = re.findall(r"(?<!\w)(?:FLASK_)?(ANTOM_[A-Z_]+[A-Z])\b", page.read_text())
    known = {"ANTOM_TEST_CHROMIUM", *DEFAULTS}
    assert set(named) <= known


def test_every_signal_is_documented() -> None:
    text = (DOCS / "signals.md").read_text()
    for name in [*signals.BY_NAME, "notification_refused"]:
        assert f"autodata:: flask_antom.signals.{name}\n" in text


def test_every_problem_code_is_documented() -> None:
    classes: list[type[errors.CheckoutError]] = [
        errors.CheckoutError,
        *errors.CheckoutError.__subclasses__(),
    ]
    codes = {f"{kind.status} `{kind.code}`" for kind in classes}
    text = (DOCS / "errors.md").read_text()
    assert {code for code in codes if f"| {code} |" not in text} == set()


def test_every_event_code_and_dom_event_is_documented() -> None:
    script = (ROOT / "flask_antom" / "static" / "antom" / "checkout.js").read_text()
    codes = set(re.findall(r"^ +(SDK_\w+):", script, re.MULTILINE))
    cells = first_cells(DOCS / "checkout.md")
    documented = {cell for cell in cells if cell.startswith("SDK_")}
    assert codes <= documented  # the others only show that the SDK is alive
    told = set(re.findall(r"tell: '(\w+)'", script)) | {"session", "event"}
    events = {cell for cell in cells if cell.startswith("antom:")}
    assert events == {f"antom:{name}" for name in told}


def test_every_state_of_an_attempt_is_documented() -> None:
    script = (ROOT / "flask_antom" / "static" / "antom" / "checkout.js").read_text()
    states = set(re.findall(r"\bstate(?::| =) '(\w+)'", script))
    assert {"asking", "ended"} < states
    assert states <= first_cells(DOCS / "checkout.md")


def test_every_text_of_the_macro_is_documented() -> None:
    assert set(english.CHECKOUT) <= first_cells(DOCS / "checkout.md")


def test_every_language_is_documented() -> None:
    text = (DOCS / "words.md").read_text()
    assert [locale for locale in LOCALES if f"| `{locale}` |" not in text] == []


def test_every_property_and_block_of_the_looks_is_documented(shop: Shopfront) -> None:
    page = DOCS / "looks.md"
    css = (ROOT / "flask_antom" / "static" / "antom" / "checkout.css").read_text()
    wanted = set(re.findall(r"var\((--antom-[\w-]+)", css))
    assert {c for c in first_cells(page) if c.startswith("--antom-")} == wanted
    for name in ("antom/result_page.html", "antom/hosted_page.html"):
        row = next(r for r in page.read_text().splitlines() if f"| `{name}` |" in r)
        blocks = shop.app.jinja_env.get_template(name).blocks
        assert {block for block in blocks if f"`{block}`" not in row} == set()


def test_every_column_and_status_is_documented(shop: Shopfront) -> None:
    cells = first_cells(DOCS / "models.md")
    antom = shop.antom
    for model in (antom.Payment, antom.Refund, antom.Notification, antom.Event):
        columns = {column.name for column in inspect(model).local_table.columns}
        assert columns <= cells
    assert {str(status) for status in Status} <= first_cells(DOCS / "states.md")
    words = {str(status) for status in RefundStatus}
    assert words <= first_cells(DOCS / "payments.md")


def print_in_docs(*arguments: str) -> str:
    """Run Python where the documentation is, and give what it prints."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=DOCS,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def test_the_table_of_states_is_printed_as_markdown() -> None:
    rows = print_in_docs("states_table.py").splitlines()[2:]
    assert {row.split("`")[1] for row in rows} == {str(fact) for fact in TABLE}
    assert "| `expired` | `created` | `expired` | `payment_expired` |" in rows


def test_the_diagram_shows_every_fact_that_changes_a_status() -> None:
    svg = print_in_docs("-c", "import states_diagram; print(states_diagram.svg())")
    changing = {
        str(fact)
        for fact, steps in TABLE.items()
        if any(step.status is not before for before, step in steps.items())
    }
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    words = {word for text in texts for word in text.split(", ")}
    assert words == changing | {str(status) for status in Status}


def test_every_version_of_the_sdk_that_was_tried_is_documented() -> None:
    text = (DOCS / "sdk.md").read_text()
    for version, release in RELEASES.items():
        row = next(line for line in text.splitlines() if f"| `{version}` |" in line)
        assert {f"`{mode}`" for mode in release.styles} <= set(re.findall("`.*?`", row))
    assert NEWEST.integrity in text


def test_every_fault_of_the_simulator_is_documented() -> None:
    names = {*faults.BEFORE, *faults.AFTER, *faults.NOTIFICATIONS}
    assert names <= first_cells(DOCS / "simulator.md")


def test_every_route_is_documented(shop: Shopfront) -> None:
    text = "".join(page.read_text() for page in DOCS.glob("*.md"))
    rules = [rule.rule for rule in shop.app.url_map.iter_rules()]
    ours = {rule for rule in rules if rule.startswith("/antom/")}
    assert routes.blueprint.name == "antom"
    assert {rule for rule in ours if rule not in text} == {
        "/antom/static/<path:filename>"
    }


@pytest.mark.parametrize(
    "page", MARKDOWN, ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_lines_of_prose_are_short(page: Path) -> None:
    prose = re.sub(r"^ *(```+).*?^ *\1$", "", page.read_text(), flags=re.M | re.S)
    lines = [line for line in prose.splitlines() if not line.startswith(("|", "    "))]
    without_links = [re.sub(r"\]\([^)]*\)", "]", line) for line in lines]
    assert [line for line in without_links if len(line) > 120] == []


@pytest.mark.parametrize("page", [README, ROOT / "CONTRIBUTING.md"], ids=["r", "c"])
def test_files_that_are_linked_exist(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []
