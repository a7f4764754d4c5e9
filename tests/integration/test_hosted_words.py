"""The words of our page that leads to Antom's: a heading, and what it leaves open."""

from __future__ import annotations

import re

import pytest
from flask import render_template

from flask_antom.i18n.english import CHECKOUT, HOSTED, RESULT
from flask_antom.i18n.failure_texts import CODES
from tests.support.templates import make_app

#: The names of the texts that the page may have to show.
PROBLEMS = sorted({*CODES, "fault", "unpayable"} - {"result"})


pytestmark = pytest.mark.usefixtures("drawing_apps")


def heading_and_text(problem: str) -> tuple[str, str]:
    """Return what the page says about a problem; no text if there is none."""
    with make_app().test_request_context("/"):
        page = render_template(
            "antom/hosted.html", problem=problem, order_url="/", fault_code="K7M2-4QX9"
        )
    heading = re.search("<h1>(.*?)</h1>", page)
    text = re.search(r"</h1>\s*<p>(.*?)</p>", page)
    assert heading is not None
    return heading[1], text[1] if text else ""


@pytest.mark.parametrize("problem", PROBLEMS)
def test_nothing_is_said_twice(problem: str) -> None:
    heading, text = heading_and_text(problem)
    assert heading.rstrip(".") not in text


@pytest.mark.parametrize("problem", ["paid", "pending", "unknown"])
def test_a_payment_that_was_made_is_no_failure(problem: str) -> None:
    heading, text = heading_and_text(problem)
    assert heading != HOSTED["wrong"]
    assert text in (CHECKOUT[problem], RESULT["pending"].message)


def test_a_free_order_is_no_failure() -> None:
    assert heading_and_text("nothing") == (CHECKOUT["nothing"], "")


def test_nobody_is_told_to_reload_what_cannot_be_reloaded() -> None:
    assert heading_and_text("reload") == (HOSTED["wrong"], HOSTED["reload"])
