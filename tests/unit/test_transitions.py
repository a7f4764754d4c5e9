"""The state table, over every order and repetition of what can be observed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_antom import signals
from flask_antom.domain.captures import merge_captures
from flask_antom.domain.decisions import Decision, decide
from flask_antom.domain.money import Money
from flask_antom.domain.payment_states import (
    FINAL,
    UNNAMED,
    Fact,
    Observation,
    ReviewOutcome,
    Status,
    View,
)
from flask_antom.domain.risk_reviews import MAY_BE_HELD
from flask_antom.domain.transitions import TABLE

AMOUNT = Money(4200, "MYR")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

FACTS_FOR_A_PERSON = {
    Fact.AGAIN,
    Fact.REJECTED,
    Fact.ORDER_CHANGED,
    Fact.ORDER_GONE,
    Fact.ORDER_CLOSED,
    Fact.ORDER_PAID,
}

WALLET = View(Status.CREATED, AMOUNT)
CARD = View(Status.CREATED, AMOUNT, authorizes=True)


def observed(fact: Fact, payment_id: str | None = "P1", minute: int = 0) -> Observation:
    """An observation of the right amount."""
    at = NOON + timedelta(minutes=minute)
    return Observation(
        fact, "notification", "R1", payment_id, amount=AMOUNT, result_code="X", at=at
    )


def after(view: View, decision: Decision, seen: Observation) -> View:
    """The payment as the ledger would leave it."""
    view = view._replace(under_review=decision.under_review)
    if not decision.adopt:
        return view._replace(status=decision.status)
    captures = view.captures if seen.is_of(view.payment_id) else {}
    captures = merge_captures(captures, seen.captures)
    return view._replace(
        captures=captures,
        captured=sum(captures.values()),
        status=decision.status,
        payment_id=seen.payment_id or view.payment_id,
        paid_at=seen.at,
        given_back=view.given_back and seen.is_of(view.payment_id),
    )


def observe(view: View, *observations: Observation) -> tuple[View, list[str]]:
    """Observe one by one; return the signals as the outbox would."""
    sent: list[str] = []
    for seen in observations:
        decision = decide(view, seen)
        view = after(view, decision, seen)
        if decision.signal is not None and decision.signal not in sent:
            sent.append(decision.signal)
    return view, sent


payments_ids = st.sampled_from([None, "P1", "P2"])
amounts = st.sampled_from([None, AMOUNT, Money(1, "MYR"), Money(4200, "USD")])
observations = st.builds(
    Observation,
    fact=st.sampled_from(Fact),
    source=st.sampled_from(["notification", "inquiry", "cancel", "clock"]),
    request_id=st.just("R1"),
    payment_id=payments_ids,
    amount=amounts,
    captures=st.sampled_from([{}, {"C1": AMOUNT}]),
    capture_requests=st.just(frozenset()),
    refunds=st.just(()),
    method=st.sampled_from([None, "GCASH", "CARD"]),
    review=st.sampled_from(ReviewOutcome),
    after_cancel=st.booleans(),
    result_code=st.sampled_from([None, "AUTH_EXPIRED", "PROCESS_FAIL"]),
    at=st.sampled_from([None, NOON, NOON + timedelta(minutes=1)]),
    authorized_until=st.none(),
)


def possible(view: View) -> View:
    """Return a view without what does not go together."""
    return view._replace(
        under_review=view.under_review and view.status in MAY_BE_HELD,
        given_back=view.given_back and view.status in (Status.SUCCEEDED, Status.REVIEW),
    )


views = st.builds(
    View,
    status=st.sampled_from(Status),
    amount=st.just(AMOUNT),
    payment_id=payments_ids,
    authorizes=st.booleans(),
    chooses_method=st.booleans(),
    cancel_asked=st.booleans(),
    closed_by_shop=st.booleans(),
    under_review=st.booleans(),
    outdated=st.booleans(),
    order_paid=st.booleans(),
    paid_at=st.sampled_from([None, NOON]),
    captured=st.just(0),
    captures=st.just({}),
    capture_request_id=st.none(),
    given_back=st.booleans(),
    order_closed=st.booleans(),
).map(possible)


@given(views, observations)
def test_every_observation_in_every_state_has_a_decision(
    view: View, seen: Observation
) -> None:
    decision = decide(view, seen)
    assert decision.changed == (decision.status != view.status)
    assert decision.signal is None or decision.signal in signals.BY_NAME


@given(views, observations)
def test_the_same_observation_again_changes_no_status(
    view: View, seen: Observation
) -> None:
    once = after(view, decide(view, seen), seen)
    assert decide(once, seen).status == once.status


@given(observations, st.booleans(), st.booleans())
def test_a_paid_order_is_undone_by_our_own_cancel_only(
    seen: Observation, cancel_asked: bool, authorizes: bool
) -> None:
    view = View(
        Status.SUCCEEDED,
        AMOUNT,
        "P1",
        authorizes=authorizes,
        cancel_asked=cancel_asked,
        paid_at=NOON,
    )
    decision = decide(view, seen)
    if decision.status is Status.REVIEW:
        assert decision.fact in FACTS_FOR_A_PERSON
    elif decision.status is not Status.SUCCEEDED:
        assert decision.status is Status.CANCELLED
        assert cancel_asked or seen.source == "cancel"
        assert seen.fact is Fact.CANCELLED


@given(views, observations)
def test_a_wrong_amount_never_succeeds(view: View, seen: Observation) -> None:
    decision = decide(view, seen._replace(amount=Money(1, "MYR")))
    if decision.changed and seen.fact is not Fact.CAPTURED:
        assert decision.status not in (Status.SUCCEEDED, Status.AUTHORIZED)
    currency = decide(view, seen._replace(amount=Money(4200, "USD")))
    if currency.changed:
        assert currency.status not in (Status.SUCCEEDED, Status.AUTHORIZED)


@given(views, observations)
def test_pending_and_unpaid_are_never_paid(view: View, seen: Observation) -> None:
    for fact in (Fact.PENDING, Fact.PROCESSING, Fact.UNPAID, Fact.FAILED):
        decision = decide(view, seen._replace(fact=fact))
        if decision.changed:
            assert decision.status not in (Status.SUCCEEDED, Status.AUTHORIZED)
        assert decision.signal not in ("payment_succeeded", "payment_authorized")


@pytest.mark.parametrize(
    ("start", "news"),
    [
        (
            WALLET,
            [
                observed(Fact.PROCESSING),
                observed(Fact.PENDING),
                observed(Fact.PENDING),
                observed(Fact.PAID),
                observed(Fact.PAID),
            ],
        ),
        (
            WALLET,
            [
                observed(Fact.FAILED, "P1"),
                observed(Fact.PENDING, "P2"),
                observed(Fact.PAID, "P2", minute=1),
                observed(Fact.FAILED, "P1"),
            ],
        ),
        (
            CARD,
            [
                observed(Fact.PENDING),
                observed(Fact.PAID),
                observed(Fact.CAPTURED, minute=1),
                observed(Fact.PAID),
                observed(Fact.UNPAID, None),
            ],
        ),
        (
            WALLET,
            [observed(Fact.CANCELLED), observed(Fact.PAID), observed(Fact.FAILED)],
        ),
    ],
    ids=["pending", "retry", "card", "closed"],
)
def test_any_order_ends_in_success_and_tells_it_once(
    start: View, news: list[Observation]
) -> None:
    for order in permutations(news):
        view, sent = observe(start, *order)
        assert view.status is Status.SUCCEEDED
        assert sent.count("payment_succeeded") == 1
        assert sent[-1] in ("payment_succeeded", "payment_needs_review")


def test_an_authorized_card_is_not_paid() -> None:
    view, sent = observe(CARD, observed(Fact.PAID))
    assert (view.status, sent) == (Status.AUTHORIZED, ["payment_authorized"])


def test_a_method_found_to_be_a_card_is_authorized() -> None:
    seen = observed(Fact.PAID)._replace(method="CARD")
    assert decide(WALLET, seen).status is Status.AUTHORIZED


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("GCASH", Status.SUCCEEDED),
        ("GOOGLEPAY", Status.AUTHORIZED),
        (None, Status.AUTHORIZED),  # it may be a card
    ],
)
def test_a_method_chosen_at_antom_decides_whether_it_authorizes(
    method: str | None, status: Status
) -> None:
    view = CARD._replace(chooses_method=True)
    assert decide(view, observed(Fact.PAID)._replace(method=method)).status is status


def test_an_authorization_that_we_asked_for_is_one_whatever_the_method() -> None:
    seen = observed(Fact.PAID)._replace(method="KLARNA")
    assert decide(CARD, seen).status is Status.AUTHORIZED


def test_an_inquiry_that_shows_the_capture_succeeds() -> None:
    seen = observed(Fact.PAID)._replace(captures={"C1": AMOUNT}, source="inquiry")
    assert decide(CARD, seen).status is Status.SUCCEEDED


def test_the_latest_success_of_a_session_counts() -> None:
    view, sent = observe(
        WALLET,
        observed(Fact.PAID, "P1", 0),
        observed(Fact.PAID, "P2", 5),
        observed(Fact.PAID),
    )
    assert view.payment_id == "P2"
    assert sent == ["payment_succeeded"]


def test_an_earlier_success_observed_late_does_not_count() -> None:
    view, _ = observe(
        WALLET, observed(Fact.PAID, "P2", 5), observed(Fact.PAID, "P1", 0)
    )
    assert view.payment_id == "P2"


def test_an_inquirys_answer_that_comes_late_brings_no_earlier_success_back() -> None:
    view, _ = observe(
        WALLET, observed(Fact.PAID, "P1", 0), observed(Fact.PAID, "P2", 5)
    )
    view, sent = observe(view, observed(Fact.PAID, "P1", 0)._replace(source="inquiry"))
    assert (view.payment_id, sent) == ("P2", [])


@pytest.mark.parametrize("at", [None, NOON])
def test_where_no_time_tells_the_success_observed_last_counts(
    at: datetime | None,
) -> None:
    view, sent = observe(
        WALLET, observed(Fact.PAID, "P1"), observed(Fact.PAID, "P2")._replace(at=at)
    )
    assert (view.payment_id, sent) == ("P2", ["payment_succeeded"])


def test_a_success_after_our_cancel_stays_cancelled() -> None:
    view = WALLET._replace(cancel_asked=True)
    view, sent = observe(view, observed(Fact.CANCELLED), observed(Fact.PAID))
    assert (view.status, sent) == (Status.CANCELLED, ["payment_cancelled"])


def test_our_cancel_undoes_a_paid_order() -> None:
    view, _ = observe(WALLET, observed(Fact.PAID))
    view, sent = observe(view._replace(cancel_asked=True), observed(Fact.CANCELLED))
    assert (view.status, sent) == (Status.CANCELLED, ["payment_cancelled"])


def test_somebody_elses_cancel_of_a_paid_order_is_for_a_person() -> None:
    view, _ = observe(WALLET, observed(Fact.PAID))
    view, sent = observe(view, observed(Fact.CANCELLED))
    assert (view.status, sent) == (Status.SUCCEEDED, ["payment_needs_review"])


def test_a_second_paid_attempt_is_for_a_person() -> None:
    view, sent = observe(WALLET._replace(order_paid=True), observed(Fact.PAID))
    assert (view.status, sent) == (Status.REVIEW, ["payment_needs_review"])


def test_an_attempt_of_an_old_amount_is_for_a_person() -> None:
    outdated = WALLET._replace(outdated=True)
    assert decide(outdated, observed(Fact.PAID)).fact is Fact.ORDER_CHANGED
    view, sent = observe(outdated, observed(Fact.PAID))
    assert (view.status, sent) == (Status.REVIEW, ["payment_needs_review"])


@pytest.mark.parametrize("order_paid", [True, False])
def test_an_attempt_that_antom_closed_does_not_pay_a_second_time(
    order_paid: bool,
) -> None:
    closed = WALLET._replace(status=Status.CANCELLED)
    view = closed._replace(order_paid=order_paid, outdated=not order_paid)
    view, sent = observe(view, observed(Fact.PAID))
    assert (view.status, sent) == (Status.REVIEW, ["payment_needs_review"])


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
@pytest.mark.parametrize(
    ("fact", "after_inquiry"),
    [(Fact.PENDING, Status.PENDING), (Fact.PROCESSING, Status.PROCESSING)],
)
def test_what_an_inquiry_finds_under_way_is_open_again(
    status: Status, fact: Fact, after_inquiry: Status
) -> None:
    view = View(status, AMOUNT)
    late = observed(fact)
    assert decide(view, late).status is status
    assert decide(view, late._replace(source="inquiry")).status is after_inquiry
    ours = view._replace(cancel_asked=True)
    if status is Status.CANCELLED:
        assert decide(ours, late._replace(source="inquiry")).status is status


def test_a_capture_may_be_a_part_but_not_more() -> None:
    part = observed(Fact.CAPTURED)._replace(amount=Money(1000, "MYR"))
    more = observed(Fact.CAPTURED)._replace(amount=Money(4201, "MYR"))
    assert decide(CARD, part).status is Status.SUCCEEDED
    assert decide(CARD, more).status is Status.REVIEW


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (CARD._replace(captures={"C1": 4000}), Status.REVIEW),
        (CARD._replace(status=Status.AUTHORIZED, captures={"C1": 4000}), Status.REVIEW),
        (
            CARD._replace(status=Status.SUCCEEDED, captures={"C1": 4000}),
            Status.SUCCEEDED,
        ),
    ],
)
def test_captures_that_exceed_the_amount_together_are_for_a_person(
    view: View, status: Status
) -> None:
    part = Money(1000, "MYR")
    seen = observed(Fact.CAPTURED)._replace(amount=part, captures={"C2": part})
    decision = decide(view, seen)
    assert (decision.status, decision.signal) == (status, "payment_needs_review")
    assert decision.adopt
    assert decide(view, seen._replace(captures={"C1": part})).fact is Fact.CAPTURED


def test_a_buyer_who_has_done_his_part_is_not_taken_for_one_who_has_not() -> None:
    view, sent = observe(WALLET, observed(Fact.PROCESSING), observed(Fact.PENDING))
    assert (view.status, sent) == (Status.PENDING, ["payment_pending"])


def test_a_failed_capture_of_an_earlier_try_says_nothing_of_the_later_one() -> None:
    view, _ = observe(CARD, observed(Fact.PAID, "P1"), observed(Fact.PAID, "P2", 5))
    for code in ("AUTH_CANCELLED", "PROCESS_FAIL"):
        lost = observed(Fact.CAPTURE_FAILED, "P1", 6)._replace(result_code=code)
        assert observe(view, lost) == (view, [])


@pytest.mark.parametrize("capture_request_id", ["K2", None, "K1"])
def test_a_failed_capture_of_a_paid_order_is_for_a_person_if_it_was_under_way(
    capture_request_id: str | None,
) -> None:
    paid, _ = observe(CARD, observed(Fact.PAID), observed(Fact.CAPTURED))
    view = paid._replace(capture_request_id=capture_request_id)
    lost = observed(Fact.CAPTURE_FAILED)._replace(capture_requests=frozenset({"K2"}))
    expected = ["payment_needs_review"] if capture_request_id == "K2" else []
    assert observe(view, lost) == (view, expected)


def test_a_late_capture_of_an_earlier_try_pays_nothing() -> None:
    view, _ = observe(CARD, observed(Fact.PAID, "P1"), observed(Fact.PAID, "P2", 5))
    late = observed(Fact.CAPTURED, "P1", 6)
    assert observe(view, late) == (view, [])
    paid, _ = observe(view, observed(Fact.CAPTURED, "P2", 5))
    assert observe(paid, late) == (paid, [])


def test_an_earlier_success_observed_late_does_not_pay_what_is_authorized_again() -> (
    None
):
    view, _ = observe(CARD, observed(Fact.PAID, "P2", 5))
    wallet = observed(Fact.PAID, "P1")._replace(method="GCASH")
    chosen = view._replace(chooses_method=True)
    assert observe(chosen, wallet) == (chosen, [])


def test_an_authorization_in_the_place_of_what_was_captured_needs_a_person() -> None:
    captured = CARD._replace(status=Status.SUCCEEDED, payment_id="P1", captured=4200)
    now = observed(Fact.PAID, "P2", 5)
    view, sent = observe(captured, now)
    assert (view.status, view.payment_id, sent) == (Status.SUCCEEDED, "P2", [])
    view = view._replace(captured=0)
    assert observe(view, now) == (view, [])  # Antom may be about to capture it
    asked = now._replace(source="inquiry")
    assert observe(view, asked) == (view, ["payment_needs_review"])
    assert observe(view._replace(captured=4200), asked)[1] == []


@pytest.mark.parametrize(
    ("known", "seen", "merged"),
    [
        ({}, {"C1": 5, "C2": 7}, {"C1": 5, "C2": 7}),
        ({"C1": 5}, {"C1": 5}, {"C1": 5}),
        ({"C1": 5}, {"C2": 5}, {"C1": 5, "C2": 5}),
        ({}, {UNNAMED: 5}, {UNNAMED: 5}),
        ({"C1": 5}, {UNNAMED: 5}, {"C1": 5}),
        ({"C1": 5}, {UNNAMED: 7}, {"C1": 5, UNNAMED: 2}),
        ({"C1": 5}, {"C1": 5, UNNAMED: 2}, {"C1": 5, UNNAMED: 2}),
        ({UNNAMED: 5}, {UNNAMED: 5}, {UNNAMED: 5}),
        ({UNNAMED: 5}, {"C1": 5}, {"C1": 5}),
        ({UNNAMED: 5}, {"C1": 3}, {"C1": 3, UNNAMED: 2}),
        ({"C1": 3, UNNAMED: 2}, {"C1": 3}, {"C1": 3, UNNAMED: 2}),
    ],
)
def test_each_capture_counts_once_whether_or_not_it_is_named(
    known: dict[str, int], seen: dict[str, int], merged: dict[str, int]
) -> None:
    news = {name: Money(value, "MYR") for name, value in seen.items()}
    assert merge_captures(known, news) == merged
    assert merge_captures(merged, news) == merged


def test_a_risk_review_delays_and_may_refuse() -> None:
    running = observed(Fact.PAID)._replace(review=ReviewOutcome.RUNNING)
    refused = observed(Fact.PAID)._replace(review=ReviewOutcome.REJECTED)
    assert decide(CARD, running).status is Status.PROCESSING
    assert decide(CARD, refused).status is Status.REVIEW


@pytest.mark.parametrize("code", ["AUTH_EXPIRED", "AUTH_CANCELLED"])
def test_a_capture_that_finds_no_authorization_ends_the_payment(code: str) -> None:
    view, _ = observe(CARD, observed(Fact.PAID))
    lost = observed(Fact.CAPTURE_FAILED)._replace(result_code=code)
    view, sent = observe(view, lost)
    assert (view.status, sent) == (Status.CANCELLED, ["payment_cancelled"])


def test_another_failed_capture_is_for_a_person() -> None:
    view, _ = observe(CARD, observed(Fact.PAID))
    view, sent = observe(view, observed(Fact.CAPTURE_FAILED))
    assert (view.status, sent) == (Status.AUTHORIZED, ["payment_needs_review"])


def test_a_late_refusal_to_capture_leaves_a_paid_order_alone() -> None:
    view, _ = observe(CARD, observed(Fact.CAPTURED))
    decision = decide(
        view, observed(Fact.CAPTURE_FAILED)._replace(result_code="AUTH_EXPIRED")
    )
    assert (decision.status, decision.signal) == (Status.SUCCEEDED, None)


def test_only_an_untouched_attempt_expires() -> None:
    for status in Status:
        decision = decide(View(status, AMOUNT), Observation(Fact.EXPIRED, "clock"))
        assert (decision.status is Status.EXPIRED) == (
            status in (Status.CREATED, Status.EXPIRED)
        )


def test_money_that_comes_after_expiry_counts() -> None:
    view = View(Status.EXPIRED, AMOUNT)
    assert decide(view, observed(Fact.PENDING)).status is Status.PENDING
    assert decide(view, observed(Fact.PAID)).status is Status.SUCCEEDED


def test_every_signal_of_the_table_exists() -> None:
    named = {step.signal for row in TABLE.values() for step in row.values()}
    assert named - {None} <= set(signals.BY_NAME)
    assert set(TABLE) == set(Fact)


@pytest.mark.parametrize("fact", [Fact.PAID, Fact.AUTHORIZED, Fact.CAPTURED])
def test_an_answer_after_our_cancel_that_finds_the_money_is_for_a_person(
    fact: Fact,
) -> None:
    view = CARD._replace(status=Status.CANCELLED, cancel_asked=True)
    late = observed(fact)
    assert observe(view, late) == (view, [])
    assert observe(view, late._replace(source="inquiry")) == (view, [])
    found = late._replace(source="inquiry", after_cancel=True)
    view, sent = observe(view, found, found)
    assert (view.status, sent) == (Status.REVIEW, ["payment_needs_review"])
    assert decide(CARD, late).about(late) == ""
    closed = CARD._replace(status=Status.CANCELLED, cancel_asked=True)
    assert decide(closed, found).about(found) == "paid_after_cancel P1"


@pytest.mark.parametrize(
    "status",
    [
        *(Status.CREATED, Status.PENDING, Status.PROCESSING),
        *(Status.FAILED, Status.EXPIRED, Status.CANCELLED),
    ],
)
def test_what_the_shop_closed_while_antom_did_not_know_it_never_succeeds(
    status: Status,
) -> None:
    view = View(status, AMOUNT, cancel_asked=True, closed_by_shop=True)
    for source in ("notification", "inquiry"):
        decision = decide(view, observed(Fact.PAID)._replace(source=source))
        assert decision.status is Status.REVIEW
        assert decision.fact is Fact.PAID_AFTER_CANCEL
        assert decision.adopt


def test_a_cancel_whose_outcome_is_unknown_keeps_no_money_from_counting() -> None:
    view = WALLET._replace(cancel_asked=True)
    assert decide(view, observed(Fact.PAID)).status is Status.PROCESSING
    found = observed(Fact.PAID)._replace(source="inquiry")
    assert decide(view, found).status is Status.SUCCEEDED


@given(views, observations)
def test_nothing_is_told_as_paid_while_its_review_is_running(
    view: View, seen: Observation
) -> None:
    decision = decide(view, seen)
    if decision.under_review:
        assert decision.signal not in ("payment_succeeded", "payment_authorized")
        assert decision.status not in FINAL - {Status.SUCCEEDED}
