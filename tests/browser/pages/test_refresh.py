"""``antomCheckout.refresh()``: the order has changed while its page stood."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from flask_antom.i18n.english import CHECKOUT
from tests.browser.page_clock import wait_for_answers
from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import SESSION, Answer

MODES = ["element", "page"]

in_both_modes = pytest.mark.parametrize("mode", MODES)


def session(name: str) -> Answer:
    """Return the answer with a session of this name."""
    ids = {"paymentRequestId": name, "paymentSessionData": f"{name}&&SG&&111&&e30="}
    return Answer(body=SESSION | ids)


def problem(code: str, status: int = 409, **more: str) -> Answer:
    return Answer(status, {"code": code, **more}, {"Retry-After": "1"})


def stand(form: ScriptedForm, mode: str, *later: Answer) -> None:
    """Draw the session R-1; the shop gives the others later."""
    form.shop.session_answers = [session("R-1"), *later]
    form.open(f"?mode={mode}")
    form.draw()


def refresh(form: ScriptedForm, argument: str = "") -> None:
    """Call refresh() without waiting for its promise."""
    form.page.evaluate(
        f"""() => {{
          const {{ dataset }} = document.documentElement;
          dataset.kept = dataset.kept || 0;
          antomCheckout.refresh({argument}).then(() => {{
            dataset.kept = Number(dataset.kept) + 1;
          }});
        }}"""
    )


def expect_kept(form: ScriptedForm, promises: int = 1) -> None:
    """So many promises of refresh() are kept."""
    html = form.page.locator("html")
    expect(html).to_have_attribute("data-kept", str(promises))


def drawn(form: ScriptedForm) -> list[str]:
    """Return the sessions that the SDK was given, in order."""
    data = form.sdk("options.map((o, i) => o.sessionData || sdk.params[i].sessionData)")
    return [text.partition("&")[0] for text in data]


def expect_one_view(form: ScriptedForm) -> None:
    """The view stands, and it is the only one."""
    expect(form.place).to_have_attribute("aria-busy", "false")
    assert form.sdk("living") == 1
    assert form.page.locator("#scripted-sdk").count() == 1
    assert form.page.locator("[data-antom-place] > *").count() == 1


@contextmanager
def held_answers(page: Page) -> Iterator[Callable[[], None]]:
    """Hold back the shop's answers until the yielded function is called."""
    held: list[Route] = []
    is_open = False

    def hold(route: Route) -> None:
        if is_open:
            route.continue_()
        else:
            held.append(route)

    def let_go() -> None:
        nonlocal is_open
        is_open = True
        while held:
            held.pop(0).continue_()

    page.route("**/antom/session", hold)
    yield let_go
    page.unroute("**/antom/session")


# The view


@in_both_modes
def test_a_changed_order_is_drawn_anew(form: ScriptedForm, mode: str) -> None:
    stand(form, mode, session("R-2"))
    refresh(form)
    form.wait_for_calls(2)
    expect(form.place).to_have_attribute("aria-busy", "true")
    expect_kept(form, 0)
    form.draw_again()
    expect_kept(form)
    expect_one_view(form)
    assert drawn(form) == ["R-1", "R-2"]
    assert form.event_types() == []
    form.emit("SDK_PAYMENT_SUCCESSFUL")
    form.page.wait_for_url(form.shop.result)


@in_both_modes
def test_an_order_that_is_the_same_keeps_its_view(
    form: ScriptedForm, mode: str
) -> None:
    stand(form, mode, session("R-1"))
    form.page.evaluate("() => { window.view = sdk.drawn; }")
    refresh(form)
    expect_kept(form)
    expect_one_view(form)
    assert form.page.evaluate("window.view === sdk.drawn")
    assert drawn(form) == ["R-1"]
    assert len(form.shop.session_requests) == 2
    if mode == "element":
        expect(form.button).to_be_enabled()
        expect(form.status).to_contain_text(CHECKOUT["ready"])


@in_both_modes
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("nothing_to_pay", "There is nothing to pay"),
        ("order_closed", "This order is closed"),
        ("order_already_paid", "already paid"),
    ],
)
def test_an_order_that_cannot_be_paid_any_more_loses_its_view(
    form: ScriptedForm, mode: str, code: str, words: str
) -> None:
    stand(form, mode, problem(code))
    refresh(form)
    expect_kept(form)
    expect(form.status).to_contain_text(words)
    expect(form.alert).to_be_empty()
    expect(form.button).to_be_hidden()
    expect(form.hosted).to_be_hidden()
    expect_no_view(form)


@in_both_modes
def test_an_order_that_is_gone_loses_its_view(form: ScriptedForm, mode: str) -> None:
    stand(form, mode, problem("order_not_found"))
    refresh(form)
    expect_kept(form)
    expect(form.alert).to_contain_text("cannot find this order")
    expect_no_view(form)


def expect_no_view(form: ScriptedForm) -> None:
    """Nothing is left of the view, and nothing of it is reported."""
    assert form.sdk("living") == 0
    assert form.page.locator("#scripted-sdk").count() == 0
    assert form.place.evaluate("place => place.childElementCount") == 0
    assert form.page.locator("[data-antom-result-link]").is_hidden()
    assert form.event_types() == ["antom:error"]
    assert form.shop.reports == []


@in_both_modes
def test_after_a_lost_connection_a_click_asks_anew(
    form: ScriptedForm, mode: str
) -> None:
    stand(form, mode, session("R-2"))
    form.page.route("**/antom/session", lambda route: route.abort())
    refresh(form)
    expect_kept(form)
    expect(form.alert).to_contain_text("could not reach the shop")
    form.expect_free()
    form.page.unroute("**/antom/session")
    form.pay()
    form.draw_again()
    expect_one_view(form)
    assert drawn(form) == ["R-1", "R-2"]


def test_an_order_that_can_be_paid_again_is_drawn(form: ScriptedForm) -> None:
    form.shop.session_answers = [problem("nothing_to_pay", 422), session("R-2")]
    form.open("?mode=element")
    expect(form.status).to_contain_text("nothing to pay")
    refresh(form)
    form.draw()
    expect_kept(form)
    expect_one_view(form)
    expect(form.status).to_contain_text(CHECKOUT["ready"])


def test_the_button_of_the_element_waits_for_the_answer(form: ScriptedForm) -> None:
    stand(form, "element", session("R-1"))
    form.button.focus()
    with held_answers(form.page) as let_go:
        refresh(form)
        expect(form.button).to_be_disabled()
        form.button.click(force=True)
        form.page.keyboard.press("Enter")
        assert form.sdk("submitted") == 0
        let_go()
        expect(form.button).to_be_enabled()
    expect(form.button).to_be_focused()
    form.submit()


# Moments


@in_both_modes
def test_while_the_shop_is_asked_the_later_answer_counts(
    form: ScriptedForm, mode: str
) -> None:
    form.shop.session_answers = [session("R-1"), session("R-2")]
    with held_answers(form.page) as let_go:
        form.open(f"?mode={mode}")
        refresh(form)
        let_go()
        form.wait_for_calls(1)
    form.draw()
    expect_kept(form)
    expect_one_view(form)
    assert len(drawn(form)) == 1
    assert len(form.shop.session_requests) == 2


@in_both_modes
def test_a_view_that_loads_gives_way(form: ScriptedForm, mode: str) -> None:
    form.shop.session_answers = [session("R-1"), session("R-2")]
    form.open(f"?mode={mode}")
    form.wait_for_calls(1)
    refresh(form)
    form.wait_for_calls(2)
    form.draw_again()
    expect_kept(form)
    expect_one_view(form)
    assert drawn(form) == ["R-1", "R-2"]


def test_a_view_that_loads_is_kept_if_it_is_right(form: ScriptedForm) -> None:
    form.shop.session_answers = [session("R-1")]
    form.open("?mode=element")
    form.wait_for_calls(1)
    with held_answers(form.page) as let_go:
        refresh(form)
        form.draw()
        expect(form.button).to_be_disabled()
        expect_kept(form, 0)
        let_go()
        expect_kept(form)
    expect(form.button).to_be_enabled()
    expect_one_view(form)
    assert drawn(form) == ["R-1"]


@in_both_modes
def test_of_several_calls_the_last_one_counts(form: ScriptedForm, mode: str) -> None:
    stand(form, mode, session("R-2"), session("R-3"), session("R-4"))
    for _ in range(3):
        refresh(form)
    form.wait_for_calls(2)
    form.draw_again()
    expect_kept(form, 3)
    expect_one_view(form)
    assert len(form.shop.session_requests) == 4
    assert drawn(form)[0] == "R-1"
    assert len(drawn(form)) == 2


def test_nothing_happens_to_an_element_that_is_sent(form: ScriptedForm) -> None:
    stand(form, "element")
    form.submit()
    refresh(form)
    expect_kept(form)
    assert len(form.shop.session_requests) == 1
    assert form.sdk("living") == 1
    form.settle("answer", {"status": "SUCCESS"})
    form.page.wait_for_url(form.shop.result)


@in_both_modes
def test_nothing_happens_to_whoever_leaves_for_a_wallet(
    form: ScriptedForm, mode: str
) -> None:
    stand(form, mode)
    form.emit("SDK_CALL_URL_SUCCESS")
    refresh(form)
    expect_kept(form)
    assert len(form.shop.session_requests) == 1
    assert form.sdk("living") == 1
    expect(form.status).to_contain_text("Taking you to your payment provider")


@in_both_modes
@pytest.mark.parametrize("answer", [session("R-2"), problem("order_closed")])
def test_a_buyer_who_begins_to_pay_meanwhile_keeps_the_view(
    form: ScriptedForm, mode: str, answer: Answer
) -> None:
    stand(form, mode, answer)
    with held_answers(form.page) as let_go:
        refresh(form)
        form.emit("SDK_CALL_URL_SUCCESS")
        let_go()
        expect_kept(form)
    assert form.sdk("living") == 1
    assert drawn(form) == ["R-1"]


@in_both_modes
def test_a_payment_that_is_under_way_keeps_its_view(
    form: ScriptedForm, mode: str
) -> None:
    url = "/antom/result/token"
    stand(form, mode, problem("outcome_unknown", 503, resultUrl=url))
    refresh(form)
    expect_kept(form)
    expect_one_view(form)
    expect(form.alert).to_be_empty()
    assert len(form.shop.session_requests) == 2
    assert form.event_types() == []


@in_both_modes
def test_the_shop_is_asked_again_while_it_does_not_know(
    form: ScriptedForm, mode: str
) -> None:
    unknown = problem("outcome_unknown", 503)
    form.stop_clock()
    stand(form, mode, *[unknown] * 3, session("R-2"))
    refresh(form)
    for asked in range(2, 5):
        expect(form.status).to_contain_text("still checking")
        wait_for_answers(form.page, asked)
        form.page.clock.fast_forward(1_000)
    wait_for_answers(form.page, 5)
    form.page.clock.fast_forward(1_000)
    form.wait_for_calls(2)
    form.draw_again()
    expect_kept(form)
    assert drawn(form) == ["R-1", "R-2"]


@in_both_modes
def test_a_result_that_comes_meanwhile_counts(form: ScriptedForm, mode: str) -> None:
    stand(form, mode, session("R-2"))
    with held_answers(form.page) as let_go:
        refresh(form)
        form.emit("SDK_PAYMENT_SUCCESSFUL")
        form.page.wait_for_url(form.shop.result)
        let_go()
    assert form.event_types() == ["antom:success"]


# Where there is nothing to draw anew


@pytest.mark.parametrize("query", ["?mode=cashier", "?mode=hosted", "?embedded"])
def test_in_other_modes_nothing_happens(form: ScriptedForm, query: str) -> None:
    form.open(query)
    if "hosted" in query:
        assert form.page.evaluate("typeof antomCheckout") == "undefined"
        return
    refresh(form)
    expect_kept(form)
    assert form.shop.session_requests == []
    form.pay()
    form.emit("SDK_END_OF_LOADING")
    refresh(form)
    expect_kept(form, 2)
    assert len(form.shop.session_requests) == 1
    assert form.sdk("living") == 1


# Several forms


def test_the_form_that_is_open_is_drawn_anew(form: ScriptedForm) -> None:
    form.shop.session_answers = [session("R-1"), session("R-2")]
    form.open("?mode=element&order=A-1&order=A-2")
    form.draw()
    refresh(form)
    form.wait_for_calls(2)
    form.draw_again()
    expect_kept(form)
    assert form.shop.requested_orders() == ["A-1", "A-1"]
    assert form.sdk("living") == 1


def test_a_form_can_be_named(form: ScriptedForm) -> None:
    form.shop.session_answers = [session("R-1"), session("R-2")]
    form.open("?mode=element&order=A-1&order=A-2")
    form.draw()
    refresh(form, "document.forms[1]")
    expect_kept(form)
    assert form.shop.requested_orders() == ["A-1"]
    refresh(form, "document.forms[0]")
    form.wait_for_calls(2)
    form.draw_again()
    expect_kept(form, 2)
    assert form.shop.requested_orders() == ["A-1", "A-1"]


def test_another_form_may_take_over_meanwhile(form: ScriptedForm) -> None:
    form.shop.session_answers = [session("R-1"), session("R-2")]
    form.open("?mode=element&order=A-1&order=A-2")
    form.draw()
    with held_answers(form.page) as let_go:
        refresh(form)
        form.button.last.click()
        expect_kept(form)
        let_go()
        form.wait_for_calls(2)
    assert form.sdk("living") == 1
    expect(form.button.first).to_be_enabled()
