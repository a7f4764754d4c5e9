"""People of the support team look, search and act in Chromium, without any script."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from tests.browser.admin.conftest import DESKTOP, PHONE, Clerk, Support
from tests.browser.axe import violations
from tests.browser.conftest import OpenContext
from tests.support.support_page import hidden_fields

LISTS = ("", "refunds", "events", "notifications", "figures", "actions")


def test_a_payment_is_found_and_its_story_read(support: Support, clerk: Clerk) -> None:
    request_id = support.sell("A-1")
    support.sell("A-2")
    (payment,) = support.shop.payments("A-1")
    clerk.opens()
    page = clerk.page
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(3)
    for wanted in ("A-1", request_id, payment.payment_id):
        clerk.looks_for(wanted)
        expect(page.get_by_role("heading", name="Order A-1")).to_be_visible()
    story = page.get_by_role("region", name="What happened").get_by_role("listitem")
    for text in ("A session is opened: 42.00 MYR, GCASH", "payment_succeeded"):
        expect(story.filter(has_text=text)).not_to_have_count(0)
    for moment in story.locator("time").all_inner_texts():
        assert moment.endswith(" UTC")
    clerk.looks_for("A-")
    expect(page.get_by_text("Nothing is stored for A-")).to_be_visible()


def test_a_part_is_refunded_with_the_keyboard_alone(
    support: Support, clerk: Clerk
) -> None:
    support.sell()
    clerk.opens()
    keys = clerk.page.keyboard
    page = clerk.page
    focused = page.locator(":focus")

    def tab_to(name: str) -> None:
        for _ in range(40):
            keys.press("Tab")
            found = focused.evaluate(
                "e => (e.labels?.[0]?.innerText || e.innerText || '').trim()"
            )
            if str(found).startswith(name):
                return
        raise AssertionError(name)

    tab_to("A-1")
    keys.press("Enter")
    page.wait_for_url("**/payments/*")
    tab_to("Refund")
    tab_to("Refund")
    keys.press("Enter")
    page.wait_for_url("**/refund")
    tab_to("All that is left")
    keys.press("ArrowDown")
    tab_to("Amount of the part")
    keys.type("10.00")
    tab_to("Reason")
    keys.type("The cup was broken")
    tab_to("Text that the buyer")
    tab_to("Continue")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Refund 10.00 MYR?")).to_be_visible()
    tab_to("Refund 10.00 MYR")
    keys.press("Enter")
    clerk.reads("Refund 10.00 MYR: done")
    assert support.refunds() == [("succeeded", 1000)]


def confirm_refund(clerk: Clerk, request_id: str, amount: str = "10.00") -> None:
    """Fill in the form, and stop before the last button."""
    clerk.opens(f"payments/{request_id}/refund")
    clerk.chooses_part(amount)
    clerk.writes_why()
    clerk.presses("Continue")


def filled_in(clerk: Clerk) -> dict[str, Any]:
    """Return what the browser would send."""
    fields: dict[str, Any] = clerk.page.evaluate(
        "Object.fromEntries(new FormData(document.querySelector('main form')))"
    )
    return fields


def test_a_double_click_refunds_once(support: Support, clerk: Clerk) -> None:
    request_id = support.sell()
    confirm_refund(clerk, request_id)
    sent: list[str] = []
    clerk.page.on(
        "request", lambda one: sent.append(one.method) if one.method == "POST" else None
    )
    clerk.page.get_by_role("button", name="Refund 10.00 MYR").dblclick()
    clerk.reads("Refund 10.00 MYR: ")
    assert len(sent) >= 1
    assert support.refunds() == [("succeeded", 1000)]
    assert [action.actor for action in support.actions()] == ["anna"]


def test_two_browsers_send_one_form_at_the_same_time(
    support: Support, clerk: Clerk
) -> None:
    request_id = support.sell()
    confirm_refund(clerk, request_id)
    fields = filled_in(clerk)
    answers: list[int] = []
    barrier = threading.Barrier(4)

    def send() -> None:
        client = support.shop.app.test_client()
        barrier.wait()
        path = f"/admin/antom/payments/{request_id}/refund"
        answers.append(client.post(path, data=fields).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4
    assert support.refunds() == [("succeeded", 1000)]
    assert len(support.actions()) == 1


def test_back_refunds_nothing_again(support: Support, clerk: Clerk) -> None:
    request_id = support.sell()
    confirm_refund(clerk, request_id)
    fields = filled_in(clerk)
    clerk.presses("Refund 10.00 MYR")
    clerk.reads("Refund 10.00 MYR: done")
    with suppress(Error):  # Chromium asks before it sends a form again
        clerk.page.go_back()
    answer = clerk.page.context.request.post(
        f"{clerk.home}payments/{request_id}/refund", form=fields
    )
    assert "nothing was done again" in answer.text()
    assert support.refunds() == [("succeeded", 1000)]
    assert len(support.actions()) == 1


def test_two_tabs_refund_once(support: Support, clerk: Clerk) -> None:
    request_id = support.sell()
    other = Clerk(clerk.page.context.new_page(), support)
    confirm_refund(clerk, request_id)
    confirm_refund(other, request_id, "12.00")
    clerk.presses("Refund 10.00 MYR")
    clerk.reads("Refund 10.00 MYR: done")
    other.presses("Refund 12.00 MYR")
    other.reads("Refund 10.00 MYR: done")
    expect(other.page.get_by_text("nothing was done again")).to_be_visible()
    assert support.refunds() == [("succeeded", 1000)]


def test_all_that_is_left_is_refunded(support: Support, clerk: Clerk) -> None:
    request_id = support.sell()
    clerk.opens(f"payments/{request_id}")
    clerk.begins("Refund")
    clerk.writes_why()
    clerk.page.get_by_label("Text that the buyer may see").fill("Sorry")
    clerk.presses("Continue")
    expect(clerk.page.get_by_text("42.00 MYR goes back to the buyer.")).to_be_visible()
    clerk.presses("Refund 42.00 MYR")
    clerk.reads("Refund 42.00 MYR: done")
    actions = clerk.page.get_by_role("navigation", name="Actions")
    expect(actions.get_by_role("link")).to_have_text(["Ask Antom"])
    clerk.opens("refunds")
    expect(clerk.page.get_by_role("row").nth(1)).to_contain_text("Sorry")


def test_a_mistake_is_told_beside_its_field(support: Support, clerk: Clerk) -> None:
    request_id = support.sell()
    clerk.opens(f"payments/{request_id}/refund")
    clerk.chooses_part("100")
    clerk.presses("Continue")
    amount = clerk.page.get_by_label("Amount of the part")
    expect(amount).to_have_accessible_description("Write an amount up to 42.00 MYR.")
    expect(amount).to_have_value("100")
    assert violations(clerk.page) == []
    clerk.chooses_part("1")
    clerk.writes_why()
    clerk.presses("Continue")
    expect(clerk.page.get_by_role("heading", name="Refund 1.00 MYR?")).to_be_visible()
    assert support.refunds() == []


def test_a_card_is_captured_in_part_and_the_rest_cancelled(
    support: Support, clerk: Clerk
) -> None:
    request_id = support.sell(method="CARD")
    clerk.opens(f"payments/{request_id}")
    clerk.begins("Capture")
    clerk.chooses_part("20.00")
    clerk.page.get_by_label("This is the last capture").uncheck()
    clerk.writes_why("Two of the cups are out of stock")
    clerk.presses("Continue")
    expect(clerk.page.get_by_text("stays reserved")).to_be_visible()
    clerk.presses("Capture 20.00 MYR")
    clerk.reads("Capture 20.00 MYR: done")
    expect(clerk.page.get_by_text("22.00 MYR").first).to_be_visible()
    (payment,) = support.shop.payments()
    assert (payment.status, payment.captured_value) == ("succeeded", 2000)


def test_a_payment_is_cancelled(support: Support, clerk: Clerk) -> None:
    request_id = support.sell(method="CARD")
    clerk.opens(f"payments/{request_id}")
    clerk.begins("Cancel")
    clerk.writes_why("Ordered by mistake")
    clerk.presses("Cancel the payment")
    clerk.reads("Cancel: done")
    (payment,) = support.shop.payments()
    assert payment.status == "cancelled"


def test_antom_is_asked(support: Support, clerk: Clerk) -> None:
    request_id = support.open()
    clerk.opens(f"payments/{request_id}")
    clerk.begins("Ask Antom")
    clerk.presses("Ask Antom")
    clerk.reads("Ask Antom: done")
    expect(clerk.page.get_by_text("Antom has answered").first).to_be_visible()


def test_a_failed_event_is_delivered_again(support: Support, clerk: Clerk) -> None:
    support.broken.append(LookupError("the stock is gone"))
    support.sell()
    clerk.opens("events?state=undelivered")
    page = clerk.page
    row = page.get_by_role("row").nth(1)
    expect(row).to_contain_text("failed")
    expect(row).to_contain_text("the stock is gone")
    row.get_by_role("link", name="Deliver again").click()
    clerk.writes_why("The stock is mended")
    clerk.presses("Deliver again")
    clerk.reads("Deliver again: done")
    assert support.shop.fulfilled() == 1
    events = page.get_by_role("table", name="Events")
    events.get_by_role("link", name="Deliver again").click()
    expect(page.get_by_text("it may ship or mail twice")).to_be_visible()


def test_what_antom_refuses_is_told(support: Support, clerk: Clerk) -> None:
    request_id = support.sell()
    confirm_refund(clerk, request_id)
    support.simulator.clock.advance(days=400)
    clerk.presses("Refund 10.00 MYR")
    clerk.reads("Refund 10.00 MYR: refused")
    told = clerk.page.get_by_role("status")
    expect(told).to_contain_text("Antom said no, so nothing was done.")
    assert violations(clerk.page) == []
    assert support.refunds() == [("failed", 1000)]


def test_those_without_permission_see_nothing_or_no_buttons(
    support: Support, clerk: Clerk
) -> None:
    request_id = support.sell()
    support.team.may = set()
    clerk.opens(f"payments/{request_id}")
    expect(clerk.page.get_by_role("heading", name="Order A-1")).to_be_visible()
    expect(clerk.page.get_by_role("navigation", name="Actions")).to_have_count(0)
    answer = clerk.page.goto(f"{clerk.home}payments/{request_id}/refund")
    assert answer is not None
    assert answer.status == 403
    expect(clerk.page.get_by_text("You may not do this")).to_be_visible()
    assert violations(clerk.page) == []
    support.team.may_see = False
    for path in (*LISTS, f"payments/{request_id}"):
        answer = clerk.page.goto(clerk.home + path)
        assert answer is not None
        assert answer.status == 404
        assert "42.00" not in clerk.page.content()


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_every_page_is_accessible_and_fits(
    support: Support, open_context: OpenContext, screen: str
) -> None:
    context = open_context(**(PHONE if screen == "phone" else DESKTOP))
    clerk = Clerk(context.new_page(), support)
    for path in LISTS:
        clerk.opens(path)
        assert_good(clerk.page)
    request_id = fill(support)
    for path in (
        *LISTS,
        f"payments/{request_id}",
        f"payments/{request_id}/refund",
        f"payments/{request_id}/sync",
        "events/1/redeliver",
        "events/1",
        "search?q=nothing",
        "payments/nothing",
    ):
        clerk.opens(path)
        assert_good(clerk.page)
    confirm_refund(clerk, request_id, "5.00")
    assert_good(clerk.page)
    clerk.presses("Refund 5.00 MYR")
    assert_good(clerk.page)


def fill(support: Support) -> str:
    """Let some buyers pay, and a clerk act; return a paid payment."""
    support.open("B-1")
    declined = support.open("B-2", "TNG")
    support.simulator.decline(declined)
    support.sell("B-3", "CARD")
    support.sell("B-4", "TNG")
    request_id = support.sell("A-1")
    client = support.shop.app.test_client()
    path = f"/admin/antom/payments/{request_id}/refund"
    fields = hidden_fields(client.get(path).text)
    wanted = {"how": "part", "amount": "12.00", "reason": "The lid was cracked"}
    answer = client.post(path, data=fields | wanted | {"step": "do"})
    assert answer.status_code == 303
    return request_id


def assert_good(page: Page) -> None:
    """See that axe finds nothing, and that nothing is wider than the window."""
    assert violations(page) == []
    width: dict[str, Any] = page.evaluate(
        "({is: document.documentElement.scrollWidth, may: innerWidth})"
    )
    assert width["is"] <= width["may"], page.url
