"""How the payment form gets into each of its states."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from flask_antom.i18n.english import CHECKOUT
from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import SESSION, Answer

State = Callable[[ScriptedForm], None]


def idle(form: ScriptedForm) -> None:
    form.open()


def opening(form: ScriptedForm) -> None:
    form.open()
    form.pay()


def window_stands(form: ScriptedForm) -> None:
    opening(form)
    form.emit("SDK_END_OF_LOADING")


def leaving(form: ScriptedForm) -> None:
    window_stands(form)
    form.emit("SDK_CALL_URL_SUCCESS")


def failed(form: ScriptedForm) -> None:
    window_stands(form)
    form.emit("SDK_PAYMENT_FAIL", result={"paymentResultCode": "RISK_REJECT"})
    expect(form.alert).not_to_be_empty()


def cancelled(form: ScriptedForm) -> None:
    window_stands(form)
    form.emit("SDK_PAYMENT_CANCEL")
    expect(form.status).not_to_be_empty()


def at_fault(form: ScriptedForm) -> None:
    opening(form)
    form.emit("SDK_INIT_PARAMETER_ERROR", channel="onError")
    expect(form.hosted).to_be_visible()


def without_methods(form: ScriptedForm) -> None:
    form.open("?nothing")
    expect(form.notice).to_have_attribute("data-antom-notice", "unpayable")


def of_paid_order(form: ScriptedForm) -> None:
    form.open("?order=succeeded")
    expect(form.notice).to_be_visible()


def of_pending_order(form: ScriptedForm) -> None:
    form.open("?order=pending")
    expect(form.notice).to_be_visible()


def of_processing_order(form: ScriptedForm) -> None:
    form.open("?order=processing")
    expect(form.notice).to_be_visible()


def of_free_order(form: ScriptedForm) -> None:
    form.open("?order=free")
    expect(form.notice).to_be_visible()


def of_unknown_order(form: ScriptedForm) -> None:
    form.open("?order=unknown")
    expect(form.notice).to_be_visible()


def hosted(form: ScriptedForm) -> None:
    form.open("?mode=hosted")


def element_loading(form: ScriptedForm) -> None:
    form.open("?mode=element")
    form.wait_for_calls(1)


def element_ready(form: ScriptedForm) -> None:
    element_loading(form)
    form.draw("300px")
    form.wait_until_drawn()
    expect(form.button).to_be_enabled()


def element_busy(form: ScriptedForm) -> None:
    element_ready(form)
    form.button.click()
    expect(form.button).to_be_disabled()


def element_declined(form: ScriptedForm) -> None:
    element_busy(form)
    form.settle("answer", {"status": "FAIL", "error": {"code": "RISK_REJECT"}})
    expect(form.alert).not_to_be_empty()


def element_spent(form: ScriptedForm) -> None:
    element_busy(form)
    form.settle("answer", {"error": {"code": "ORDER_IS_CLOSED"}})
    expect(form.alert).not_to_be_empty()


def element_anew(form: ScriptedForm) -> None:
    element_spent(form)
    form.button.click()
    form.wait_for_calls(2)


def element_at_fault(form: ScriptedForm) -> None:
    element_loading(form)
    form.settle("resolve", {"error": {"code": "PARAM_INVALID"}})
    expect(form.hosted).to_be_visible()


def page_loading(form: ScriptedForm) -> None:
    form.open("?mode=page")
    form.wait_for_calls(1)


def page_stands(form: ScriptedForm) -> None:
    page_loading(form)
    form.draw("100%")
    form.wait_until_drawn()


def page_failed(form: ScriptedForm) -> None:
    page_stands(form)
    form.emit("SDK_PAYMENT_FAIL")
    expect(form.alert).not_to_be_empty()


def page_left(form: ScriptedForm) -> None:
    page_stands(form)
    form.emit("SDK_PAYMENT_CLICK_BACK_TO_MERCHANT")
    expect(form.button).to_be_visible()


def embedded_loading(form: ScriptedForm) -> None:
    form.open("?embedded")
    form.pay()


def embedded_stands(form: ScriptedForm) -> None:
    embedded_loading(form)
    form.page.evaluate("sdk.grow('320px')")
    form.emit("SDK_END_OF_LOADING")
    form.wait_until_drawn()


def embedded_failed(form: ScriptedForm) -> None:
    embedded_stands(form)
    form.emit("SDK_PAYMENT_FAIL")
    expect(form.alert).not_to_be_empty()


def paid_meanwhile(form: ScriptedForm, query: str = "") -> None:
    before = form.shop.session_answers
    problem = {"code": "order_already_paid", "resultUrl": SESSION["resultUrl"]}
    form.shop.session_answers = [Answer(409, problem)]
    form.open(query)
    if "mode" not in query:
        form.button.click()
    expect(form.page.get_by_role("link", name=CHECKOUT["view"])).to_be_visible()
    form.shop.session_answers = before


def embedded_paid_meanwhile(form: ScriptedForm) -> None:
    paid_meanwhile(form, "?embedded")


def element_paid_meanwhile(form: ScriptedForm) -> None:
    paid_meanwhile(form, "?mode=element")


def page_paid_meanwhile(form: ScriptedForm) -> None:
    paid_meanwhile(form, "?mode=page")


#: Nothing can be paid any more.
OVER: tuple[State, ...] = (
    paid_meanwhile,
    embedded_paid_meanwhile,
    element_paid_meanwhile,
    page_paid_meanwhile,
)

STATES: tuple[State, ...] = (
    *OVER,
    idle,
    opening,
    window_stands,
    leaving,
    failed,
    cancelled,
    at_fault,
    without_methods,
    of_paid_order,
    of_pending_order,
    of_processing_order,
    of_free_order,
    of_unknown_order,
    hosted,
    element_loading,
    element_ready,
    element_busy,
    element_declined,
    element_spent,
    element_anew,
    element_at_fault,
    page_loading,
    page_stands,
    page_failed,
    page_left,
    embedded_loading,
    embedded_stands,
    embedded_failed,
)
