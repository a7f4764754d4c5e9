"""The scripts as files: their size, their syntax, their globals."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess

import pytest

from tests.support.paths import ROOT

STATIC = ROOT / "flask_antom" / "static" / "antom"
SCRIPTS = ["checkout.js", "debug.js", "result.js"]
LIMIT = 6 * 1024


def parse(source: str) -> subprocess.CompletedProcess[str]:
    """Parse as ECMAScript 5 with acorn; node comes from .venv or from the PATH."""
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
    node = shutil.which("node", path=path)
    assert node, "There is no node: run `make test`, which installs one."
    acorn = ROOT / "node_modules" / "acorn" / "bin" / "acorn"
    return subprocess.run(
        [node, str(acorn), "--ecma5", "--silent"],
        input=source,
        text=True,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_ecmascript_5(name: str) -> None:
    parsed = parse((STATIC / name).read_text("utf-8"))
    assert parsed.returncode == 0, parsed.stderr


def test_the_parser_refuses_newer_syntax() -> None:
    assert parse("var f = () => 1;").returncode != 0


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_small(name: str) -> None:
    assert len(gzip.compress((STATIC / name).read_bytes(), 6)) <= LIMIT - 24


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_need_no_promise_and_no_fetch(name: str) -> None:
    source = (STATIC / name).read_text("utf-8")
    assert "Promise" not in source
    assert "fetch(" not in source
