"""How the payment form gets into each of its states."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.pages.form import Checkout

State = Callable[[Checkout], None]


def idle(form: Checkout) -> None:
    form.open()


def opening(form: Checkout) -> None:
    form.open()
    form.pay()


def window_stands(form: Checkout) -> None:
    opening(form)
    form.emit("SDK_END_OF_LOADING")


def leaving(form: Checkout) -> None:
    window_stands(form)
    form.emit("SDK_CALL_URL_SUCCESS")


def failed(form: Checkout) -> None:
    window_stands(form)
    form.emit("SDK_PAYMENT_FAIL", result={"paymentResultCode": "RISK_REJECT"})
    expect(form.alert).not_to_be_empty()


def cancelled(form: Checkout) -> None:
    window_stands(form)
    form.emit("SDK_PAYMENT_CANCEL")
    expect(form.status).not_to_be_empty()


def at_fault(form: Checkout) -> None:
    opening(form)
    form.emit("SDK_INIT_PARAMETER_ERROR", channel="onError")
    expect(form.hosted).to_be_visible()


def without_methods(form: Checkout) -> None:
    form.open("?nothing")
    expect(form.alert).to_contain_text("not offered here")


def hosted(form: Checkout) -> None:
    form.open("?mode=hosted")


def element_loading(form: Checkout) -> None:
    form.open("?mode=element")
    form.called(1)


def element_ready(form: Checkout) -> None:
    element_loading(form)
    form.draw("300px")
    form.is_seen()
    expect(form.button).to_be_enabled()


def element_busy(form: Checkout) -> None:
    element_ready(form)
    form.button.click()
    expect(form.button).to_be_disabled()


def element_declined(form: Checkout) -> None:
    element_busy(form)
    form.settle("answer", {"status": "FAIL", "error": {"code": "RISK_REJECT"}})
    expect(form.alert).not_to_be_empty()


def element_spent(form: Checkout) -> None:
    element_busy(form)
    form.settle("answer", {"error": {"code": "ORDER_IS_CLOSED"}})
    expect(form.alert).not_to_be_empty()


def element_anew(form: Checkout) -> None:
    element_spent(form)
    form.button.click()
    form.called(2)


def element_at_fault(form: Checkout) -> None:
    element_loading(form)
    form.settle("resolve", {"error": {"code": "PARAM_INVALID"}})
    expect(form.hosted).to_be_visible()


def page_loading(form: Checkout) -> None:
    form.open("?mode=page")
    form.called(1)


def page_stands(form: Checkout) -> None:
    page_loading(form)
    form.draw("100%")
    form.is_seen()


def page_failed(form: Checkout) -> None:
    page_stands(form)
    form.emit("SDK_PAYMENT_FAIL")
    expect(form.alert).not_to_be_empty()


def page_left(form: Checkout) -> None:
    page_stands(form)
    form.emit("SDK_PAYMENT_CLICK_BACK_TO_MERCHANT")
    expect(form.button).to_be_visible()


def embedded_loading(form: Checkout) -> None:
    form.open("?embedded")
    form.pay()


def embedded_stands(form: Checkout) -> None:
    embedded_loading(form)
    form.page.evaluate("sdk.grow('320px')")
    form.emit("SDK_END_OF_LOADING")
    form.is_seen()


def embedded_failed(form: Checkout) -> None:
    embedded_stands(form)
    form.emit("SDK_PAYMENT_FAIL")
    expect(form.alert).not_to_be_empty()


STATES: tuple[State, ...] = (
    idle,
    opening,
    window_stands,
    leaving,
    failed,
    cancelled,
    at_fault,
    without_methods,
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
