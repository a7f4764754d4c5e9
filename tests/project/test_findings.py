"""The scripts in ``findings`` have the form that CONTRIBUTING asks for.

They are not run here: they install packages.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SCRIPTS = sorted((ROOT / "findings").iterdir())


@pytest.fixture(params=SCRIPTS, ids=lambda path: path.name)
def text(request: pytest.FixtureRequest) -> str:
    script: Path = request.param
    assert script.suffix == ".sh"
    return script.read_text()


def test_a_script_prints_and_checks_what_its_head_says(text: str) -> None:
    head = re.match(r"#!/bin/sh\n((?:#.*\n)+)", text)
    assert head is not None
    _, _, said = head[1].partition("# Output seen:\n")
    checked = re.search(r"<<'SEEN' [^\n]*\n(.*?)^SEEN$", text, re.S | re.M)
    assert said
    assert checked is not None
    assert checked[1].split() == said.replace("#", " ").split()


def test_a_script_names_a_version_and_cleans_up(text: str) -> None:
    assert re.search(r"\d+\.\d+", text.splitlines()[1])
    assert "set -eu\nfolder=$(mktemp -d)\n" in text
    assert 'rm -rf "$folder"' in text


def test_a_script_pins_what_it_installs_and_uses_nothing_of_ours(text: str) -> None:
    assert re.search(r"==\d|==\$version", text)
    assert "antom" not in text.replace("ANTOM_TEST_CHROMIUM", "").lower()
