"""The scripts as files: their size, their syntax, the checkout's table of states."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.paths import ROOT

STATIC = ROOT / "flask_antom" / "static" / "antom"
SCRIPTS = ["checkout.js", "debug.js", "result.js"]
LIMIT = 7168

#: The states in which the SDK may report.
VIEW = {"loading", "open", "submitting", "leaving"}

#: The states in which the shop is asked for a session.
ASKING = {"asking", "renewing"}

Node = dict[str, Any]


def parse(source: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Parse as ECMAScript 5 with acorn; node comes from .venv or from the PATH."""
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ["PATH"]])
    node = shutil.which("node", path=path)
    assert node, "There is no node: run `make test`, which installs one."
    acorn = ROOT / "node_modules" / "acorn" / "bin" / "acorn"
    return subprocess.run(
        [node, str(acorn), "--ecma5", *options],
        input=source,
        text=True,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_ecmascript_5(name: str) -> None:
    parsed = parse((STATIC / name).read_text("utf-8"), "--silent")
    assert parsed.returncode == 0, parsed.stderr


def test_the_parser_refuses_newer_syntax() -> None:
    assert parse("var f = () => 1;", "--silent").returncode != 0


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_small(name: str) -> None:
    assert len(gzip.compress((STATIC / name).read_bytes(), 6)) <= LIMIT


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_need_no_promise_and_no_fetch(name: str) -> None:
    source = (STATIC / name).read_text("utf-8")
    # The page asks for the one of refresh(), and so has promises.
    assert source.count("Promise") == (name == "checkout.js")
    assert "fetch(" not in source


# The table of states in checkout.js


@pytest.fixture(scope="module")
def nodes() -> list[Node]:
    """The syntax tree of ``checkout.js``, node by node."""
    parsed = parse((STATIC / "checkout.js").read_text("utf-8"))
    return list(walk(json.loads(parsed.stdout)))


def walk(tree: Any) -> Iterator[Node]:
    if isinstance(tree, dict):
        if "type" in tree:
            yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from walk(part)


def table(nodes: list[Node]) -> dict[str, dict[str, str]]:
    """Return TABLE: for each meaning the state and the function that acts in it."""
    return {
        meaning: {state: cell["name"] for state, cell in entries(row).items()}
        for meaning, row in entries(variables(nodes)["TABLE"]).items()
    }


def variables(nodes: list[Node]) -> dict[str, Node]:
    """Return the first value of each variable."""
    found = [node for node in nodes if node["type"] == "VariableDeclarator"]
    return {node["id"]["name"]: node["init"] for node in found}


def entries(literal: Node) -> dict[str, Node]:
    """Return the properties of an object literal."""
    return {entry["key"]["name"]: entry["value"] for entry in literal["properties"]}


def words(node: Node) -> set[str]:
    """Return the strings to which an expression may come."""
    if node["type"] == "ConditionalExpression":
        return words(node["consequent"]) | words(node["alternate"])
    return {node["value"]} if node["type"] == "Literal" else set()


def codes(nodes: list[Node]) -> list[dict[str, str]]:
    """Return what the script says of each code of the SDK."""
    literals = [
        variables(nodes)[entry["name"]] if entry["type"] == "Identifier" else entry
        for entry in entries(variables(nodes)["CODES"]).values()
    ]
    return [
        {name: part["value"] for name, part in entries(literal).items()}
        for literal in literals
    ]


def states(nodes: list[Node]) -> set[str]:
    """Return the states into which the script brings an attempt."""
    found = {
        node["right"]["value"]
        for node in nodes
        if node["type"] == "AssignmentExpression"
        and node["left"].get("property", {}).get("name") == "state"
    }
    return found | {
        node["value"]["value"]
        for node in nodes
        if node["type"] == "Property" and node["key"].get("name") == "state"
    }


def test_the_table_has_a_row_for_each_meaning_and_no_other(nodes: list[Node]) -> None:
    calls = [node for node in nodes if node["type"] == "CallExpression"]
    named = [
        words(call["arguments"][1])
        for call in calls
        if call["callee"].get("name") == "react"
    ]
    meanings = {code["means"] for code in codes(nodes)}.union(*named)
    assert set(table(nodes)) == meanings


def test_the_table_has_a_column_for_each_state_and_no_other(nodes: list[Node]) -> None:
    columns = {state for row in table(nodes).values() for state in row}
    assert columns == states(nodes) - {"ended"} == {*ASKING, *VIEW, "away"}


def test_what_the_table_does_is_a_function_of_the_script(nodes: list[Node]) -> None:
    functions = {
        node["id"]["name"] for node in nodes if node["type"] == "FunctionDeclaration"
    }
    cells = {cell for row in table(nodes).values() for cell in row.values()}
    assert cells <= functions


def test_what_the_buyer_must_know_is_heard_in_every_state_of_the_view(
    nodes: list[Node],
) -> None:
    told = {code["means"] for code in codes(nodes) if "tell" in code}
    told -= {"leave", "noise"}
    rows = table(nodes)
    assert {"again", "cancel", "fail", "processing", "result"} == told
    assert [meaning for meaning in told if VIEW - set(rows[meaning])] == []


def test_nobody_is_told_to_pay_again_before_the_shop_was_asked(
    nodes: list[Node],
) -> None:
    rows = table(nodes)
    asks = {"inquire", "comeBack"}
    for meaning in ("again", "cancel", "fail"):
        acts = {state: rows[meaning][state] for state in VIEW - {"loading"}}
        assert set(acts.values()) <= asks, meaning
    assert rows["unpaid"].keys() == VIEW


def test_every_state_can_end(nodes: list[Node]) -> None:
    rows = table(nodes)
    assert rows["again"]["asking"] == rows["again"]["loading"] == "end"
    assert rows["again"]["renewing"] == "renewed"  # with the view behind which it asks
    assert set(rows["result"].items()) == {(state, "end") for state in {*VIEW, "away"}}


def test_a_refresh_never_touches_whoever_has_begun_to_pay(nodes: list[Node]) -> None:
    assert set(table(nodes)["refresh"]) == {"asking", "loading", "open"}


def test_states_are_compared_with_states_only(nodes: list[Node]) -> None:
    compared = {
        node["right"]["value"]
        for node in nodes
        if node["type"] == "BinaryExpression"
        and node["left"].get("property", {}).get("name") == "state"
    }
    assert compared <= states(nodes)
