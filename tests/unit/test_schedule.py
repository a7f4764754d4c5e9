"""When Antom is asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_antom.domain.payment_states import FINAL, Status
from flask_antom.domain.schedule import next_inquiry

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TAKEN = [Status.AUTHORIZED, Status.SUCCEEDED, Status.REVIEW]


def inquiry_at(status: Status, moment: datetime, **times: Any) -> datetime | None:
    """Return when a payment of noon is asked about, unless ``times`` say otherwise."""
    known = {"created_at": NOON, "expires_at": None} | times
    return next_inquiry(status, moment, **known)


@pytest.mark.parametrize("status", sorted(set(Status) - FINAL))
def test_the_pause_grows_with_the_age_of_an_open_payment(status: Status) -> None:
    created = NOON - 8 * HOUR  # its session is over
    pauses = []
    for age in (timedelta(0), 3 * MINUTE, 10 * MINUTE, 100 * HOUR):
        at = next_inquiry(
            status,
            created + 2 * HOUR + age,
            created_at=created,
            expires_at=created,
        )
        assert at is not None
        pauses.append(at - created - 2 * HOUR - age)
    assert pauses == sorted(pauses)
    assert pauses[-1] <= 6 * HOUR


@pytest.mark.parametrize("status", sorted(FINAL))
def test_nobody_asks_about_what_is_final(status: Status) -> None:
    assert inquiry_at(status, NOON + 3 * HOUR, expires_at=NOON) is None


def test_a_failed_attempt_is_asked_about_when_its_session_is_over() -> None:
    at = inquiry_at(Status.FAILED, NOON, expires_at=NOON + HOUR)
    assert at == NOON + HOUR + 14 * MINUTE


@pytest.mark.parametrize("status", Status)
def test_what_is_unclear_is_asked_about_whatever_the_status(status: Status) -> None:
    for age, pause in ((0, 1), (5, 5), (500, 15)):
        since = NOON - age * MINUTE
        assert inquiry_at(status, NOON, unclear_since=since) == NOON + pause * MINUTE


@pytest.mark.parametrize("status", sorted(TAKEN))
def test_an_authorization_is_asked_about_once_it_has_lapsed(status: Status) -> None:
    created, until = NOON - 7 * 24 * HOUR, NOON + 2 * HOUR
    at = inquiry_at(status, NOON, created_at=created, authorized_until=until)
    assert at == until + HOUR


def test_only_a_payment_that_is_still_authorized_is_asked_about_after_that() -> None:
    long_ago = NOON - 24 * HOUR
    at = {
        status: inquiry_at(status, NOON, created_at=long_ago, authorized_until=long_ago)
        for status in TAKEN
    }
    assert at.pop(Status.AUTHORIZED) == NOON + 6 * HOUR
    assert set(at.values()) == {None}


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.FAILED])
def test_an_authorization_that_is_gone_is_not_asked_about(status: Status) -> None:
    assert inquiry_at(status, NOON, authorized_until=NOON + HOUR) is None
