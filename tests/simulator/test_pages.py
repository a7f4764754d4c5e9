"""The buyer's pages and the console, as plain HTTP."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_antom.simulator import Simulator
from tests.simulator.merchant import MANUAL, Letterbox, Merchant

ORIGIN = {"Origin": "http://localhost"}


@pytest.fixture
def client(simulator: Simulator) -> FlaskClient:
    return simulator.app.test_client()


@pytest.fixture
def session_id(merchant: Merchant) -> str:
    answer = merchant.create_session()
    return str(answer["paymentSessionId"])


def act(client: FlaskClient, path: str, **form: str) -> TestResponse:
    return client.post(path, data=form, headers=ORIGIN)


def assert_is_strict(answer: TestResponse) -> None:
    """Own files only: no inline script, no inline style, no handler."""
    text = answer.get_data(as_text=True)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)


def test_the_cashier_shows_what_is_paid(client: FlaskClient, session_id: str) -> None:
    answer = client.get(f"/cashier/{session_id}")

    assert_is_strict(answer)
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    for text in ("42.00", "MYR", "Two mugs", "A-1", "GCASH", "Antom simulator"):
        assert text in answer.text
    for button in ("Pay", "Decline", "Hang", "Finish later", "Go to wallet"):
        assert f">{button}</button>" in answer.text


def test_nothing_of_an_order_is_taken_for_html(
    client: FlaskClient, merchant: Merchant
) -> None:
    amount = {"currency": "MYR", "value": "4200"}
    hostile = '"><script>alert(1)</script>'
    session = merchant.create_session(
        order={
            "referenceOrderId": hostile,
            "orderDescription": hostile,
            "orderAmount": amount,
        }
    )["paymentSessionId"]

    for path in (f"/cashier/{session}", f"/wallet/{session}", "/"):
        assert_is_strict(client.get(path))
        assert "<script>alert" not in client.get(path).text


@pytest.mark.parametrize("page", ["cashier", "wallet"])
def test_an_unknown_session_is_not_found(client: FlaskClient, page: str) -> None:
    assert client.get(f"/{page}/nobody").status_code == 404
    assert act(client, f"/{page}/nobody", action="pay").status_code == 404


@pytest.mark.parametrize(
    ("action", "code", "status"),
    [
        ("pay", "SDK_PAYMENT_SUCCESSFUL", "SUCCESS"),
        ("decline", "SDK_PAYMENT_FAIL", "FAIL"),
        ("hang", "SDK_PAYMENT_PROCESSING", "PROCESSING"),
        ("later", "SDK_PAYMENT_PROCESSING", "PENDING"),
    ],
)
def test_the_buyer_decides_in_the_cashier(
    client: FlaskClient,
    simulator: Simulator,
    session_id: str,
    action: str,
    code: str,
    status: str,
) -> None:
    answer = act(client, f"/cashier/{session_id}", action=action)

    assert answer.json is not None
    event = answer.json["event"]
    assert event["code"] == code
    assert event["result"]["result"]["resultStatus"] in "SFU"
    assert simulator.payment("request-1").status == status


def test_the_cashier_leads_to_the_wallet(
    client: FlaskClient, simulator: Simulator, session_id: str
) -> None:
    answer = act(client, f"/cashier/{session_id}", action="wallet")

    assert answer.json == {"redirect": f"http://localhost/wallet/{session_id}"}
    assert simulator.payment("request-1").status == "PROCESSING"


@pytest.mark.parametrize(
    ("method", "redirects"),
    [
        ("ONLINEBANKING_FPX", True),
        ("BANKTRANSFER_X", True),
        ("ALIPAY_CN", True),
        ("GCASH", False),
        ("ALIPAY_HK", False),
    ],
)
def test_some_methods_leave_for_the_wallet_at_once(
    client: FlaskClient, merchant: Merchant, method: str, redirects: bool
) -> None:
    session = merchant.create_session(paymentMethod={"paymentMethodType": method})

    answer = client.get(f"/cashier/{session['paymentSessionId']}")

    assert ("data-redirects" in answer.text) is redirects


def test_a_paid_session_says_so(
    client: FlaskClient, simulator: Simulator, session_id: str
) -> None:
    simulator.approve("request-1")

    answer = client.get(f"/cashier/{session_id}")

    assert "This order is paid." in answer.text
    assert "SDK_PAYMENT_SUCCESSFUL" in answer.text
    assert "<form" not in answer.text


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("close", "ORDER_IS_CLOSED"),
        ("expire", "INQUIRY_PAYMENT_SESSION_FAILED"),
        ("cancel", "ORDER_IS_CANCELLED"),
    ],
)
def test_a_session_that_is_over_says_why(
    client: FlaskClient,
    merchant: Merchant,
    simulator: Simulator,
    session_id: str,
    end: str,
    code: str,
) -> None:
    if end == "cancel":
        simulator.process("request-1")
        merchant.cancel()
    else:
        getattr(simulator, end)("request-1")

    shown = client.get(f"/cashier/{session_id}").text
    asked = act(client, f"/cashier/{session_id}", action="pay").json
    refused = act(client, f"/wallet/{session_id}", action="pay")

    assert "SDK_PAYMENT_ERROR" in shown
    assert code in shown
    assert asked is not None
    assert asked["event"]["result"]["paymentResultCode"] == code
    assert refused.status_code == 409
    assert "This payment is over" in refused.text
    assert simulator.payment("request-1").status != "SUCCESS"


def test_a_script_that_runs_as_prod_gets_an_error(
    client: FlaskClient, session_id: str
) -> None:
    as_prod = client.get(f"/cashier/{session_id}?instanceId=1").text
    as_sandbox = client.get(f"/cashier/{session_id}?instanceId=1&shadow=true").text

    assert "SDK_PAYMENT_ERROR" in as_prod
    assert "SDK_PAYMENT_ERROR" not in as_sandbox


@pytest.mark.parametrize(
    ("action", "status"),
    [("pay", "SUCCESS"), ("decline", "FAIL"), ("leave", "CREATED")],
)
def test_the_wallet_leads_back_to_the_shop(
    client: FlaskClient,
    simulator: Simulator,
    session_id: str,
    action: str,
    status: str,
) -> None:
    assert_is_strict(client.get(f"/wallet/{session_id}"))

    answer = act(client, f"/wallet/{session_id}", action=action)

    assert (answer.status_code, answer.location) == (303, "http://127.0.0.1/result")
    assert simulator.payment("request-1").status == status


def test_the_buyer_may_pay_and_close_the_tab(
    client: FlaskClient, simulator: Simulator, session_id: str
) -> None:
    answer = act(client, f"/wallet/{session_id}", action="pay-and-stay")

    assert answer.status_code == 200
    assert "You can close this tab" in answer.text
    assert simulator.payment("request-1").status == "SUCCESS"


@pytest.mark.parametrize("page", ["cashier", "wallet"])
def test_an_unknown_action_is_refused(
    client: FlaskClient, session_id: str, page: str
) -> None:
    assert act(client, f"/{page}/{session_id}", action="x").status_code == 400


@pytest.mark.parametrize(
    "origin", [{}, {"Origin": "null"}, {"Origin": "http://shop.example"}]
)
def test_only_its_own_pages_change_something(
    client: FlaskClient, simulator: Simulator, session_id: str, origin: dict[str, str]
) -> None:
    form = {"form": "payment", "verb": "approve", "request_id": "request-1"}
    for path in ("/", f"/cashier/{session_id}", f"/wallet/{session_id}"):
        answer = client.post(path, data=form | {"action": "pay"}, headers=origin)
        assert answer.status_code == 403
    assert simulator.payment("request-1").status == "CREATED"


def test_the_console_shows_payments_notifications_and_calls(
    client: FlaskClient,
    merchant: Merchant,
    simulator: Simulator,
    letterbox: Letterbox,
) -> None:
    assert "No payment session was created yet." in client.get("/").text
    merchant.create_session(paymentNotifyUrl=letterbox.url)
    letterbox.answers = [(500, {})]
    simulator.approve("request-1")
    simulator.notifier.drain()
    merchant.create_session(paymentRequestId="")

    answer = client.get("/")

    assert_is_strict(answer)
    for text in ("SUCCESS", "request-1", "answered 500", "PARAM_ILLEGAL"):
        assert text in answer.text
    assert simulator.payment("request-1").session_id in answer.text


@pytest.mark.parametrize(
    ("verb", "status"),
    [
        ("approve", "SUCCESS"),
        ("decline", "FAIL"),
        ("pend", "PENDING"),
        ("process", "PROCESSING"),
        ("close", "FAIL"),
        ("expire", "CREATED"),
    ],
)
@pytest.mark.usefixtures("session_id")
def test_the_console_plays_antom(
    client: FlaskClient, simulator: Simulator, verb: str, status: str
) -> None:
    answer = act(client, "/", form="payment", verb=verb, request_id="request-1")

    assert (answer.status_code, urlsplit(answer.location or "").path) == (303, "/")
    assert simulator.payment("request-1").status == status
    assert_is_strict(client.get("/"))


@pytest.mark.usefixtures("session_id")
def test_the_console_says_what_can_not_be_done(client: FlaskClient) -> None:
    for form, words in (
        ({"form": "payment", "verb": "resend", "request_id": "request-1"}, "never"),
        ({"form": "payment", "verb": "approve", "request_id": "x"}, "No payment"),
        ({"form": "payment", "verb": "__init__", "request_id": "x"}, "no verb"),
        ({"form": "clock", "minutes": "-5"}, "only goes forward"),
        ({"form": "clock", "minutes": "soon"}, "soon"),
        ({"form": "calls", "operation": "cancel", "fault": "x"}, "Unknown fault"),
    ):
        answer = act(client, "/", **form)
        assert answer.status_code == 409
        assert words in answer.text
    assert act(client, "/", form="x").status_code == 400


def test_the_console_winds_the_clock(client: FlaskClient, simulator: Simulator) -> None:
    act(client, "/", form="clock", minutes="60")

    assert simulator.clock.offset.total_seconds() > 3500
    assert "ahead of real time" in client.get("/").text


def test_the_console_sets_faults(client: FlaskClient, simulator: Simulator) -> None:
    act(client, "/", form="calls", operation="cancel", fault="reset", times="2")
    act(client, "/", form="calls", operation="*", fault="F", code="RISK_REJECT")
    act(client, "/", form="notifications", fault="drop")

    assert simulator.faults.pending() == [
        ("cancel", "reset"),
        ("cancel", "reset"),
        ("*", "result RISK_REJECT F"),
        ("notification", "drop"),
    ]
    assert "result RISK_REJECT F" in client.get("/").text
    act(client, "/", form="clear")
    assert simulator.faults.pending() == []


def test_any_shop_may_load_the_script(client: FlaskClient) -> None:
    with client.get("/sdk/ams-checkout.js") as answer:
        assert answer.mimetype == "text/javascript"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        for name in ("AMSCashierPayment", "AMSElement", "AMSCheckoutPage"):
            assert f"window.{name} = {name};" in answer.get_data(as_text=True)


def test_the_console_refunds_and_ends_refunds(
    client: FlaskClient, merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    assert "Refund in the dashboard" not in client.get("/").text
    simulator.approve("request-1")
    payment_id = simulator.payment("request-1").payment_id

    act(client, "/", form="refund", request_id="request-1", amount="12.00")
    act(client, "/", form="refunds", wait="yes")
    assert simulator.refunds_in_process
    merchant.refund(payment_id, 1000)
    merchant.refund(payment_id, 500, refundRequestId="refund2")
    shown = client.get("/")
    act(client, "/", form="refund-end", request_id="refund1", verb="finish_refund")
    act(client, "/", form="refund-end", request_id="refund2", verb="fail_refund")
    act(client, "/", form="refund", request_id="request-1")
    act(client, "/", form="refunds", wait="no")

    assert_is_strict(shown)
    for text in ("Refund of 12.00 MYR", "PROCESSING", "New refunds stay in process"):
        assert text in shown.text
    refunds = simulator.accounts()["request-1"].refunds.values()
    assert [(refund.status, refund.amount.value) for refund in refunds] == [
        ("SUCCESS", 1200),
        ("SUCCESS", 1000),
        ("FAIL", 500),
        ("SUCCESS", 2000),
    ]
    assert not simulator.refunds_in_process
    assert "Refund in the dashboard" not in client.get("/").text


def test_the_console_shows_captures_and_lets_them_fail(
    client: FlaskClient, merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session(**MANUAL)
    act(client, "/", form="payment", verb="capture_fails", request_id="request-1")
    assert "next capture fails with PROCESS_FAIL" in client.get("/").text
    simulator.approve("request-1")
    payment_id = simulator.payment("request-1").payment_id
    merchant.capture(payment_id, 4200)
    merchant.capture(payment_id, 1000, captureRequestId="capture2")

    shown = client.get("/").text

    for text in ("42.00 MYR", "FAIL PROCESS_FAIL", "capture2", "authorization over"):
        assert text in shown
    answer = act(client, "/", form="payment", verb="capture_fails", request_id="x")
    assert answer.status_code == 409


def test_the_console_starts_scenarios(
    client: FlaskClient, simulator: Simulator
) -> None:
    form = {"form": "scenario", "operation": "refund", "code": "PROCESS_FAIL"}
    act(client, "/", **form, status="F", minutes="30")

    (scenario,) = simulator.faults.scenarios()
    assert str(scenario.fault) == "result PROCESS_FAIL F"
    assert "refund: result PROCESS_FAIL F" in client.get("/").text
    assert act(client, "/", **form, status="S", minutes="30").status_code == 409
    act(client, "/", form="clear")
    assert simulator.faults.scenarios() == []
