"""Signed calls to Antom: time-outs, repeats, and the signature of the answer.

A call has one of three outcomes (Antom: idempotency): a signed success ``S``, a refusal
``F``, or unknown. It is unknown after a time-out, a reset, an HTTP status other than
200, an answer that cannot be read, a bad signature or ``U``. Then the call is repeated
with the same bytes, so with the same request id, until the deadline. After that,
:class:`~flask_antom.errors.OutcomeUnknown` is raised, which is not a refusal.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from ..checkpoints import passed
from ..clock import SYSTEM_CLOCK, SystemClock
from ..errors import GatewayError, OutcomeUnknown, Refused
from ..log_lines import Log, about
from ..measures import Measures
from ..opaque import Opaque, reveal
from ..rate_limit import RateLimit
from . import signing
from .answers import WRONG_KEY, is_signed, read_answer
from .http import HttpClient, Reply, Unreachable
from .keys import Keyring
from .shared_timeout import shared_timeout

log: Log = Log(__name__)

#: Result codes of status ``U`` that mean "accepted, the result will follow". To repeat
#: the call does not help (Antom: refund, capture, pay).
IN_PROCESS = frozenset(
    {"PAYMENT_IN_PROCESS", "REFUND_IN_PROCESS", "CAPTURE_IN_PROCESS"}
)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

#: Antom's refusals of our signature (Antom: INVALID_SIGNATURE, KEY_NOT_FOUND). While we
#: change our key, another one may be right.
_WRONG_SIGNATURE = frozenset(
    {"INVALID_SIGNATURE", "SIGNATURE_INVALID", "SIGN_VERIFY_FAILURE", "KEY_NOT_FOUND"}
)

#: Each process logs so many answers a minute that none of Antom's keys signed.
_LOGGED_MISMATCHES = 3

#: The ids in a request, by their names in a line of the log.
_IDS: Mapping[str, str] = {
    "payment": "paymentRequestId",
    "payment_id": "paymentId",
    "refund": "refundRequestId",
}

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
    :param measures: is told of each call.
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
        measures: Measures | None = None,
    ) -> None:
        self._measures = measures or Measures(clock)
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
        ids = {name: payload.get(field) for name, field in _IDS.items()}
        with (
            about(**ids),
            self._measures.work("call", operation=operation) as work,
        ):
            work.about(**ids)
            try:
                answer = self._post_in_time(account, operation, payload, repeat)
            except GatewayError as error:
                is_refused = isinstance(error, Refused)
                work.note(result="refused" if is_refused else "unknown")
                log.debug("Antom %s: %s", operation, error, operation=operation)
                raise
            work.note(result="success")
            log.debug("Antom %s: success", operation, operation=operation)
            return answer

    def _post_in_time(
        self,
        account: Account,
        operation: str,
        payload: Mapping[str, Any],
        repeat: bool,
    ) -> dict[str, Any]:
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
                log.warning(
                    "Antom %s: %s. It is signed again with our key of version %s.",
                    operation,
                    error.result_code,
                    account.keyring.version,
                    operation=operation,
                )
                tried.add(account.keyring.version)
            except OutcomeUnknown as error:
                if str(error) != WRONG_KEY or self._mismatches.allows():
                    log.warning("Antom %s: %s", operation, error, operation=operation)
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
        signed = is_signed(account, operation, path, reply)
        return read_answer(operation, reply.body, signed=signed)

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
