"""Every command that the clerk's page prints, run; it prints what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.support.blocks import DOCS
from tests.support.desk import open_desk

COMMAND = re.compile(
    r"^```\n\$ flask --app example_app antom (.*)\n((?:.+\n|\n)*?)```$", re.M
)

#: What differs from day to day.
_CHANGING = {
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ": "TIME",
    r"\bfx[0-9a-f]{30}\b": "ID",
    r"\bclerk-[0-9a-f]{16}\b": "KEY",
    r"\bC?\d{20,}\b": "NUMBER",
    r"\bin \d+ (?:s|min)\b": "SOON",
}


def alike(text: str) -> list[str]:
    """Return the words of an output, without what differs from day to day.

    The page breaks long lines.
    """
    for changing, word in _CHANGING.items():
        text = re.sub(changing, word, text)
    return text.split()


def test_the_page_prints_what_the_commands_print(tmp_path: Path) -> None:
    printed = COMMAND.findall((DOCS / "clerk.md").read_text())
    assert {command.split()[0] for command, _ in printed} == {
        *("list", "show", "sync", "events", "sweep", "redeliver", "refund"),
        *("capture", "cancel", "close", "notifications", "purge"),
    }
    with open_desk(tmp_path) as desk:
        for command, output in printed:
            answer = "y\n" if "Go on? [y/N]: y" in output else ""
            told = desk.run(*shlex.split(command), answer=answer)
            assert alike(told) == alike(output), command


def test_each_task_of_the_page_is_a_command_with_the_options_that_it_says(
    tmp_path: Path,
) -> None:
    tasks = re.findall(r"\| `flask antom (.+?)`", (DOCS / "clerk.md").read_text())
    assert len(tasks) >= 15
    with open_desk(tmp_path) as desk:
        for task in tasks:
            name, *words = shlex.split(task)
            text = desk.run(name, "--help")
            assert text.startswith("Usage:"), task
            for option in (word for word in words if word.startswith("--")):
                assert option in text, task
