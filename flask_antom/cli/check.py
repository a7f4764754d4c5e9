"""``flask antom check``: whether this app, as it is set up, can take payments."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from flask.cli import with_appcontext

from ..checks import registry
from ..checks.findings import ERROR, Fact, Finding
from .current import current_state

#: The longest line on a terminal.
_WIDEST = 100

_LABELS = {"error": "Error", "warning": "Warning"}


@click.command()
@with_appcontext
@click.option("--online", is_flag=True, help="Ask Antom, and call the notify URL.")
@click.option("--live", is_flag=True, help="Require that the app takes real money.")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(online: bool, live: bool, strict: bool, as_json: bool) -> None:
    """Find mistakes in the set-up, and name their cures.

    Settings, database, functions and routes are checked. It shows the addresses that
    Antom and buyers use, and who is told what. The order loader is called without a
    visitor, as when money has come, and the routes are called in this process, without
    a trace. Antom is asked with --online only.

    The exit code is 1 if payments would be lost or stuck.

    \b
    Examples:
      flask antom check
      flask antom check --online --live --strict
    """
    options = {"online": online, "live": live}
    state = current_state()
    found = registry.run(state, [name for name, is_on in options.items() if is_on])
    draw = _draw_json if as_json else _draw
    findings = draw(found)
    if any(strict or finding.level == ERROR for finding in findings):
        sys.exit(1)


def _draw(found: Iterable[registry.Found]) -> list[Finding]:
    """Print what is found, the mistakes last; returns the mistakes."""
    findings = []
    for one in found:
        if isinstance(one, Fact):
            _draw_fact(one)
        else:
            findings.append(one)
    for finding in findings:
        click.echo(_text(finding), err=True)
    if not findings:
        click.echo("All is well.")
    return findings


def _draw_fact(fact: Fact) -> None:
    label = f"{fact.label}:"
    if isinstance(fact.value, str):
        click.echo(f"{label:14} {fact.value}")
    else:
        click.echo(label)
        _draw_table(fact.value)


def _draw_table(rows: Mapping[str, Sequence[str]]) -> None:
    width = max(map(len, rows))
    for name, values in rows.items():
        for number, value in enumerate(values):
            click.echo(f"  {'' if number else name:{width}}  {value}")


def _text(finding: Finding) -> str:
    """Return a finding as it is printed: wrapped on a terminal, else in three lines."""
    lines = (
        f"{_LABELS[finding.level]} ({finding.name}): {finding.what}",
        f"  So:   {finding.leads_to}",
        f"  Cure: {finding.cure}",
    )
    width = 0
    if sys.stderr.isatty():
        width = max(40, min(_WIDEST, shutil.get_terminal_size().columns))
    return "\n".join(["", *(_wrapped(line, width) for line in lines)])


def _wrapped(line: str, width: int) -> str:
    if not width:
        return line
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * 8,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _draw_json(found: Iterable[registry.Found]) -> list[Finding]:
    """Print what is found as JSON; returns the mistakes."""
    facts: dict[str, Any] = {}
    findings = []
    for one in found:
        if isinstance(one, Fact):
            facts[one.label] = one.value
        else:
            findings.append(one)
    printed = {"facts": facts, "findings": [one._asdict() for one in findings]}
    click.echo(json.dumps(printed, indent=2))
    return findings


COMMANDS = (check,)
