"""Signed calls to Antom: time-outs, repeats, and the signature of the answer.

A call has one of three outcomes (Antom: idempotency): a signed success ``S``, a refusal
``F``, or unknown. It is unknown after a time-out, a reset, an HTTP status other than
200, an answer that cannot be read, a bad signature or ``U``. Then the call is repeated
with the same bytes, so with the same request id, until the deadline. After that,
:class:`~flask_antom.errors.OutcomeUnknown` is raised, which is not a refusal.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Mapping
from typing import Any

from requests.structures import CaseInsensitiveDict

from ..checkpoints import passed
from ..clock import SYSTEM_CLOCK, SystemClock
from ..errors import OutcomeUnknown, Refused, SignatureError
from ..opaque import Opaque, reveal
from ..rate_limit import RateLimit
from . import signing
from .http import HttpClient, Reply, Unreachable
from .keys import Keyring
from .shared_timeout import shared_timeout

logger: logging.Logger = logging.getLogger(__name__)

#: Result codes of status ``U`` that mean "accepted, the result will follow". To repeat
#: the call does not help (Antom: refund, capture, pay).
IN_PROCESS = frozenset(
    {"PAYMENT_IN_PROCESS", "REFUND_IN_PROCESS", "CAPTURE_IN_PROCESS"}
)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_WRONG_KEY = (
    "the answer: No key of Antom's made this signature. If it is so with each call,"
    " ANTOM_PUBLIC_KEY is not Antom's key of this account"
)

#: Antom's refusals of our signature (Antom: INVALID_SIGNATURE, KEY_NOT_FOUND). While we
#: change our key, another one may be right.
_WRONG_SIGNATURE = frozenset(
    {"INVALID_SIGNATURE", "SIGNATURE_INVALID", "SIGN_VERIFY_FAILURE", "KEY_NOT_FOUND"}
)

#: Each process logs so many answers a minute that none of Antom's keys signed.
_LOGGED_MISMATCHES = 3

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0

#: Sends one request: takes URL, headers, body and seconds, and returns a ``Reply`` or
#: raises ``Unreachable``. Tests pass their own.
Send = Callable[[str, Mapping[str, str], bytes, float], Reply]


class Account:
    """A merchant's account at Antom.

    :ivar client_id: the id that is signed and sent.
    :ivar keyring: the merchant's keys and Antom's keys.
    :ivar agent_token: the value of the header ``Agent-Token``, if it is sent.
    :ivar sandbox: whether calls go to Antom's sandbox.
    """

    __slots__ = ("agent_token", "client_id", "keyring", "sandbox")

    def __init__(
        self,
        client_id: str,
        keyring: Keyring,
        agent_token: Opaque[str] | str | None = None,
        sandbox: bool = False,
    ) -> None:
        self.client_id: str = client_id
        self.keyring: Keyring = keyring
        self.agent_token: Opaque[str] | str | None = agent_token
        self.sandbox: bool = sandbox

    def __repr__(self) -> str:
        return f"<Account {self.client_id}>"


class Transport:
    """Signed calls to one gateway, each for an account.

    :param gateway_url: scheme and host.
    :param timeout: seconds that a call may take, including its repeats.
    :ivar send: sends one request; by default over the network.
    :ivar clock: the clock for the times of calls and for the pauses.
    """

    def __init__(
        self,
        gateway_url: str,
        timeout: float,
        *,
        send: Send | None = None,
        clock: SystemClock = SYSTEM_CLOCK,
    ) -> None:
        self._gateway_url = gateway_url
        self._timeout = timeout
        self.send: Send = send or HttpClient().send
        self.clock = clock
        self._mismatches = RateLimit(_LOGGED_MISMATCHES, clock.monotonic)

    def post(
        self,
        account: Account,
        operation: str,
        payload: Mapping[str, Any],
        *,
        repeat: bool = True,
    ) -> dict[str, Any]:
        """Call ``/v1/payments/<operation>``, and return the signed answer of status S.

        :param account: the account that signs the call.
        :param payload: Antom's fields. All repeats send the same bytes.
        :param repeat: whether to repeat a call with an unknown outcome.
        :raises Refused: for result status ``F``.
        :raises OutcomeUnknown: if there is no clear answer.
        """
        started, wait = self.clock.monotonic(), shared_timeout.get()
        if wait is None:
            deadline = started + self._timeout
            return self._post(account, operation, payload, deadline, repeat)
        if wait.left <= 0:
            raise OutcomeUnknown(operation, "not called, because the time is over")
        try:
            deadline = started + wait.left
            return self._post(account, operation, payload, deadline, repeat)
        finally:
            wait.left -= self.clock.monotonic() - started

    def _post(
        self,
        account: Account,
        operation: str,
        payload: Mapping[str, Any],
        deadline: float,
        repeat: bool,
    ) -> dict[str, Any]:
        path = _path(account, operation)
        body = _encode(payload).encode()
        pause, tried = _FIRST_PAUSE, {account.keyring.version}
        while True:
            try:
                return self._post_once(account, operation, path, body, deadline)
            except Refused as error:
                if error.result_code not in _WRONG_SIGNATURE:
                    raise
                if not account.keyring.turn(tried):
                    raise
                logger.warning(
                    "Antom %s: %s. It is signed again with our key of version %s.",
                    operation,
                    error.result_code,
                    account.keyring.version,
                )
                tried.add(account.keyring.version)
            except OutcomeUnknown as error:
                if str(error) != _WRONG_KEY or self._mismatches.allows():
                    logger.warning("Antom %s: %s", operation, error)
                wait = pause * random.uniform(0.5, 1.0)  # noqa: S311
                out_of_time = self.clock.monotonic() + wait >= deadline
                if not repeat or out_of_time or error.result_code in IN_PROCESS:
                    raise
                self.clock.sleep(wait)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _post_once(
        self, account: Account, operation: str, path: str, body: bytes, deadline: float
    ) -> dict[str, Any]:
        headers = self._headers(account, path, body)
        seconds = max(deadline - self.clock.monotonic(), 0.001)
        passed(f"before call {operation}")
        try:
            reply = self.send(self._gateway_url + path, headers, body, seconds)
        except Unreachable as error:
            raise OutcomeUnknown(operation, f"no answer: {error}") from None
        passed(f"after call {operation}")
        if reply.status != 200:
            raise OutcomeUnknown(operation, f"HTTP status {reply.status}")
        signed = _is_signed(account, operation, path, reply)
        return _read(operation, reply.body, signed=signed)

    def _headers(self, account: Account, path: str, body: bytes) -> dict[str, str]:
        request_time = str(int(self.clock.now().timestamp() * 1000))
        version = account.keyring.version
        key = account.keyring.private_key_of(version)
        signature = signing.sign(key, path, account.client_id, request_time, body)
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "Client-Id": account.client_id,
            "Request-Time": request_time,
            "Signature": signing.format_header(signature, version),
        }
        if account.agent_token is not None:
            headers["Agent-Token"] = reveal(account.agent_token)
        return headers


def _path(account: Account, operation: str) -> str:
    sandbox = "/sandbox" if account.sandbox else ""
    return f"/ams{sandbox}/api/v1/payments/{operation}"


def _is_signed(account: Account, operation: str, path: str, reply: Reply) -> bool:
    """Whether Antom signed the answer.

    :raises OutcomeUnknown: if the signature is incomplete or wrong.
    """
    headers = reply.headers
    if not isinstance(headers, CaseInsensitiveDict):
        headers = CaseInsensitiveDict(headers)
    signature = headers.get("signature")
    response_time = headers.get("response-time")
    if not signature and not response_time:
        return False
    client_id = account.client_id
    named = headers.get("client-id", client_id)
    if not signature or not response_time or named != client_id:
        raise OutcomeUnknown(operation, "the answer's signature is incomplete")
    keys = account.keyring.public_keys
    try:
        signing.verify(keys, signature, path, client_id, response_time, reply.body)
    except SignatureError as error:
        if error.reason == "mismatch":
            raise OutcomeUnknown(operation, _WRONG_KEY) from None
        raise OutcomeUnknown(operation, f"the answer: {error}") from None
    return True


def _read(operation: str, body: bytes, *, signed: bool) -> dict[str, Any]:
    """Parse an answer, and return it if its status is ``S``.

    :raises Refused: for status ``F``.
    :raises OutcomeUnknown: for anything else.
    """
    try:
        answer = json.loads(body)
        result = answer["result"]
        status, code = result["resultStatus"], result["resultCode"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise OutcomeUnknown(operation, "the answer is not Antom's JSON") from None
    if not isinstance(code, str) or not code or not code.isprintable():
        code = "UNKNOWN_EXCEPTION"
    code = code[:64]
    if status == "F":
        raise Refused(operation, f"{operation}: {code}", code, signed=signed)
    if status != "S":
        raise OutcomeUnknown(operation, f"result {code}", code)
    if not signed:
        raise OutcomeUnknown(operation, "a success that is not signed")
    fields: dict[str, Any] = answer
    return fields
