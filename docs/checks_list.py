"""The directive ``checks``: each mistake that ``flask antom check`` can find.

It draws ``flask_antom.checks.registry`` as it is now.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from flask_antom.checks.findings import Mistake
from flask_antom.checks.registry import CHECKS, GENERAL


class Checks(SphinxDirective):
    """A section for each check, with its mistakes and their cures."""

    def run(self) -> list[nodes.Node]:
        sections = [_section("Of the check itself", "", GENERAL)]
        for check in CHECKS:
            title = f"Of {check.name}"
            sections.append(_section(title, check.option, check.mistakes))
        return [*sections[1:], sections[0]]


def _section(title: str, option: str, mistakes: tuple[Mistake, ...]) -> nodes.Node:
    section = nodes.section(ids=[nodes.make_id(title)])
    section += nodes.title(text=title)
    if option:
        sentence = nodes.paragraph("", "This needs ")
        section += sentence
        sentence += [nodes.literal(text=f"--{option}"), nodes.Text(".")]
    entries = nodes.definition_list()
    section += entries
    entries += [_entry(mistake) for mistake in mistakes]
    return section


def _entry(mistake: Mistake) -> nodes.Node:
    term = nodes.term("", "", nodes.literal(text=mistake.name))
    term += nodes.Text(f", {mistake.level}")
    lines = (mistake.what, f"So: {mistake.leads_to}", f"Cure: {mistake.cure}")
    # Some quotes are code, to be copied.
    text = [nodes.paragraph(text=line, support_smartquotes=False) for line in lines]
    return nodes.definition_list_item("", term, nodes.definition("", *text))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("checks", Checks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
