"""The simulated Antom's API over HTTP: signed calls in, signed answers out."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any

from flask import Blueprint, Response, request

from ..clock import parse_time
from .clock import Clock
from .faults import BEFORE, Fault, Faults
from .messages import result
from .operations import Operations
from .signatures import Signatures, corrupt, path_of
from .sockets import hang_up, has_connection, hold

logger: logging.Logger = logging.getLogger("flask_antom.simulator")

PRODUCTION = "/ams/api/v1/payments/"
SANDBOX = "/ams/sandbox/api/v1/payments/"

_JSON = ("application/json", "utf-8")

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@dataclass
class Call:
    """One call of the merchant, for the log.

    :ivar operation: the last part of the path.
    :ivar request_id: the request id of the payment, the capture or the refund.
    :ivar result_code: the code of the answer; empty if Antom did not answer.
    :ivar message: why the call was refused.
    :ivar signed: whether the merchant's signature was valid.
    :ivar fault: the fault that was applied to the call.
    """

    operation: str
    at: datetime
    request_id: str | None = None
    result_code: str = ""
    result_status: str = ""
    message: str = ""
    signed: bool = False
    fault: str = ""


class Gateway:
    """Takes the calls and keeps a log of them.

    :ivar calls: all calls, oldest first.
    """

    def __init__(
        self,
        operations: Operations,
        clock: Clock,
        faults: Faults,
        signatures: Signatures,
    ) -> None:
        self.calls: list[Call] = []
        self._operations = operations
        self._clock = clock
        self._faults = faults
        self._signatures = signatures

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("gateway", __name__)
        blueprint.add_url_rule("/ams/<path:rest>", "call", self.take, methods=METHODS)
        return blueprint

    def take(self, rest: str) -> Response:
        """Answer one call, or apply a fault to it."""
        call = Call(rest.rsplit("/", 1)[-1], self._clock.now())
        self.calls.append(call)
        request.get_data()  # otherwise a held connection has data to read
        fault = self._faults.take(call.operation)
        if fault is not None:
            call.fault = str(fault)
            if fault.name in BEFORE:
                return self._fail(fault, call)
        response = self._answer(call)
        return response if fault is None else self._corrupt(response, fault)

    def _answer(self, call: Call) -> Response:
        path, body = path_of(request.environ["RAW_URI"]), request.get_data()
        if code := _why_not_http():
            return self._write(call, {"result": result(*code)}, path)
        if code := self._why_not_trusted(call, path, body):
            return self._write(call, {"result": result(*code)}, None)
        if not _is_time(request.headers.get("Request-Time", "")):
            message = "Request-Time must be epoch milliseconds or ISO 8601."
            answer = {"result": result("PARAM_ILLEGAL", "F", message)}
        elif call.operation not in self._operations or not _is_known(path):
            answer = {"result": result("NO_INTERFACE_DEF", "F", "No such API.")}
        else:
            parsed = _parse(body)
            if isinstance(parsed, dict):
                call.request_id = _request_id(parsed)
            answer = self._operations.call(call.operation, parsed)
        return self._write(call, answer, path)

    def _why_not_trusted(
        self, call: Call, path: str, body: bytes
    ) -> tuple[str, str, str] | None:
        """Return the error of a caller that cannot be trusted.

        Such a call gets an unsigned answer (Antom: digital_signature). A sandbox
        client is unknown at the production path, and the reverse.
        """
        client_id = request.headers.get("Client-Id", "")
        is_sandbox = path.startswith("/ams/sandbox/")
        if client_id != self._signatures.client_id:
            return "INVALID_CLIENT", "F", "The Client-Id is not known here."
        if is_sandbox != client_id.startswith("SANDBOX_"):
            right = PRODUCTION if is_sandbox else SANDBOX
            return "INVALID_CLIENT", "F", f"This client calls {right}."
        time = request.headers.get("Request-Time", "")
        header = request.headers.get("Signature", "")
        if not self._signatures.knows_version(header):
            return "KEY_NOT_FOUND", "F", "The merchant has no key of this version."
        call.signed = self._signatures.is_from_merchant(header, path, time, body)
        if not call.signed:
            return "INVALID_SIGNATURE", "F", "The signature is invalid."
        return None

    def _write(self, call: Call, answer: dict[str, Any], path: str | None) -> Response:
        """Write an answer; it is signed if there is a path to sign."""
        call.result_code = answer["result"]["resultCode"]
        call.result_status = answer["result"]["resultStatus"]
        if call.result_status != "S":
            call.message = answer["result"]["resultMessage"]
            logger.info("%s: %s (%s)", call.operation, call.result_code, call.message)
        body = json.dumps(answer).encode()
        response = Response(body, content_type="application/json; charset=UTF-8")
        if path is not None:
            now = self._clock.now()
            response.headers.update(self._signatures.answer_headers(path, now, body))
        return response

    def _fail(self, fault: Fault, call: Call) -> Response:
        """Answer a call that has no effect."""
        if fault.name == "timeout":
            hold(request.environ)
        if fault.name in ("timeout", "reset"):
            hang_up(request.environ)
            return Response(status=503)
        if fault.name.startswith("http-"):
            return Response("Out of order.\n", int(fault.name.removeprefix("http-")))
        if fault.name == "garbage":
            return Response("<html>Down for maintenance</html>", mimetype="text/html")
        code = fault.code or "UNKNOWN_EXCEPTION"
        answer = {"result": result(code, fault.status or "U")}
        return self._write(call, answer, path_of(request.environ["RAW_URI"]))

    def _corrupt(self, response: Response, fault: Fault) -> Response:
        """Corrupt the answer to a call that took effect."""
        if fault.name == "lost-answer":
            hang_up(request.environ)
        elif fault.name == "truncated":
            response.set_data(response.get_data()[: len(response.get_data()) // 2])
        elif fault.name == "slow":
            self._slow_down(response, fault.seconds)
        elif fault.name == "unsigned":
            for name in ("signature", "response-time", "client-id"):
                response.headers.pop(name, None)
        elif fault.name == "half-signed":
            response.headers.pop("response-time", None)
        elif "signature" in response.headers:
            response.headers["signature"] = corrupt(response.headers["signature"])
        return response

    def _slow_down(self, response: Response, seconds: float) -> None:
        """Spread an answer over a time; without a connection, wind the clock."""
        if has_connection(request.environ):
            response.response = _drip(response.get_data(), seconds)
        else:
            self._clock.offset += timedelta(seconds=seconds)


def _drip(data: bytes, seconds: float) -> Iterator[bytes]:
    """Yield data byte by byte, spread over a time."""
    start = monotonic()
    for index in range(len(data)):
        sleep(max(0.0, start + seconds * index / len(data) - monotonic()))
        yield data[index : index + 1]


def _why_not_http() -> tuple[str, str, str] | None:
    """Return the error of a wrong verb or media type (Antom: API overview)."""
    if request.method != "POST":
        return "METHOD_NOT_SUPPORTED", "F", "The API takes POST only."
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.content_type and (request.mimetype, charset) != _JSON:
        message = "Content-Type must be application/json; charset=UTF-8."
        return "MEDIA_TYPE_NOT_ACCEPTABLE", "F", message
    return None


def _is_time(text: str) -> bool:
    try:
        parse_time(text)
    except ValueError:
        return False
    return True


def _is_known(path: str) -> bool:
    prefix, _, _ = path.partition("?")[0].rpartition("/")
    return f"{prefix}/" in (PRODUCTION, SANDBOX)


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _request_id(request: dict[str, Any]) -> str | None:
    """Return the merchant's id of the capture, the refund or the payment."""
    ids = (request.get(f"{kind}RequestId") for kind in ("capture", "refund", "payment"))
    return next((value for value in ids if isinstance(value, str)), None)
