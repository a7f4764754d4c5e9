"""One form of the support page, sent by many threads at once, on every database."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from flask_antom import Money
from tests.support.offline import GUIDE, OfflineShop
from tests.support.support_page import HOME, Desk, open_desk

pytestmark = pytest.mark.every_database

THREADS = 6
PATH = "payments/paymentRequestId01/refund"


@pytest.fixture
def desk(offline: OfflineShop) -> Iterator[Desk]:
    offline.add_payment(
        status="succeeded", payment_id="P-1", captured=Money(4200, "MYR")
    )

    def answer() -> dict[str, Any]:
        number = len(offline.calls)
        return {
            "result": GUIDE["result"],
            "refundId": f"R-{number}",
            "paymentId": "P-1",
            "refundAmount": {"value": "1000", "currency": "MYR"},
        }

    offline.answers["refund"] = answer
    with open_desk(offline) as desk:
        yield desk


def at_once(desk: Desk, forms: list[dict[str, str]]) -> list[int]:
    """Send forms from as many threads; return the status of each answer."""
    barrier, statuses = threading.Barrier(len(forms)), []

    def send(fields: dict[str, str]) -> None:
        client = desk.offline.shop.app.test_client()
        barrier.wait()
        statuses.append(client.post(HOME + PATH, data=fields).status_code)

    threads = [threading.Thread(target=send, args=(form,)) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def filled(form: dict[str, str], amount: str = "10.00") -> dict[str, str]:
    asked = {"how": "part", "amount": amount, "reason": "as asked", "step": "do"}
    return {**form, **asked}


def refunds(desk: Desk) -> list[int]:
    rows = desk.offline.shop.rows(desk.offline.shop.antom.Refund)
    return [row.amount_value for row in rows]


def test_a_form_refunds_once(desk: Desk) -> None:
    form = filled(desk.open(PATH))
    assert at_once(desk, [form] * THREADS) == [303] * THREADS
    assert refunds(desk) == [1000]
    assert [row.outcome for row in desk.actions] == ["done"]
    assert len(desk.called("refund")) == 1


def test_forms_that_were_open_together_refund_once(desk: Desk) -> None:
    forms = [filled(desk.open(PATH)) for _ in range(THREADS)]
    assert set(at_once(desk, forms)) == {303}
    assert refunds(desk) == [1000]
    assert len(desk.actions) == 1
    assert json.dumps(desk.called("refund")[0]).count("1000") == 1


def test_a_row_is_written_with_any_sign(desk: Desk) -> None:
    desk.team.name = "Zoë \N{THUMBS UP SIGN}"
    form = filled(desk.open(PATH)) | {"reason": "\N{TEACUP WITHOUT HANDLE} zerbrochen"}
    assert desk.send(PATH, form).status_code == 303
    (row,) = desk.actions
    assert (row.actor, row.reason) == (desk.team.name, form["reason"])
    assert row.ended_at >= row.started_at
    assert "zerbrochen" in desk.see("actions")
