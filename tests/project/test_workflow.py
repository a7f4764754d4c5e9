"""The files that tools of others read name only what there is in this project."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()

#: What an issue form must ask for, or say.
SECRETS = "Never paste keys"
CHECK = "flask antom check"


def load(path: Path) -> dict[Any, Any]:
    document = yaml.safe_load(path.read_text())
    assert isinstance(document, dict)
    return document


def commands(workflow: Path) -> Iterator[str]:
    """Return each line that a workflow runs."""
    for job in load(workflow)["jobs"].values():
        for step in job["steps"]:
            yield from step.get("run", "").splitlines()


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment in the project's directory."""
    command = (sys.executable, "-m", module, *arguments)
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.name)
def workflow(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_is_a_workflow_that_calls_what_developers_call() -> None:
    called = {command for path in WORKFLOWS for command in commands(path)}
    assert {".ci/run", "make matrix"} <= called


def test_a_workflow_may_only_read_and_does_not_run_for_ever(workflow: Path) -> None:
    document = load(workflow)
    assert document["permissions"] == {"contents": "read"}
    for job in document["jobs"].values():
        assert "permissions" not in job
        assert 0 < job["timeout-minutes"] <= 90


def test_the_targets_that_a_workflow_names_exist(workflow: Path) -> None:
    named = {
        target
        for line in commands(workflow)
        for target in re.findall(r"\bmake ([a-z]+)", line)
    }
    assert named
    assert named <= targets()


def test_the_script_of_ci_names_targets_that_exist() -> None:
    script = (ROOT / ".ci/run").read_text()
    (loop,) = re.findall(r"^for target in (.+); do$", script, re.MULTILINE)
    named = {
        re.split(r"\s", word.strip("'"))[0] for word in re.findall(r"'.+?'|\S+", loop)
    }
    assert {"test", "build"} <= named
    assert named <= targets()


def test_the_matrix_has_the_pythons_that_the_package_names() -> None:
    supported = set(
        re.findall(
            r'"Programming Language :: Python :: (3\.\d+)"',
            (ROOT / "pyproject.toml").read_text(),
        )
    )
    steps = [
        step.get("with", {}).get("python-version", "")
        for job in load(ROOT / ".github/workflows/ci.yml")["jobs"].values()
        for step in job["steps"]
    ]
    assert set("\n".join(steps).split()) == supported
    cells = json.loads(run("nox", "--list", "--json").stdout)
    for name in ("lowest", "locked", "lite"):
        assert {cell["python"] for cell in cells if cell["name"] == name} == supported


def test_the_lowest_versions_are_those_that_the_package_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = project["dependencies"]
    for extra in project["optional-dependencies"].values():
        needed = needed + extra
    lock = (ROOT / "requirements/lowest.txt").read_text()
    for requirement in needed:
        name, bound = re.sub(r"\[.*\]", "", requirement).split(">=")
        assert re.search(rf"^{name}=={re.escape(bound)}(\.\d+)* ", lock, re.MULTILINE)


def test_a_missing_python_is_an_error_that_names_it() -> None:
    done = run("nox", "--session", "lite", "--force-pythons", "3.99")
    assert done.returncode == 1
    assert "3.99 not found" in done.stdout + done.stderr


def test_no_hook_is_downloaded() -> None:
    hooks = load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert {repo["repo"] for repo in hooks} == {"local"}
    for hook in hooks[0]["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/")


def test_pre_commit_takes_its_configuration() -> None:
    done = run("pre_commit", "validate-config")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_an_issue_form_warns_of_secrets_and_asks_for_the_check(path: Path) -> None:
    if path.name == "config.yml":
        assert load(path) == {"blank_issues_enabled": False}
        return
    form = load(path)
    assert {"name", "description", "body"} <= set(form)
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    names = [field["id"] for field in fields]
    assert len(names) == len(set(names))
    assert all(field["attributes"]["label"] for field in fields)
    text = path.read_text()
    assert SECRETS in text
    assert CHECK in text


def test_a_pull_request_is_asked_for_the_same() -> None:
    text = (ROOT / ".github/PULL_REQUEST_TEMPLATE.md").read_text()
    assert SECRETS in text
    assert CHECK in text
    assert set(re.findall(r"`make ([a-z]+)", text)) <= targets()
