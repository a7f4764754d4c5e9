"""The directive ``states``: ``flask_antom.domain.transitions.TABLE`` as it is now.

It draws the table as a diagram and prints it. ``make states`` prints it as Markdown.
"""

from __future__ import annotations

from collections.abc import Mapping

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from states_diagram import svg

from flask_antom.domain.payment_states import Status
from flask_antom.domain.transitions import TABLE, Step


class States(SphinxDirective):
    """The statuses before and after each fact, as a diagram and a table."""

    def run(self) -> list[nodes.Node]:
        diagram = nodes.raw("", f"<figure>{svg()}</figure>", format="html")
        return [diagram, *self.parse_text_to_nodes(markdown())]


def markdown() -> str:
    """Return the table in Markdown, one line for each fact and outcome."""
    lines = [
        "| Fact | Before | After | Signal |",
        "|---|---|---|---|",
    ]
    for fact, steps in TABLE.items():
        for (after, signal), before in _by_outcome(steps).items():
            names = ", ".join(f"`{status}`" for status in before)
            told = f"`{signal}`" if signal else ""
            lines.append(f"| `{fact}` | {names} | {after} | {told} |")
        if not steps:
            lines.append(f"| `{fact}` | any | the same | |")
    return "\n".join(lines)


def _by_outcome(
    steps: Mapping[Status, Step],
) -> dict[tuple[str, str | None], list[Status]]:
    """Group the statuses with the same outcome."""
    groups: dict[tuple[str, str | None], list[Status]] = {}
    for status, step in steps.items():
        after = "the same" if step.status is status else f"`{step.status}`"
        groups.setdefault((after, step.signal), []).append(status)
    return groups


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("states", States)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    print(markdown())
