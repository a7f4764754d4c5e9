"""The reports of ``checkout.js`` to the shop and to its developers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import SESSION, open_shop


@pytest.mark.parametrize("query", ["", "?mode=element"])
def test_a_fault_is_reported_to_the_shop_once(form: ScriptedForm, query: str) -> None:
    form.open(query)
    if not query:
        form.button.click()
    form.wait_for_calls(1)
    fault = {"code": "SDK_CREATECOMPONENT_ERROR", "message": "Load resource timeout"}
    with form.page.expect_response("**/antom/report"):
        form.emit(**fault, channel="onError")
        form.emit(**fault)
        form.settle("reject", fault)
    form.expect_free()
    assert form.shop.reports == [
        {
            "code": "SDK_CREATECOMPONENT_ERROR",
            "resultCode": "",
            "mode": "element" if query else "cashier",
            "method": "GCASH",
        }
    ]


def test_what_buyers_do_is_not_reported(checkout: ScriptedForm) -> None:
    checkout.pay()
    checkout.emit("SDK_PAYMENT_FAIL")
    checkout.pay()
    checkout.emit("SDK_PAYMENT_CANCEL")
    checkout.expect_free()
    checkout.page.goto(checkout.shop.result)
    assert checkout.shop.reports == []


def test_the_debug_panel_lists_the_events_the_newest_first(form: ScriptedForm) -> None:
    with open_shop(ANTOM_DEBUG_PANEL=True) as form.shop:
        form.open("?mode=element")
        form.draw()
        form.submit_and_answer(
            status="FAIL", error={"code": "RISK_REJECT", "message": "<b>no</b>"}
        )
        items = form.page.locator(".antom-debug li")
        expect(items).to_have_text(
            [
                re.compile(r" s · antom:fail · RISK_REJECT · RISK_REJECT · <b>no</b>$"),
                re.compile(r" s · antom:event · RISK_REJECT · .* · <b>no</b>$"),
                re.compile(r"^\d+\.\d s · antom:session$"),
            ]
        )
        assert SESSION["paymentSessionData"] not in form.page.content()
