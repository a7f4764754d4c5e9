"""Reports of buyers' browsers are logged, and nothing about the buyers."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from flask_antom.rate_limit import RateLimit
from tests.support.offline import OfflineShop

REPORT = {
    "code": "SDK_CREATECOMPONENT_ERROR",
    "resultCode": "",
    "mode": "element",
    "method": "GCASH",
}


def send(offline: OfflineShop, fields: Any) -> Any:
    client = offline.shop.app.test_client()
    agent = {"User-Agent": "CANARY (iPhone)"}
    return client.post("/antom/report", json=fields, headers=agent)


def test_a_fault_is_logged(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    answer = send(offline, REPORT)
    assert (answer.status_code, answer.data) == (204, b"")
    assert caplog.messages == [
        "A checkout reported SDK_CREATECOMPONENT_ERROR (result code -, mode element,"
        " method GCASH, IOS)."
    ]
    assert caplog.records[0].levelno == logging.WARNING


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "Jane Doe <jane@example.com>"},
        {"code": "A\nforged line"},
        {"code": "4" * 65},
        {"resultCode": {"cardNo": "CANARY"}},
        {"mode": "CANARY", "email": "CANARY"},
        {"method": 7},
        {},
    ],
)
def test_whatever_does_not_look_like_a_code_is_left_out(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture, wrong: dict[str, Any]
) -> None:
    assert send(offline, wrong).status_code == 204
    (message,) = caplog.messages
    assert message.endswith("reported - (result code -, mode -, method -, IOS).")
    assert "127.0.0.1" not in message


@pytest.mark.parametrize("body", [[], "x", None])
def test_a_report_is_an_object(offline: OfflineShop, body: Any) -> None:
    assert send(offline, body).status_code == 400


def test_too_many_reports_are_refused(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    statuses = [send(offline, REPORT).status_code for _ in range(70)]
    assert statuses[:60] == [204] * 60
    assert 429 in statuses
    assert len(caplog.messages) < 70
    answer = send(offline, REPORT)
    assert answer.headers["Retry-After"] == "60"
    assert answer.json["code"] == "too_many_reports"


def test_a_limit_lets_as_many_through_again_in_a_minute() -> None:
    moment = 0.0
    limit = RateLimit(3, clock=lambda: moment)
    assert [limit.allows() for _ in range(4)] == [True, True, True, False]
    moment = 20.0
    assert [limit.allows(), limit.allows()] == [True, False]
    moment = 3600.0
    assert [limit.allows() for _ in range(4)] == [True, True, True, False]
