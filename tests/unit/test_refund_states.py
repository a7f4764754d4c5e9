"""The sums of refunds about which what was asked and what Antom reports differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_antom.domain.money import Money
from flask_antom.domain.payment_states import is_given_back
from flask_antom.domain.refund_states import (
    Refunded,
    RefundObservation,
    RefundStatus,
    differs,
)

ASKED = Money(1000, "MYR")


@pytest.mark.parametrize(
    ("agreed", "most", "refunded"),
    [
        (0, 0, 0),
        (1000, 1000, 1000),
        (1000, 1200, 1200),
        (4200, 4200, 4200),
        (1000, 4200, 1000),
        (1000, 999900, 1000),
        (0, 999900, 0),
        (6000, 6000, 4200),
    ],
)
def test_all_is_given_back_only_if_both_figures_say_so(
    agreed: int, most: int, refunded: int
) -> None:
    assert Refunded(agreed, most).of(4200) == refunded
    assert is_given_back(4200, refunded) == (agreed >= 4200)


@given(st.integers(0, 9999), st.integers(0, 9999), st.integers(1, 9999))
def test_refunded_is_never_more_than_was_captured(
    agreed: int, more: int, captured: int
) -> None:
    refunded = Refunded(agreed, agreed + more).of(captured)
    assert 0 <= refunded <= captured
    assert is_given_back(captured, refunded) == (agreed >= captured)


@pytest.mark.parametrize(
    ("amount", "is_foreign", "is_other"),
    [
        (None, False, False),
        (ASKED, False, False),
        (Money(999, "MYR"), False, True),
        (Money(1000, "USD"), False, True),
        (None, True, True),
    ],
)
def test_only_a_success_differs_from_what_was_asked(
    amount: Money | None, is_foreign: bool, is_other: bool
) -> None:
    for status in RefundStatus:
        seen = RefundObservation(
            status, "notification", amount=amount, is_foreign=is_foreign
        )
        is_success = status is RefundStatus.SUCCEEDED
        assert differs(ASKED, seen) == (is_other and is_success)
