"""``flask antom check --online``: Antom is asked, and our own address is called."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.serving import make_server

from flask_antom.clock import SYSTEM_CLOCK, SystemClock
from flask_antom.gateway.http import HttpClient, Reply, Unreachable
from flask_antom.simulator import Simulator
from tests.integration.checks.hosts import Host, check, invoke, open_host
from tests.integration.checks.test_blockers import login_page
from tests.support.clocks import Stopwatch
from tests.support.keys import OTHER_PUBLIC_KEY
from tests.support.offline import failed, signed_reply
from tests.support.processes import free_port

Send = Callable[[str, Mapping[str, str], bytes, float], Reply]

UNKNOWN = {"result": failed("ORDER_NOT_EXIST")}


def refuse(
    code: str, headers: Mapping[str, str] | None = None, *, signed: bool = False
) -> Send:
    """Return what answers each call with a refusal."""

    def send(
        url: str, their_headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        assert url.endswith("/inquiryPayment")
        answer = {"result": failed(code)}
        if signed:
            return signed_reply(url, answer)
        return Reply(200, headers or {}, json.dumps(answer).encode())

    return send


@contextmanager
def serving(host: Host) -> Iterator[None]:
    """Serve a host at its public URL."""
    port = urlsplit(host.app.config["ANTOM_PUBLIC_URL"]).port
    server = make_server("127.0.0.1", port or 0, host.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def local_settings() -> dict[str, Any]:
    """Return settings of a shop at a free port of this machine."""
    return {
        "ANTOM_GATEWAY_URL": "http://127.0.0.1:9",
        "ANTOM_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "ANTOM_TIMEOUT": 5,
    }


@contextmanager
def served(
    send: Send, clock: SystemClock = SYSTEM_CLOCK, **settings: Any
) -> Iterator[Host]:
    """Open a host in the sandbox, which is served on loopback."""
    own = local_settings() | settings
    with open_host(own, send=send, clock=clock) as host, serving(host):
        yield host


ONLINE = ("--online",)


def test_an_account_that_antom_knows_is_well() -> None:
    with served(refuse("ORDER_NOT_EXIST", signed=True)) as host:
        result = invoke(host.app, "--online", "--strict")
    assert (result.exit_code, result.stderr) == (0, "")
    assert (
        "Antom:         knows the account, and its keys and ours fit" in result.stdout
    )
    assert "From outside:  the address for notifications is reached" in result.stdout


def test_the_simulator_knows_its_shop(simulator: Simulator, gateway: Any) -> None:
    settings = local_settings() | {"ANTOM_GATEWAY_URL": gateway.url}
    settings["ANTOM_PUBLIC_KEY"] = simulator.public_key
    with open_host(settings, send=HttpClient().send) as host, serving(host):
        assert check(host.app, ["--online", "--strict"]) == {}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("INVALID_SIGNATURE", "online.our_key"),
        ("KEY_NOT_FOUND", "online.our_key"),
        ("INVALID_CLIENT", "online.client_id"),
        ("INVALID_API", "online.client_id"),
        ("ACCESS_DENIED", "online.refused"),
        ("ORDER_NOT_EXIST", "online.refused"),
    ],
)
def test_a_refusal_is_explained(code: str, name: str) -> None:
    with served(refuse(code)) as host:
        found = check(host.app, ONLINE)
    assert [*found] == [name]
    assert code in found[name]["what"]


def test_another_key_of_antoms_is_named() -> None:
    send = refuse("ORDER_NOT_EXIST", signed=True)
    with served(send, ANTOM_PUBLIC_KEY=OTHER_PUBLIC_KEY) as host:
        assert [*check(host.app, ONLINE)] == ["online.antoms_key"]


def silence(url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Reply:
    raise Unreachable("ConnectTimeout")


def test_a_gateway_that_does_not_answer_is_named() -> None:
    with served(silence) as host:
        found = check(host.app, ONLINE)
    assert [*found] == ["online.no_answer"]
    assert "ConnectTimeout" in found["online.no_answer"]["what"]


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_that_is_wrong_is_named(hours: int) -> None:
    clock = Stopwatch()
    clock.wind(timedelta(hours=hours))
    send = refuse("ORDER_NOT_EXIST", signed=True)
    with served(send, clock=clock) as host:
        found = check(host.app, ONLINE)
    assert [*found] == ["online.clock"]
    word = "behind" if hours < 0 else "ahead of"
    assert f"seconds {word} Antom's." in found["online.clock"]["what"]


@pytest.mark.parametrize(
    "header",
    [
        {"Date": format_datetime(datetime(2020, 1, 1, tzinfo=UTC))},
        {"response-time": "1577836800000"},
        {"response-time": "2020-01-01T08:00:00+08:00", "date": "nonsense"},
    ],
)
def test_the_time_is_read_from_each_header(header: dict[str, str]) -> None:
    with served(refuse("ACCESS_DENIED", header)) as host:
        found = check(host.app, ONLINE)
    assert "ahead of Antom's" in found["online.clock"]["what"]


def test_an_answer_without_a_time_is_no_finding() -> None:
    with served(refuse("ACCESS_DENIED", {"date": "nonsense"})) as host:
        assert [*check(host.app, ONLINE)] == ["online.refused"]


def test_an_address_that_nobody_serves_is_named() -> None:
    settings = local_settings()
    send = refuse("ORDER_NOT_EXIST", signed=True)
    with open_host(settings, send=send) as host:
        found = check(host.app, ONLINE)
    assert [*found] == ["online.notify_unreachable"]
    notify_url = f"{settings['ANTOM_PUBLIC_URL']}/antom/notify"
    assert notify_url in found["online.notify_unreachable"]["what"]


def test_a_blocker_is_named_from_outside_too() -> None:
    with served(refuse("ORDER_NOT_EXIST", signed=True)) as host:
        login_page(host.app, False)
        found = check(host.app, ONLINE)
    assert "notify.login" in found
