"""The checks over the network: whether Antom knows us, and can reach us.

Antom is asked about a payment that nobody knows. The right answer is a signed
``ORDER_NOT_EXIST``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from ..app_state import AppState
from ..domain.payment_states import Fact as PaymentFact
from ..errors import OutcomeUnknown, Refused
from ..gateway.client import AntomClient
from ..gateway.http import HttpClient, Reply, Unreachable
from ..gateway.responses import read_time
from ..gateway.transport import Transport
from . import blockers
from .findings import ERROR, WARNING, Fact, Finding, Mistake
from .notify import BODY, is_refusal
from .requests import Answer

#: How far Antom's clock and ours may be apart, in seconds.
FAR_APART = 60.0

_PUBLIC_HALF = "flask antom keygen --show FILE"

SILENT = Mistake(
    "online.no_answer",
    ERROR,
    "Antom was asked at {url}, and the outcome is unknown: {error}.",
    "Nobody can pay.",
    "Let this machine reach that host over HTTPS: look at the firewall, the name server"
    " and HTTPS_PROXY. If it is a simulator's, start it: flask antom simulator.",
)
OUR_KEY = Mistake(
    "online.our_key",
    ERROR,
    "Antom refused our signature ({code}).",
    "Nobody can pay.",
    f"Upload the public half of ANTOM_PRIVATE_KEY ({_PUBLIC_HALF}) in Antom's"
    " Dashboard, and set ANTOM_KEY_VERSION to the version that the Dashboard shows.",
)
CLIENT_ID = Mistake(
    "online.client_id",
    ERROR,
    "Antom does not know the client id at this gateway ({code}).",
    "Nobody can pay.",
    "Copy ANTOM_CLIENT_ID from the Dashboard, and set ANTOM_GATEWAY_URL to the host of"
    " the account's region.",
)
ANTOMS_KEY = Mistake(
    "online.antoms_key",
    ERROR,
    "None of the keys in ANTOM_PUBLIC_KEY has signed Antom's answer.",
    "No answer and no notification counts: nobody can pay.",
    "Copy Antom's public key of this account from the Dashboard. Your own is another.",
)
REFUSED = Mistake(
    "online.refused",
    ERROR,
    "Antom answered an inquiry about an unknown payment with {code}, not with a signed"
    " ORDER_NOT_EXIST.",
    "Nobody can pay, if it refuses payments like that.",
    "Look the code up in Antom's documentation, or ask Antom's support with it.",
)
CLOCK = Mistake(
    "online.clock",
    WARNING,
    "This machine's clock is {seconds} seconds {direction} Antom's.",
    "Antom may refuse requests by their time, and payments seem to end too early or"
    " too late.",
    "Let this machine take the time from the network: timedatectl set-ntp true.",
)
UNREACHABLE = Mistake(
    "online.notify_unreachable",
    ERROR,
    "A request to {url} got no answer: {error}.",
    "If Antom gets none either, no notification arrives.",
    "Start the site, and let its certificate be valid and its port be open. If only"
    " this machine cannot reach the address, check from another one.",
)
MISTAKES = (*(SILENT, OUR_KEY, CLIENT_ID, ANTOMS_KEY, REFUSED, CLOCK, UNREACHABLE),)

_OUR_KEY_CODES = {"INVALID_SIGNATURE", "SIGNATURE_INVALID", "KEY_NOT_FOUND"}
_CLIENT_CODES = {"INVALID_CLIENT", "CLIENT_INVALID", "INVALID_API", "NO_INTERFACE_DEF"}


class _Heard(NamedTuple):
    """An answer of the gateway's, and when it was asked and came."""

    reply: Reply
    before: datetime
    after: datetime


def check(state: AppState) -> Iterator[Fact | Finding]:
    """Ask Antom about an unknown payment, and post to the notify URL from outside."""
    yield from _ask_antom(state)
    yield from _post_to_us(state)


def _ask_antom(state: AppState) -> Iterator[Fact | Finding]:
    heard: list[_Heard] = []
    client = _listening_client(state, heard)
    url = state.config.gateway_url
    try:
        answer = client.inquire(
            state.account, request_id=state.ours.ids.make(), repeat=False
        )
    except Refused as refusal:
        yield _why_refused(refusal)
    except OutcomeUnknown as unknown:
        if heard and "No key of Antom's" in str(unknown):
            yield ANTOMS_KEY.found()
        else:
            yield SILENT.found(url=url, error=unknown)
    else:
        if answer.fact is PaymentFact.UNPAID:
            yield Fact("Antom", "knows the account, and its keys and ours fit")
        else:
            yield REFUSED.found(code="an answer about a payment")
    for one in heard:
        yield from _compare_clocks(one)


def _why_refused(refusal: Refused) -> Finding:
    code = refusal.result_code or "no code"
    if code == "ORDER_NOT_EXIST":
        return REFUSED.found(code=f"an unsigned {code}")
    if code in _OUR_KEY_CODES:
        return OUR_KEY.found(code=code)
    if code in _CLIENT_CODES:
        return CLIENT_ID.found(code=code)
    return REFUSED.found(code=code)


def _listening_client(state: AppState, heard: list[_Heard]) -> AntomClient:
    """Return a client that also keeps the answers as they came."""
    send, config = state.client.transport.send, state.config

    def listen(
        url: str, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        before = state.clock.now()
        reply = send(url, headers, body, seconds)
        heard.append(_Heard(reply, before, state.clock.now()))
        return reply

    transport = Transport(
        config.gateway_url, config.timeout, send=listen, clock=state.clock
    )
    return AntomClient(transport)


def _compare_clocks(heard: _Heard) -> Iterator[Finding]:
    moment = _their_time(heard.reply.headers)
    if moment is None or heard.before <= moment <= heard.after:
        return
    is_ahead = moment < heard.before
    near = heard.before if is_ahead else heard.after
    seconds = abs((moment - near).total_seconds())
    if seconds > FAR_APART:
        direction = "ahead of" if is_ahead else "behind"
        yield CLOCK.found(seconds=round(seconds), direction=direction)


def _their_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the time in an answer: the one that is signed, else the server's."""
    by_name = {name.lower(): value for name, value in headers.items()}
    signed = by_name.get("response-time", "")
    if signed.isdecimal():  # milliseconds
        return datetime.fromtimestamp(int(signed[:14]) / 1000, UTC)
    if moment := read_time(signed):
        return moment
    try:
        moment = parsedate_to_datetime(by_name.get("date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _post_to_us(state: AppState) -> Iterator[Fact | Finding]:
    url = state.config.notify_url
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    try:
        reply = HttpClient().send(url, headers, BODY, state.config.timeout)
    except Unreachable as error:
        yield UNREACHABLE.found(url=url, error=error)
        return
    by_name = {name.lower(): value for name, value in reply.headers.items()}
    answer = Answer(url, reply.status, by_name, reply.body)
    if is_refusal(answer):
        yield Fact("From outside", "the address for notifications is reached")
    else:
        yield blockers.name_blocker(answer, state.app)
