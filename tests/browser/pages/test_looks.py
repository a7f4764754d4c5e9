"""How the form and our pages look: room, order of what is said, words, colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.browser.conftest import OpenContext
from tests.browser.pages import form_states as states
from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import Answer, ScriptedShop, open_shop
from tests.browser.payment_form import height_of

PHONE: ViewportSize = {"width": 390, "height": 844}


def bottom_of(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


# Room


@pytest.mark.parametrize("query", ["", "?embedded", "?mode=hosted"])
def test_nothing_is_empty_below_the_pay_button(form: ScriptedForm, query: str) -> None:
    form.open(query)
    foot = form.page.get_by_text("The shop's own foot.")
    box = foot.bounding_box()
    assert box is not None
    assert box["y"] - bottom_of(form.button) < 40


def test_the_room_opens_with_the_click(form: ScriptedForm) -> None:
    form.open()
    closed = height_of(form.page.locator("form"))
    form.pay()
    opened = height_of(form.page.locator("form"))
    assert opened > closed + 150
    form.emit("SDK_END_OF_LOADING")
    form.emit("SDK_PAYMENT_FAIL", result={"paymentResultCode": "RISK_REJECT"})
    expect(form.alert).not_to_be_empty()
    assert height_of(form.page.locator("form")) == opened


def test_a_spent_element_leaves_no_gray_box(form: ScriptedForm) -> None:
    states.element_spent(form)
    expect(form.place).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    drawn = form.place.evaluate("e => getComputedStyle(e, '::before').borderTopWidth")
    assert drawn == "3px"


# What is said


@pytest.mark.parametrize(
    "state",
    [
        states.failed,
        states.at_fault,
        states.cancelled,
        states.element_declined,
        states.element_spent,
        states.element_at_fault,
        states.element_busy,
        states.page_left,
        states.page_failed,
        states.embedded_failed,
    ],
)
def test_words_come_first_then_the_link_then_other_ways(
    form: ScriptedForm, state: states.State
) -> None:
    state(form)
    shown = form.page.locator(
        "[role=status]:not(:empty), [role=alert]:not(:empty),"
        " [data-antom-result-link]:visible, [data-antom-hosted]:visible"
    )
    expect(shown.nth(1)).to_be_visible()
    tops = shown.evaluate_all("all => all.map(e => e.getBoundingClientRect().top)")
    assert tops == sorted(tops)
    if form.button.is_visible():
        assert tops[0] >= bottom_of(form.button)


@pytest.mark.parametrize("mode", ["cashier", "element", "page"])
def test_the_last_word_stands_out(form: ScriptedForm, mode: str) -> None:
    body = {"code": "order_already_paid", "resultUrl": "/antom/result/token"}
    form.shop.session_answers = [Answer(409, body)]
    form.open(f"?mode={mode}")
    if mode == "cashier":
        form.button.click()
    expect(form.status).to_contain_text("already paid")
    expect(form.status).to_have_css("font-weight", "600")


@pytest.mark.parametrize(
    "state", [states.opening, states.cancelled, states.page_loading]
)
def test_what_is_said_on_the_way_does_not_stand_out(
    form: ScriptedForm, state: states.State
) -> None:
    state(form)
    expect(form.status).not_to_be_empty()
    expect(form.status).to_have_css("font-weight", "400")


@pytest.mark.parametrize("mode", ["element", "page"])
def test_the_ring_of_the_link_keeps_off_the_words(
    form: ScriptedForm, mode: str
) -> None:
    body = {"code": "order_already_paid", "resultUrl": "/antom/result/token"}
    form.shop.session_answers = [Answer(409, body)]
    form.open(f"?mode={mode}")
    link = form.page.locator("[data-antom-result-link]")
    expect(link).to_be_focused()
    box = link.bounding_box()
    assert box is not None
    reach = link.evaluate(
        "e => parseFloat(getComputedStyle(e).outlineOffset)"
        " + parseFloat(getComputedStyle(e).outlineWidth)"
    )
    assert box["y"] - reach >= bottom_of(form.status)


@pytest.mark.parametrize("height", [500, 800])
def test_a_failure_below_antoms_page_is_seen_without_scrolling(
    form: ScriptedForm, height: int
) -> None:
    form.page.set_viewport_size({"width": 1280, "height": height})
    states.page_failed(form)
    assert form.page.evaluate("scrollY") == 0
    expect(form.alert).to_be_in_viewport(ratio=1)


def test_antoms_page_makes_room_for_what_is_said_below_it(form: ScriptedForm) -> None:
    states.page_stands(form)
    before = height_of(form.place)
    form.emit("SDK_PAYMENT_FAIL")
    expect(form.alert).not_to_be_empty()
    assert 50 < before - height_of(form.place) < 200


# Words

#: Where lines of Thai begin within a word, as the browser's dictionary knows words.
BROKEN_WORDS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const words = new Intl.Segmenter('th', { granularity: 'word' });
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const range = document.createRange();
    const starts = new Set([...words.segment(text.data)].map(word => word.index));
    let last = null;
    for (let i = 0; i < text.data.length; i += 1) {
      range.setStart(text, i);
      range.setEnd(text, i + 1);
      const [box] = range.getClientRects();
      if (!box || !box.width || !/[\\u0e00-\\u0e7f]/.test(text.data[i])) continue;
      if (last !== null && box.top > last + 8 && !starts.has(i)) {
        found.push(text.data.slice(0, i) + '|' + text.data.slice(i));
      }
      last = box.top;
    }
  }
  return found;
}"""


@pytest.fixture
def thai(open_context: OpenContext) -> Page:
    viewport: ViewportSize = {"width": 320, "height": 640}
    return open_context(locale="th-TH", viewport=viewport).new_page()


def test_no_thai_word_is_broken(thai: Page, shop: ScriptedShop) -> None:
    shop.payment_status = "processing"
    for query in ("", "?order=pending", "?mode=hosted"):
        thai.goto(shop.checkout + query)
        assert thai.evaluate(BROKEN_WORDS) == []
    thai.goto(shop.result)
    assert thai.evaluate(BROKEN_WORDS) == []
    # A narrow box, as a shop may make one.
    thai.evaluate("document.querySelector('.antom-details').style.display = 'flex'")
    assert thai.evaluate(BROKEN_WORDS) == []


def test_a_broken_word_would_be_found(thai: Page, shop: ScriptedShop) -> None:
    thai.goto(shop.result)
    thai.evaluate(
        "document.querySelector('.antom-result').style.lineBreak = 'anywhere'"
    )
    assert thai.evaluate(BROKEN_WORDS) != []


#: How far from the left the full stop of a text stands, and the letter before it.
READ_STOP = """element => {
  const text = [...element.childNodes].find(node => node.data && node.data.trim());
  const end = text.data.trimEnd().length + text.data.search(/\\S/);
  return [end - 1, end - 2].map(at => {
    const range = document.createRange();
    range.setStart(text, at);
    range.setEnd(text, at + 1);
    return range.getBoundingClientRect().left;
  });
}"""

FROM_THE_RIGHT = (
    "document.querySelectorAll('html, form, [dir]').forEach(e => { e.dir = 'rtl' })"
)


def assert_stop_is_at_the_right(element: Locator) -> None:
    stop, letter = element.evaluate(READ_STOP)
    assert stop > letter


@pytest.mark.parametrize(
    ("state", "selector"),
    [
        (states.failed, "[role=alert]"),
        (states.cancelled, "[role=status]"),
        (states.hosted, ".antom-leaves"),
        (states.of_pending_order, ".antom-standing p:nth-of-type(2)"),
        (states.of_free_order, ".antom-standing"),
        (states.of_unknown_order, ".antom-alert"),
    ],
)
def test_english_keeps_its_full_stop_on_a_page_from_right_to_left(
    form: ScriptedForm, state: states.State, selector: str
) -> None:
    state(form)
    form.page.evaluate(FROM_THE_RIGHT)
    words = form.page.locator(selector)
    assert_stop_is_at_the_right(words)
    # It stands on the side of the page all the same.
    expect(words).to_have_css("text-align", "right")


def test_the_words_of_an_alert_stand_at_its_bar(form: ScriptedForm) -> None:
    form.open("?order=unknown")
    form.page.evaluate("document.documentElement.dir = 'rtl'")
    expect(form.alert).to_have_css("border-left-width", "4px")
    expect(form.alert).to_have_css("text-align", "left")


@pytest.mark.parametrize(
    ("state", "is_covered"), [(states.page_failed, True), (states.page_left, False)]
)
def test_what_is_said_has_a_ground_only_above_antoms_page(
    form: ScriptedForm, state: states.State, is_covered: bool
) -> None:
    state(form)
    ground = form.page.locator(".antom-news").evaluate(
        "e => getComputedStyle(e).backgroundColor"
    )
    assert (ground != "rgba(0, 0, 0, 0)") is is_covered


def test_english_keeps_its_full_stop_on_our_pages(
    page: Page, shop: ScriptedShop
) -> None:
    shop.payment_status = "pending"
    page.goto(shop.result)
    page.evaluate(FROM_THE_RIGHT)
    assert_stop_is_at_the_right(page.locator("main > p").first)
    assert_stop_is_at_the_right(page.locator("[data-antom-status-url]"))


@pytest.mark.parametrize("width", [390, 1280])
def test_buttons_are_equally_wide(
    open_context: OpenContext, shop: ScriptedShop, width: int
) -> None:
    viewport: ViewportSize = {"width": width, "height": 800}
    page = open_context(locale="de-DE", viewport=viewport).new_page()
    page.goto(shop.result)
    buttons = page.locator(".antom-actions .antom-button")
    widths = buttons.evaluate_all("all => all.map(e => e.offsetWidth)")
    assert len(widths) == 2
    assert len(set(widths)) == 1


# Colours


@pytest.fixture
def dark(browser: Browser) -> Iterator[Page]:
    """A page of a buyer who prefers dark colours."""
    with browser.new_context(color_scheme="dark") as context:
        yield context.new_page()


@pytest.mark.parametrize(
    ("setting", "ground"),
    [
        ("light", "rgb(243, 244, 246)"),
        ("dark", "rgb(21, 23, 26)"),
        ("auto", "rgb(21, 23, 26)"),
    ],
)
def test_our_pages_are_as_light_as_the_shop(
    dark: Page, setting: str, ground: str
) -> None:
    with open_shop(ANTOM_COLOR_SCHEME=setting) as shop:
        pages = [shop.result, shop.way_to_antom(), shop.way_to_antom("fault")]
        for url in pages:
            dark.goto(url)
            expect(dark.locator("body")).to_have_css("background-color", ground)


def test_a_dark_shop_is_dark_for_everyone(page: Page) -> None:
    with open_shop(ANTOM_COLOR_SCHEME="dark") as shop:
        page.goto(shop.result)
        expect(page.locator("body")).to_have_css("background-color", "rgb(21, 23, 26)")


# The buyer's time


@pytest.mark.parametrize(
    ("locale", "zone", "text"),
    [
        ("en-US", "Asia/Kuala_Lumpur", "23 Nov 2026, 17:30 GMT+8"),
        ("de-DE", "Europe/Berlin", "23. Nov. 2026, 10:30 MEZ"),
    ],
)
def test_the_browser_writes_the_time_of_the_buyer(
    open_context: OpenContext, locale: str, zone: str, text: str
) -> None:
    page = open_context(locale=locale, timezone_id=zone).new_page()
    with open_shop(ANTOM_TIME_ZONE="buyer") as shop:
        for status in ("pending", "succeeded"):
            shop.payment_status = shop.status_answer = status
            page.goto(shop.result)
            expect(page.locator("time")).to_have_text(text)


def test_without_javascript_the_server_writes_the_time(browser: Browser) -> None:
    options: Any = {"java_script_enabled": False, "timezone_id": "Asia/Kuala_Lumpur"}
    with (
        open_shop(ANTOM_TIME_ZONE="buyer") as shop,
        browser.new_context(**options) as context,
    ):
        page = context.new_page()
        page.goto(shop.result)
        expect(page.locator("time")).to_have_text("23 Nov 2026, 09:30 (GMT+0)")
