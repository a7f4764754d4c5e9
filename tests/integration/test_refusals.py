"""Refused notifications in the log: few lines, with the sender and the reason."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from flask_antom.rate_limit import RateLimits
from flask_antom.signals import notification_refused
from flask_antom.testing import Signer
from tests.support.keys import OTHER_PRIVATE_KEY
from tests.support.offline import GUIDE, PATH, SIGNER, OfflineShop
from tests.support.shop import CLIENT_ID

BODY = json.dumps(GUIDE).encode()
STRANGER = "203.0.113.9"
ANTOM = "198.51.100.7"
WRONG_KEY = Signer(OTHER_PRIVATE_KEY, CLIENT_ID).headers(PATH, BODY)


def post(offline: OfflineShop, sender: str, headers: dict[str, str]) -> None:
    client = offline.shop.app.test_client()
    client.post(
        PATH, data=BODY, headers=headers, environ_overrides={"REMOTE_ADDR": sender}
    )


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "flask_antom.flows.refusals"
    ]


def test_a_line_has_the_sender_the_reason_and_the_setting(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    post(offline, ANTOM, WRONG_KEY)
    post(offline, ANTOM, SIGNER.headers(PATH, BODY) | {"Client-Id": "OTHER"})
    post(offline, STRANGER, {})
    mismatch, client, missing = lines(caplog)
    assert mismatch.startswith(f"Refused a notification from {ANTOM} (mismatch): ")
    assert "ANTOM_PUBLIC_KEY" in mismatch
    assert "ANTOM_PUBLIC_URL" in mismatch
    assert client.startswith(f"Refused a notification from {ANTOM} (client-id): ")
    assert "ANTOM_CLIENT_ID" in client
    assert missing == (
        f"Refused a notification from {STRANGER} (missing):"
        " Client-Id or Request-Time is missing."
    )


def test_a_flood_has_three_lines_and_hides_nobody_else(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(278):
        post(offline, STRANGER, {})
    assert len(lines(caplog)) == 3
    assert offline.signals == [("notification_refused", "missing")] * 278
    post(offline, ANTOM, WRONG_KEY)
    *_, line = lines(caplog)
    assert f"from {ANTOM} (mismatch)" in line
    assert line.endswith(" Not logged since the last line: missing 275.")


def test_a_stranger_who_knows_the_client_id_hides_nobody_either(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(50):
        post(offline, STRANGER, WRONG_KEY)
    post(offline, ANTOM, WRONG_KEY)
    assert [ANTOM in line for line in lines(caplog)] == [False] * 3 + [True]


def test_the_next_notification_tells_what_was_not_logged(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    offline.add_payment()
    for _ in range(10):
        post(offline, STRANGER, {})
    offline.notify()
    assert len(lines(caplog)) == 3
    offline.shop.clock.sleep(RateLimits.PERIOD)
    offline.notify()
    *_, line = lines(caplog)
    assert line == "Refused notifications: Not logged since the last line: missing 7."
    offline.shop.clock.sleep(RateLimits.PERIOD)
    offline.notify()
    assert len(lines(caplog)) == 4


def test_many_senders_share_the_lines_of_a_reason(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(60):
        post(offline, f"203.0.113.{number}", {})
    post(offline, ANTOM, WRONG_KEY)
    assert len(lines(caplog)) == RateLimits.PER_REASON + 1
    assert f"from {ANTOM} (mismatch)" in lines(caplog)[-1]


def test_the_lines_come_back_with_time() -> None:
    moment = 0.0
    limits = RateLimits(clock=lambda: moment)
    assert [limits.allows("missing", "a") for _ in range(4)] == [True] * 3 + [False]
    moment = 200.0
    assert [limits.allows("missing", "a") for _ in range(2)] == [True, False]


def test_only_so_many_senders_are_remembered() -> None:
    limits = RateLimits(clock=lambda: 0.0)
    for number in range(RateLimits.SENDERS * 3):
        limits.allows("missing", str(number))
    assert len(limits._by_sender) == RateLimits.SENDERS


def test_a_sender_is_one_line_of_the_log(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    post(offline, "a\nb" + "x" * 1000, {})
    (line,) = lines(caplog)
    assert "\n" not in line
    assert len(line) < 200


def test_a_receiver_that_always_raises_is_not_logged_each_time(
    offline: OfflineShop, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(app: Any, **extra: Any) -> None:
        raise RuntimeError("monitoring is away")

    offline.shop.connect(notification_refused, fail)
    for _ in range(20):
        post(offline, STRANGER, {})
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 3
