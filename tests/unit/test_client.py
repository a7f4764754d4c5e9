"""Antom's calls as methods: how answers are read, and how odd ones are not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from flask_antom import Money
from flask_antom.domain.payment_states import Fact, Observation, ReviewOutcome
from flask_antom.domain.records import Session
from flask_antom.errors import OutcomeUnknown, Refused
from flask_antom.gateway.client import AntomClient
from flask_antom.gateway.http import Reply
from flask_antom.gateway.keys import Keyring
from flask_antom.gateway.transport import Account, Transport
from tests.support.gateways import CLIENT_ID, SUCCESS, failed, sealed
from tests.support.keys import ANTOM_PUBLIC_KEY, MERCHANT_PRIVATE_KEY
from tests.support.thorough import examples

KEYRING = Keyring(MERCHANT_PRIVATE_KEY, {"1": ANTOM_PUBLIC_KEY})
ACCOUNT = Account(CLIENT_ID, KEYRING, sandbox=True)
CANARY = "canary7Zq"


class Antom:
    """Answers in place of the network, signed; remembers what it was asked."""

    def __init__(self, answer: object, *, signed: bool = True) -> None:
        self.asked: list[tuple[str, Any]] = []
        self._body = json.dumps(answer).encode()
        self._signed = signed

    def send(
        self, url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        path = urlsplit(url).path
        self.asked.append((path.rpartition("/")[2], json.loads(body)))
        seal = sealed(path, self._body) if self._signed else {}
        return Reply(200, CaseInsensitiveDict(seal), self._body)

    @property
    def client(self) -> AntomClient:
        # A time that is over at once: nothing is asked twice.
        transport = Transport("https://gw.example", 0.0, send=self.send)
        return AntomClient(transport)


def inquiry(**changed: Any) -> dict[str, Any]:
    """Answer as in the guide; ``...`` leaves a field out."""
    answer = {
        "result": SUCCESS,
        "paymentStatus": "SUCCESS",
        "paymentResultCode": "SUCCESS",
        "paymentResultMessage": "success.",
        "paymentRequestId": "req-1",
        "paymentId": "2024010119401080010",
        "paymentAmount": {"currency": "MYR", "value": "4200"},
        "paymentCreateTime": "2024-01-01T00:00:00+08:30",
        "paymentTime": "2024-01-01T00:01:00+08:30",
        "transactions": None,
    } | changed
    return {name: value for name, value in answer.items() if value is not ...}


def inquire(**changed: Any) -> Observation:
    return Antom(inquiry(**changed)).client.inquire(ACCOUNT, request_id="req-1")


def transaction(kind: str, status: str, value: int, **changed: Any) -> dict[str, Any]:
    return {
        "transactionType": kind,
        "transactionStatus": {"S": "SUCCESS", "F": "FAIL"}.get(status, "PROCESSING"),
        "transactionResult": {"resultStatus": status, "resultCode": "CODE"},
        "transactionAmount": {"currency": "MYR", "value": str(value)},
    } | changed


# createPaymentSession

SESSION = {
    "result": SUCCESS,
    "paymentSessionData": "UNvjVWnWPXJA4BgW+vfjsQ==&&SG&&111",
    "paymentSessionExpiryTime": "2023-04-06T03:28:49Z",
    "paymentSessionId": "UNvjVWnWPXJA4BgW",
}


def test_the_guides_session_is_read() -> None:
    antom = Antom(SESSION)
    session = antom.client.create_payment_session(
        ACCOUNT, {"paymentRequestId": "req-1"}
    )

    assert session.data == "UNvjVWnWPXJA4BgW+vfjsQ==&&SG&&111"
    assert session.expires_at == datetime(2023, 4, 6, 3, 28, 49, tzinfo=UTC)
    assert session.normal_url is None
    assert antom.asked == [("createPaymentSession", {"paymentRequestId": "req-1"})]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://checkout.antom.example/1", "https://checkout.antom.example/1"),
        (None, None),
        ("", None),
        (5, None),
        ("javascript:alert(1)", None),
        ("//checkout.example", None),
    ],
)
def test_a_hosted_page_is_given_if_it_is_one(url: Any, expected: str | None) -> None:
    session = Antom(SESSION | {"normalUrl": url}).client.create_payment_session(
        ACCOUNT, {}
    )
    assert session.normal_url == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"paymentSessionData": None},
        {"paymentSessionData": ""},
        {"paymentSessionData": 5},
        {"paymentSessionData": ["data"]},
    ],
)
def test_a_session_without_data_is_unknown(changed: dict[str, Any]) -> None:
    with pytest.raises(OutcomeUnknown, match="session") as caught:
        Antom(SESSION | changed).client.create_payment_session(ACCOUNT, {})
    assert caught.value.operation == "createPaymentSession"
    missing = {k: v for k, v in SESSION.items() if k not in changed}
    with pytest.raises(OutcomeUnknown, match="session"):
        Antom(missing).client.create_payment_session(ACCOUNT, {})


@pytest.mark.parametrize(
    "end",
    [
        *(None, "", "soon", "2023-04-06T03:28:49", "0001-01-01T00:00:00+08:00"),
        *(1680751729000, ["2023-04-06T03:28:49Z"], {}, True, "9" * 400),
    ],
)
def test_a_session_without_a_good_end_lasts_an_hour(
    end: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client = Antom(SESSION | {"paymentSessionExpiryTime": end}).client
    before = datetime.now(UTC)
    for _ in range(3):
        session = client.create_payment_session(ACCOUNT, {})
        assert session.data == SESSION["paymentSessionData"]
        after = datetime.now(UTC)
        hour = timedelta(hours=1)
        assert before + hour <= session.expires_at <= after + hour
    (told,) = caplog.records
    assert "paymentSessionExpiryTime" in told.getMessage()


def test_a_session_shows_its_expiry_and_not_its_data() -> None:
    expires_at = datetime(2023, 4, 6, 3, 28, 49, tzinfo=UTC)
    session = Session(CANARY, expires_at, f"https://checkout.example/{CANARY}")
    assert repr(session) == str(session) == "<Session until 2023-04-06T03:28:49Z>"


# inquiryPayment


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        ("SUCCESS", Fact.PAID),
        ("FAIL", Fact.FAILED),
        ("CANCELLED", Fact.CANCELLED),
        ("PROCESSING", Fact.PROCESSING),
        ("PENDING", Fact.PENDING),
    ],
)
def test_each_status_of_a_payment_is_a_fact(status: str, fact: Fact) -> None:
    seen = inquire(paymentStatus=status, paymentResultCode="CODE")
    assert seen == Observation(
        fact,
        "inquiry",
        request_id="req-1",
        payment_id="2024010119401080010",
        amount=Money(4200, "MYR"),
        result_code="CODE",
        at=datetime(2023, 12, 31, 15, 31, tzinfo=UTC),
    )


def test_the_result_is_about_the_call_and_not_the_payment() -> None:
    assert inquire(result=SUCCESS, paymentStatus="FAIL").fact is Fact.FAILED


@pytest.mark.parametrize(
    "status", [..., None, "", "success", "PAID", "SETTLED", 1, ["SUCCESS"], {"a": 1}]
)
def test_a_status_that_is_not_known_is_unknown(status: Any) -> None:
    with pytest.raises(OutcomeUnknown, match="paymentStatus"):
        inquire(paymentStatus=status)


def test_a_payment_is_asked_for_by_one_id_and_antoms_wins() -> None:
    antom = Antom(inquiry())
    antom.client.inquire(ACCOUNT, request_id="req-1")
    antom.client.inquire(ACCOUNT, payment_id="2024010119401080010")
    antom.client.inquire(ACCOUNT, request_id="req-1", payment_id="2024010119401080010")
    assert antom.asked == [
        ("inquiryPayment", {"paymentRequestId": "req-1"}),
        ("inquiryPayment", {"paymentId": "2024010119401080010"}),
        ("inquiryPayment", {"paymentId": "2024010119401080010"}),
    ]


def test_a_payment_has_to_be_named() -> None:
    antom = Antom(inquiry())
    for call in (antom.client.inquire, antom.client.cancel):
        with pytest.raises(ValueError, match="request_id or payment_id"):
            call(ACCOUNT)
    assert antom.asked == []


@pytest.mark.parametrize("status", ["PROCESSING", "PENDING", "FAIL", "CANCELLED"])
def test_only_a_success_needs_an_amount(status: str) -> None:
    for missing in (..., None):
        assert inquire(paymentStatus=status, paymentAmount=missing).amount is None
        with pytest.raises(OutcomeUnknown, match="no paymentAmount"):
            inquire(paymentAmount=missing)


@pytest.mark.parametrize(
    "amount",
    [
        {},
        [],
        "4200",
        {"value": "4200"},
        {"value": "42.00", "currency": "MYR"},
        {"value": 42.0, "currency": "MYR"},
        {"value": "-1", "currency": "MYR"},
        {"value": "42.00", "currency": "XXX"},
        {"currency": "XXX"},
    ],
)
@pytest.mark.parametrize("status", ["SUCCESS", "PROCESSING"])
def test_an_amount_that_is_none_is_unknown(amount: Any, status: str) -> None:
    with pytest.raises(OutcomeUnknown, match="amount is not valid"):
        inquire(paymentStatus=status, paymentAmount=amount)


@pytest.mark.parametrize("currency", ["XXX", "myr", ""])
def test_an_amount_in_an_unknown_currency_is_not_lost(currency: str) -> None:
    seen = inquire(paymentAmount={"value": "4200", "currency": currency})
    assert (seen.fact, seen.amount) == (Fact.PAID, None)


def test_ids_and_times_may_be_missing() -> None:
    seen = inquire(
        paymentRequestId=...,
        paymentId=...,
        paymentTime=...,
        paymentResultCode=...,
        transactions=...,
    )
    assert seen == Observation(Fact.PAID, "inquiry", amount=Money(4200, "MYR"))


@pytest.mark.parametrize("odd", [None, 5, "", ["x"], "x" * 65, "a\nb", "a\ud800"])
def test_ids_and_codes_that_are_odd_are_left_out(odd: Any) -> None:
    seen = inquire(paymentRequestId=odd, paymentId=odd, paymentResultCode=odd)
    assert (seen.request_id, seen.payment_id, seen.result_code) == (None, None, None)


@pytest.mark.parametrize("odd", [None, 5, "", "now", "2024-01-01T00:00:00", ["x"]])
def test_a_time_that_is_odd_is_left_out(odd: Any) -> None:
    assert inquire(paymentTime=odd).at is None


@pytest.mark.parametrize("status", ["SUCCESS", "FAIL", "CANCELLED"])
def test_an_answer_about_another_payment_is_unknown(status: str) -> None:
    by_ours = Antom(inquiry(paymentStatus=status, paymentRequestId="req-2"))
    with pytest.raises(OutcomeUnknown, match="another payment"):
        by_ours.client.inquire(ACCOUNT, request_id="req-1")
    by_antoms = Antom(inquiry(paymentStatus=status, paymentId="P-2"))
    with pytest.raises(OutcomeUnknown, match="another payment"):
        by_antoms.client.inquire(ACCOUNT, payment_id="P-1")
    assert by_antoms.client.inquire(ACCOUNT, request_id="req-1").payment_id == "P-2"


@pytest.mark.parametrize("method", ["CARD", "GCASH"])
def test_the_method_that_antom_names_is_read(method: str) -> None:
    assert inquire(paymentMethodType=method).method == method
    assert inquire(paymentMethodType=[method]).method is None
    assert inquire().method is None


def test_antoms_risk_review_is_seen() -> None:
    running = inquire(authReviewStatus="PROCESSING")
    refused = inquire(authReviewStatus="REJECT")
    assert running.review is ReviewOutcome.RUNNING
    assert refused.review is ReviewOutcome.REJECTED
    assert inquire(authReviewStatus="ACCEPT").review is ReviewOutcome.ACCEPTED
    assert inquire().review is ReviewOutcome.UNNAMED


@pytest.mark.parametrize(
    ("transactions", "captured"),
    [
        (None, None),
        (..., None),
        ([], None),
        ("CAPTURE", None),
        ({"transactionType": "CAPTURE"}, None),
        ([None, 5, "CAPTURE", []], None),
        ([transaction("CAPTURE", "S", 4200)], 4200),
        ([transaction("CAPTURE", "S", 4000), transaction("CAPTURE", "S", 200)], 4200),
        ([transaction("CAPTURE", "F", 4000), transaction("CAPTURE", "S", 200)], 200),
        ([transaction("CAPTURE", "U", 4200)], None),
        ([transaction("REFUND", "S", 4200)], None),
        ([transaction("PAYMENT", "S", 4200)], None),
        ([transaction("AUTHORIZATION", "S", 4200)], None),
        ([transaction("CAPTURE", "S", 4200, transactionResult=None)], 4200),
        ([transaction("CAPTURE", "F", 4200, transactionResult=None)], None),
        ([transaction("CAPTURE", "U", 4200, transactionResult={})], None),
        ([transaction("CAPTURE", "U", 4200, transactionStatus=["SUCCESS"])], None),
        ([transaction("CAPTURE", "F", 1, transactionAmount="nonsense")], None),
    ],
)
def test_the_captures_that_succeeded_are_added_up(
    transactions: Any, captured: int | None
) -> None:
    seen = inquire(transactions=transactions).captured
    assert seen == (None if captured is None else Money(captured, "MYR"))


@pytest.mark.parametrize(
    "transactions",
    [
        [transaction("CAPTURE", "S", 1, transactionAmount=None)],
        [transaction("CAPTURE", "S", 1, transactionAmount={"value": "1"})],
        [
            transaction("CAPTURE", "S", 1),
            transaction(
                "CAPTURE", "S", 1, transactionAmount={"value": "1", "currency": "USD"}
            ),
        ],
        [transaction("CAPTURE", "S", 10**16 - 1), transaction("CAPTURE", "S", 1)],
    ],
)
def test_captures_that_do_not_add_up_are_unknown(transactions: Any) -> None:
    with pytest.raises(OutcomeUnknown, match="amount is not valid"):
        inquire(transactions=transactions)


def test_an_order_that_does_not_exist_is_not_paid_yet_if_antom_signed_that() -> None:
    client = Antom(failed("ORDER_NOT_EXIST")).client
    assert client.inquire(ACCOUNT, request_id="req-1") == Observation(
        Fact.UNPAID, "inquiry", request_id="req-1"
    )
    assert client.inquire(ACCOUNT, payment_id="P-1") == Observation(
        Fact.UNPAID, "inquiry", payment_id="P-1"
    )
    with pytest.raises(Refused, match="ORDER_NOT_EXIST") as caught:
        Antom(failed("ORDER_NOT_EXIST"), signed=False).client.inquire(
            ACCOUNT, request_id="r"
        )
    assert not caught.value.signed


@pytest.mark.parametrize("code", ["PARAM_ILLEGAL", "KEY_NOT_FOUND", "PROCESS_FAIL"])
def test_any_other_refusal_of_an_inquiry_says_nothing_about_the_payment(
    code: str,
) -> None:
    with pytest.raises(Refused, match=code):
        Antom(failed(code)).client.inquire(ACCOUNT, request_id="req-1")


def test_an_inquiry_may_be_made_once_only() -> None:
    antom = Antom(failed("UNKNOWN_EXCEPTION", "U"))
    client = AntomClient(Transport("https://gw.example", 30, send=antom.send))
    with pytest.raises(OutcomeUnknown):
        client.inquire(ACCOUNT, request_id="req-1", repeat=False)
    assert len(antom.asked) == 1


# cancel


def test_a_cancelled_payment_is_a_fact() -> None:
    antom = Antom(
        {
            "result": SUCCESS,
            "paymentRequestId": "req-1",
            "paymentId": "P-1",
            "cancelTime": "2024-01-01T00:01:00+08:30",
        }
    )
    assert antom.client.cancel(ACCOUNT, request_id="req-1") == Observation(
        Fact.CANCELLED,
        "cancel",
        request_id="req-1",
        payment_id="P-1",
        at=datetime(2023, 12, 31, 15, 31, tzinfo=UTC),
    )
    assert antom.asked == [("cancel", {"paymentRequestId": "req-1"})]


def test_a_cancel_may_be_answered_with_the_result_alone() -> None:
    client = Antom({"result": SUCCESS}).client
    assert client.cancel(ACCOUNT, request_id="req-1") == Observation(
        Fact.CANCELLED, "cancel", request_id="req-1"
    )
    assert client.cancel(ACCOUNT, payment_id="P-1") == Observation(
        Fact.CANCELLED, "cancel", payment_id="P-1"
    )


def test_the_cancel_of_another_payment_is_unknown() -> None:
    client = Antom(
        {"result": SUCCESS, "paymentRequestId": "req-2", "paymentId": "P-2"}
    ).client
    with pytest.raises(OutcomeUnknown, match="another payment"):
        client.cancel(ACCOUNT, request_id="req-1")
    with pytest.raises(OutcomeUnknown, match="another payment"):
        client.cancel(ACCOUNT, payment_id="P-1")


def test_a_cancel_that_is_refused_or_unknown_is_no_fact() -> None:
    with pytest.raises(Refused, match="CANCEL_WINDOW_EXCEED"):
        Antom(failed("CANCEL_WINDOW_EXCEED")).client.cancel(ACCOUNT, request_id="req-1")
    with pytest.raises(OutcomeUnknown):
        Antom(failed("SYSTEM", "U")).client.cancel(ACCOUNT, request_id="req-1")
    with pytest.raises(OutcomeUnknown):
        Antom({"result": SUCCESS}, signed=False).client.cancel(
            ACCOUNT, request_id="req-1"
        )


# Whatever Antom may sign

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["S", "SUCCESS", "CAPTURE", "4200", "MYR", "2024-01-01T00:00:00Z"]
    )
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["value", "currency", "resultStatus", "transactionType", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
FIELDS = [
    "paymentSessionData",
    "paymentSessionExpiryTime",
    "normalUrl",
    "paymentStatus",
    "paymentRequestId",
    "paymentId",
    "paymentAmount",
    "paymentTime",
    "paymentMethodType",
    "paymentResultCode",
    "authReviewStatus",
    "popRiskDecisionResultInfo",
    "cancelTime",
    "transactions",
]
captures = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "transactionType": st.just("CAPTURE") | trees,
            "transactionStatus": st.just("SUCCESS") | trees,
            "transactionResult": trees,
            "transactionAmount": st.just({"value": "1", "currency": "MYR"}) | trees,
        },
    ),
    max_size=3,
)
good = st.sampled_from([inquiry(), SESSION, {"result": SUCCESS}])
results = (
    st.just(SUCCESS)
    | st.fixed_dictionaries({"resultStatus": trees, "resultCode": trees})
    | trees
)
answers = trees | st.builds(
    lambda base, result, odd: base | {"result": result} | odd,
    good,
    results,
    st.dictionaries(st.sampled_from(FIELDS), trees, max_size=4)
    | st.fixed_dictionaries({"transactions": captures}),
)

CALLS: list[Callable[[AntomClient], object]] = [
    lambda client: client.create_payment_session(ACCOUNT, {}),
    lambda client: client.inquire(ACCOUNT, request_id="req-1"),
    lambda client: client.inquire(ACCOUNT, payment_id="P-1"),
    lambda client: client.cancel(ACCOUNT, request_id="req-1"),
]


@settings(deadline=None, max_examples=examples(300))
@given(answers, st.sampled_from(CALLS), st.booleans())
def test_no_answer_raises_anything_but_refused_and_unknown(
    answer: Any, call: Callable[[AntomClient], object], signed: bool
) -> None:
    try:
        read = call(Antom(answer, signed=signed).client)
    except (Refused, OutcomeUnknown):
        return
    assert signed
    assert isinstance(read, Session | Observation)
    code = answer["result"]["resultStatus"], answer["result"]["resultCode"]
    assert code[0] == "S" or code == ("F", "ORDER_NOT_EXIST")
