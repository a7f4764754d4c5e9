"""Codes and the texts for them."""

from __future__ import annotations

from collections import Counter

import pytest

from flask_antom.codes import CODES, NEW_SESSION, text_for


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


def test_after_an_unknown_outcome_no_new_session_is_opened() -> None:
    assert NEW_SESSION.isdisjoint(CODES["result"])
