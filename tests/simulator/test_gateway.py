"""Who may call the simulated Antom, and how its answers are signed."""

from __future__ import annotations

import json

import pytest

from flask_antom.clock import parse_time
from flask_antom.gateway.keys import load_private_key
from flask_antom.gateway.signing import format_header, sign
from flask_antom.simulator import Server, Simulator
from tests.simulator.merchant import (
    API,
    CLIENT_ID,
    Merchant,
    code_of,
    session_request,
)
from tests.support.keys import (
    ANTOM_PRIVATE_KEY,
    MERCHANT_PRIVATE_KEY,
    MERCHANT_PUBLIC_KEY,
)

SESSION = json.dumps(session_request()).encode()
CREATE = API + "createPaymentSession"


def test_a_signed_call_gets_a_signed_answer(merchant: Merchant) -> None:
    answer = merchant.send(CREATE, SESSION)

    assert merchant.has_signed(answer, CREATE)
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert answer.headers["client-id"] == "SANDBOX_5YDEMO00000000001"
    assert parse_time(answer.headers["response-time"]).utcoffset() is not None
    assert code_of(answer.json()) == ("SUCCESS", "S")


@pytest.mark.parametrize(
    "time", ["1685599933871", "2026-11-23T08:01:54+00:00", "2026-11-23T08:01:54Z"]
)
def test_both_formats_of_the_request_time_are_taken(
    merchant: Merchant, time: str
) -> None:
    assert code_of(merchant.create_session()) == ("SUCCESS", "S")
    answer = merchant.send(CREATE, SESSION, time=time)
    assert code_of(answer.json()) == ("SUCCESS", "S")


@pytest.mark.parametrize(
    "headers",
    [
        {"Signature": ""},
        {"Signature": "algorithm=RSA256,keyVersion=1,signature=AAAA"},
        {"Signature": "signature=AAAA"},
        {"Request-Time": "1685599933872"},
        {"Request-Time": ""},
    ],
)
def test_a_bad_signature_is_refused_without_a_signature(
    merchant: Merchant, simulator: Simulator, headers: dict[str, str]
) -> None:
    answer = merchant.send(CREATE, SESSION, headers=headers)

    assert answer.status_code == 200
    assert code_of(answer.json()) == ("INVALID_SIGNATURE", "F")
    assert "signature" not in answer.headers
    assert "response-time" not in answer.headers
    assert simulator.payments() == []
    assert not simulator.refused_calls[-1].signed


def signed_as(version: str) -> dict[str, str]:
    """Return a right signature that names the key by this version."""
    key = load_private_key(MERCHANT_PRIVATE_KEY, check=False)
    signature = sign(key, CREATE, CLIENT_ID, "1685599933871", SESSION)
    header = format_header(signature, version)
    return {"Signature": header if version else header.replace("keyVersion=,", "")}


def test_a_version_of_the_key_that_nobody_uploaded_is_refused(
    merchant: Merchant, simulator: Simulator
) -> None:
    answer = merchant.send(CREATE, SESSION, headers=signed_as("2"))

    assert code_of(answer.json()) == ("KEY_NOT_FOUND", "F")
    assert "signature" not in answer.headers
    assert simulator.payments() == []


@pytest.mark.parametrize("version", ["3", ""])
def test_the_merchants_key_has_a_version(version: str) -> None:
    simulator = Simulator(
        MERCHANT_PUBLIC_KEY, private_key=ANTOM_PRIVATE_KEY, key_version="3"
    )
    with simulator.serve() as server:
        merchant = Merchant(server.url)
        named = merchant.send(CREATE, SESSION, headers=signed_as(version))
        wrong = merchant.send(CREATE, SESSION)

    assert code_of(named.json()) == ("SUCCESS", "S")
    assert code_of(wrong.json()) == ("KEY_NOT_FOUND", "F")


def test_a_body_changed_after_signing_is_refused(merchant: Merchant) -> None:
    signed = merchant.send(CREATE, SESSION).request.headers["Signature"]
    tampered = SESSION.replace(b'"4200"', b'"1"')

    answer = merchant.send(CREATE, tampered, headers={"Signature": str(signed)})

    assert code_of(answer.json()) == ("INVALID_SIGNATURE", "F")


def test_a_query_is_part_of_what_is_signed(merchant: Merchant) -> None:
    path = f"{CREATE}?a=1%202"

    answer = merchant.send(path, SESSION)

    assert merchant.has_signed(answer, path)
    assert code_of(answer.json()) == ("SUCCESS", "S")


def test_an_unknown_client_is_refused_without_a_signature(merchant: Merchant) -> None:
    answer = merchant.send(CREATE, SESSION, headers={"Client-Id": "SANDBOX_SOMEBODY"})

    assert code_of(answer.json()) == ("INVALID_CLIENT", "F")
    assert "signature" not in answer.headers


def test_a_sandbox_client_is_unknown_at_the_production_path(
    merchant: Merchant,
) -> None:
    answer = merchant.send("/ams/api/v1/payments/createPaymentSession", SESSION)

    assert code_of(answer.json()) == ("INVALID_CLIENT", "F")
    assert "/ams/sandbox/" in answer.json()["result"]["resultMessage"]


def test_a_client_without_the_prefix_calls_the_production_path() -> None:
    simulator = Simulator(MERCHANT_PUBLIC_KEY, "5YDEMO", ANTOM_PRIVATE_KEY)
    with simulator.serve() as server:
        answer = Merchant(server.url).send(
            CREATE, SESSION, headers={"Client-Id": "5YDEMO"}
        )

    assert code_of(answer.json()) == ("INVALID_CLIENT", "F")
    assert "/ams/api/" in answer.json()["result"]["resultMessage"]


def test_only_post_is_supported(merchant: Merchant) -> None:
    answer = merchant.send(CREATE, SESSION, method="PUT")

    assert merchant.has_signed(answer, CREATE)
    assert code_of(answer.json()) == ("METHOD_NOT_SUPPORTED", "F")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json; charset=ISO-8859-1"]
)
def test_only_json_in_utf8_is_acceptable(merchant: Merchant, content_type: str) -> None:
    answer = merchant.send(CREATE, SESSION, headers={"Content-Type": content_type})

    assert code_of(answer.json()) == ("MEDIA_TYPE_NOT_ACCEPTABLE", "F")


@pytest.mark.parametrize(
    "path", [API + "createSession", "/ams/sandbox/api/v2/payments/cancel"]
)
def test_an_unknown_api_is_named_so(merchant: Merchant, path: str) -> None:
    assert code_of(merchant.send(path, SESSION).json()) == ("NO_INTERFACE_DEF", "F")


def test_a_signed_time_that_is_none_is_illegal(merchant: Merchant) -> None:
    answer = merchant.send(CREATE, SESSION, time="yesterday")

    assert merchant.has_signed(answer, CREATE)
    assert code_of(answer.json()) == ("PARAM_ILLEGAL", "F")
    assert "Request-Time" in answer.json()["result"]["resultMessage"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff"])
def test_a_body_that_is_no_json_object_is_illegal(
    merchant: Merchant, body: bytes
) -> None:
    answer = merchant.send(CREATE, body)

    assert merchant.has_signed(answer, CREATE)
    assert code_of(answer.json()) == ("PARAM_ILLEGAL", "F")


def test_the_log_tells_what_was_called(
    merchant: Merchant, simulator: Simulator
) -> None:
    merchant.create_session()
    merchant.inquire()

    created, inquired = simulator.calls
    assert (created.operation, created.request_id, created.result_code) == (
        "createPaymentSession",
        "request-1",
        "SUCCESS",
    )
    assert created.signed
    assert inquired.result_code == "ORDER_NOT_EXIST"
    assert simulator.refused_calls == [inquired]


def test_production_is_refused() -> None:
    with pytest.raises(ValueError, match="'prod'"):
        Simulator(MERCHANT_PUBLIC_KEY, environment="prod")


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not base64"):
        Simulator("not a key")


def test_a_key_of_its_own_is_made() -> None:
    simulator = Simulator(MERCHANT_PUBLIC_KEY)

    assert simulator.public_key != Simulator(MERCHANT_PUBLIC_KEY).public_key


def test_a_port_that_is_taken_is_an_error(simulator: Simulator, server: Server) -> None:
    port = int(server.url.rsplit(":", 1)[1])

    with pytest.raises(OSError, match="in use"):
        Simulator(MERCHANT_PUBLIC_KEY, private_key=ANTOM_PRIVATE_KEY).serve(port=port)


def test_the_server_stops(simulator: Simulator) -> None:
    with simulator.serve() as server:
        port = int(server.url.rsplit(":", 1)[1])

    with simulator.serve(port=port) as again:
        assert again.url == server.url
        assert again.sdk_url == f"{server.url}/sdk/ams-checkout.js"
