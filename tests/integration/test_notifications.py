"""Antom tells us something: what is answered, what is stored, who is told."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_antom import Money
from flask_antom.gateway import keys, signing
from flask_antom.gateway.notification_families import IDS, KEPT
from flask_antom.testing import Signer
from tests.support.keys import ANTOM_PRIVATE_KEY, OTHER_PRIVATE_KEY
from tests.support.offline import (
    ACKNOWLEDGEMENT,
    GUIDE,
    PATH,
    SIGNER,
    OfflineShop,
    Tables,
    capture_notice,
    failed,
)
from tests.support.shop import CLIENT_ID
from tests.support.thorough import examples

pytestmark = pytest.mark.every_database

ID = "paymentRequestId01"
PAYMENT_ID = "2020010123456789XXXX"
UNTOUCHED = Tables(payments=[(ID, "created", None)])
PAID = ("payment_succeeded", "", True)
BODY = json.dumps(GUIDE).encode()


@pytest.fixture
def offline(offline: OfflineShop) -> OfflineShop:
    """A shop that waits for the payment of the guide's sample."""
    offline.add_payment()
    return offline


def test_the_guides_sample_is_accepted_as_it_stands(offline: OfflineShop) -> None:
    answer = offline.notify()
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.json == ACKNOWLEDGEMENT
    assert offline.tables == Tables(
        payments=[(ID, "succeeded", PAYMENT_ID)],
        notifications=[("PAYMENT_RESULT", "applied", 1)],
        events=[PAID],
    )
    assert offline.signals == [("payment_succeeded", ID)]
    assert offline.shop.fulfilled() == 1
    (payment,) = offline.shop.payments()
    assert payment.paid_at.isoformat() == "2020-01-01T03:31:01+00:00"
    assert payment.captured == Money(4200, "MYR")
    assert payment.result_code == "SUCCESS"
    assert payment.session_data is None


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
def test_header_names_may_come_in_any_case(offline: OfflineShop, change: Any) -> None:
    headers = SIGNER.headers(PATH, BODY)
    answer = offline.post(BODY, {change(name): headers[name] for name in headers})
    assert answer.status_code == 200
    assert offline.signals == [("payment_succeeded", ID)]


def test_a_signature_may_name_no_algorithm(offline: OfflineShop) -> None:
    headers = SIGNER.headers(PATH, BODY)
    headers["Signature"] = headers["Signature"].removeprefix("algorithm=RSA256,")
    assert "algorithm" not in headers["Signature"]
    assert offline.post(BODY, headers).status_code == 200
    assert offline.signals == [("payment_succeeded", ID)]


def forge(**changes: Any) -> tuple[bytes, dict[str, str]]:
    """Take the signed sample and change body or headers; ``None`` drops a header."""
    body = changes.pop("body", BODY)
    headers = SIGNER.headers(PATH, BODY) | {
        name.replace("_", "-"): value for name, value in changes.items()
    }
    return body, {name: value for name, value in headers.items() if value is not None}


def signed_by(signer: Signer, path: str = PATH) -> tuple[bytes, dict[str, str]]:
    return BODY, signer.headers(path, BODY)


def signature(algorithm: str = "RSA256", value: str | None = None) -> str:
    genuine = SIGNER.headers(PATH, BODY)["Signature"].rpartition("signature=")[2]
    return f"algorithm={algorithm},keyVersion=1,signature={value or genuine}"


FORGERIES = {
    "body": (forge(body=BODY.replace(b"4200", b"4201")), "mismatch"),
    "body with a blank more": (forge(body=BODY + b" "), "mismatch"),
    "no body": (forge(body=b""), "mismatch"),
    "path": (signed_by(SIGNER, "/antom/notify/"), "mismatch"),
    "another route's path": (signed_by(SIGNER, "/antom/session"), "mismatch"),
    "path with a query": (signed_by(SIGNER, f"{PATH}?a=b"), "mismatch"),
    "time": (forge(Request_Time="2020-01-01T00:00:00Z"), "mismatch"),
    "no time": (forge(Request_Time=None), "missing"),
    "client id": (forge(Client_Id="SANDBOX_5YDEMO00000000002"), "client-id"),
    "client id in small letters": (forge(Client_Id=CLIENT_ID.lower()), "client-id"),
    "no client id": (forge(Client_Id=None), "missing"),
    "empty client id": (forge(Client_Id=""), "missing"),
    "signed for another client": (
        signed_by(Signer(ANTOM_PRIVATE_KEY, "SANDBOX_OTHER")),
        "client-id",
    ),
    "key": (signed_by(Signer(OTHER_PRIVATE_KEY, CLIENT_ID)), "mismatch"),
    "no signature": (forge(Signature=None), "missing"),
    "empty signature": (forge(Signature=""), "missing"),
    "algorithm": (forge(Signature=signature("RSA512")), "algorithm"),
    "algorithm none": (forge(Signature=signature("none")), "algorithm"),
    "signature without value": (forge(Signature="algorithm=RSA256"), "header"),
    "signature that is no list": (forge(Signature="RSA256"), "header"),
    "signature twice": (forge(Signature=f"{signature()},signature=AAAA"), "header"),
    "signature not base64": (forge(Signature=signature(value="???")), "encoding"),
    "signature of other letters": (forge(Signature=signature(value="é")), "encoding"),
    "short signature": (forge(Signature=signature(value="AAAA")), "mismatch"),
    "zero signature": (forge(Signature=signature(value="A" * 342 + "==")), "mismatch"),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forgery_is_refused_and_nothing_is_stored(
    offline: OfflineShop, what: str
) -> None:
    (body, headers), reason = FORGERIES[what]
    answer = offline.post(body, headers)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert (answer.json or {})["code"] == reason
    assert offline.tables == UNTOUCHED
    assert offline.signals == [("notification_refused", reason)]
    assert offline.shop.fulfilled() == 0


def test_a_wrong_path_is_explained(offline: OfflineShop) -> None:
    detail = (offline.post(*signed_by(SIGNER, "/pay/notify")).json or {})["detail"]
    assert "ANTOM_PUBLIC_URL" not in detail
    client = offline.shop.app.test_client()
    body, headers = signed_by(SIGNER, f"/shop{PATH}")
    answer = client.post(
        PATH, data=body, headers=headers, environ_overrides={"SCRIPT_NAME": "/shop"}
    )
    assert answer.status_code == 401
    detail = (answer.json or {})["detail"]
    assert "'/shop/antom/notify'" in detail
    assert "ANTOM_PUBLIC_URL" in detail


def padded(size: int) -> bytes:
    body = json.dumps(GUIDE | {"metadata": ""}).encode()
    return body.replace(
        b'"metadata": ""', b'"metadata": "%b"' % (b"x" * (size - len(body)))
    )


@pytest.mark.parametrize("size", [64 * 1024 + 1, 1024 * 1024])
def test_a_body_that_is_too_large_is_refused_unread(
    offline: OfflineShop, size: int
) -> None:
    assert len(padded(size)) == size
    answer = offline.notify(padded(size))
    assert answer.status_code == 413
    assert answer.content_type == "application/problem+json"
    assert (answer.json or {})["code"] == "too_large"
    assert offline.tables == UNTOUCHED
    assert offline.signals == [("notification_refused", "too_large")]


def test_a_body_of_just_64_kib_is_taken(offline: OfflineShop) -> None:
    assert offline.notify(padded(64 * 1024)).status_code == 200
    assert offline.signals == [("payment_succeeded", ID)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"paymentRequestId=1",
        b"\xff\xfe\xfd",
        b'{"notifyType": ' + b"9" * 5000 + b"}",
        b"[" * 60_000,
        b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
        b"null",
        b"4200",
        b'"text"',
        b"[]",
        json.dumps([GUIDE]).encode(),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_signed_body_that_is_no_json_object_is_malformed(
    offline: OfflineShop, body: bytes
) -> None:
    answer = offline.notify(body)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert (answer.json or {})["code"] == "json"
    assert offline.tables == UNTOUCHED
    assert offline.signals == [("notification_refused", "json")]


WRONG_TEXT: list[Any] = [1, True, [], {}, "", "x" * 65, "a\x00b", "a\nb", "\ud800"]
WRONG_AMOUNT: list[Any] = [
    "42.00",
    4200,
    [],
    {},
    {"value": "4200"},
    {"currency": "MYR"},
    {"value": "42.00", "currency": "MYR"},
    {"value": "-4200", "currency": "MYR"},
    {"value": -4200, "currency": "MYR"},
    {"value": 42.0, "currency": "MYR"},
    {"value": True, "currency": "MYR"},
    {"value": "٤٢٠٠", "currency": "MYR"},
    {"value": 10**4000, "currency": "MYR"},
    {"value": "9" * 17, "currency": "MYR"},
    {"value": "42.00", "currency": "XXX"},
    {"value": "4200", "currency": 458},
    {"value": "4200", "currency": ["MYR"]},
]
WRONG_RESULT: list[Any] = [None, 1, "S", [], {}, {"resultCode": "SUCCESS"}]
MALFORMED: list[dict[str, Any]] = [
    *({"notifyType": value} for value in WRONG_TEXT),
    *({"paymentRequestId": value} for value in [None, *WRONG_TEXT]),
    *({"paymentId": value} for value in [None, *WRONG_TEXT]),
    *({"captureId": value} for value in WRONG_TEXT),
    *({"result": value} for value in WRONG_RESULT),
    *({"result": {"resultStatus": value}} for value in [None, *WRONG_TEXT]),
    *({"result": {"resultStatus": "S", "resultCode": value}} for value in WRONG_TEXT),
    *({"paymentAmount": value} for value in [None, *WRONG_AMOUNT]),
]


@pytest.mark.parametrize("change", MALFORMED, ids=lambda change: ascii(change)[:60])
def test_a_field_of_a_wrong_kind_is_malformed(
    offline: OfflineShop, change: dict[str, Any]
) -> None:
    answer = offline.notify(**change)
    assert answer.status_code == 400
    assert (answer.json or {})["code"] == "fields"
    assert offline.tables == UNTOUCHED
    assert offline.signals == [("notification_refused", "fields")]


@pytest.mark.parametrize("name", ["paymentCreateTime", "paymentTime"])
@pytest.mark.parametrize(
    "value", [None, 7, "soon", "2020-01-01", [], "9" * 13, "\ud800"]
)
def test_a_time_is_information_only(
    offline: OfflineShop, name: str, value: Any
) -> None:
    assert offline.notify(**{name: value}).status_code == 200
    assert offline.signals == [("payment_succeeded", ID)]
    assert offline.shop.payments()[0].paid_at is not None


def test_more_fields_are_taken_for_what_they_are(offline: OfflineShop) -> None:
    answer = offline.notify(
        newField={"list": [1, 2.5, None, True, "\x00\ud800é"]},
        paymentMethodType=["CARD"],
    )
    assert answer.status_code == 200
    assert offline.signals == [("payment_succeeded", ID)]
    (notification,) = offline.shop.rows(offline.shop.antom.Notification)
    assert json.loads(notification.body)["newField"] == {
        "list": ["***", "***", None, "***", "***"]
    }


def test_a_deeply_nested_field_is_no_crash(offline: OfflineShop) -> None:
    for depth in range(100, 1000, 50):
        nested = b"[" * depth + b"]" * depth
        answer = offline.notify(BODY[:-1] + b', "metadata": ' + nested + b"}")
        assert answer.status_code in (200, 400)
    assert offline.signals.count(("payment_succeeded", ID)) == 1


@pytest.mark.parametrize(
    ("request_id", "outcome"),
    [("0123456789abcdef" * 2, "orphan"), ("unknown", "foreign")],
)
def test_a_notification_for_an_unknown_payment_is_kept(
    offline: OfflineShop, request_id: str, outcome: str
) -> None:
    answer = offline.notify(paymentRequestId=request_id)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert (answer.json or {})["code"] == "payment_not_found"
    assert offline.tables == Tables(
        payments=[(ID, "created", None)],
        notifications=[("PAYMENT_RESULT", outcome, 1)],
    )
    assert offline.signals == []


def test_an_orphans_repeat_applies_when_its_payment_is_there(
    offline: OfflineShop,
) -> None:
    assert offline.notify(paymentRequestId="late").status_code == 404
    assert offline.notify(paymentRequestId="late").status_code == 404
    offline.add_payment("late", reference="A-2")
    assert offline.notify(paymentRequestId="late").status_code == 200
    assert offline.tables == Tables(
        payments=[(ID, "created", None), ("late", "succeeded", PAYMENT_ID)],
        notifications=[("PAYMENT_RESULT", "applied", 3)],
        events=[PAID],
    )
    assert offline.signals == [("payment_succeeded", "late")]


@pytest.mark.parametrize(
    "amount",
    [
        {"value": "4199", "currency": "MYR"},
        {"value": "4201", "currency": "MYR"},
        {"value": "0", "currency": "MYR"},
        {"value": "4200", "currency": "PHP"},
        {"value": "4200", "currency": "JPY"},
        {"value": "4200", "currency": "myr"},
        {"value": "4200", "currency": "XXX"},
    ],
)
def test_another_amount_or_currency_goes_to_a_person(
    offline: OfflineShop, amount: dict[str, str]
) -> None:
    for _ in range(3):
        answer = offline.notify(paymentAmount=amount)
        assert (answer.status_code, answer.json) == (200, ACKNOWLEDGEMENT)
    assert offline.tables == Tables(
        payments=[(ID, "review", PAYMENT_ID)],
        notifications=[("PAYMENT_RESULT", "review", 3)],
        events=[("payment_needs_review", f"mismatch {PAYMENT_ID}", True)],
    )
    assert offline.signals == [("payment_needs_review", ID)]
    assert offline.recorded[0][1]["reason"] == f"mismatch {PAYMENT_ID}"
    assert offline.shop.fulfilled() == 0


def test_the_right_amount_does_not_end_a_review(offline: OfflineShop) -> None:
    offline.notify(paymentAmount={"value": "1", "currency": "MYR"})
    assert offline.notify().status_code == 200
    assert offline.tables.payments[0][1] == "review"
    assert offline.signals == [("payment_needs_review", ID)]


def test_copies_change_nothing(offline: OfflineShop) -> None:
    headers = SIGNER.headers(PATH, BODY)
    for _ in range(5):
        answer = offline.post(BODY, headers)
        assert (answer.status_code, answer.json) == (200, ACKNOWLEDGEMENT)
    assert offline.tables == Tables(
        payments=[(ID, "succeeded", PAYMENT_ID)],
        notifications=[("PAYMENT_RESULT", "applied", 5)],
        events=[PAID],
    )
    assert offline.signals == [("payment_succeeded", ID)]
    assert offline.shop.fulfilled() == 1


def test_a_replay_of_an_old_notification_changes_nothing(offline: OfflineShop) -> None:
    """Antom's last repeat comes a day late, so the age of a signature proves nothing;
    that a replay does no harm has to."""
    declined = offline.notify(result=failed(), paymentId="P-1")
    paid = offline.notify(paymentId="P-2")
    replay = offline.notify(result=failed(), paymentId="P-1")
    assert {declined.status_code, paid.status_code, replay.status_code} == {200}
    assert offline.tables == Tables(
        payments=[(ID, "succeeded", "P-2")],
        notifications=[
            ("PAYMENT_RESULT", "applied", 2),
            ("PAYMENT_RESULT", "applied", 1),
        ],
        events=[("payment_failed", "", True), PAID],
    )
    assert offline.signals == [("payment_failed", ID), ("payment_succeeded", ID)]


def test_a_signature_of_a_day_ago_is_accepted(offline: OfflineShop) -> None:
    time = "2020-01-02T12:01:01Z"
    key = keys.load_private_key(ANTOM_PRIVATE_KEY)
    made = signing.sign(key, PATH, CLIENT_ID, time, BODY)
    headers = SIGNER.headers(PATH, BODY) | {
        "Request-Time": time,
        "Signature": signing.format_header(made),
    }
    assert offline.post(BODY, headers).status_code == 200
    assert offline.signals == [("payment_succeeded", ID)]


def test_pending_with_s_is_not_paid(offline: OfflineShop) -> None:
    answer = offline.notify(notifyType="PAYMENT_PENDING", paymentTime=None)
    assert (answer.status_code, answer.json) == (200, ACKNOWLEDGEMENT)
    assert offline.tables == Tables(
        payments=[(ID, "pending", PAYMENT_ID)],
        notifications=[("PAYMENT_PENDING", "applied", 1)],
        events=[("payment_pending", "", True)],
    )
    assert offline.signals == [("payment_pending", ID)]
    assert offline.shop.fulfilled() == 0


def test_pending_after_paid_changes_nothing(offline: OfflineShop) -> None:
    offline.notify()
    assert offline.notify(notifyType="PAYMENT_PENDING").status_code == 200
    assert offline.tables == Tables(
        payments=[(ID, "succeeded", PAYMENT_ID)],
        notifications=[
            ("PAYMENT_RESULT", "applied", 1),
            ("PAYMENT_PENDING", "ignored", 1),
        ],
        events=[PAID],
    )
    assert offline.signals == [("payment_succeeded", ID)]


def test_a_failure_may_be_followed_by_a_success(offline: OfflineShop) -> None:
    assert offline.notify(result=failed(), paymentTime=None).json == ACKNOWLEDGEMENT
    assert offline.shop.payments()[0].result_code == "USER_BALANCE_NOT_ENOUGH"
    assert offline.notify(paymentId="P-2").json == ACKNOWLEDGEMENT
    assert offline.tables == Tables(
        payments=[(ID, "succeeded", "P-2")],
        notifications=[("PAYMENT_RESULT", "applied", 1)] * 2,
        events=[("payment_failed", "", True), PAID],
    )
    assert offline.signals == [("payment_failed", ID), ("payment_succeeded", ID)]
    assert offline.shop.payments()[0].result_code == "SUCCESS"


def test_a_success_is_never_followed_by_a_failure(offline: OfflineShop) -> None:
    offline.notify()
    assert offline.notify(result=failed("ORDER_IS_CLOSED")).json == ACKNOWLEDGEMENT
    assert offline.tables == Tables(
        payments=[(ID, "succeeded", PAYMENT_ID)],
        notifications=[
            ("PAYMENT_RESULT", "applied", 1),
            ("PAYMENT_RESULT", "ignored", 1),
        ],
        events=[PAID],
    )
    assert offline.signals == [("payment_succeeded", ID)]
    assert offline.shop.payments()[0].result_code == "SUCCESS"


EARLIER, LATER = "2020-01-01T12:01:01+08:30", "2020-01-01T12:01:02+08:30"


@pytest.mark.parametrize(
    "arrivals", [[("P-1", EARLIER), ("P-2", LATER)], [("P-2", LATER), ("P-1", EARLIER)]]
)
def test_of_two_successes_the_later_one_counts_and_nothing_is_signalled_twice(
    offline: OfflineShop, arrivals: list[tuple[str, str]]
) -> None:
    for payment_id, time in arrivals:
        answer = offline.notify(paymentId=payment_id, paymentTime=time)
        assert (answer.status_code, answer.json) == (200, ACKNOWLEDGEMENT)
    tables = offline.tables
    assert tables.payments == [(ID, "succeeded", "P-2")]
    assert len(tables.notifications) == 2
    assert tables.events == [PAID]
    assert offline.signals == [("payment_succeeded", ID)]
    assert offline.shop.fulfilled() == 1
    assert offline.shop.payments()[0].paid_at.isoformat() == "2020-01-01T03:31:02+00:00"


def test_a_second_attempt_of_a_paid_order_goes_to_a_person(
    offline: OfflineShop,
) -> None:
    offline.add_payment("second")
    offline.notify()
    answer = offline.notify(paymentRequestId="second", paymentId="P-2")
    assert (answer.status_code, answer.json) == (200, ACKNOWLEDGEMENT)
    assert offline.tables == Tables(
        payments=[(ID, "succeeded", PAYMENT_ID), ("second", "review", "P-2")],
        notifications=[
            ("PAYMENT_RESULT", "applied", 1),
            ("PAYMENT_RESULT", "review", 1),
        ],
        events=[PAID, ("payment_needs_review", "second P-2", True)],
    )
    assert offline.signals == [
        ("payment_succeeded", ID),
        ("payment_needs_review", "second"),
    ]
    assert offline.shop.fulfilled() == 1


def test_the_same_success_of_two_orders_fulfils_both(offline: OfflineShop) -> None:
    offline.add_payment("other", reference="A-2")
    offline.notify()
    offline.notify(paymentRequestId="other", paymentId="P-2")
    assert offline.signals == [
        ("payment_succeeded", ID),
        ("payment_succeeded", "other"),
    ]


@pytest.mark.parametrize("known_by", ["the shop", "the notification"])
def test_a_card_is_authorized_first_and_paid_by_its_capture(
    offline: OfflineShop, known_by: str
) -> None:
    ours = known_by == "the shop"
    offline.add_payment("card", reference="A-2", method="CARD" if ours else "WALLET")
    method = {} if ours else {"paymentMethodType": "APPLEPAY"}
    offline.notify(paymentRequestId="card", paymentId="P-9", **method)
    assert offline.tables.payments[1] == ("card", "authorized", "P-9")
    assert offline.shop.fulfilled("A-2") == 0
    assert offline.notify(capture_notice("P-9")).json == ACKNOWLEDGEMENT
    assert offline.tables == Tables(
        payments=[(ID, "created", None), ("card", "succeeded", "P-9")],
        notifications=[
            ("PAYMENT_RESULT", "applied", 1),
            ("CAPTURE_RESULT", "applied", 1),
        ],
        events=[("payment_authorized", "", True), PAID],
    )
    assert offline.signals == [
        ("payment_authorized", "card"),
        ("payment_succeeded", "card"),
    ]
    assert offline.calls == []
    assert offline.shop.payments("A-2")[0].captured == Money(4200, "MYR")


def inquiry(**changes: Any) -> dict[str, Any]:
    return {
        "result": GUIDE["result"],
        "paymentStatus": "SUCCESS",
        "paymentRequestId": "card",
        "paymentId": "P-9",
        "paymentAmount": GUIDE["paymentAmount"],
        "paymentMethodType": "CARD",
    } | changes


def test_a_capture_that_comes_first_is_asked_about(offline: OfflineShop) -> None:
    offline.add_payment("card", reference="A-2", method="CARD")
    offline.answers["inquiryPayment"] = inquiry()
    assert offline.notify(capture_notice("P-9")).json == ACKNOWLEDGEMENT
    assert offline.calls == [("inquiryPayment", {"paymentId": "P-9"})]
    assert offline.notify(paymentRequestId="card", paymentId="P-9").status_code == 200
    assert offline.tables == Tables(
        payments=[(ID, "created", None), ("card", "succeeded", "P-9")],
        notifications=[
            ("CAPTURE_RESULT", "applied", 1),
            ("PAYMENT_RESULT", "applied", 1),
        ],
        events=[PAID],
    )
    assert offline.signals == [("payment_succeeded", "card")]


def test_a_capture_nobody_can_place_is_an_orphan_until_its_repeat(
    offline: OfflineShop,
) -> None:
    offline.add_payment("card", reference="A-2", method="CARD")
    assert offline.notify(capture_notice("P-9")).status_code == 404
    assert offline.tables.notifications == [("CAPTURE_RESULT", "orphan", 1)]
    offline.answers["inquiryPayment"] = inquiry()
    assert offline.notify(capture_notice("P-9")).status_code == 200
    assert offline.tables.notifications == [("CAPTURE_RESULT", "applied", 2)]
    assert offline.signals == [("payment_succeeded", "card")]


def test_a_capture_of_a_stranger_is_foreign(offline: OfflineShop) -> None:
    offline.answers["inquiryPayment"] = inquiry(paymentRequestId="stranger")
    assert offline.notify(capture_notice("P-9")).status_code == 404
    assert offline.tables == Tables(
        payments=[(ID, "created", None)],
        notifications=[("CAPTURE_RESULT", "foreign", 1)],
    )
    assert offline.signals == []


@pytest.mark.parametrize("missing", ["paymentId", "captureId"])
def test_a_capture_without_its_ids_is_malformed(
    offline: OfflineShop, missing: str
) -> None:
    assert offline.notify(capture_notice("P-9", **{missing: None})).status_code == 400
    assert offline.tables == UNTOUCHED


@pytest.mark.parametrize(
    "amount",
    [
        {"value": "4201", "currency": "MYR"},
        {"value": "0", "currency": "MYR"},
        {"value": "4200", "currency": "PHP"},
    ],
)
def test_a_capture_of_more_than_asked_goes_to_a_person(
    offline: OfflineShop, amount: dict[str, str]
) -> None:
    offline.add_payment("card", reference="A-2", method="CARD")
    offline.notify(paymentRequestId="card", paymentId="P-9")
    assert (
        offline.notify(capture_notice("P-9", captureAmount=amount)).status_code == 200
    )
    assert offline.tables.payments[1] == ("card", "review", "P-9")
    assert offline.signals[1:] == [("payment_needs_review", "card")]


def test_a_capture_of_less_is_what_was_captured(offline: OfflineShop) -> None:
    offline.add_payment("card", reference="A-2", method="CARD")
    offline.notify(paymentRequestId="card", paymentId="P-9")
    offline.notify(
        capture_notice("P-9", captureAmount={"value": "4000", "currency": "MYR"})
    )
    (payment,) = offline.shop.payments("A-2")
    assert (payment.status, payment.captured) == ("succeeded", Money(4000, "MYR"))


def test_a_failed_capture_goes_to_a_person_and_may_still_succeed(
    offline: OfflineShop,
) -> None:
    offline.add_payment("card", reference="A-2", method="CARD")
    offline.notify(paymentRequestId="card", paymentId="P-9")
    refused = capture_notice("P-9", result=failed("PROCESS_FAIL"), captureAmount=None)
    assert offline.notify(refused).json == ACKNOWLEDGEMENT
    assert offline.tables.payments[1] == ("card", "authorized", "P-9")
    assert offline.notify(capture_notice("P-9")).json == ACKNOWLEDGEMENT
    assert offline.tables == Tables(
        payments=[(ID, "created", None), ("card", "succeeded", "P-9")],
        notifications=[
            ("PAYMENT_RESULT", "applied", 1),
            ("CAPTURE_RESULT", "applied", 1),
            ("CAPTURE_RESULT", "applied", 1),
        ],
        events=[
            ("payment_authorized", "", True),
            ("payment_needs_review", "capture_failed P-9", True),
            PAID,
        ],
    )


@pytest.mark.parametrize(
    "code", ["AUTH_CANCELLED", "AUTH_EXPIRED", "ORDER_IS_CANCELED"]
)
def test_a_capture_whose_authorization_is_gone_cancels(
    offline: OfflineShop, code: str
) -> None:
    offline.add_payment("card", reference="A-2", method="CARD")
    offline.notify(paymentRequestId="card", paymentId="P-9")
    offline.notify(capture_notice("P-9", result=failed(code)))
    assert offline.tables.payments[1] == ("card", "cancelled", "P-9")
    assert offline.signals[1:] == [("payment_cancelled", "card")]


def test_a_payment_under_risk_review_is_not_fulfilled_yet(offline: OfflineShop) -> None:
    offline.notify(authReviewStatus="PROCESSING")
    assert offline.tables.payments == [(ID, "processing", PAYMENT_ID)]
    assert offline.signals == []


def test_a_payment_that_the_risk_review_rejects_goes_to_a_person(
    offline: OfflineShop,
) -> None:
    offline.notify(authReviewStatus="REJECT")
    assert offline.tables.payments[0][1] == "review"
    assert offline.signals == [("payment_needs_review", ID)]


def test_a_success_after_our_cancel_stays_cancelled(offline: OfflineShop) -> None:
    offline.add_payment(
        "ours",
        reference="A-2",
        status="cancelled",
        cancel_asked_at=datetime.now(UTC),
    )
    assert offline.notify(paymentRequestId="ours").status_code == 200
    assert offline.tables.payments[1] == ("ours", "cancelled", PAYMENT_ID)
    assert offline.signals == []


IGNORABLE: dict[str, dict[str, Any]] = {
    "undecided result": {"result": {"resultStatus": "U", "resultCode": "UNKNOWN"}},
    "undecided refund": {
        "notifyType": "REFUND_RESULT",
        "refundRequestId": "R-1",
        "result": {"resultStatus": "U", "resultCode": "REFUND_IN_PROCESS"},
    },
}


@pytest.mark.parametrize("what", IGNORABLE)
def test_what_decides_nothing_is_acknowledged_and_kept(
    offline: OfflineShop, what: str
) -> None:
    change = IGNORABLE[what]
    for _ in range(2):
        answer = offline.notify(**change)
        assert (answer.status_code, answer.json) == (200, ACKNOWLEDGEMENT)
    notify_type = change.get("notifyType", "PAYMENT_RESULT")
    assert offline.tables == Tables(
        payments=[(ID, "created", None)],
        notifications=[(notify_type, "ignored", 2)],
    )
    assert offline.signals == []


def test_the_stored_body_keeps_names_and_hides_persons(offline: OfflineShop) -> None:
    offline.notify(
        paymentResultInfo={"cardNo": "4054****0768", "list": [{"cardToken": "T"}]},
        pspCustomerInfo={"pspCustomerId": "2088"},
    )
    (notification,) = offline.shop.rows(offline.shop.antom.Notification)
    stored = json.loads(notification.body)
    assert stored.pop("paymentResultInfo") == {
        "cardNo": "***",
        "list": [{"cardToken": "***"}],
    }
    assert stored.pop("pspCustomerInfo") == {"pspCustomerId": "***"}
    assert stored == GUIDE
    assert len(notification.body_hash) == 64
    assert (notification.request_id, notification.payment_id) == (ID, PAYMENT_ID)


def scalars() -> st.SearchStrategy[Any]:
    text = st.text(st.characters(exclude_categories=()), max_size=70)
    return st.none() | st.booleans() | st.integers() | st.floats() | text


ANYTHING = st.recursive(
    scalars(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)
#: Objects with the names that families are known by.
OBJECTS = st.dictionaries(
    st.text(max_size=10)
    | st.sampled_from([*IDS, *KEPT, "notifyType", "result", "defenseFile"]),
    ANYTHING | st.sampled_from(["DISPUTE_CREATED", "D-1", "2026-01-01T00:00:00Z"]),
    max_size=6,
)
NEARLY_RIGHT = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.just(value) | ANYTHING for name, value in GUIDE.items()},
        "result": st.fixed_dictionaries(
            {"resultStatus": st.sampled_from("SFU") | ANYTHING},
            optional={"resultCode": st.just("SUCCESS") | ANYTHING},
        ),
        "notifyType": st.sampled_from(
            ["PAYMENT_RESULT", "PAYMENT_PENDING", "CAPTURE_RESULT", "REFUND_RESULT"]
        ),
        "paymentAmount": st.fixed_dictionaries(
            {"value": st.sampled_from(["4200", 4200, "42"]) | ANYTHING},
            optional={"currency": st.just("MYR") | ANYTHING},
        ),
    },
)


def is_paid(message: dict[str, Any]) -> bool:
    """Whether a message pays the expected order, in other words than the package's."""
    amount = message["paymentAmount"]
    return (
        message["notifyType"] == "PAYMENT_RESULT"
        and message["result"]["resultStatus"] == "S"
        and message["paymentRequestId"] == ID
        and (amount["value"], amount["currency"]) in [("4200", "MYR"), (4200, "MYR")]
    )


def forget(offline: OfflineShop) -> None:
    """Put the payment back to the start and empty the other tables."""
    antom, db = offline.shop.antom, offline.shop.db
    with offline.shop.app.app_context():
        for model in (antom.Event, antom.Notification):
            db.session.execute(db.delete(model))
        db.session.execute(
            db.update(antom.Payment).values(status="created", payment_id=None)
        )
        db.session.commit()
    offline.recorded.clear()


def test_only_a_right_message_pays_and_none_is_a_crash(offline: OfflineShop) -> None:
    @settings(max_examples=examples(150), deadline=None)
    @given(NEARLY_RIGHT.map(lambda changes: GUIDE | changes))
    def check(message: dict[str, Any]) -> None:
        forget(offline)
        answer = offline.notify(message)
        assert answer.status_code in (200, 400, 404)
        if ("payment_succeeded", ID) in offline.signals:
            assert is_paid(message)
        if answer.status_code != 200:
            assert offline.tables.payments == UNTOUCHED.payments

    check()


def test_any_signed_json_object_is_kept_and_told_or_malformed(
    offline: OfflineShop,
) -> None:
    @settings(max_examples=examples(100), deadline=None)
    @given(OBJECTS | NEARLY_RIGHT | NEARLY_RIGHT.map(lambda changes: GUIDE | changes))
    def check(message: dict[str, Any]) -> None:
        forget(offline)
        answer = offline.notify(json.dumps(message).encode())
        assert answer.status_code in (200, 400, 404)
        if answer.status_code == 400:
            assert offline.tables == UNTOUCHED
            return
        ((_, outcome, copies),) = offline.tables.notifications
        assert copies == 1
        if outcome == "unhandled":
            ((name, _),) = offline.signals
            assert name == "notification_unhandled"
        if ("payment_succeeded", ID) in offline.signals:
            assert is_paid(message)

    check()


def test_any_signed_json_is_answered(offline: OfflineShop) -> None:
    @settings(max_examples=examples(50), deadline=None)
    @given(ANYTHING)
    def check(message: Any) -> None:
        forget(offline)
        answer = offline.notify(json.dumps(message).encode())
        assert answer.status_code in (200, 400)
        assert isinstance(message, dict) or answer.status_code == 400

    check()


def test_any_signed_refund_is_answered(offline: OfflineShop) -> None:
    ids = st.sampled_from(["A", "B", PAYMENT_ID, ID])
    amounts = st.sampled_from(["1 MYR", "9" * 16 + " MYR", "5 USD"])

    @settings(max_examples=examples(100), deadline=None)
    @given(st.sampled_from("SFU"), ids, ids, ids, amounts)
    def check(
        status: str, request_id: str, refund_id: str, payment: str, amount: str
    ) -> None:
        value, currency = amount.split()
        message = {
            "notifyType": "REFUND_RESULT",
            "result": {"resultStatus": status},
            "refundRequestId": request_id,
            "refundId": refund_id,
            "paymentId": payment,
            "refundAmount": {"value": value, "currency": currency},
        }
        is_known = payment == PAYMENT_ID or status == "U"
        expected = (200,) if is_known else (200, 404)
        assert offline.notify(message).status_code in expected

    offline.notify()
    check()


@pytest.fixture
def served(offline: OfflineShop) -> tuple[OfflineShop, str]:
    """The shop on a real server, for what a test client cannot send."""
    return offline, offline.shop.serve()


def post_in_chunks(url: str, body: bytes) -> int:
    """Post a body whose length nobody tells."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    headers = SIGNER.headers(PATH, body) | {"Transfer-Encoding": "chunked"}
    pieces = [body[start : start + 8192] for start in range(0, len(body), 8192)]
    connection.request("POST", PATH, iter(pieces), headers, encode_chunked=True)
    with connection.getresponse() as answer:
        answer.read()
    connection.close()
    return answer.status


def test_a_body_without_a_length_is_taken(served: tuple[OfflineShop, str]) -> None:
    offline, url = served
    assert post_in_chunks(url, padded(64 * 1024)) == 200
    assert offline.signals == [("payment_succeeded", ID)]


def test_a_body_without_a_length_may_not_be_too_large(
    served: tuple[OfflineShop, str],
) -> None:
    offline, url = served
    assert post_in_chunks(url, padded(64 * 1024 + 1)) == 413
    assert offline.tables == UNTOUCHED


def test_the_database_takes_whatever_text_comes(offline: OfflineShop) -> None:
    for text in ("a\x00b", "\ud800", "\U0001f4b0" * 1000):
        answer = offline.notify(notifyType="OTHER", customizedInfo={text: text})
        assert answer.status_code == 200
        assert offline.notify(paymentRequestId=text).status_code == 400
    assert offline.notify(padded(64 * 1024)).status_code == 200
    assert offline.notify(paymentRequestId="é" * 64).status_code == 404
    assert offline.tables.payments == [(ID, "succeeded", PAYMENT_ID)]
    assert offline.signals[-1:] == [("payment_succeeded", ID)]
