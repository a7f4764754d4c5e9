"""The faults that axe-core finds in a page."""

from __future__ import annotations

from itertools import product

from playwright.sync_api import Page

from tests.support.paths import NODE_MODULES
from tests.support.thorough import THOROUGH

AXE = NODE_MODULES / "axe-core" / "axe.min.js"

#: WCAG 2.2 on the levels A and AA, and what is good beside it.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# What axe cannot decide is as bad as what it objects to. Frames are Antom's.
RUN = """tags => axe.run(document, {
  runOnly: tags,
  rules: { 'target-size': { enabled: true }, 'frame-tested': { enabled: false } },
  resultTypes: ['violations', 'incomplete'],
  preload: false
}).then(found => [...found.violations, ...found.incomplete].flatMap(rule =>
  rule.nodes.map(node => `${rule.id}: ${node.html} ${node.failureSummary}`)))"""

SET_DIRECTION = """direction => {
  document.querySelectorAll('html, form').forEach(e => { e.dir = direction; });
}"""


def violations(page: Page) -> list[str]:
    """Return what axe objects to in the page as it is, one line for each element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = page.evaluate(RUN, TAGS)
    return found


#: Colours and directions of reading; a quick run tries each of them once.
LOOKS = (
    list(product(("light", "dark"), ("ltr", "rtl")))
    if THOROUGH
    else [("light", "ltr"), ("dark", "rtl")]
)


def violations_in_all_looks(page: Page) -> list[str]:
    """Return the same in light and dark, and in both directions of reading."""
    found = []
    for scheme, direction in LOOKS:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.evaluate(SET_DIRECTION, direction)
        found += [f"{scheme}, {direction}: {line}" for line in violations(page)]
    return found
