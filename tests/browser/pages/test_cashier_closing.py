"""How ``checkout.js`` takes the pop-up away, and opens another."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.page_clock import wait_for_answers
from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import SESSION, Answer


def test_the_pages_own_scroll_setting_comes_back(checkout: ScriptedForm) -> None:
    checkout.page.evaluate("document.body.style.overflow = 'scroll'")
    checkout.pay()
    checkout.page.evaluate("sdk.emit('onClose')")
    # The real SDK tidies up once more, 300 ms after a close.
    checkout.page.evaluate("document.body.style.overflow = 'auto'")
    expect(checkout.page.locator("body")).to_have_attribute(
        "style", "overflow: scroll;"
    )


def test_a_new_pop_up_waits_until_the_old_one_is_cleared_away(
    form: ScriptedForm,
) -> None:
    form.stop_clock()
    form.open()
    form.pay()
    form.page.evaluate("sdk.emit('onClose')")
    form.button.click()
    wait_for_answers(form.page, 3)  # A session, its status, a session.
    form.page.clock.run_for(299)
    assert form.sdk("params.length") == 1
    form.page.clock.run_for(201)
    form.wait_for_calls(2)


def test_an_sdk_that_stays_silent_is_given_up(checkout: ScriptedForm) -> None:
    checkout.stop_clock()
    checkout.open()
    checkout.pay()
    checkout.page.clock.fast_forward(19_000)
    expect(checkout.button).to_be_disabled()
    checkout.emit("SDK_ANYTHING_NEW")
    checkout.page.clock.fast_forward(19_000)
    expect(checkout.button).to_be_disabled()
    checkout.page.clock.fast_forward(2_000)
    expect(checkout.alert).to_contain_text("did not open in time")
    checkout.expect_free()
    assert checkout.events[-1]["code"] == "timeout"


def test_one_that_stands_after_a_quick_retry_may_take_its_time(
    checkout: ScriptedForm,
) -> None:
    checkout.stop_clock()
    checkout.open()
    checkout.pay()
    checkout.emit("SDK_PAYMENT_CANCEL")
    checkout.button.click()
    wait_for_answers(checkout.page, 3)  # A session, its status, a session.
    assert checkout.sdk("params.length") == 1  # It waits for the old one to go.
    checkout.page.clock.fast_forward(500)
    checkout.wait_for_calls(2)
    checkout.emit("SDK_END_OF_LOADING")
    checkout.page.clock.fast_forward("20:00")
    assert checkout.sdk("living") == 1
    assert checkout.event_types() == ["antom:cancel"]


def test_a_pop_up_that_stands_may_take_its_time(checkout: ScriptedForm) -> None:
    checkout.stop_clock()
    checkout.open()
    checkout.pay()
    checkout.emit("SDK_END_OF_LOADING")
    checkout.page.clock.fast_forward("20:00")
    expect(checkout.button).to_be_disabled()
    assert checkout.sdk("living") == 1


@pytest.mark.whole_chromium
def test_leaving_the_page_takes_the_pop_up_down_and_back_finds_the_button(
    checkout: ScriptedForm,
) -> None:
    checkout.pay()
    checkout.page.evaluate("window.kept = true")
    checkout.page.goto(checkout.shop.result)
    checkout.page.go_back(wait_until="commit")
    expect(checkout.button).to_be_enabled()
    # Chromium kept the page as it was: this is no page loaded anew.
    assert checkout.page.evaluate("window.kept") is True
    assert checkout.sdk("living") == 0
    checkout.pay()


@pytest.mark.whole_chromium
def test_back_from_the_result_page_finds_the_button(checkout: ScriptedForm) -> None:
    checkout.pay()
    checkout.page.evaluate("window.kept = true")
    checkout.emit("SDK_PAYMENT_PROCESSING")
    checkout.page.wait_for_url(checkout.shop.result)
    checkout.page.go_back(wait_until="commit")
    expect(checkout.button).to_be_enabled()
    expect(checkout.status).to_be_empty()
    assert checkout.page.evaluate("window.kept") is True


def test_two_forms_on_a_page_pay_for_their_own_orders(checkout: ScriptedForm) -> None:
    checkout.open("?order=A-1&order=A-2")
    first, second = checkout.button.all()
    first.click()
    checkout.wait_for_calls(1)
    second.dispatch_event("click")  # a pop-up that stands would cover it
    checkout.wait_for_calls(2)
    assert checkout.shop.requested_orders() == ["A-1", "A-2"]
    assert checkout.sdk("living") == 1
    expect(first).to_be_enabled()
    expect(second).to_be_disabled()


def test_antoms_own_page_is_that_of_the_same_order(checkout: ScriptedForm) -> None:
    checkout.open("?order=A-1&order=A-2")
    first, second = checkout.button.all()
    first.click()
    checkout.wait_for_calls(1)
    checkout.emit("SDK_INIT_PARAMETER_ERROR", channel="onError")
    expect(checkout.hosted.first).to_be_visible()
    normal = {"normalUrl": f"{checkout.shop.url}/checkout?of-the-second"}
    checkout.shop.session_answers = [Answer(201, SESSION | normal)]
    second.click()
    checkout.wait_for_calls(2)
    checkout.hosted.first.dispatch_event("click")
    expect(checkout.page.get_by_role("heading")).to_have_text("Antom's own page")
    assert checkout.shop.hosted_forms[0]["orderReference"] == ["A-1"]


def test_a_way_to_the_result_that_is_stopped_leaves_the_link(
    checkout: ScriptedForm,
) -> None:
    checkout.page.route("**/antom/result/*", lambda route: route.fulfill(status=204))
    checkout.pay()
    checkout.emit("SDK_PAYMENT_SUCCESSFUL")
    link = checkout.page.get_by_role("link", name="Check this payment")
    expect(link).to_have_attribute("href", "/antom/result/token")


INSERT = """() => {
  const form = document.querySelector('form').cloneNode(true);
  form.elements.orderReference.value = 'A-2';
  form.querySelector('button').disabled = true;
  document.body.append(form);
}"""

LOAD_AGAIN = """() => {
  const script = document.createElement('script');
  script.nonce = 'n0nce';
  script.src = document.querySelector('script').src;
  document.body.append(script);
}"""


@pytest.mark.parametrize("wake", ["0", LOAD_AGAIN, "antomCheckout.scan()"])
def test_a_form_that_is_inserted_later_works(checkout: ScriptedForm, wake: str) -> None:
    checkout.page.evaluate(INSERT)
    checkout.page.evaluate(wake)
    first, second = checkout.button.all()
    expect(second).to_be_enabled()
    first.click()
    checkout.wait_for_calls(1)
    second.dispatch_event("click")
    checkout.wait_for_calls(2)
    assert checkout.shop.requested_orders() == ["A-1", "A-2"]
    assert checkout.sdk("living") == 1


#: Ours, those of the SDK's stand-in, and those of the test.
NAMES = {
    "antomCheckout",
    *("sdk", "AMSCashierPayment", "AMSElement", "AMSCheckoutPage"),
    "added",
}


def test_the_script_adds_one_name_to_the_page(form: ScriptedForm) -> None:
    form.page.add_init_script(
        """const known = Object.getOwnPropertyNames(window);
        window.added = () => Object.getOwnPropertyNames(window).filter(
          name => !known.includes(name))"""
    )
    form.open()
    form.pay()
    form.emit("SDK_PAYMENT_CANCEL")
    assert set(form.page.evaluate("added()")) == NAMES


PATCH = """() => {
  window.made = 0;
  window.patch = document.createElement = function (...args) {
    window.made += 1;
    return Document.prototype.createElement.apply(this, args);
  };
}"""


def test_another_scripts_own_create_element_stays(checkout: ScriptedForm) -> None:
    checkout.page.evaluate(PATCH)
    checkout.pay()
    made = checkout.page.evaluate("window.made")
    checkout.page.evaluate("document.createElement('style')")
    assert checkout.page.evaluate("window.made") == made + 1
    checkout.emit("SDK_PAYMENT_CANCEL")
    checkout.expect_free()
    assert checkout.page.evaluate("document.createElement === window.patch")


def test_the_focus_comes_back_without_scrolling(checkout: ScriptedForm) -> None:
    checkout.page.evaluate("document.body.style.paddingBottom = '300vh'")
    checkout.pay()
    checkout.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    before = checkout.page.evaluate("window.scrollY")
    assert before > 0
    checkout.emit("SDK_PAYMENT_CANCEL")
    checkout.expect_free()
    expect(checkout.button).to_be_focused()
    assert checkout.page.evaluate("window.scrollY") == before
