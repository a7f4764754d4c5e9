"""Whether Antom signed an answer, and which of the three outcomes it has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from requests.structures import CaseInsensitiveDict

from ..errors import OutcomeUnknown, Refused, SignatureError
from . import signing
from .http import Reply

if TYPE_CHECKING:
    from .transport import Account

#: What :class:`.OutcomeUnknown` says about an answer that another key signed.
WRONG_KEY = (
    "the answer: No key of Antom's made this signature. If it is so with each call,"
    " ANTOM_PUBLIC_KEY is not Antom's key of this account"
)


def is_signed(account: Account, operation: str, path: str, reply: Reply) -> bool:
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
            raise OutcomeUnknown(operation, WRONG_KEY) from None
        raise OutcomeUnknown(operation, f"the answer: {error}") from None
    return True


def read_answer(operation: str, body: bytes, *, signed: bool) -> dict[str, Any]:
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
