"""WCAG 2.2 AA in every state: by axe-core, by keyboard, enlarged, without colours."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from flask_antom.i18n.english import CHECKOUT, RESULT
from flask_antom.i18n.failure_texts import CODES
from tests.browser.axe import violations, violations_in_all_looks
from tests.browser.pages import form_states as states
from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import Answer, ScriptedShop, open_shop
from tests.browser.payment_form import PAY, height_of

#: Texts that come with a code; for "result" the page is left.
BY_CODE = [name for name in CODES if name != "result"]

#: The accent, in red, green and blue.
LIGHT, DARK = "11, 87, 208", "110, 162, 248"

READ_RING = """() => {
  const style = getComputedStyle(document.activeElement);
  return `${style.outline}, ${style.outlineOffset}`;
}"""


# By axe


@pytest.mark.parametrize("state", states.STATES)
def test_axe_finds_nothing_in_the_form(form: ScriptedForm, state: states.State) -> None:
    state(form)
    # What is said below Antom's page lies above it, until one scrolls to its place.
    form.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert violations_in_all_looks(form.page) == []


def test_axe_finds_nothing_in_anything_that_is_told(checkout: ScriptedForm) -> None:
    for name in BY_CODE:
        problem = {"resultCode": CODES[name][0], "faultCode": "K7M2-4QX9"}
        if name != "broken":
            problem.pop("faultCode")
        checkout.shop.session_answers = [Answer(422, problem)]
        checkout.open()
        checkout.button.click()
        words = CHECKOUT[name].replace("%(code)s", "K7M2-4QX9")
        told = checkout.page.locator("[role=status], [role=alert]")
        expect(told.filter(has_text=words)).to_have_count(1)
        assert violations(checkout.page) == []


def test_axe_finds_nothing_in_the_result_page(page: Page, shop: ScriptedShop) -> None:
    for status in RESULT:
        shop.payment_status = shop.status_answer = status
        page.goto(shop.result)
        assert violations_in_all_looks(page) == []


def test_axe_finds_nothing_in_the_page_before_antoms(
    page: Page, shop: ScriptedShop
) -> None:
    for problem in ["", "paid"]:
        page.goto(shop.way_to_antom(problem))
        expect(page.get_by_role("link")).to_be_visible()
        assert violations_in_all_looks(page) == []


def test_axe_finds_nothing_in_the_debug_panel(form: ScriptedForm) -> None:
    with open_shop(ANTOM_DEBUG_PANEL=True) as form.shop:
        states.failed(form)
        expect(form.page.locator(".antom-debug li").first).to_be_visible()
        assert violations_in_all_looks(form.page) == []


def test_axe_would_find_what_is_wrong(checkout: ScriptedForm) -> None:
    checkout.page.evaluate(
        "document.querySelector('legend').style.color = 'rgb(200, 200, 200)'"
    )
    assert violations(checkout.page)[0].startswith("color-contrast: <legend")


# By keyboard


def tab(page: Page, *names: str | re.Pattern[str]) -> None:
    """Press Tab as often as there are names, and see what gets the focus."""
    for name in names:
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        expect(focused).to_have_accessible_name(name)
        assert has_visible_focus(page)


def has_visible_focus(page: Page) -> bool:
    """Whether what has the focus bears a ring of ours, in light and in dark."""
    rings = []
    for dark in (True, False):
        page.emulate_media(color_scheme="dark" if dark else "light")
        rings.append(page.evaluate(READ_RING))
    colours = [f"rgb({colour}) solid 3px" for colour in (DARK, LIGHT)]
    # The ring of a link keeps off the words above it.
    return any(rings == [f"{one}, {gap}px" for one in colours] for gap in (2, 0))


def test_the_cashier_by_keyboard(form: ScriptedForm) -> None:
    form.open()
    tab(form.page, "GCash")
    form.page.keyboard.press("ArrowDown")
    expect(form.page.get_by_label("Alipay")).to_be_checked()
    tab(form.page, PAY)
    form.page.keyboard.press("Enter")
    form.wait_for_calls(1)
    assert form.shop.session_requests[0]["paymentMethodTypes"] == ["ALIPAY_CN"]
    form.emit("SDK_INIT_PARAMETER_ERROR", channel="onError")
    expect(form.button).to_be_focused()
    tab(form.page, "Check this payment", "Pay on the payment provider's page")
    form.page.keyboard.press("Enter")
    expect(form.page.get_by_role("heading")).to_have_text("Antom's own page")


def test_the_element_by_keyboard(form: ScriptedForm) -> None:
    states.element_ready(form)
    tab(form.page, "Card number", PAY)
    form.page.keyboard.press("Space")
    expect(form.status).to_have_text("Checking your payment…")
    form.settle("answer", {"status": "FAIL"})
    expect(form.button).to_be_focused()
    form.page.keyboard.press("Shift+Tab")
    expect(form.page.get_by_label("Card number")).to_be_focused()


def test_the_checkout_page_by_keyboard(form: ScriptedForm) -> None:
    states.page_stands(form)
    tab(form.page, "Card number")


def test_the_cashier_in_the_page_by_keyboard(form: ScriptedForm) -> None:
    form.open("?embedded")
    tab(form.page, "GCash", PAY)
    form.page.keyboard.press("Enter")
    form.wait_for_calls(1)
    form.page.evaluate("sdk.grow('320px')")
    form.emit("SDK_END_OF_LOADING")
    form.wait_until_drawn()
    tab(form.page, "Card number")  # The SDK's part comes next.


def test_a_form_below_a_payment_by_keyboard(form: ScriptedForm) -> None:
    states.of_processing_order(form)
    tab(form.page, "Check this payment", "GCash", PAY)
    form.page.keyboard.press("Enter")
    form.wait_for_calls(1)
    assert form.shop.requested_orders() == ["processing"]


def test_the_way_to_antoms_page_by_keyboard(form: ScriptedForm) -> None:
    states.hosted(form)
    tab(form.page, PAY)
    form.page.keyboard.press("Enter")
    expect(form.page.get_by_role("heading")).to_have_text("Antom's own page")


def test_axe_finds_nothing_in_the_page_of_a_lost_payment(
    page: Page, shop: ScriptedShop
) -> None:
    shop.is_lost = True
    page.goto(shop.result)
    assert violations_in_all_looks(page) == []


def test_the_result_page_by_keyboard(page: Page, shop: ScriptedShop) -> None:
    page.goto(shop.result)
    tab(page, "Back to your order", "Check again")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_be_visible()
    assert shop.result_views == 2


def test_the_debug_panel_by_keyboard(form: ScriptedForm) -> None:
    with open_shop(ANTOM_DEBUG_PANEL=True) as form.shop:
        form.open("?mode=page")
        form.wait_for_calls(1)
        expect(form.hosted).to_be_visible()
        form.page.keyboard.press("Tab")
        for tag in ("aside", "summary"):
            form.page.keyboard.press("Tab")
            focused = form.page.locator(f"{tag}:focus")
            expect(focused).to_have_css("outline-style", "solid")
        form.page.keyboard.press("Enter")
        expect(form.page.locator(".antom-debug li").first).to_be_hidden()


# For fingers


@pytest.mark.parametrize(
    "state",
    [
        states.idle,
        states.at_fault,
        states.element_ready,
        states.of_pending_order,
        states.of_processing_order,
    ],
)
def test_targets_are_large_on_a_small_screen(
    form: ScriptedForm, state: states.State
) -> None:
    form.page.set_viewport_size({"width": 320, "height": 640})
    state(form)
    assert form.page.evaluate("document.documentElement.scrollWidth") <= 320
    targets = form.page.locator(
        ".antom-checkout :is(label:has([type=radio]), button, a):visible"
    )
    assert targets.count() >= 1
    for target in targets.all():
        assert height_of(target) >= 44


# Enlarged

ENLARGE = """() => {
  document.documentElement.style.fontSize = '200%';
  document.querySelectorAll('main *').forEach(({ style }) => { // WCAG 1.4.12
    style.letterSpacing = '.12em';
    style.wordSpacing = '.16em';
  });
}"""

#: What of ours is wider than the page or does not fit into its own box.
SPILLS = """() => [...document.querySelectorAll(
  '.antom-checkout, .antom-checkout *, .antom-result, .antom-result *'
)].filter(e => {
  const { width, right, left } = e.getBoundingClientRect();
  return width && (right > innerWidth || left < 0) ||
    e.clientWidth && e.scrollWidth > e.clientWidth + 1;
}).map(e => e.outerHTML)"""


@pytest.fixture(params=["en-US", "de-DE"])
def narrow(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page as wide as 1280 pixels at 400 %; German has long words."""
    viewport: ViewportSize = {"width": 320, "height": 640}
    with browser.new_context(locale=request.param, viewport=viewport) as context:
        yield context.new_page()


def test_nothing_of_the_form_is_lost_when_the_text_is_enlarged(
    narrow: Page, shop: ScriptedShop
) -> None:
    for state in [
        states.idle,
        states.opening,
        states.at_fault,
        states.element_declined,
        states.of_pending_order,
        states.of_unknown_order,
    ]:
        state(ScriptedForm(narrow, shop))
        narrow.evaluate(ENLARGE)
        assert narrow.evaluate(SPILLS) == []


def test_nothing_of_the_result_page_is_lost_when_the_text_is_enlarged(
    narrow: Page, shop: ScriptedShop
) -> None:
    for status in ["created", "failed"]:
        shop.payment_status = shop.status_answer = status
        narrow.goto(shop.result)
        narrow.evaluate(ENLARGE)
        assert narrow.evaluate(SPILLS) == []


def test_nothing_of_the_page_before_antoms_is_lost_when_the_text_is_enlarged(
    narrow: Page, shop: ScriptedShop
) -> None:
    for problem in ["", "paid"]:
        narrow.goto(shop.way_to_antom(problem))
        narrow.evaluate(ENLARGE)
        assert narrow.evaluate(SPILLS) == []


# For those who have set their browser up


@pytest.mark.parametrize(
    ("state", "turning"),
    [(states.opening, ".antom-pay"), (states.element_loading, ".antom-place")],
)
def test_nothing_turns_where_motion_is_unwanted(
    form: ScriptedForm, state: states.State, turning: str
) -> None:
    read = f"getComputedStyle(document.querySelector('{turning}'), '::before')"
    state(form)
    assert form.page.evaluate(f"{read}.animationName") == "antom-turn"
    form.page.emulate_media(reduced_motion="reduce")
    assert form.page.evaluate(f"{read}.animationName") == "antom-fade"


def test_forced_colours_leave_what_colours_tell(page: Page, shop: ScriptedShop) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(shop.result)
    colour = page.evaluate("getComputedStyle(document.body).color")
    expect(page.locator(".antom-icon")).to_have_css("stroke", colour)
    expect(page.locator(".antom-button").first).not_to_have_css(
        "border-top-color", "rgba(0, 0, 0, 0)"
    )


def test_forced_colours_leave_what_turns(form: ScriptedForm) -> None:
    form.page.emulate_media(forced_colors="active")
    states.opening(form)
    top, right, text = form.page.evaluate(
        """() => {
          const { style } = document.body.appendChild(document.createElement('p'));
          style.color = 'CanvasText';
          const turning = getComputedStyle(
            document.querySelector('.antom-pay'), '::before');
          return [turning.borderTopColor, turning.borderRightColor,
            getComputedStyle(document.body.lastChild).color];
        }"""
    )
    assert top == text
    assert right != text


def test_a_shop_without_dark_colours_keeps_its_light_ones(form: ScriptedForm) -> None:
    form.page.emulate_media(color_scheme="dark")
    form.open("?scheme=light")
    expect(form.button).to_have_css("background-color", f"rgb({LIGHT})")
    form.open()
    expect(form.button).to_have_css("background-color", f"rgb({DARK})")
