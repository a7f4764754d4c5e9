"""Where things stand: nothing jumps, on old phones neither, and right may be left."""

from __future__ import annotations

import re
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from playwright.sync_api import Page, Route, ViewportSize, expect

from flask_antom.i18n.english import CHECKOUT, RESULT
from flask_antom.i18n.translations import LOCALES
from tests.browser.axe import SET_DIRECTION
from tests.browser.pages import form_states as states
from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import ScriptedShop
from tests.browser.payment_form import height_of
from tools import catalogues

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}

# Browsers forgive what moves within 500 ms after a click. Here it is forgiven only if
# it moves with the click itself: a message that comes later may move nothing.
WATCH_SHIFTS = """
window.shifts = [];
let clicked = -1, answered = -1;
addEventListener('click', event => {
  clicked = event.timeStamp;
  answered = Infinity;
  requestAnimationFrame(() => requestAnimationFrame(
    () => { answered = performance.now(); }));
}, true);
const isForgiven = entry => entry.hadRecentInput &&
  clicked <= entry.startTime && entry.startTime <= answered;
const note = entries => entries.filter(entry => !isForgiven(entry)).forEach(
  entry => shifts.push(
    ...entry.sources.map(({ node }) => node ? node.outerHTML || node.data : 'gone')));
const observer = new PerformanceObserver(list => note(list.getEntries()));
observer.observe({ type: 'layout-shift', buffered: true });
window.allShifts = async () => {
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
  note(observer.takeRecords());
  return shifts;
};
"""


#: What the form says in the place of an alert; beside faults it offers Antom's page.
FAULTS = {"blocked", "silent", "app", "fault"}
#: The long ones; they come soon after a click, and once.
LONG = {"pending", "broken"}
ALERTS = set(CHECKOUT) - {
    *("label", "methods", "ways", "leaves", "pay", "pay_amount"),
    *("hosted", "check", "view", "not_paid"),
}

# Nothing jumps


@pytest.mark.parametrize("state", states.STATES)
def test_nothing_jumps_on_the_checkout_page(
    form: ScriptedForm, state: states.State
) -> None:
    form.page.add_init_script(WATCH_SHIFTS)
    for viewport in (PHONE, DESKTOP):
        form.page.set_viewport_size(viewport)
        state(form)
        assert form.page.evaluate("allShifts()") == []


#: The rooms that are drawn as a panel.
GREY_ROOMS = """rooms => rooms.filter(room => room.offsetHeight &&
  getComputedStyle(room).backgroundColor !== 'rgba(0, 0, 0, 0)')
  .map(room => room.className)"""


@pytest.mark.parametrize("state", states.OVER)
def test_where_nothing_can_be_paid_no_room_is_left_empty(
    form: ScriptedForm, state: states.State
) -> None:
    form.page.set_viewport_size(PHONE)
    state(form)
    expect(form.status).to_be_in_viewport()
    kept = form.page.locator(".antom-stage, .antom-place").evaluate_all(GREY_ROOMS)
    assert len(kept) == 1


#: Which of the messages are higher than the room that is kept for them?
READ_SPILLS = """([lang, room, messages, check, hosted]) => {
  const form = document.forms[0];
  const stage = form.querySelector('.antom-stage');
  const button = form.querySelector('[data-antom-hosted]');
  form.lang = lang;
  form.style.setProperty('--antom-news-height', room);
  form.querySelector('.antom-check a').textContent = check;
  button.textContent = hosted;
  button.hidden = !hosted;
  return messages.filter(message => {
    form.querySelector('[role=alert]').textContent = message;
    return stage.getBoundingClientRect().height >
      parseFloat(getComputedStyle(stage).minHeight);
  });
}"""


@pytest.mark.parametrize("width", [320, PHONE["width"], DESKTOP["width"]])
def test_every_language_finds_room_for_what_the_form_says(
    form: ScriptedForm, width: int
) -> None:
    form.page.set_viewport_size({"width": width, "height": 844})
    states.at_fault(form)
    for locale in LOCALES:
        catalogue = catalogues.read(locale)

        def say(name: str, catalogue: Catalog = catalogue) -> Any:
            return catalogue[CHECKOUT[name]].string

        for room, names, hosted in (
            ("", ALERTS - FAULTS - LONG, ""),
            ("15.5rem", LONG, ""),
            ("15.5rem", FAULTS, say("hosted")),
        ):
            messages = [say(name) for name in names]
            told = [locale[:2], room, messages, say("check"), hosted]
            assert form.page.evaluate(READ_SPILLS, told) == []


#: Where an element begins while these texts stand above it.
READ_TOPS = """([lang, texts]) => texts.map(text => {
  const form = document.forms[0];
  form.lang = lang;
  form.querySelector('[role=status]').textContent = text;
  return form.querySelector('[data-antom-place]').getBoundingClientRect().top;
})"""


@pytest.mark.parametrize("width", [360, PHONE["width"], DESKTOP["width"]])
def test_in_every_language_one_line_stands_above_an_element(
    form: ScriptedForm, width: int
) -> None:
    form.page.set_viewport_size({"width": width, "height": 844})
    states.element_ready(form)
    top = form.page.evaluate(READ_TOPS, ["en", ["x"]])
    for locale in LOCALES:
        catalogue = catalogues.read(locale)
        texts = [catalogue[CHECKOUT[name]].string for name in ("loading", "ready")]
        assert form.page.evaluate(READ_TOPS, [locale[:2], texts]) == top * 2


def test_a_long_line_above_an_element_does_not_lie_over_it(form: ScriptedForm) -> None:
    form.page.set_viewport_size(PHONE)
    states.element_ready(form)
    long = "A host may replace a text by one that is longer than a line of a phone."
    form.page.evaluate(READ_TOPS, ["en", [long]])
    status, place = form.status.bounding_box(), form.place.bounding_box()
    assert status is not None
    assert place is not None
    assert status["y"] + status["height"] <= place["y"]


def test_nothing_jumps_on_the_result_page(page: Page, shop: ScriptedShop) -> None:
    page.add_init_script(WATCH_SHIFTS)
    for status in RESULT:
        shop.payment_status = shop.status_answer = status
        page.goto(shop.result)
        assert page.evaluate("allShifts()") == []


def test_a_jump_would_be_seen(form: ScriptedForm) -> None:
    form.page.add_init_script(WATCH_SHIFTS)
    form.open()
    assert form.page.evaluate("allShifts()") == []
    form.page.evaluate("document.querySelector('h1').style.height = '200px'")
    assert form.page.evaluate("allShifts()") != []


# What old phones do not know

CSS = "**/antom/static/checkout.css?*"

#: Chrome 37, which Android 5 came with, and Safari of iOS 11 lack at least one of them.
NEW = re.compile(
    r"var\(|^\s*--|light-dark|-inline|: start;|: anywhere;|accent-color|text-wrap"
    r"|:focus-visible|:focus-within|:has\(|forced-color|prefers-|@supports"
    r"|grid|sticky|plaintext|: match-parent"
)


def as_on_old_phones(css: str) -> str:
    """Drop the rules and declarations that old browsers drop."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    rules = [
        (selector, body)
        for selector, body in re.findall(r"^([^{}]+) \{\n(.*?)^}", css, RULES)
        if not NEW.search(selector)
    ]
    return "".join(
        f"{selector} {{ {' '.join(filter(is_old, body.split(chr(10))))} }}\n"
        for selector, body in rules
    )


def is_old(declaration: str) -> bool:
    return not NEW.search(declaration)


RULES = re.DOTALL | re.MULTILINE

#: Where everything stands that is ours. Old phones keep room free from the beginning
#: that a click opens in others, so the heights of what has the room do not count.
BOXES = """() => [...document.querySelectorAll(
  '[class*=antom-], [class*=antom-] :is(h1, p, a, dt, dd, span)'
)].filter(e => e.offsetHeight).map(e => {
  const { x, y, width, height } = e.getBoundingClientRect();
  const hasRoom = e.matches('form, .antom-stage');
  return [e.className || e.tagName, ...[x, y, width, hasRoom ? 0 : height].map(
    n => Math.round(n * 10) / 10)];
})"""


def serve_as_on_old_phones(page: Page) -> None:
    def answer(route: Route) -> None:
        css = route.fetch().text()
        route.fulfill(body=as_on_old_phones(css), content_type="text/css")

    page.route(CSS, answer)


@pytest.mark.parametrize(
    "state",
    [
        states.idle,
        states.failed,
        states.element_loading,
        states.element_ready,
        states.page_loading,
        states.page_stands,
        states.embedded_loading,
        states.hosted,
    ],
)
def test_old_phones_lay_the_form_out_alike(
    form: ScriptedForm, state: states.State
) -> None:
    form.page.set_viewport_size(PHONE)
    state(form)
    boxes = form.page.evaluate(BOXES)
    serve_as_on_old_phones(form.page)
    state(form)
    assert form.page.evaluate("getComputedStyle(document.forms[0]).overflowWrap") == (
        "break-word"
    )
    assert form.page.evaluate(BOXES) == boxes


def test_old_phones_lay_the_result_page_out_alike(
    page: Page, shop: ScriptedShop
) -> None:
    shop.payment_status = shop.status_answer = "succeeded"
    page.set_viewport_size(PHONE)
    page.goto(shop.result)
    page.evaluate("document.body.style.fontFamily = 'sans-serif'")
    boxes = page.evaluate(BOXES)
    serve_as_on_old_phones(page)
    page.goto(shop.result)
    expect(page.locator(".antom-button")).to_have_css("color", "rgb(255, 255, 255)")
    assert page.evaluate(BOXES) == boxes


# From right to left

MIRROR = """width => [...document.querySelectorAll(
  'label, label *, .antom-button, .antom-alert, .antom-place, dl, dt, dd, .antom-hint'
)].filter(e => e.offsetParent).map(e => {
  const { left, right, top, bottom } = e.getBoundingClientRect();
  const x = width ? [width - right, width - left] : [left, right];
  return [e.className || e.tagName, ...x, top, bottom].map(
    n => typeof n === 'number' ? Math.round(n) : n);
})"""


@pytest.mark.parametrize(
    "state", [states.idle, states.opening, states.failed, states.element_declined]
)
def test_the_form_is_mirrored_from_right_to_left(
    form: ScriptedForm, state: states.State
) -> None:
    form.page.set_viewport_size(PHONE)
    state(form)
    assert_mirrored(form.page)
    expect(form.alert).to_have_css("border-left-width", "0px")


def test_the_result_page_is_mirrored_from_right_to_left(
    page: Page, shop: ScriptedShop
) -> None:
    page.set_viewport_size(PHONE)
    page.goto(shop.result)
    assert_mirrored(page)


def assert_mirrored(page: Page) -> None:
    boxes: Any = page.evaluate(MIRROR, 0)
    page.evaluate(SET_DIRECTION, "rtl")
    assert page.evaluate(MIRROR, PHONE["width"]) == boxes


# What gives the SDK its room


def test_the_checkout_page_gets_a_height_that_it_can_fill(form: ScriptedForm) -> None:
    states.page_stands(form)
    assert 42 <= height_of(form.page.locator("#scripted-sdk")) / 16 < 43
