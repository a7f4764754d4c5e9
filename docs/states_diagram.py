"""Draw the table of states: a column for each status, a line for each step.

The lines take their colour from the page's text, so they suit light and dark pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask_antom.domain.payment_states import Fact, Status
from flask_antom.domain.transitions import TABLE

_LEFT, _TOP = 160, 40
_COLUMN, _LINE = 76, 30
_DOT, _TIP = 4, 7


def svg() -> str:
    """Return an SVG element with the steps that change a status."""
    steps = list(_steps())
    width = _LEFT + _COLUMN * len(Status)
    height = _TOP + _LINE * len(steps)
    parts = [
        f'<svg viewBox="0 0 {width} {height}" role="img" font-size="13"'
        ' font-family="sans-serif" fill="currentColor" stroke="currentColor">',
        "<title>Which fact leads from which status to which</title>",
    ]
    parts += [_column(status, height) for status in Status]
    for number, (facts, before, after) in enumerate(steps):
        parts.append(_step(_TOP + _LINE * number + _LINE // 2, facts, before, after))
    return "\n".join([*parts, "</svg>"])


def _steps() -> Iterator[tuple[list[Fact], set[Status], Status]]:
    """Yield facts, statuses before and status after; equal steps are merged."""
    merged: dict[tuple[frozenset[Status], Status], list[Fact]] = {}
    for fact, steps in TABLE.items():
        for after in Status:
            before = frozenset(
                status
                for status, step in steps.items()
                if step.status is after and status is not after
            )
            if before:
                merged.setdefault((before, after), []).append(fact)
    for (before, after), facts in merged.items():
        yield facts, set(before), after


def _x(status: Status) -> int:
    return _LEFT + _COLUMN * list(Status).index(status) + _COLUMN // 2


def _column(status: Status, height: int) -> str:
    x = _x(status)
    return (
        f'<text x="{x}" y="20" text-anchor="middle" stroke="none">{status}</text>'
        f'<line x1="{x}" x2="{x}" y1="30" y2="{height}" opacity="0.2"/>'
    )


def _step(y: int, facts: list[Fact], before: set[Status], after: Status) -> str:
    """Draw a line from each status before, a dot, to the status after, an arrow."""
    target = _x(after)
    parts = [_label(y, facts)]
    for status in sorted(before, key=_x):
        x = _x(status)
        tip = target - _TIP if x < target else target + _TIP
        parts += [
            f'<line x1="{x}" x2="{tip}" y1="{y}" y2="{y}" stroke-width="1.5"/>',
            f'<circle cx="{x}" cy="{y}" r="{_DOT}" stroke="none"/>',
            f'<path d="M{target} {y} L{tip} {y - 5} L{tip} {y + 5} Z" stroke="none"/>',
        ]
    return "".join(parts)


def _label(y: int, facts: list[Fact]) -> str:
    names = ", ".join(facts)
    return f'<text x="0" y="{y + 4}" stroke="none">{names}</text>'
