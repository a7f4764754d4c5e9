"""Signed calls over real sockets: the answer, the refusal, and what nobody knows."""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any
from urllib.parse import urlsplit

import pytest

from flask_antom.clock import SystemClock
from flask_antom.errors import GatewayError, OutcomeUnknown, Refused
from flask_antom.gateway.http import Reply, Unreachable
from flask_antom.gateway.keys import Keyring, load_private_key, load_public_key
from flask_antom.gateway.shared_timeout import count_once, share_timeout
from flask_antom.gateway.signing import format_header, sign, verify
from flask_antom.gateway.transport import (
    IN_PROCESS,
    Account,
    Transport,
)
from tests.support.clocks import Stopwatch
from tests.support.gateways import (
    ANTOM,
    CLIENT_ID,
    SUCCESS,
    TIME,
    Behaviour,
    Gateway,
    Link,
    Request,
    drip_head,
    encode,
    failed,
    http,
    in_turn,
    reset,
    sealed,
    serving,
    signed,
    silent,
    unsigned,
)
from tests.support.keys import (
    ANTOM_PUBLIC_KEY,
    MERCHANT_PRIVATE_KEY,
    MERCHANT_PUBLIC_KEY,
    OTHER_PRIVATE_KEY,
    OTHER_PUBLIC_KEY,
)

PATH = "/ams/sandbox/api/v1/payments/createPaymentSession"
CANARY = "canary7Zq"
PATIENCE = 8.0
PAYLOAD = {
    "paymentRequestId": "req-1",
    "order": {"orderDescription": "caf\N{LATIN SMALL LETTER E WITH ACUTE} / 杯"},
}
PAID = {"result": SUCCESS, "paymentSessionData": "data"}

KEYRING = Keyring(MERCHANT_PRIVATE_KEY, {"1": ANTOM_PUBLIC_KEY, "2": OTHER_PUBLIC_KEY})
MERCHANT = {"1": load_public_key(MERCHANT_PUBLIC_KEY)}
OTHER = load_private_key(OTHER_PRIVATE_KEY)


def account(**changed: Any) -> Account:
    values: dict[str, Any] = {"keyring": KEYRING, "sandbox": True, **changed}
    return Account(CLIENT_ID, **values)


def post(
    gateway: Gateway, *, timeout: float = 5, repeat: bool = False, **changed: Any
) -> dict[str, Any]:
    transport = Transport(gateway.url, timeout)
    return transport.post(
        account(**changed), "createPaymentSession", PAYLOAD, repeat=repeat
    )


def unknown(behave: Behaviour, **options: Any) -> OutcomeUnknown:
    """Expect an outcome that nobody knows, asked for once."""
    with serving(behave) as gateway:
        with pytest.raises(OutcomeUnknown) as caught:
            post(gateway, **options)
        assert len(gateway.requests) == 1
    assert caught.value.operation == "createPaymentSession"
    assert not caught.value.__context__ or caught.value.__suppress_context__
    return caught.value


# Who signs


def test_the_log_names_the_setting_of_a_wrong_key_at_a_bounded_rate(
    caplog: pytest.LogCaptureFixture,
) -> None:
    who = Account(CLIENT_ID, Keyring(MERCHANT_PRIVATE_KEY, {"1": OTHER_PUBLIC_KEY}))
    with serving(signed(PAID)) as gateway:
        transport = Transport(gateway.url, 5)
        for _ in range(20):
            with pytest.raises(OutcomeUnknown, match="ANTOM_PUBLIC_KEY is not Antom's"):
                transport.post(who, "createPaymentSession", PAYLOAD, repeat=False)
    told = [one for one in caplog.records if "ANTOM_PUBLIC_KEY" in one.getMessage()]
    assert 1 <= len(told) < 10
    assert {one.levelno for one in told} == {logging.WARNING}


def test_other_faults_are_all_logged(caplog: pytest.LogCaptureFixture) -> None:
    with serving(signed(PAID, 500)) as gateway:
        transport = Transport(gateway.url, 5)
        for _ in range(20):
            with pytest.raises(OutcomeUnknown):
                transport.post(account(), "cancel", PAYLOAD, repeat=False)
    told = [one for one in caplog.records if "HTTP status 500" in one.getMessage()]
    assert len(told) == 20


# What is asked


def test_a_call_is_signed_over_its_path_time_and_bytes() -> None:
    before = int(time.time() * 1000)
    with serving(signed(PAID)) as gateway:
        keys = Keyring(MERCHANT_PRIVATE_KEY, {"1": ANTOM_PUBLIC_KEY}, "3")
        post(gateway, keyring=keys)
    after = int(time.time() * 1000)

    (request,) = gateway.requests
    sent = request.headers
    assert request.path == PATH
    assert sent["client-id"] == CLIENT_ID
    assert sent["content-type"] == "application/json; charset=UTF-8"
    assert before <= int(sent["request-time"]) <= after
    assert sent["signature"].startswith("algorithm=RSA256,keyVersion=3,signature=")
    verify(
        MERCHANT,
        sent["signature"],
        PATH,
        CLIENT_ID,
        sent["request-time"],
        request.body,
    )
    assert json.loads(request.body) == PAYLOAD
    assert "agent-token" not in sent
    assert "authorization" not in sent


def test_each_call_is_signed_for_its_account() -> None:
    with serving(unsigned(PAID)) as gateway:
        transport = Transport(gateway.url, 5)
        for client_id, sandbox in (("FIRST", False), ("SANDBOX_2", True)):
            caller = Account(client_id, KEYRING, sandbox=sandbox)
            with pytest.raises(OutcomeUnknown, match="not signed"):
                transport.post(caller, "createPaymentSession", PAYLOAD, repeat=False)

    first, second = gateway.requests
    assert first.headers["client-id"] == "FIRST"
    assert second.headers["client-id"] == "SANDBOX_2"
    for request in (first, second):
        verify(
            MERCHANT,
            request.headers["signature"],
            request.path,
            request.headers["client-id"],
            request.headers["request-time"],
            request.body,
        )


def test_only_the_sandbox_has_a_path_of_its_own() -> None:
    with serving(signed(PAID)) as gateway:
        post(gateway, sandbox=False)
        post(gateway, sandbox=True)
    assert [request.path for request in gateway.requests] == [
        "/ams/api/v1/payments/createPaymentSession",
        "/ams/sandbox/api/v1/payments/createPaymentSession",
    ]


def test_an_agents_token_is_sent_but_not_signed() -> None:
    with serving(signed(PAID)) as gateway:
        post(gateway, agent_token=CANARY)
    (request,) = gateway.requests
    sent = request.headers
    assert sent["agent-token"] == CANARY
    verify(
        MERCHANT,
        sent["signature"],
        PATH,
        CLIENT_ID,
        sent["request-time"],
        request.body,
    )


# A clear answer


def test_a_signed_success_is_given() -> None:
    with serving(signed(PAID)) as gateway:
        assert post(gateway) == PAID


def test_an_answer_without_a_client_id_is_taken_as_ours() -> None:
    def behave(link: Link, request: Request) -> bool:
        body = encode(PAID)
        headers = sealed(request.path, body)
        del headers["client-id"]
        link.send(http(body, headers))
        return True

    with serving(behave) as gateway:
        assert post(gateway) == PAID


def test_the_signature_of_an_answer_may_name_no_algorithm() -> None:
    def behave(link: Link, request: Request) -> bool:
        body = encode(PAID)
        headers = sealed(request.path, body)
        headers["signature"] = headers["signature"].removeprefix("algorithm=RSA256,")
        link.send(http(body, headers))
        return True

    with serving(behave) as gateway:
        assert post(gateway) == PAID


def test_an_answer_is_verified_as_it_came_byte_for_byte() -> None:
    body = (
        '{ "result":{"resultStatus":"S","resultCode":"SUCCESS"},\r\n "a":"é\\/\\u00e9"}'
    )
    with serving(signed(body.encode())) as gateway:
        assert post(gateway)["a"] == "é/é"


def test_while_antoms_keys_rotate_answers_of_both_are_taken() -> None:
    def behave(link: Link, request: Request) -> bool:
        body = encode(PAID)
        signature = sign(OTHER, request.path, CLIENT_ID, TIME, body)
        headers = sealed(request.path, body) | {
            "signature": format_header(signature, "2")
        }
        link.send(http(body, headers))
        return True

    with serving(behave) as gateway:
        assert post(gateway) == PAID


@pytest.mark.parametrize("names", [str.lower, str.upper, str.title])
def test_headers_are_known_in_any_case(names: Callable[[str], str]) -> None:
    def behave(link: Link, request: Request) -> bool:
        body = encode(PAID)
        headers = sealed(request.path, body)
        link.send(http(body, {names(name): value for name, value in headers.items()}))
        return True

    with serving(behave) as gateway:
        assert post(gateway) == PAID


@pytest.mark.parametrize("names", [str.lower, str.upper, str.title])
def test_a_sender_of_ones_own_may_write_headers_as_it_likes(
    names: Callable[[str], str],
) -> None:
    def send(url: str, *rest: Any) -> Reply:
        body = encode(PAID)
        sealing = sealed(urlsplit(url).path, body)
        return Reply(200, {names(key): text for key, text in sealing.items()}, body)

    transport = Transport("https://gw.example", 5, send=send)
    assert (
        transport.post(account(), "createPaymentSession", PAYLOAD, repeat=False) == PAID
    )


@pytest.mark.parametrize("is_signed", [True, False])
def test_a_refusal_carries_its_code_and_whether_it_was_signed(is_signed: bool) -> None:
    answer = failed("PARAM_ILLEGAL")
    behave = signed(answer) if is_signed else unsigned(answer)
    with serving(behave) as gateway:
        with pytest.raises(Refused) as caught:
            post(gateway, repeat=True)
        assert len(gateway.requests) == 1
    assert caught.value.result_code == "PARAM_ILLEGAL"
    assert caught.value.operation == "createPaymentSession"
    assert caught.value.signed is is_signed
    assert str(caught.value) == "createPaymentSession: PARAM_ILLEGAL"


def test_empty_headers_are_no_signature() -> None:
    headers = {"signature": "", "response-time": "", "client-id": ""}
    behave = unsigned(failed("INVALID_SIGNATURE"), headers)
    with serving(behave) as gateway, pytest.raises(Refused) as caught:
        post(gateway)
    assert not caught.value.signed


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("C" * 65, "C" * 64),
        (None, "UNKNOWN_EXCEPTION"),
        (5, "UNKNOWN_EXCEPTION"),
        (["CODE"], "UNKNOWN_EXCEPTION"),
        ("", "UNKNOWN_EXCEPTION"),
        ("CODE\n2026 a forged line of the log", "UNKNOWN_EXCEPTION"),
        ("CODE\ud800", "UNKNOWN_EXCEPTION"),
    ],
)
def test_an_odd_code_is_made_one(code: Any, expected: str) -> None:
    answer = {"result": {"resultStatus": "F", "resultCode": code}}
    with serving(signed(answer)) as gateway, pytest.raises(Refused) as caught:
        post(gateway)
    assert caught.value.result_code == expected


# What nobody knows


def with_headers(**changed: str | None) -> Behaviour:
    """Sign an answer, then change its headers; ``None`` leaves one out."""

    def behave(link: Link, request: Request) -> bool:
        body = encode(PAID)
        headers = sealed(request.path, body)
        for name, value in changed.items():
            headers.pop(name.replace("_", "-"))
            if value is not None:
                headers[name.replace("_", "-")] = value
        link.send(http(body, headers))
        return True

    return behave


def seal_otherwise(
    key: Any = None, body: bytes | None = None, **other: str
) -> Behaviour:
    """Sign something else than what is sent: another path, client, time, body, key."""

    def behave(link: Link, request: Request) -> bool:
        sent = encode(PAID)
        signature = sign(
            key or ANTOM,
            other.get("path", request.path),
            other.get("client_id", CLIENT_ID),
            other.get("time", TIME),
            sent if body is None else body,
        )
        headers = sealed(request.path, sent) | {"signature": format_header(signature)}
        link.send(http(sent, headers))
        return True

    return behave


def other_client(link: Link, request: Request) -> bool:
    body = encode(PAID)
    link.send(http(body, sealed(request.path, body, client_id="SANDBOX_OTHER")))
    return True


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(unsigned(PAID), id="not signed at all"),
        pytest.param(with_headers(signature=None), id="no signature"),
        pytest.param(with_headers(signature=""), id="empty signature"),
        pytest.param(with_headers(response_time=None), id="no time"),
        pytest.param(with_headers(response_time=""), id="empty time"),
        pytest.param(with_headers(response_time="2026-11-23T08:01:55Z"), id="time"),
        pytest.param(with_headers(client_id="SANDBOX_OTHER"), id="client id"),
        pytest.param(with_headers(client_id=""), id="empty client id"),
        pytest.param(with_headers(signature="nonsense"), id="nonsense"),
        pytest.param(with_headers(signature="algorithm=RSA256,signature=AAAA"), id="A"),
        pytest.param(with_headers(signature="algorithm=none,signature="), id="none"),
        pytest.param(other_client, id="signed for another client"),
        pytest.param(seal_otherwise(path=PATH.replace("/sandbox", "")), id="path"),
        pytest.param(seal_otherwise(client_id="OTHER"), id="signed client id"),
        pytest.param(seal_otherwise(time="1685599933871"), id="signed time"),
        pytest.param(seal_otherwise(body=encode(PAID) + b" "), id="signed body"),
        pytest.param(
            seal_otherwise(key=load_private_key(MERCHANT_PRIVATE_KEY)), id="our key"
        ),
    ],
)
def test_a_success_that_antom_did_not_sign_is_unknown(behave: Behaviour) -> None:
    assert "sign" in str(unknown(behave)).lower()


@pytest.mark.parametrize(
    "changed", [{"signature": None}, {"response_time": None}, {"signature": "x"}]
)
def test_a_badly_signed_refusal_is_no_refusal(changed: dict[str, Any]) -> None:
    def behave(link: Link, request: Request) -> bool:
        body = encode(failed("ORDER_NOT_EXIST"))
        headers = sealed(request.path, body)
        for name, value in changed.items():
            headers[name.replace("_", "-")] = value or ""
        link.send(http(body, headers))
        return True

    assert unknown(behave).result_code is None


@pytest.mark.parametrize("status", ["U", "", "s", "SUCCESS", None, 1, ["S"], {"S": 1}])
@pytest.mark.parametrize("seal", [signed, unsigned])
def test_any_other_status_is_unknown(
    status: Any, seal: Callable[..., Behaviour]
) -> None:
    result = {"resultStatus": status, "resultCode": "UNKNOWN_EXCEPTION"}
    assert unknown(seal({"result": result})).result_code == "UNKNOWN_EXCEPTION"


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 400, 401, 404, 500, 503])
@pytest.mark.parametrize("answer", [PAID, failed("PARAM_ILLEGAL")])
def test_any_http_status_but_200_is_unknown_whatever_it_says(
    status: int, answer: dict[str, Any]
) -> None:
    error = unknown(signed(answer, status) if status != 204 else no_content)
    assert str(error) == f"HTTP status {status}"
    assert error.result_code is None


def no_content(link: Link, request: Request) -> bool:
    link.send(b"HTTP/1.1 204 No Content\r\n\r\n")
    return True


def test_no_redirect_is_followed_with_a_signed_request() -> None:
    with serving(signed(PAID)) as elsewhere:
        location = {"Location": elsewhere.url + PATH}
        unknown(unsigned(PAID, location, 307))
    assert elsewhere.accepted == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>busy</html>",
        b"{",
        b"null",
        b"[]",
        b"5",
        b'"result"',
        b"{}",
        b'{"result": null}',
        b'{"result": "S"}',
        b'{"result": []}',
        b'{"result": {}}',
        b'{"result": {"resultStatus": "S"}}',
        b'{"result": {"resultCode": "SUCCESS"}}',
        b'[{"result": {"resultStatus": "S", "resultCode": "SUCCESS"}}]',
        b"\xff\xfe\xfa",
        b"\x00",
        b"[" * 100_000,
        b'{"result": ' + b"9" * 5000 + b"}",
        b" " * (2 * 1024 * 1024),
    ],
    ids=lambda body: f"{body[:20]!r}",
)
def test_what_is_not_antoms_json_is_unknown_signed_or_not(body: bytes) -> None:
    unknown(signed(body))
    unknown(unsigned(body))


def drip_body(link: Link, request: Request) -> bool:
    link.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + encode(PAID))
    return False


def truncated(link: Link, request: Request) -> bool:
    body = encode(PAID)
    link.send(http(body[:-1], sealed(request.path, body) | length(body)))
    return False


def cut_to_another_answer(link: Link, request: Request) -> bool:
    """End early, where what has come reads as a refusal."""
    body = encode(failed("ORDER_IS_CLOSED"))
    link.send(http(body, length(body + b" ")))
    return False


def length(body: bytes) -> dict[str, str]:
    return {"Content-Length": str(len(body))}


@pytest.mark.parametrize(
    "behave",
    [silent, drip_head, drip_body, reset, truncated, cut_to_another_answer],
    ids=lambda behave: behave.__name__,
)
def test_no_whole_answer_is_unknown_and_the_wait_has_an_end(behave: Behaviour) -> None:
    started = time.monotonic()
    assert "no answer" in str(unknown(behave, timeout=0.4))
    assert time.monotonic() - started < 0.4 + PATIENCE


def test_a_connection_that_never_comes_about_is_unknown() -> None:
    def reset_at_once(link: Link) -> bool:
        link.reset()
        return False

    with (
        serving(signed(PAID), greet=reset_at_once) as gateway,
        pytest.raises(OutcomeUnknown, match="no answer"),
    ):
        post(gateway)
    with pytest.raises(OutcomeUnknown, match="no answer"):
        post(gateway)  # nobody listens any more
    assert gateway.requests == []


# Repeats


def test_an_unknown_outcome_is_asked_for_again_with_the_same_bytes() -> None:
    behave = in_turn(
        unsigned(b"busy", status=503),
        reset,
        signed(failed("SYSTEM", "U")),
        signed(PAID),
    )
    with serving(behave) as gateway:
        assert post(gateway, repeat=True, timeout=20) == PAID

    assert len(gateway.requests) == 4
    first = gateway.requests[0]
    assert json.loads(first.body)["paymentRequestId"] == "req-1"
    for request in gateway.requests:
        assert (request.path, request.body) == (first.path, first.body)
        verify(
            MERCHANT,
            request.headers["signature"],
            PATH,
            CLIENT_ID,
            request.headers["request-time"],
            request.body,
        )


@pytest.mark.parametrize(
    "behave",
    [
        unsigned(b"busy", status=500),
        signed(failed("UNKNOWN_EXCEPTION", "U")),
        reset,
        silent,
        drip_body,
    ],
    ids=["500", "U", "reset", "silent", "drip"],
)
def test_what_stays_unknown_is_given_up_at_the_deadline(behave: Behaviour) -> None:
    with serving(behave) as gateway:
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            post(gateway, repeat=True, timeout=1.2)
        assert time.monotonic() - started < 1.2 + PATIENCE
        bodies = {request.body for request in gateway.requests}
        assert len(bodies) == 1
        if behave not in (silent, drip_body):  # those take all the time there is
            assert len(gateway.requests) >= 2


@pytest.mark.parametrize("code", sorted(IN_PROCESS))
def test_what_is_in_process_is_not_hastened_by_asking_again(code: str) -> None:
    with serving(signed(failed(code, "U"))) as gateway:
        with pytest.raises(OutcomeUnknown) as caught:
            post(gateway, repeat=True)
        assert len(gateway.requests) == 1
    assert caught.value.result_code == code


@pytest.mark.parametrize("answer", [failed("RISK_REJECT"), PAID])
def test_a_clear_answer_ends_the_asking(answer: dict[str, Any]) -> None:
    behave = in_turn(unsigned(b"busy", status=500), signed(answer))
    with serving(behave) as gateway:
        if answer is PAID:
            assert post(gateway, repeat=True) == PAID
        else:
            with pytest.raises(Refused, match="RISK_REJECT"):
                post(gateway, repeat=True)
        assert len(gateway.requests) == 2


class SendingClock(SystemClock):
    """Time that passes only when somebody sleeps or sends."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> SendingClock:
    return SendingClock()


def test_the_pauses_grow_and_all_of_it_fits_the_deadline(clock: SendingClock) -> None:
    patience: list[float] = []

    def send(
        url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        patience.append(seconds)
        clock.seconds += 0.1
        raise Unreachable("ConnectTimeout")

    transport = Transport("https://gw.example", 10, send=send, clock=clock)
    with pytest.raises(OutcomeUnknown, match="no answer: ConnectTimeout"):
        transport.post(account(), "cancel", PAYLOAD)

    assert len(patience) == len(clock.pauses) + 1 >= 5
    assert clock.seconds <= 1010.1
    assert patience[0] == 10
    for place, pause in enumerate(clock.pauses):
        longest = min(0.2 * 2**place, 2.0)
        assert longest / 2 <= pause <= longest
    spent = [sum(clock.pauses[:place]) + 0.1 * place for place in range(len(patience))]
    assert patience == pytest.approx([10 - seconds for seconds in spent])


def test_no_more_is_sent_than_the_deadline_allows(clock: SendingClock) -> None:
    sent: list[float] = []

    def send(
        url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        sent.append(seconds)
        clock.seconds += seconds
        raise Unreachable("ReadTimeout")

    transport = Transport("https://gw.example", 3, send=send, clock=clock)
    with pytest.raises(OutcomeUnknown):
        transport.post(account(), "cancel", PAYLOAD)
    assert sent == [3]
    assert clock.pauses == []


# Secrets


def texts_of(error: BaseException) -> str:
    parts = [str(error), repr(error), repr(error.args), repr(vars(error))]
    return "\n".join(parts + traceback.format_exception(error))


@pytest.mark.parametrize(
    "behave",
    [
        unsigned(PAID | {"paymentSessionData": CANARY}),
        unsigned(PAID | {"paymentSessionData": CANARY}, {"X": CANARY}, 500),
        unsigned(CANARY.encode()),
        unsigned(PAID, {"signature": CANARY, "response-time": CANARY}),
        unsigned(
            PAID,
            {"signature": f"algorithm={CANARY},signature=AAAA"}
            | {"response-time": TIME},
        ),
        signed(failed("PARAM_ILLEGAL") | {"paymentSessionData": CANARY}),
        signed(failed("UNKNOWN_EXCEPTION", "U") | {"paymentSessionData": CANARY}),
        signed(
            {
                "result": {
                    "resultCode": "A",
                    "resultStatus": "F",
                    "resultMessage": CANARY,
                }
            }
        ),
        unsigned(b"", {"Location": f"https://{CANARY}.example"}, 302),
        reset,
        truncated,
    ],
)
def test_errors_and_logs_hold_no_secret(
    behave: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(behave) as gateway:
        who = account(agent_token=CANARY)
        transport = Transport(gateway.url, 0.5)
        secret = {"paymentRequestId": "r", "card": CANARY}
        with pytest.raises(GatewayError) as caught:
            transport.post(who, "createPaymentSession", secret)
        signatures = [request.headers["signature"] for request in gateway.requests]

    shown = "\n".join([texts_of(caught.value), caplog.text, repr(who), repr(transport)])
    assert CANARY not in shown
    assert "MII" not in shown
    assert signatures
    for signature in signatures:
        assert signature.rpartition("=")[2] not in shown


def test_an_answer_shows_neither_its_headers_nor_its_body_in_a_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(signed(PAID | {"paymentSessionData": CANARY})) as gateway:
        assert post(gateway)["paymentSessionData"] == CANARY
    assert CANARY not in caplog.text


# Calls at once


def test_calls_at_once_take_their_time_together() -> None:
    clock, given = Stopwatch(), []
    both_sent, has_slept = threading.Barrier(2), threading.Barrier(2)

    def send(url: str, headers: Any, body: bytes, seconds: float) -> Reply:
        given.append(seconds)
        if len(given) < 3 and both_sent.wait(PATIENCE) == 0:
            clock.sleep(4)
        if len(given) < 3:
            has_slept.wait(PATIENCE)
        raise Unreachable("reset")

    account = Account(CLIENT_ID, KEYRING)
    transport = Transport("https://gw.example", 10, send=send, clock=clock)

    def post() -> None:
        with pytest.raises(OutcomeUnknown):
            transport.post(account, "inquiryPayment", PAYLOAD, repeat=False)

    with share_timeout(10):
        with count_once(clock), ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(copy_context().run, post) for _ in range(2)]
            for call in calls:
                call.result()
        post()
    assert given[2] == pytest.approx(6, abs=1)
