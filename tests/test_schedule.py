"""When Antom is asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flask_antom.schedule import next_inquiry
from flask_antom.states import FINAL, Status

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TAKEN = [Status.AUTHORIZED, Status.SUCCEEDED, Status.REVIEW]


@pytest.mark.parametrize("status", sorted(set(Status) - FINAL))
def test_the_pause_grows_with_the_age_of_an_open_payment(status: Status) -> None:
    created = NOON - 8 * HOUR  # its session is over
    pauses = []
    for age in (timedelta(0), 3 * MINUTE, 10 * MINUTE, 100 * HOUR):
        at = next_inquiry(status, created, created, created + 2 * HOUR + age)
        assert at is not None
        pauses.append(at - created - 2 * HOUR - age)
    assert pauses == sorted(pauses)
    assert pauses[-1] <= 6 * HOUR


@pytest.mark.parametrize("status", sorted(FINAL))
def test_nobody_asks_about_what_is_final(status: Status) -> None:
    assert next_inquiry(status, NOON, NOON, NOON + 3 * HOUR) is None


def test_a_failed_attempt_is_asked_about_when_its_session_is_over() -> None:
    at = next_inquiry(Status.FAILED, NOON, NOON + HOUR, NOON)
    assert at == NOON + HOUR + 14 * MINUTE


@pytest.mark.parametrize("status", Status)
def test_what_is_unclear_is_asked_about_whatever_the_status(status: Status) -> None:
    for age, pause in ((0, 1), (5, 5), (500, 15)):
        since = NOON - age * MINUTE
        assert next_inquiry(status, NOON, None, NOON, since) == NOON + pause * MINUTE


@pytest.mark.parametrize("status", sorted(TAKEN))
def test_an_authorization_is_asked_about_once_it_has_lapsed(status: Status) -> None:
    created, until = NOON - 7 * 24 * HOUR, NOON + 2 * HOUR
    at = next_inquiry(status, created, None, NOON, None, until)
    assert at == until + HOUR


def test_only_a_payment_that_is_still_authorized_is_asked_about_after_that() -> None:
    long_ago = NOON - 24 * HOUR
    at = {
        status: next_inquiry(status, long_ago, None, NOON, None, long_ago)
        for status in TAKEN
    }
    assert at.pop(Status.AUTHORIZED) == NOON + 6 * HOUR
    assert set(at.values()) == {None}


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.FAILED])
def test_an_authorization_that_is_gone_is_not_asked_about(status: Status) -> None:
    assert next_inquiry(status, NOON, None, NOON, None, NOON + HOUR) is None
