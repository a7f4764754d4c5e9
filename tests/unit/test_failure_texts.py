"""Codes and the texts for them."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from flask_antom.i18n.english import CHECKOUT
from flask_antom.i18n.failure_texts import CODES, NEW_SESSION, text_for
from tests.support.paths import ROOT

DOCS = (ROOT / "docs" / "checkout.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("USER_BALANCE_NOT_ENOUGH", "balance"),
        ("order_already_paid", "paid"),
        ("ORDER_IS_CANCELED", "closed"),
        ("ORDER_IS_CANCELLED", "closed"),
        ("PROCESS_FAIL", None),
        ("", None),
        (None, None),
    ],
)
def test_a_code_has_a_text(code: str | None, text: str | None) -> None:
    assert text_for(code) == text


def test_no_code_has_two_texts() -> None:
    counted = Counter(code for codes in CODES.values() for code in codes)
    assert set(counted.values()) == {1}


def test_every_code_has_a_text_that_exists() -> None:
    assert CODES.keys() <= CHECKOUT.keys()


def test_a_fault_of_the_shop_is_told_with_its_code() -> None:
    assert {text_for("invalid_order"), text_for("server_error")} == {"broken"}
    assert CHECKOUT["broken"].endswith(": %(code)s")


def test_after_an_unknown_outcome_no_new_session_is_opened() -> None:
    assert NEW_SESSION.isdisjoint(CODES["result"])


def documented(heading: str) -> set[str]:
    """Return the codes in capital letters of a chapter."""
    chapter = re.split(r"\n##+ ", DOCS.split(f"# {heading}\n")[1])[0]
    return set(re.findall(r"`([A-Z][A-Z0-9_]+)`", chapter))


def test_the_documentation_tells_every_code_and_its_text() -> None:
    codes = {code for codes in CODES.values() for code in codes if code.isupper()}
    assert documented("What the buyer reads") == codes | NEW_SESSION
