"""The simulator's AMSElement in a page with a strict policy."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from flask_antom.simulator import Simulator
from tests.browser.simulator_sdk.frames import DECLINED, choose, fill_card, press
from tests.browser.simulator_sdk.sdk_page import Session, callbacks
from tests.simulator.merchant import CARD, ELEMENT

MOUNT = """([data, options]) => {
  window.element = makeElement(data);
  return element.mount(Object.assign({type: "payment"}, options), "#place");
}"""

#: Presses the shop's button; the answer is awaited elsewhere.
SUBMIT = """() => {
  window.answer = null;
  element.submitPayment().then(function (answer) { window.answer = answer; });
}"""


def mount_element(
    shop: Page, data: str, *, stays: bool = True
) -> tuple[Any, FrameLocator]:
    """Mount an element; return what ``mount`` resolves with, and the frame."""
    answer = shop.evaluate(MOUNT, [data, {"notRedirectAfterComplete": stays}])
    return answer, shop.frame_locator("#place iframe")


def answer_of(shop: Page) -> Any:
    """Wait for what ``submitPayment`` resolves with."""
    shop.wait_for_function("() => window.answer !== null")
    return shop.evaluate("answer")


def test_the_element_offers_the_methods_and_takes_a_card(
    shop: Page, home: str, session: Session, simulator: Simulator
) -> None:
    answer, frame = mount_element(shop, session(**ELEMENT))
    assert answer == {}
    expect(frame.get_by_role("radio")).to_have_count(3)
    expect(frame.get_by_label("Card number")).to_be_hidden()
    choose(frame, "CARD")
    assert shop.evaluate("element.validateFields()") == {"isValid": True}
    shop.evaluate(SUBMIT)

    assert answer_of(shop) == {"status": "SUCCESS"}
    payment = simulator.payment("request-1")
    assert (payment.method, payment.status) == ("CARD", "SUCCESS")
    events = [entry[:2] for entry in shop.evaluate("callbacks")]
    assert events == [["onEventCallback", "SDK_PAYMENT_SUCCESSFUL"]]
    expect(frame.get_by_role("status")).to_contain_text("Paid.")
    assert shop.url == home


def test_a_declined_card_is_told_and_another_method_pays(
    shop: Page, session: Session, simulator: Simulator
) -> None:
    _, frame = mount_element(shop, session(**ELEMENT))
    fill_card(frame, DECLINED)
    shop.evaluate(SUBMIT)
    declined = answer_of(shop)
    choose(frame, "GCASH")
    shop.evaluate(SUBMIT)
    expect(frame.get_by_role("heading")).to_have_text("Confirm with GCASH")
    press(frame, "Pay")

    assert declined["status"] == "FAIL"
    assert declined["error"]["code"] == "ISSUER_REJECTS_TRANSACTION"
    assert declined["error"]["needChangeSessionForRetry"] is False
    assert answer_of(shop) == {"status": "SUCCESS"}
    attempts = simulator.payment("request-1").attempts
    assert [(a.method, a.status) for a in attempts] == [
        ("CARD", "FAIL"),
        ("GCASH", "SUCCESS"),
    ]


@pytest.mark.parametrize(
    ("button", "status", "code"),
    [
        ("Decline", "FAIL", "USER_BALANCE_NOT_ENOUGH"),
        ("Hang", "PROCESSING", "PAYMENT_IN_PROCESS"),
        ("Finish later", "PENDING", "PAYMENT_IN_PROCESS"),
        ("Another method", "CANCELLED", "USER_CANCELED"),
    ],
)
def test_the_element_tells_what_the_buyer_did(
    shop: Page, session: Session, button: str, status: str, code: str
) -> None:
    _, frame = mount_element(shop, session(**ELEMENT))
    shop.evaluate(SUBMIT)
    press(frame, button)

    answer = answer_of(shop)
    assert (answer["status"], answer["error"]["code"]) == (status, code)


def test_the_element_says_what_is_wrong_with_a_card(
    shop: Page, session: Session, simulator: Simulator
) -> None:
    _, frame = mount_element(shop, session(**ELEMENT))
    fill_card(frame, "4111 1111 1111 1111")
    assert shop.evaluate("element.validateFields()") == {"isValid": False}
    shop.evaluate(SUBMIT)

    assert answer_of(shop)["error"]["code"] == "FORM_INVALID"
    expect(frame.get_by_text("Only the sandbox's test cards")).to_be_visible()
    assert simulator.payment("request-1").attempts == []
    frame.get_by_label("Card number").fill(DECLINED)
    assert shop.evaluate("element.validateFields()") == {"isValid": True}
    expect(frame.get_by_text("Only the sandbox's test cards")).to_have_count(0)


def test_the_bank_asks_inside_the_element(
    shop: Page, session: Session, simulator: Simulator
) -> None:
    secure = {"paymentMethodMetaData": {"is3DSAuthentication": True}}
    card = CARD["paymentMethod"] | secure
    scene = {"productScene": "ELEMENT_PAYMENT", **CARD, "paymentMethod": card}
    _, frame = mount_element(shop, session(**scene))
    shop.evaluate(SUBMIT)
    press(frame, "Cancel")
    left = answer_of(shop)
    shop.evaluate(SUBMIT)
    press(frame, "Yes, it is me")

    assert (left["status"], left["userCanceled3D"]) == ("CANCELLED", True)
    assert left["error"]["needChangeSessionForRetry"] is True
    assert answer_of(shop) == {"status": "SUCCESS"}
    assert simulator.payment("request-1").status == "SUCCESS"


def test_the_element_leads_to_the_wallet_and_back(
    shop: Page, home: str, server: str, session: Session, simulator: Simulator
) -> None:
    _, frame = mount_element(shop, session(**ELEMENT))
    choose(frame, "ALIPAY_CN")
    shop.evaluate(SUBMIT)
    shop.wait_for_url("**/wallet/*")
    press(shop, "Pay")
    shop.wait_for_url(f"{server}/result")

    payment = simulator.payment("request-1")
    assert (payment.method, payment.status) == ("ALIPAY_CN", "SUCCESS")
    shop.goto(home)
    assert [entry[1] for entry in callbacks(shop)] == ["SDK_CALL_URL_SUCCESS"]


def test_the_element_leads_back_to_the_shop_unless_it_is_told_to_stay(
    shop: Page, server: str, session: Session
) -> None:
    data = session(**ELEMENT)
    _, frame = mount_element(shop, data, stays=False)
    choose(frame, "CARD")
    shop.evaluate(SUBMIT)

    shop.wait_for_url(f"{server}/result")


def test_an_impatient_shop_is_answered_twice(shop: Page, session: Session) -> None:
    _, frame = mount_element(shop, session(**ELEMENT))
    choose(frame, "CARD")
    answers = shop.evaluate(
        "() => Promise.all([element.submitPayment(), element.submitPayment()])"
    )

    assert answers == [{"status": "SUCCESS"}] * 2


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("close", "ORDER_IS_CLOSED"),
        ("expire", "INQUIRY_PAYMENT_SESSION_FAILED"),
        ("approve", "REPEAT_REQ_REJECT"),
    ],
)
def test_an_element_of_no_use_says_so_when_it_is_mounted(
    shop: Page, session: Session, simulator: Simulator, end: str, code: str
) -> None:
    data = session(**ELEMENT)
    getattr(simulator, end)("request-1")

    assert mount_element(shop, data)[0]["error"]["code"] == code
    shop.evaluate(SUBMIT)
    assert answer_of(shop)["error"]["code"] == code


def test_an_element_whose_session_ends_meanwhile_says_so(
    shop: Page, session: Session, simulator: Simulator
) -> None:
    _, frame = mount_element(shop, session(**ELEMENT))
    simulator.expire("request-1")
    shop.evaluate(SUBMIT)

    error = answer_of(shop)["error"]
    assert error["code"] == "INQUIRY_PAYMENT_SESSION_FAILED"
    assert error["needChangeSessionForRetry"] is True
    expect(frame.get_by_role("status")).to_have_text("This payment session is over.")
    expect(frame.get_by_role("radio")).to_have_count(0)


def test_an_element_grows_with_what_it_shows(shop: Page, session: Session) -> None:
    _, frame = mount_element(shop, session(**ELEMENT))
    shop.wait_for_function("() => place.firstChild.offsetHeight > 100")
    before = shop.evaluate("place.firstChild.offsetHeight")
    choose(frame, "CARD")

    shop.wait_for_function(
        "before => place.firstChild.offsetHeight > before + 50", arg=before
    )
    assert frame.locator("html").evaluate(
        "page => page.scrollHeight <= page.clientHeight"
    )


def test_an_element_that_runs_as_prod_is_of_no_use(
    shop: Page, session: Session
) -> None:
    data = session(**ELEMENT)
    mounted = shop.evaluate(
        "data => makeElement(data, {environment: 'prod'}).mount("
        "{type: 'payment'}, '#place')",
        data,
    )

    assert mounted["error"]["code"] == "PARAM_ILLEGAL"
