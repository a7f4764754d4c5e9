"""Actions on the support page: once for each form, and never without a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.gateway.http import Reply
from flask_antom.signals import payment_succeeded
from tests.integration.test_admin_pages import statements
from tests.support.offline import GUIDE, OfflineShop, failed
from tests.support.support_page import HOME, Desk, open_desk

SUCCESS = GUIDE["result"]
PAYMENT = "payments/paymentRequestId01"
REFUND, CAPTURE = f"{PAYMENT}/refund", f"{PAYMENT}/capture"
UNCLEAR = {"result": {"resultCode": "UNKNOWN_EXCEPTION", "resultStatus": "U"}}


def refunded(value: int = 1000) -> dict[str, Any]:
    return {
        "result": SUCCESS,
        "refundId": f"R-{value}",
        "paymentId": "P-1",
        "refundAmount": {"value": str(value), "currency": "MYR"},
        "refundTime": "2020-01-01T12:01:03+08:30",
    }


CAPTURED = {
    "result": SUCCESS,
    "captureId": "C-1",
    "paymentId": "P-1",
    "captureAmount": {"value": "2000", "currency": "MYR"},
    "captureTime": "2020-01-01T12:01:03+08:30",
}
CANCELLED = {"result": SUCCESS, "paymentId": "P-1", "cancelTime": "2020-01-01T12:01Z"}


@pytest.fixture
def desk(offline: OfflineShop) -> Iterator[Desk]:
    """Stand before a paid payment of 42.00 MYR."""
    offline.add_payment(
        status="succeeded", payment_id="P-1", captured=Money(4200, "MYR")
    )
    with open_desk(offline) as desk:
        yield desk


@pytest.fixture
def held(offline: OfflineShop) -> Iterator[Desk]:
    """Stand before a payment whose 42.00 MYR are reserved."""
    offline.add_payment(status="authorized", payment_id="P-1", method="CARD")
    with open_desk(offline) as desk:
        yield desk


def filled(form: dict[str, str], **fields: str) -> dict[str, str]:
    return {**form, "reason": "as asked", "how": "all", "step": "do"} | fields


def refunds(desk: Desk) -> list[Any]:
    return desk.offline.shop.rows(desk.offline.shop.antom.Refund)


def test_a_part_is_refunded(desk: Desk) -> None:
    desk.offline.answers["refund"] = refunded()
    page = desk.do(REFUND, how="part", amount="10.00", for_buyer="Sorry about the cup")
    assert "Refund 10.00 MYR: done" in page
    assert "32.00 MYR of the payment is left" in page
    (sent,) = desk.called("refund")
    assert sent["refundAmount"] == {"currency": "MYR", "value": "1000"}
    assert sent["refundReason"] == "Sorry about the cup"
    (action,), (refund,) = desk.actions, refunds(desk)
    assert (action.actor, action.action, action.outcome) == ("anna", "refund", "done")
    assert (action.amount_value, action.currency) == (1000, "MYR")
    assert (action.reason, action.order_reference) == ("as asked", "A-1")
    assert action.key == refund.key
    assert action.ended_at >= action.started_at


def test_all_that_is_left_is_refunded(desk: Desk) -> None:
    desk.offline.answers["refund"] = refunded()
    desk.do(REFUND, how="part", amount="10.00")
    desk.offline.answers["refund"] = refunded(3200)
    page = desk.do(REFUND)
    assert "Refund 32.00 MYR: done" in page
    assert f'{REFUND}"' not in page
    assert "Nothing is left to refund." in desk.see(REFUND, 409)
    assert [action.amount_value for action in desk.actions] == [1000, 3200]


def test_the_teams_reason_stays_in_the_team(desk: Desk) -> None:
    desk.offline.answers["refund"] = refunded(4200)
    page = desk.do(REFUND, reason="a tiresome buyer")
    assert "a tiresome buyer" in page
    assert "tiresome" not in str(desk.offline.calls)
    assert refunds(desk)[0].reason is None


def test_money_needs_a_second_page(desk: Desk) -> None:
    form = desk.open(REFUND)
    first = desk.send(REFUND, filled(form, how="part", amount="10", step=""))
    assert first.status_code == 200
    assert "Refund 10.00 MYR?" in first.text
    assert "This cannot be undone." in first.text
    assert (desk.offline.calls, desk.actions) == ([], [])


def test_a_form_acts_once_however_often_it_is_sent(desk: Desk) -> None:
    desk.offline.answers["refund"] = refunded()
    form = desk.open(REFUND)
    fields = filled(form, how="part", amount="10.00")
    first, second = desk.send(REFUND, fields), desk.send(REFUND, fields)
    assert second.location == f"{first.location}&again=1"
    assert "This form had been sent before, by anna" in desk.see(
        second.location.removeprefix(HOME)
    )
    assert len(desk.called("refund")) == len(refunds(desk)) == len(desk.actions) == 1


def test_a_form_is_sent_again_while_the_first_is_under_way(desk: Desk) -> None:
    fields = filled(desk.open(REFUND), how="part", amount="10.00")
    pages = []

    def answer() -> dict[str, Any]:
        again = desk.send(REFUND, fields)
        pages.append(desk.see(again.location.removeprefix(HOME)))
        return refunded()

    desk.offline.answers["refund"] = answer
    desk.send(REFUND, fields)
    assert "Refund 10.00 MYR: started" in pages[0]
    assert "Look again." in pages[0]
    assert len(refunds(desk)) == len(desk.actions) == 1


def test_two_tabs_refund_once(desk: Desk) -> None:
    desk.offline.answers["refund"] = refunded()
    one, two = desk.open(REFUND), desk.open(REFUND)
    desk.send(REFUND, filled(one, how="part", amount="10.00"))
    desk.offline.answers["refund"] = refunded(500)
    second = desk.send(REFUND, filled(two, how="part", amount="5.00"))
    page = desk.see(second.location.removeprefix(HOME))
    assert "Refund 10.00 MYR: done" in page
    assert "nothing was done again" in page
    assert len(refunds(desk)) == 1


def test_two_people_refund_once(desk: Desk) -> None:
    desk.offline.answers["refund"] = refunded()
    annas = desk.open(REFUND)
    desk.team.name = "ben"
    bens = desk.open(REFUND)
    desk.send(REFUND, filled(bens, how="part", amount="10.00"))
    desk.team.name = "anna"
    second = desk.send(REFUND, filled(annas, how="part", amount="10.00"))
    page = desk.see(second.location.removeprefix(HOME))
    assert "sent before, by ben" in page
    assert len(refunds(desk)) == 1


def test_a_form_of_another_state_does_nothing(held: Desk) -> None:
    form = held.open(f"{PAYMENT}/cancel")
    notice = {"paymentRequestId": "paymentRequestId01", "paymentId": "P-1"}
    held.offline.notify(
        notifyType="CAPTURE_RESULT",
        captureId="C-9",
        captureRequestId="autoC9",
        captureAmount=GUIDE["paymentAmount"],
        captureTime=GUIDE["paymentTime"],
        **notice,
    )
    answer = held.send(f"{PAYMENT}/cancel", filled(form))
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    assert (held.actions, held.called("cancel")) == ([], [])


def test_a_second_refund_of_the_same_amount_is_possible(desk: Desk) -> None:
    for value in (1001, 1002):
        desk.offline.answers["refund"] = refunded(1000) | {"refundId": f"R-{value}"}
        assert "done" in desk.do(REFUND, how="part", amount="10.00")
    assert len(refunds(desk)) == 2


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"how": "part", "amount": "42.01"}, "Write an amount up to 42.00 MYR."),
        ({"how": "part", "amount": "0"}, "Write an amount up to 42.00 MYR."),
        ({"how": "part", "amount": "10,00"}, "digits and at most one point"),
        ({"how": "part", "amount": "-1"}, "digits and at most one point"),
        ({"how": "part", "amount": "1.234"}, "2 decimals at most"),
        ({"how": "part"}, "digits and at most one point"),
        ({"how": ""}, "digits and at most one point"),
        ({"reason": "  "}, "Write why"),
        ({"reason": "x" * 501}, "at most 500 characters"),
        ({"for_buyer": "x" * 257}, "at most 256 characters"),
    ],
)
def test_a_form_that_is_filled_in_wrongly_comes_back(
    desk: Desk, fields: dict[str, str], told: str
) -> None:
    answer = desk.send(REFUND, filled(desk.open(REFUND), **fields))
    assert answer.status_code == 422
    assert told in unescape(answer.text)
    assert 'aria-invalid="true"' in answer.text
    assert (desk.offline.calls, desk.actions) == ([], [])


def test_what_antom_refuses_is_told(desk: Desk) -> None:
    desk.offline.answers["refund"] = {"result": failed("REFUND_WINDOW_EXCEED")}
    page = unescape(desk.do(REFUND))
    assert "Refund 42.00 MYR: refused" in page
    assert "Antom said no, so nothing was done." in page
    assert "REFUND_WINDOW_EXCEED" in page
    assert desk.actions[0].outcome == "refused"


@pytest.mark.parametrize("action", ["refund", "capture", "cancel"])
def test_what_antom_refuses_without_a_signature_is_still_under_way(
    offline: OfflineShop, action: str
) -> None:
    status = "succeeded" if action == "refund" else "authorized"
    captured = Money(4200 if action == "refund" else 0, "MYR")
    offline.add_payment(
        status=status, payment_id="P-1", method="CARD", captured=captured
    )
    body = json.dumps({"result": failed("KEY_NOT_FOUND")}).encode()
    offline.answers[action] = Reply(200, {}, body)
    with open_desk(offline) as desk:
        page = unescape(desk.do(f"{PAYMENT}/{action}"))
        assert "nothing is done yet. But it is stored" in page
        assert "nothing has changed" not in page
        assert desk.actions[0].outcome == "unknown"


def test_a_question_that_antom_refuses_leaves_nothing(desk: Desk) -> None:
    body = json.dumps({"result": failed("KEY_NOT_FOUND")}).encode()
    desk.offline.answers["inquiryPayment"] = Reply(200, {}, body)
    page = unescape(desk.do(f"{PAYMENT}/sync"))
    assert "so nothing has changed" in page
    assert desk.actions[0].outcome == "refused"


def test_an_unknown_refund_is_not_repeated(desk: Desk) -> None:
    desk.offline.answers["refund"] = UNCLEAR
    page = desk.do(REFUND)
    assert "is pending" in page
    assert "Nothing is left to refund." in desk.see(REFUND, 409)


def test_an_unknown_outcome_is_told(held: Desk) -> None:
    held.offline.answers["cancel"] = UNCLEAR
    page = held.do(f"{PAYMENT}/cancel")
    assert "Cancel: unknown" in page
    assert "Do not repeat it" in page
    assert held.actions[0].outcome == "unknown"


def test_what_is_not_possible_any_more_is_told(desk: Desk) -> None:
    desk.offline.answers["refund"] = UNCLEAR
    fields = filled(desk.open(REFUND))

    def write() -> None:
        shop = desk.offline.shop
        shop.db.session.add(shop.fulfilment(order_reference="B", request_id="b"))

    desk.offline.shop.app.before_request_funcs.setdefault(None, []).append(write)
    page = desk.client.post(HOME + REFUND, data=fields, follow_redirects=True).text
    assert "Refund 42.00 MYR: not possible" in page
    assert "called before a commit" in page
    assert desk.offline.calls == []


def test_a_receiver_that_fails_is_told(offline: OfflineShop) -> None:
    def raise_error(app: Any, **extra: Any) -> None:
        raise LookupError("the stock is gone")

    offline.shop.connect(payment_succeeded, raise_error)
    offline.add_payment(status="processing", payment_id="P-1")
    offline.answers["inquiryPayment"] = {
        **GUIDE,
        "paymentId": "P-1",
        "paymentStatus": "SUCCESS",
    }
    with open_desk(offline) as desk:
        page = desk.do(f"{PAYMENT}/sync")
        assert "not delivered" in page
        assert "It is done at Antom." in page
        assert desk.actions[0].outcome == "not delivered"


def test_an_error_of_ours_leaves_a_trace(desk: Desk) -> None:
    def answer() -> dict[str, Any]:
        raise LookupError("secret detail")

    desk.offline.answers["refund"] = answer
    with pytest.raises(LookupError):
        desk.send(REFUND, filled(desk.open(REFUND)))
    (action,) = desk.actions
    assert action.outcome == "error"
    assert "LookupError" in action.told
    assert "secret detail" not in action.told


def test_a_process_that_ends_leaves_a_trace(desk: Desk) -> None:
    class Killed(BaseException):
        pass

    def answer() -> dict[str, Any]:
        raise Killed

    desk.offline.answers["refund"] = answer
    fields = filled(desk.open(REFUND))
    with pytest.raises(Killed):
        desk.send(REFUND, fields)
    (action,) = desk.actions
    assert (action.outcome, action.ended_at) == ("started", None)
    assert (action.actor, action.amount_value) == ("anna", 4200)
    again = desk.send(REFUND, fields)
    page = desk.see(again.location.removeprefix(HOME))
    assert "its outcome is not written down yet" in page
    assert len(desk.called("refund")) == 1


def test_a_part_is_captured_and_the_rest_stays(held: Desk) -> None:
    held.offline.answers["capture"] = CAPTURED
    page = held.do(CAPTURE, how="part", amount="20.00")
    assert "Capture 20.00 MYR: done" in page
    (sent,) = held.called("capture")
    assert sent["captureAmount"] == {"currency": "MYR", "value": "2000"}
    assert sent["captureType"] == "NON_FINAL"
    assert "All that is left: 22.00 MYR" in held.see(CAPTURE)


def test_the_last_capture_releases_the_rest(held: Desk) -> None:
    held.offline.answers["capture"] = CAPTURED
    form = filled(held.open(CAPTURE), how="part", amount="20.00", final="yes")
    assert "is released" in held.send(CAPTURE, form | {"step": ""}).text
    held.send(CAPTURE, form)
    (sent,) = held.called("capture")
    assert "captureType" not in sent


def test_a_payment_is_cancelled(held: Desk) -> None:
    held.offline.answers["cancel"] = CANCELLED
    page = held.do(f"{PAYMENT}/cancel")
    assert "is cancelled" in page
    assert held.offline.tables.payments[0][1] == "cancelled"
    assert "cannot be cancelled" in held.see(f"{PAYMENT}/cancel", 409)


def test_antom_is_asked(offline: OfflineShop) -> None:
    offline.add_payment(status="processing", payment_id="P-1")
    offline.answers["inquiryPayment"] = {
        **GUIDE,
        "paymentId": "P-1",
        "paymentStatus": "SUCCESS",
    }
    with open_desk(offline) as desk:
        page = desk.do(f"{PAYMENT}/sync", reason="")
        assert "was processing, and is now succeeded" in page
        assert offline.shop.fulfilled() == 1
        assert desk.actions[0].reason == ""
        desk.do(f"{PAYMENT}/sync", reason="once more")
        assert len(desk.actions) == 2


@pytest.fixture
def told(offline: OfflineShop) -> Iterator[Desk]:
    """Stand before an event that a receiver would not take."""
    is_broken = [True]

    def take(app: Any, **extra: Any) -> None:
        if is_broken.pop() if is_broken else False:
            raise LookupError("the stock is gone")

    offline.shop.connect(payment_succeeded, take)
    offline.add_payment()
    with open_desk(offline) as desk:
        assert offline.notify().status_code == 500
        yield desk


def test_an_event_is_delivered_again(told: Desk) -> None:
    (event,) = told.offline.shop.rows(told.offline.shop.antom.Event)
    path = f"events/{event.id}/redeliver"
    assert "failed" in told.see("events")
    page = told.do(path)
    assert "Deliver again: done" in page
    assert told.offline.shop.fulfilled() == 1
    assert "it may ship or mail twice" in told.see(path)
    told.do(path)
    assert told.offline.shop.fulfilled() == 2
    (first, second) = told.actions
    assert (first.action, first.event_id) == ("redeliver", event.id)
    assert second.request_id == "paymentRequestId01"


def test_a_double_click_delivers_once(told: Desk) -> None:
    (event,) = told.offline.shop.rows(told.offline.shop.antom.Event)
    path = f"events/{event.id}/redeliver"
    fields = filled(told.open(path))
    for _ in range(3):
        assert told.send(path, fields).status_code == 303
    assert told.offline.shop.fulfilled() == 1


def test_an_event_of_no_payment_is_delivered_again(offline: OfflineShop) -> None:
    with open_desk(offline) as desk:
        offline.notify({"notifyType": "DISPUTE_X", "disputeId": "D-1"})
        (event,) = offline.shop.rows(offline.shop.antom.Event)
        page = desk.do(f"events/{event.id}/redeliver")
        assert f"Event {event.id}" in page
        assert desk.actions[0].request_id is None
        assert "as asked" in desk.see(f"events/{event.id}")
        assert f"event {event.id}" in desk.see("actions")


@pytest.mark.parametrize(
    "path",
    ["payments/nothing", "payments/nothing/refund", "events/99", "events/99/redeliver"],
)
def test_what_is_not_there_is_said(desk: Desk, path: str) -> None:
    assert "There is no" in desk.see(path, 404)


@pytest.mark.parametrize(
    "path",
    [
        *(f"events/{2**63}{rest}" for rest in ("", "/redeliver")),
        *("payments/%00", "payments/%00/refund", "search?q=%00", "?order=%00"),
    ],
)
def test_an_address_that_no_database_takes_does_no_harm(desk: Desk, path: str) -> None:
    with statements(desk.offline) as told:
        assert desk.client.get(HOME + path).status_code in (200, 302, 404)
    assert [one for one in told if " = ?" in one] == []


def test_the_last_event_of_all_has_an_address(desk: Desk) -> None:
    assert "There is no event" in desk.see(f"events/{2**63 - 1}", 404)
