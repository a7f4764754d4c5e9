"""Payment Element and Checkout Page, as plain HTTP."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_antom.simulator import Simulator
from tests.simulator.merchant import ELEMENT, PAGE, Json, Merchant
from tests.simulator.test_pages import act, assert_is_strict

SHOP = "http://127.0.0.1/result"
EMBED = "?mode=embed&shadow=true"
GOOD = {"number": "4054 6957 2310 0768", "expiry": "12/30", "cvc": "123"}
BAD = GOOD | {"number": "4054692760174822"}
SECURE: Json = {"paymentMethodMetaData": {"is3DSAuthentication": "true"}}


@pytest.fixture
def client(simulator: Simulator) -> FlaskClient:
    return simulator.app.test_client()


def open_session(merchant: Merchant, scene: Json, **changes: Any) -> str:
    return str(merchant.create_session(**scene | changes)["paymentSessionId"])


@pytest.fixture
def page(merchant: Merchant) -> str:
    return f"/checkout/{open_session(merchant, PAGE)}"


@pytest.fixture
def element(merchant: Merchant) -> str:
    return f"/element/{open_session(merchant, ELEMENT)}"


@pytest.fixture
def both(merchant: Merchant, page: str) -> tuple[str, str]:
    return page, f"/element/{open_session(merchant, ELEMENT, paymentRequestId='2')}"


def with_3d_secure(scene: Json) -> Json:
    available = scene["availablePaymentMethod"] | SECURE
    return scene | {"availablePaymentMethod": available}


def data_of(answer: TestResponse, name: str) -> Any:
    """Read the JSON of a ``data-`` attribute."""
    found = re.search(rf"data-{name}='([^']*)'", answer.text)
    return json.loads(html.unescape(found[1])) if found else None


def methods_in(answer: TestResponse) -> list[str]:
    return re.findall(r'type="radio" name="method" value="(\w+)"', answer.text)


def test_the_page_shows_the_bill_and_the_methods(
    client: FlaskClient, page: str
) -> None:
    answer = client.get(page)

    assert_is_strict(answer)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    for text in ("42.00", "MYR", "Two mugs", "A-1", "Back to the shop"):
        assert text in answer.text
    assert methods_in(answer) == ["GCASH", "CARD", "ALIPAY_CN"]


def test_the_page_shows_the_one_method(client: FlaskClient, merchant: Merchant) -> None:
    session = merchant.create_session(productScene="CHECKOUT_PAYMENT")

    answer = client.get(f"/checkout/{session['paymentSessionId']}")

    assert methods_in(answer) == ["GCASH"]
    assert 'name="number"' not in answer.text


def test_nothing_of_an_order_is_taken_for_html(
    client: FlaskClient, merchant: Merchant
) -> None:
    hostile = "'\"><script>alert(1)</script>"
    amount = {"currency": "MYR", "value": "4200"}
    order = {
        "referenceOrderId": hostile,
        "orderDescription": hostile,
        "orderAmount": amount,
    }
    page = f"/checkout/{open_session(merchant, PAGE, order=order)}"

    assert_is_strict(client.get(page))
    answer = act(client, page, action="choose", method="CARD", number=hostile)
    assert_is_strict(answer)
    assert "<script>alert" not in answer.text


def test_a_card_that_is_good_pays_and_leads_back(
    client: FlaskClient, simulator: Simulator, page: str
) -> None:
    answer = act(client, page, action="choose", method="CARD", **GOOD)

    assert (answer.status_code, answer.location) == (303, SHOP)
    payment = simulator.payment("request-1")
    assert (payment.method, payment.status) == ("CARD", "SUCCESS")


def test_a_card_that_is_declined_leaves_the_choice(
    client: FlaskClient, simulator: Simulator, page: str
) -> None:
    answer = act(client, page, action="choose", method="CARD", **BAD)

    assert answer.status_code == 200
    assert "This did not work: The bank of the buyer declines" in answer.text
    assert methods_in(answer) == ["GCASH", "CARD", "ALIPAY_CN"]
    assert simulator.payment("request-1").status == "FAIL"
    act(client, page, action="choose", method="CARD", **GOOD)
    assert simulator.payment("request-1").status == "SUCCESS"


def test_a_card_form_with_errors_submits_nothing(
    client: FlaskClient, simulator: Simulator, page: str
) -> None:
    form = {"number": "4111", "expiry": "13/30", "cvc": "99"}

    answer = act(client, page, action="choose", method="CARD", **form)

    assert answer.text.count('aria-invalid="true"') == 3
    for text in ("test cards are taken", 'value="13/30"', "Three digits."):
        assert text in answer.text
    assert simulator.payment("request-1").attempts == []


@pytest.mark.parametrize(
    ("action", "status"),
    [("pay", "SUCCESS"), ("hang", "PROCESSING"), ("later", "PENDING")],
)
def test_the_buyer_confirms_and_is_led_back(
    client: FlaskClient, simulator: Simulator, page: str, action: str, status: str
) -> None:
    asked = act(client, page, action="choose", method="GCASH")
    assert "Confirm with GCASH" in asked.text
    assert f'href="{page}?" class="button plain">Another method</a>' in asked.text
    assert simulator.payment("request-1").attempts == []

    answer = act(client, page, action=action, method="GCASH")

    assert (answer.status_code, answer.location) == (303, SHOP)
    assert simulator.payment("request-1").status == status


def test_the_buyer_declines_and_chooses_again(
    client: FlaskClient, simulator: Simulator, page: str
) -> None:
    answer = act(client, page, action="decline", method="GCASH")

    assert "The balance of the buyer is not enough." in answer.text
    assert "This did not work" in client.get(page).text
    assert simulator.payment("request-1").status == "FAIL"


@pytest.mark.parametrize(
    ("method", "action"), [("ALIPAY_CN", "choose"), ("GCASH", "wallet")]
)
def test_the_wallet_leads_back_to_the_page_until_it_is_paid(
    client: FlaskClient, simulator: Simulator, page: str, method: str, action: str
) -> None:
    wallet = act(client, page, action=action, method=method).location or ""
    assert wallet.startswith("http://localhost/wallet/")
    assert method in client.get(wallet).text
    assert simulator.payment("request-1").status == "PROCESSING"

    for action in ("leave", "decline"):
        assert act(client, wallet, action=action).location == page
    assert act(client, wallet, action="pay").location == SHOP
    attempts = simulator.payment("request-1").attempts
    assert [(a.method, a.status) for a in attempts] == [
        (method, "FAIL"),
        (method, "SUCCESS"),
    ]


def test_the_bank_asks_about_a_card(
    client: FlaskClient, merchant: Merchant, simulator: Simulator
) -> None:
    page = f"/checkout/{open_session(merchant, with_3d_secure(PAGE))}"
    asked = act(client, page, action="choose", method="CARD", **GOOD)
    assert "Confirm with your bank" in asked.text
    assert simulator.payment("request-1").status == "PROCESSING"

    refused = act(client, page, action="refuse", method="CARD", **GOOD)
    assert "The buyer went back." in refused.text
    assert simulator.payment("request-1").status == "FAIL"

    act(client, page, action="choose", method="CARD", **GOOD)
    act(client, page, action="confirm", method="CARD", **GOOD)
    assert simulator.payment("request-1").status == "SUCCESS"


def test_the_bank_does_not_ask_about_an_exempt_card(
    client: FlaskClient, merchant: Merchant
) -> None:
    page = f"/checkout/{open_session(merchant, with_3d_secure(PAGE))}"
    card = GOOD | {"number": "4035501000000008"}

    answer = act(client, page, action="choose", method="CARD", **card)

    assert answer.location == SHOP


def test_the_bank_looks_at_the_card_again(
    client: FlaskClient, merchant: Merchant, simulator: Simulator
) -> None:
    page = f"/checkout/{open_session(merchant, with_3d_secure(PAGE))}"

    act(client, page, action="confirm", method="CARD", number="4111111111111111")

    assert simulator.payment("request-1").attempts == []


def test_a_paid_page_says_so(
    client: FlaskClient, simulator: Simulator, page: str
) -> None:
    simulator.approve("request-1")

    answer = client.get(page)

    assert "This order is paid." in answer.text
    assert "<form" not in answer.text
    assert SHOP in answer.text
    assert data_of(client.get(page + EMBED), "event")["code"] == (
        "SDK_PAYMENT_SUCCESSFUL"
    )


ENDS = [
    ("close", "ORDER_IS_CLOSED", "it took too long"),
    ("expire", "INQUIRY_PAYMENT_SESSION_FAILED", "session is over"),
    ("cancel", "ORDER_IS_CANCELLED", "The shop cancelled"),
]


def end(simulator: Simulator, merchant: Merchant, how: str) -> None:
    if how == "cancel":
        simulator.process("request-1")
        merchant.cancel()
    else:
        getattr(simulator, how)("request-1")


@pytest.mark.parametrize(("how", "code", "words"), ENDS)
def test_a_page_that_is_over_says_why(
    client: FlaskClient,
    simulator: Simulator,
    merchant: Merchant,
    page: str,
    how: str,
    code: str,
    words: str,
) -> None:
    end(simulator, merchant, how)

    for answer in (
        client.get(page),
        act(client, page, action="choose", method="CARD", **GOOD),
    ):
        assert "This payment is over" in answer.text
        assert words in answer.text
        assert "<form" not in answer.text
    event = data_of(client.get(page + EMBED), "event")
    assert event["code"] == "SDK_PAYMENT_ERROR"
    assert event["result"]["paymentResultCode"] == code
    assert simulator.payment("request-1").status != "SUCCESS"


def test_a_page_whose_session_ends_under_way_says_why(
    client: FlaskClient, simulator: Simulator, page: str
) -> None:
    simulator.process("request-1", "ALIPAY_CN")
    simulator.expire("request-1")

    answer = act(client, page, action="choose", method="CARD", **GOOD)

    assert "session is over" in answer.text
    assert [a.method for a in simulator.payment("request-1").attempts] == ["ALIPAY_CN"]


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("pay", "SDK_PAYMENT_SUCCESSFUL"),
        ("decline", "SDK_PAYMENT_FAIL"),
        ("hang", "SDK_PAYMENT_PROCESSING"),
        ("later", "SDK_PAYMENT_PROCESSING"),
        ("refuse", "SDK_PAYMENT_CANCEL"),
    ],
)
def test_the_embedded_page_tells_the_shop_and_stays(
    client: FlaskClient, page: str, action: str, code: str
) -> None:
    opened = client.get(page + EMBED)
    answer = act(client, page + EMBED, action=action, method="GCASH")

    assert "frame-ancestors *" in opened.headers["Content-Security-Policy"]
    assert data_of(opened, "event") is None
    assert_is_strict(answer)
    assert answer.status_code == 200
    assert data_of(answer, "event")["code"] == code


def test_the_embedded_page_leads_the_shop_to_the_wallet(
    client: FlaskClient, page: str
) -> None:
    answer = act(client, page + EMBED, action="choose", method="ALIPAY_CN")

    session_id = page.rpartition("/")[2]
    wallet = f"http://localhost/wallet/{session_id}?method=ALIPAY_CN"
    assert f'data-wallet="{wallet}"' in answer.text
    assert act(client, wallet, action="decline").location == SHOP


def test_the_element_shows_the_methods(client: FlaskClient, element: str) -> None:
    answer = client.get(element)

    assert_is_strict(answer)
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert methods_in(answer) == ["GCASH", "CARD", "ALIPAY_CN"]
    query = data_of(answer, "query")
    assert query["success"] is True
    assert query["orderAmountView"] == {"currency": "MYR", "value": "42.00"}
    assert len(query["paymentMethods"]) == 3


@pytest.mark.parametrize(("how", "code", "words"), ENDS)
def test_an_element_that_is_over_says_why(
    client: FlaskClient,
    simulator: Simulator,
    merchant: Merchant,
    element: str,
    how: str,
    code: str,
    words: str,
) -> None:
    end(simulator, merchant, how)

    answer = client.get(element)
    submitted = act(client, element, action="choose", method="CARD", **GOOD)

    assert data_of(answer, "query")["errorCode"] == code
    assert words in answer.text
    assert submitted.json is not None
    assert submitted.json["answer"]["status"] == "FAIL"
    error = submitted.json["answer"]["error"]
    assert (error["code"], error["needChangeSessionForRetry"]) == (code, True)


def test_a_paid_element_cannot_be_opened_again(
    client: FlaskClient, simulator: Simulator, element: str
) -> None:
    simulator.approve("request-1")

    assert data_of(client.get(element), "query") == {
        "success": False,
        "errorCode": "REPEAT_REQ_REJECT",
    }


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ({"method": "CARD", **GOOD}, {"step": "end", "answer": {"status": "SUCCESS"}}),
        (
            {"method": "CARD", **BAD},
            {
                "step": "choose",
                "answer": {
                    "status": "FAIL",
                    "error": {
                        "code": "ISSUER_REJECTS_TRANSACTION",
                        "message": "The bank of the buyer declines the card.",
                    },
                },
            },
        ),
        ({"method": "GCASH"}, {"step": "confirm"}),
        (
            {"method": "GCASH", "action": "later"},
            {
                "step": "end",
                "answer": {
                    "status": "PENDING",
                    "error": {
                        "code": "PAYMENT_IN_PROCESS",
                        "message": "Payment in process.",
                    },
                },
            },
        ),
        (
            {"method": "CARD", "action": "refuse"},
            {
                "step": "choose",
                "answer": {
                    "status": "CANCELLED",
                    "userCanceled3D": True,
                    "error": {
                        "code": "USER_CANCELED",
                        "message": "The buyer went back.",
                        "needChangeSessionForRetry": True,
                    },
                },
            },
        ),
    ],
)
def test_the_element_is_answered_as_the_sdk_tells_it(
    client: FlaskClient, element: str, form: dict[str, str], answer: Json
) -> None:
    told = act(client, element, **{"action": "choose"} | form).json

    assert told is not None
    assert ("event" in told) is ("answer" in answer)
    told.pop("event", None)
    assert told == {"errors": {}} | answer


def test_the_element_leads_to_the_wallet(client: FlaskClient, element: str) -> None:
    told = act(client, element, action="choose", method="ALIPAY_CN").json

    session_id = element.rpartition("/")[2]
    wallet = f"http://localhost/wallet/{session_id}?method=ALIPAY_CN"
    assert told == {"step": "wallet", "errors": {}, "redirect": wallet}


def test_the_element_tells_an_event_of_a_payment(
    client: FlaskClient, element: str
) -> None:
    told = act(client, element, action="choose", method="CARD", **BAD).json

    assert told is not None
    assert told["event"]["code"] == "SDK_PAYMENT_FAIL"


@pytest.mark.parametrize(
    ("method", "form", "wrong"),
    [("CARD", GOOD, []), ("CARD", {}, ["cvc", "expiry", "number"]), ("GCASH", {}, [])],
)
def test_the_element_is_checked_without_a_payment(
    client: FlaskClient,
    simulator: Simulator,
    element: str,
    method: str,
    form: dict[str, str],
    wrong: list[str],
) -> None:
    told = act(client, element, action="check", method=method, **form).json

    assert told is not None
    assert sorted(told["errors"]) == wrong
    assert simulator.payment("request-1").attempts == []


def test_the_element_names_the_fields_that_are_wrong(
    client: FlaskClient, element: str
) -> None:
    told = act(client, element, action="choose", method="CARD", number="1").json

    assert told is not None
    assert told["step"] == "choose"
    assert told["errors"]["number"][0] == "INVALID_CARD_NUMBER"


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/cashier/{}?instanceId=1&shadow=true", 0),
        ("/element/{}?instanceId=1&shadow=true", 1),
        ("/checkout/{}?mode=embed&shadow=true", 2),
    ],
)
def test_a_session_opens_the_page_of_its_scene_only(
    client: FlaskClient, merchant: Merchant, path: str, right: int
) -> None:
    scenes: list[Json] = [{}, ELEMENT, PAGE]
    opened = []
    for index, scene in enumerate(scenes):
        session = open_session(merchant, scene, paymentRequestId=f"request-{index}")
        answer = client.get(path.format(session))
        opened.append("made for another kind of checkout" not in answer.text)

    assert opened == [index == right for index in range(3)]


@pytest.mark.parametrize("query", ["?mode=embed", "?instanceId=1"])
def test_a_script_that_runs_as_prod_gets_an_error(
    client: FlaskClient, both: tuple[str, str], query: str
) -> None:
    for path in both:
        assert "the script runs as prod" in client.get(path + query).text


def test_what_there_is_not_is_refused(
    client: FlaskClient, both: tuple[str, str]
) -> None:
    assert client.get("/checkout/nobody").status_code == 404
    assert client.get("/element/nobody").status_code == 404
    for path in both:
        assert act(client, path, action="x", method="GCASH").status_code == 400
        assert act(client, path, action="pay", method="TNG").status_code == 400
    wallet = both[0].replace("checkout", "wallet")
    assert client.get(f"{wallet}?method=TNG").status_code == 404


def test_only_its_own_pages_change_something(
    client: FlaskClient, simulator: Simulator, both: tuple[str, str]
) -> None:
    for path in both:
        form = {"action": "pay", "method": "GCASH"}
        origin = {"Origin": "http://shop.example"}
        assert client.post(path, data=form, headers=origin).status_code == 403
    assert [payment.attempts for payment in simulator.payments()] == [[], []]


@pytest.mark.usefixtures("page")
def test_the_console_pays_with_a_method(
    client: FlaskClient, simulator: Simulator
) -> None:
    shown = client.get("/")
    form = {"form": "payment", "request_id": "request-1", "method": "CARD"}
    act(client, "/", verb="decline", **form)
    act(client, "/", verb="approve", **form | {"method": "ALIPAY_CN"})
    act(client, "/", verb="resend", **form)

    assert_is_strict(shown)
    assert 'aria-label="With which method"' in shown.text
    attempts = simulator.payment("request-1").attempts
    assert [(a.method, a.status) for a in attempts] == [
        ("CARD", "FAIL"),
        ("ALIPAY_CN", "SUCCESS"),
    ]
    assert "ALIPAY_CN SUCCESS" in client.get("/").text
    answer = act(client, "/", verb="approve", **form | {"method": "TNG"})
    assert answer.status_code == 409
