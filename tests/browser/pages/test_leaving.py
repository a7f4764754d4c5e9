"""``checkout.js`` while the buyer is in a wallet, perhaps in another window."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.page_clock import run_until_answered, wait_for_answers
from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import SESSION, Answer

#: What a browser does when its user goes to another tab, and when they come back.
SET_HIDDEN = """hidden => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""

#: All that is asked before the wallet: the session.
BEFORE = 1


def leave(form: ScriptedForm, query: str = "") -> None:
    """Announce as the SDK that it leads away, and stay on the page."""
    form.stop_clock()
    form.open(query)
    if query == "?mode=element":
        form.draw()
        form.submit()
    else:
        if query in ("", "?embedded"):
            form.pay()
        form.wait_for_calls(1)
        form.emit("SDK_END_OF_LOADING")
    form.emit("SDK_CALL_URL_SUCCESS")
    expect(form.status).to_contain_text("Taking you to your payment provider")


def hide(page: Page, hidden: bool) -> None:
    page.evaluate(SET_HIDDEN, hidden)


def come_back(form: ScriptedForm) -> None:
    """Go to the wallet's tab, and come back."""
    hide(form.page, True)
    hide(form.page, False)


def expect_away(form: ScriptedForm) -> None:
    """The buyer reads that the payment may be open elsewhere, and can look."""
    expect(form.status).to_contain_text("open in another window")
    expect(form.alert).to_be_empty()
    link = form.page.get_by_role("link", name="Check this payment")
    expect(link).to_have_attribute("href", SESSION["resultUrl"])
    form.expect_free()


MODES = ["", "?embedded", "?mode=element", "?mode=page"]

in_all_modes = pytest.mark.parametrize("query", MODES)

#: What the shop may say while nobody knows whether the buyer has paid.
OPEN = ["created", "processing", None]


# Back from the wallet


@in_all_modes
@pytest.mark.parametrize(
    "status",
    ["succeeded", "authorized", "review", "pending", "failed", "expired", "cancelled"],
)
def test_a_payment_of_which_the_shop_knows_leads_to_the_result(
    form: ScriptedForm, query: str, status: str
) -> None:
    form.shop.status_answer = status
    leave(form, query)
    come_back(form)
    form.page.wait_for_url(form.shop.result)
    assert form.event_types() == ["antom:redirect", "antom:processing"]


@in_all_modes
def test_a_payment_that_may_be_open_is_told_calmly(
    form: ScriptedForm, query: str
) -> None:
    leave(form, query)
    come_back(form)
    expect_away(form)
    assert form.event_types() == ["antom:redirect", "antom:away"]
    assert form.events[-1]["code"] == "not_left"
    assert form.shop.reports == []


@pytest.mark.parametrize("status", OPEN)
def test_without_an_answer_it_is_told_the_same(
    form: ScriptedForm, status: str | None
) -> None:
    form.shop.status_answer = status
    leave(form)
    come_back(form)
    expect_away(form)


@pytest.mark.parametrize(
    "host",
    [
        *("https://www.shop.example", "http://shop.example:80"),
        *("http://shop.example:8000", "http://[::1]", "http://[::1]:5000"),
    ],
)
def test_the_shop_is_asked_on_the_pages_host_whatever_its_public_url(
    form: ScriptedForm, host: str
) -> None:
    form.shop.status_answer = "succeeded"
    body = SESSION | {"statusUrl": f"{host}{SESSION['statusUrl']}"}
    form.shop.session_answers = [Answer(body=body)]
    leave(form)
    come_back(form)
    form.page.wait_for_url(form.shop.result)


def test_a_lost_connection_is_no_reason_to_pay_again(form: ScriptedForm) -> None:
    leave(form)
    form.page.route("**/antom/status/*", lambda route: route.abort())
    come_back(form)
    expect_away(form)


def test_a_click_beside_the_wallets_window_asks(form: ScriptedForm) -> None:
    form.shop.status_answer = "succeeded"
    leave(form)
    form.page.evaluate("window.dispatchEvent(new Event('focus'))")
    form.page.wait_for_url(form.shop.result)


def test_the_page_can_say_it_in_its_own_words(form: ScriptedForm) -> None:
    leave(form)
    form.prevent("antom:away")
    come_back(form)
    form.expect_free()
    expect(form.status).to_be_empty()
    form.button.click()
    wait_for_answers(form.page, BEFORE + 2)
    assert "insteadOf" not in form.shop.session_requests[-1]


# Beside the wallet's window


def test_a_page_that_stays_asks_until_it_is_paid(form: ScriptedForm) -> None:
    leave(form)
    run_until_answered(form.page, 5_000)
    expect(form.status).to_contain_text("Taking you to your payment provider")
    form.shop.status_answer = "succeeded"
    form.page.clock.run_for(5_000)
    form.page.wait_for_url(form.shop.result)


def test_after_a_while_the_buyer_reads_where_the_payment_is(form: ScriptedForm) -> None:
    leave(form)
    form.page.clock.fast_forward(19_000)
    wait_for_answers(form.page, BEFORE + 1)
    expect(form.status).to_contain_text("Taking you to your payment provider")
    expect(form.button).to_be_disabled()
    run_until_answered(form.page, 5_000)
    expect_away(form)


def test_the_page_asks_on_while_it_says_so(form: ScriptedForm) -> None:
    leave(form)
    come_back(form)
    expect_away(form)
    run_until_answered(form.page, 5_000)
    expect_away(form)
    assert form.event_types() == ["antom:redirect", "antom:away"]
    form.shop.status_answer = "succeeded"
    form.page.clock.run_for(10_000)
    form.page.wait_for_url(form.shop.result)


def test_it_does_not_ask_for_ever(form: ScriptedForm) -> None:
    leave(form)
    come_back(form)
    expect_away(form)
    for asked, pause in enumerate(["05:00"] * 5 + ["10:00"], start=2):
        form.page.clock.fast_forward(pause)
        wait_for_answers(form.page, BEFORE + asked)
    form.page.clock.fast_forward("10:00:00")
    form.shop.status_answer = "succeeded"
    come_back(form)
    form.page.wait_for_url(form.shop.result)
    assert form.shop.status_requests == 8


def test_a_hidden_page_does_not_ask(form: ScriptedForm) -> None:
    leave(form)
    hide(form.page, True)
    form.page.clock.fast_forward("10:00")
    assert form.shop.status_requests == 0
    expect(form.button).to_be_disabled()
    hide(form.page, False)
    expect_away(form)


@pytest.mark.parametrize("code", ["SDK_ANYTHING_NEW", "SDK_END_OF_LOADING"])
def test_a_sign_of_life_gives_the_buyer_more_time_to_leave(
    form: ScriptedForm, code: str
) -> None:
    leave(form)
    form.page.clock.fast_forward(19_000)
    wait_for_answers(form.page, BEFORE + 1)
    form.emit(code)
    form.page.clock.fast_forward(19_000)
    wait_for_answers(form.page, BEFORE + 2)
    expect(form.button).to_be_disabled()
    run_until_answered(form.page, 5_000)
    expect_away(form)


# What the SDK says meanwhile


@pytest.mark.parametrize(
    ("channel", "code"),
    [
        ("onEventCallback", "SDK_LAUNCH_PAYMENT_APP_ERROR"),
        ("onEventCallback", "SDK_CALL_URL_ERROR"),
        ("onEventCallback", "SDK_PAYMENT_CANCEL"),
        ("onError", "SDK_CREATECOMPONENT_ERROR"),
        ("onClose", "onClose"),
    ],
)
@pytest.mark.parametrize("status", ["processing", "succeeded"])
def test_nothing_that_the_sdk_says_makes_a_buyer_pay_twice(
    form: ScriptedForm, channel: str, code: str, status: str
) -> None:
    form.shop.status_answer = status
    leave(form)
    form.emit(code, channel=channel)
    if status == "succeeded":
        form.page.wait_for_url(form.shop.result)
    else:
        expect_away(form)


def test_a_failure_is_told(form: ScriptedForm) -> None:
    leave(form)
    form.emit("SDK_PAYMENT_FAIL", result={"paymentResultCode": "RISK_REJECT"})
    expect(form.alert).to_contain_text("declined the payment")
    form.expect_free()


def test_a_way_that_does_not_open_before_another_is_no_error(
    form: ScriptedForm,
) -> None:
    form.stop_clock()
    form.open()
    form.pay()
    form.emit("SDK_END_OF_LOADING")
    with form.page.expect_response("**/antom/status/*"):
        form.page.evaluate(
            """() => ['SDK_LAUNCH_PAYMENT_APP_ERROR', 'SDK_CALL_URL_SUCCESS'].forEach(
              code => sdk.emit('onEventCallback', { code }))"""
        )
    wait_for_answers(form.page, BEFORE + 1)
    assert form.event_types() == ["antom:redirect"]
    expect(form.alert).to_be_empty()
    assert form.sdk("living") == 1


def test_a_result_that_comes_late_counts(form: ScriptedForm) -> None:
    leave(form, "?mode=element")
    come_back(form)
    expect_away(form)
    form.settle("answer", {"status": "SUCCESS"})
    form.page.wait_for_url(form.shop.result)


def test_an_element_that_is_processing_stays_open_to_the_wallet(
    form: ScriptedForm,
) -> None:
    leave(form, "?mode=element")
    form.settle("answer", {"status": "PROCESSING"})
    assert form.event_types() == ["antom:redirect"]
    come_back(form)
    expect_away(form)


def test_a_buyer_who_is_back_in_the_window_is_left_there(form: ScriptedForm) -> None:
    leave(form)
    form.emit("SDK_PAYMENT_RETRY")
    expect(form.status).to_contain_text("Continue in the payment window")
    form.page.clock.fast_forward("10:00")
    assert form.sdk("living") == 1
    assert form.event_types() == ["antom:redirect"]
    assert form.shop.status_requests == 0


@pytest.mark.parametrize("query", ["?mode=element", "?mode=page"])
def test_a_view_that_did_not_stand_does_after_another_try(
    form: ScriptedForm, query: str
) -> None:
    form.open(query)
    form.wait_for_calls(1)
    form.emit("SDK_CALL_URL_SUCCESS")
    form.emit("SDK_PAYMENT_RETRY")
    expect(form.place).to_have_attribute("aria-busy", "false")
    if query == "?mode=element":
        form.submit()


def test_a_click_on_an_element_ends_the_time_to_leave(form: ScriptedForm) -> None:
    form.stop_clock()
    form.open("?mode=element")
    form.draw()
    form.emit("SDK_CALL_URL_SUCCESS")
    form.submit()
    form.page.clock.fast_forward("10:00")
    assert form.sdk("living") == 1
    assert form.shop.status_requests == 0
    expect(form.status).to_have_text("Checking your payment…")


def test_whoever_leaves_before_the_window_stands_is_free_again(
    form: ScriptedForm,
) -> None:
    form.stop_clock()
    form.open()
    form.pay()
    for code in ("SDK_CALL_URL_SUCCESS", "SDK_END_OF_LOADING", "SDK_CALL_URL_SUCCESS"):
        form.emit(code)
    run_until_answered(form.page, 21_000)
    come_back(form)
    expect_away(form)


# What the next click does


def under_way(status: str, **more: Any) -> Answer:
    """Return the answer about an earlier payment that may be paid."""
    body = {
        "code": "outcome_unknown",
        "resultUrl": SESSION["resultUrl"],
        "paymentStatus": status,
    }
    return Answer(503, body | more, {"Retry-After": "1"})


@in_all_modes
def test_the_click_that_follows_names_the_payment_of_which_was_told(
    form: ScriptedForm, query: str
) -> None:
    leave(form, query)
    come_back(form)
    expect_away(form)
    form.button.click()
    wait_for_answers(form.page, 3)
    form.page.clock.fast_forward(1_000)  # The old view is cleared away first.
    form.wait_for_calls(2)
    asked = [request.get("insteadOf") for request in form.shop.session_requests]
    assert asked == [None, SESSION["paymentRequestId"]]
    expect(form.page.locator("[data-antom-result-link]")).to_be_hidden()


def test_another_method_alone_begins_nothing(form: ScriptedForm) -> None:
    leave(form, "?embedded")
    come_back(form)
    expect_away(form)
    form.page.get_by_label("Alipay").check()
    expect_away(form)
    assert len(form.shop.session_requests) == 1
    form.button.click()
    wait_for_answers(form.page, 3)
    assert form.shop.session_requests[1]["paymentMethodTypes"] == ["ALIPAY_CN"]


def test_a_payment_under_way_is_replaced_by_the_second_click(
    form: ScriptedForm,
) -> None:
    form.shop.session_answers = [
        under_way("processing", paymentRequestId="R-0"),
        under_way("processing", paymentRequestId="R-0"),
        Answer(),
    ]
    form.open("?mode=element")
    expect(form.status).to_contain_text("Check it before you pay again")
    expect(form.page.get_by_role("link", name="Check this payment")).to_be_visible()
    expect(form.alert).to_be_empty()
    form.button.click()
    expect(form.button).to_be_enabled()
    form.button.click()
    form.wait_for_calls(1)
    form.settle("resolve", {"error": {"code": "ANYTHING"}})
    form.button.click()
    form.wait_for_calls(2)
    asked = [request.get("insteadOf") for request in form.shop.session_requests]
    assert asked == [None, "R-0", "R-0", None]


def test_the_shops_own_notice_counts(form: ScriptedForm) -> None:
    form.page.add_init_script(
        """document.addEventListener('readystatechange', () => {
          document.forms[0].setAttribute('data-instead-of', 'R-0');
        }, { once: true })"""
    )
    form.open()
    form.pay()
    assert form.shop.session_requests[0]["insteadOf"] == "R-0"


def test_a_form_that_draws_itself_replaces_nothing(form: ScriptedForm) -> None:
    form.page.add_init_script(
        """document.addEventListener('readystatechange', () => {
          document.forms[0].setAttribute('data-instead-of', 'R-0');
        }, { once: true })"""
    )
    form.open("?mode=element")
    form.wait_for_calls(1)
    assert "insteadOf" not in form.shop.session_requests[0]
