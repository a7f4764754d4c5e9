"""One HTTP request over real sockets: kept connections, time, TLS, and no surprises."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from flask_antom.gateway.http import MAX_ANSWER, HttpClient, Reply, Unreachable
from flask_antom.gateway.keys import load_private_key
from flask_antom.gateway.watchdog import Deadline, Watchdog
from tests.support.gateways import (
    Behaviour,
    Gateway,
    Link,
    Request,
    always,
    drip_body,
    drip_head,
    http,
    in_turn,
    reset,
    serving,
    silent,
)
from tests.support.keys import OTHER_PRIVATE_KEY
from tests.support.processes import free_port, run_code

#: Far more than any call here may take, for machines with other things to do.
PATIENCE = 8.0
CANARY = "canary7Zq"


def echo(link: Link, request: Request) -> bool:
    link.send(http(request.path.encode() + b" " + request.body))
    return True


def post(
    gateway: Gateway,
    http_client: HttpClient | None = None,
    path: str = "/",
    seconds: float = 5,
) -> Reply:
    headers = {"Content-Type": "application/json; charset=UTF-8", "X-Key": CANARY}
    return (http_client or HttpClient()).send(
        gateway.url + path, headers, b"body", seconds
    )


def unreachable(
    gateway: Gateway, seconds: float = 5, http_client: HttpClient | None = None
) -> str:
    """Expect no answer within a time that is bounded; gives the reason."""
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        post(gateway, seconds=seconds, http_client=http_client)
    assert time.monotonic() - started < min(seconds, 5) + PATIENCE
    assert not caught.value.__context__ or caught.value.__suppress_context__
    return str(caught.value)


# What is sent and what comes back


def test_the_bytes_go_out_as_they_are_and_come_back_as_they_are() -> None:
    body = bytes(range(256))
    answer = http(body[::-1], {"Response-Time": "now", "X-Odd": "a"}, status=202)
    with serving(always(answer)) as gateway:
        reply = HttpClient().send(f"{gateway.url}/a/b?c=d", {"Client-Id": "C"}, body, 5)

    (request,) = gateway.requests
    assert (request.path, request.body) == ("/a/b?c=d", body)
    assert request.headers["client-id"] == "C"
    assert request.headers["user-agent"].startswith("Flask-Antom/")
    assert (reply.status, reply.body) == (202, body[::-1])
    assert reply.headers["response-time"] == reply.headers["RESPONSE-TIME"] == "now"


def test_a_compressed_answer_is_unpacked() -> None:
    packed = http(gzip.compress(b"plain"), {"Content-Encoding": "gzip"})
    with serving(always(packed)) as gateway:
        assert post(gateway).body == b"plain"


def test_an_answer_in_chunks_is_put_together() -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks += b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with serving(always(chunks)) as gateway:
        assert post(gateway).body == b"abcde"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with serving(echo) as elsewhere:
        location = {"Location": f"{elsewhere.url}/stolen"}
        moved = http(b"moved", location, status)
        with serving(always(moved)) as gateway:
            reply = post(gateway)

    assert (reply.status, reply.body) == (status, b"moved")
    assert elsewhere.accepted == 0
    assert len(gateway.requests) == 1


# Connections


def test_one_connection_serves_many_calls() -> None:
    wire = HttpClient()
    with serving(echo) as gateway:
        for count in range(20):
            assert post(gateway, wire, f"/{count}").body == f"/{count} body".encode()
        assert (gateway.accepted, len(gateway.requests)) == (1, 20)


def test_every_thread_has_its_connection() -> None:
    wire, together = HttpClient(), threading.Barrier(4)
    wrong: list[str] = []

    def call(name: int) -> None:
        together.wait()
        for count in range(5):
            path = f"/{name}/{count}"
            if post(gateway, wire, path).body != f"{path} body".encode():
                wrong.append(path)
        together.wait()

    with serving(echo) as gateway:
        threads = [threading.Thread(target=call, args=[name]) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert (gateway.accepted, len(gateway.requests)) == (4, 20)


def test_no_cookie_is_kept() -> None:
    http_client = HttpClient()
    with serving(always(http(b"", {"Set-Cookie": "a=b; Path=/"}))) as gateway:
        for _ in range(2):
            post(gateway, http_client)
        assert ["cookie" in request.headers for request in gateway.requests] == [
            False,
            False,
        ]


def test_one_client_may_call_several_gateways() -> None:
    http_client = HttpClient()
    with serving(echo) as one, serving(always(http(b"another"))) as another:
        for count in range(2):
            assert post(one, http_client, f"/{count}").body == f"/{count} body".encode()
            assert post(another, http_client).body == b"another"
        assert (one.accepted, another.accepted) == (1, 1)


def test_more_urls_than_antom_has_are_called_too() -> None:
    http_client = HttpClient()
    with serving(echo) as gateway:
        for count in range(100):
            path = f"/{count}"
            assert post(gateway, http_client, path).body == f"{path} body".encode()


FORKING = """
import os, sys, threading
from flask_antom.gateway.http import HttpClient
wire, url = HttpClient(), sys.argv[1]
def call(path):
    body = wire.send(url + path, {}, b"body", 5).body
    assert body == path.encode() + b" body", body
call("/before")
for thread in threading.enumerate():  # Python warns of a fork beside a thread
    if thread is not threading.main_thread():
        thread.join()
child = os.fork()
if child == 0:
    try:
        for count in range(3):
            call(f"/child/{count}")
    except BaseException:
        os._exit(1)
    os._exit(0)
for count in range(3):
    call(f"/parent/{count}")
assert os.waitpid(child, 0)[1] == 0
call("/after")
"""


def test_a_forked_worker_has_its_own_connection() -> None:
    with serving(echo) as gateway:
        done = run_code(FORKING, gateway.url)
        assert (done.returncode, done.stderr) == (0, "")
        assert (gateway.accepted, len(gateway.requests)) == (2, 8)


def test_a_kept_connection_that_the_server_closed_is_replaced() -> None:
    def once(link: Link, request: Request) -> bool:
        echo(link, request)
        return False

    wire = HttpClient()
    with serving(once) as gateway:
        for count in range(3):
            gateway.hung_up.clear()
            assert post(gateway, wire, f"/{count}").status == 200
            assert gateway.hung_up.wait(PATIENCE)
        assert gateway.accepted == 3


def test_after_a_failure_the_next_call_works() -> None:
    def hang(link: Link, request: Request) -> bool:
        link.hang()
        return False

    wire = HttpClient()
    with serving(in_turn(hang, echo)) as gateway:
        with pytest.raises(Unreachable):
            post(gateway, wire, seconds=0.2)
        assert post(gateway, wire, "/again").body == b"/again body"
        assert gateway.accepted == 2


# Addresses


@pytest.fixture
def dead_end() -> Iterator[tuple[str, int]]:
    """An address at which nobody answers a call, not even with a refusal."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        yield full.getsockname()


def let_be_found(
    monkeypatch: pytest.MonkeyPatch, find: Callable[[], list[tuple[str, int]]]
) -> None:
    """Make the look-up of ``gateway.localhost`` return these addresses."""
    look_up = socket.getaddrinfo

    def find_or_look_up(host: str, *rest: Any) -> Any:
        if host != "gateway.localhost":
            return look_up(host, *rest)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", each) for each in find()]

    monkeypatch.setattr(socket, "getaddrinfo", find_or_look_up)


def call_by_name(seconds: float) -> Reply:
    return HttpClient().send("http://gateway.localhost/a", {}, b"body", seconds)


def test_many_addresses_of_which_none_answers_take_no_longer_than_one(
    dead_end: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    let_be_found(monkeypatch, lambda: [dead_end] * 20)
    started = time.monotonic()
    with pytest.raises(Unreachable, match="ConnectTimeout"):
        call_by_name(1)
    assert time.monotonic() - started < 1 + PATIENCE


def test_a_dead_address_leaves_time_for_a_living_one(
    dead_end: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(echo) as gateway:
        alive = ("127.0.0.1", urlsplit(gateway.url).port or 0)
        let_be_found(monkeypatch, lambda: [dead_end, alive])
        assert call_by_name(3).body == b"/a body"


def test_a_name_that_takes_its_time_to_be_found_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given_up = threading.Event()

    def find() -> list[tuple[str, int]]:
        given_up.wait(60)
        return []

    let_be_found(monkeypatch, find)
    started = time.monotonic()
    with pytest.raises(Unreachable, match="ConnectTimeout"):
        call_by_name(0.3)
    assert time.monotonic() - started < PATIENCE
    given_up.set()


def test_a_name_without_an_address_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_be_found(monkeypatch, list)
    with pytest.raises(Unreachable, match="ConnectionError"):
        call_by_name(5)
    with pytest.raises(Unreachable):
        HttpClient().send(f"http://{'a' * 64}.localhost/", {}, b"", 5)


# Answers that do not come


def drip_status(link: Link, request: Request) -> bool:
    link.drip(b"HTTP/1.1 200")
    return False


def drip_chunks(link: Link, request: Request) -> bool:
    link.drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFF\r\n{")
    return False


def reset_in_the_body(link: Link, request: Request) -> bool:
    link.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    link.reset()
    return False


def hang_up(link: Link, request: Request) -> bool:
    return False


def truncate(link: Link, request: Request) -> bool:
    link.send(http(b"{}", {"Content-Length": "3"}))
    return False


def truncate_chunks(link: Link, request: Request) -> bool:
    link.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
    return False


def speak_garbage(link: Link, request: Request) -> bool:
    link.send(b"\x16\x03\x01 no HTTP\r\n\r\n")
    return False


def wrong_chunks(link: Link, request: Request) -> bool:
    link.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n")
    return False


def wrong_gzip(link: Link, request: Request) -> bool:
    link.send(http(b"plain", {"Content-Encoding": "gzip"}))
    return False


def endless_head(link: Link, request: Request) -> bool:
    link.send(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000)
    return False


@pytest.mark.parametrize(
    "behave",
    [silent, drip_status, drip_head, drip_body, drip_chunks],
    ids=lambda behave: behave.__name__,
)
def test_a_slow_answer_is_given_up_when_the_time_is_over(behave: Behaviour) -> None:
    with serving(behave) as gateway:
        assert gateway.url not in unreachable(gateway, seconds=0.3)
        assert len(gateway.requests) == 1


class TimeIsUp(Watchdog):
    """A watchdog for which all time is over at once."""

    def watch(self, deadline: Deadline) -> None:
        deadline.expire()


def test_what_took_all_the_time_to_be_sent_is_not_waited_for() -> None:
    http_client = HttpClient(watchdog=TimeIsUp)
    with serving(silent) as gateway:
        reason = unreachable(gateway, seconds=100, http_client=http_client)
        assert reason.isidentifier()
        assert gateway.requests == []


class SlowReader(Gateway):
    """A gateway that takes a request in a little at a time."""

    def _serve(self, connection: socket.socket) -> None:
        while not self._closing.wait(0.02) and connection.recv(1024):
            pass


class EchoThenSlow(SlowReader):
    """Such a gateway, which answers the first request as others do."""

    def _serve(self, connection: socket.socket) -> None:
        head, length = b"", len(b"body")
        while b"\r\n\r\n" not in head[:-length]:
            head += connection.recv(1024)
        connection.sendall(http(b"taken in"))
        super()._serve(connection)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "new"])
@pytest.mark.usefixtures("trusted")
def test_a_gateway_that_is_slow_to_read_is_given_up(
    scheme: str, is_kept: bool, tls: Callable[[str], ssl.SSLContext]
) -> None:
    http_client = HttpClient()
    context = tls("127.0.0.1") if scheme == "https" else None
    kind = EchoThenSlow if is_kept else SlowReader
    with contextlib.closing(kind(echo, tls=context)) as gateway:
        if is_kept:
            assert post(gateway, http_client).body == b"taken in"
        started = time.monotonic()
        with pytest.raises(Unreachable):
            http_client.send(gateway.url, {}, b" " * 32 * 1024 * 1024, 0.3)
        assert time.monotonic() - started < PATIENCE
        assert gateway.accepted == 1


@pytest.mark.parametrize(
    "behave",
    [
        reset,
        reset_in_the_body,
        hang_up,
        truncate,
        truncate_chunks,
        speak_garbage,
        wrong_chunks,
        wrong_gzip,
        endless_head,
    ],
    ids=lambda behave: behave.__name__,
)
def test_a_broken_answer_is_none_and_is_not_asked_for_again(behave: Behaviour) -> None:
    with serving(behave) as gateway:
        reason = unreachable(gateway)
        assert reason.isidentifier()  # the kind of failure, without address or header
        assert len(gateway.requests) == 1


def test_a_connection_that_is_reset_at_once_is_no_answer() -> None:
    def reset_at_once(link: Link) -> bool:
        link.reset()
        return False

    with serving(echo, greet=reset_at_once) as gateway:
        assert unreachable(gateway).isidentifier()
        assert gateway.requests == []


def test_a_port_on_which_nobody_listens_is_no_answer() -> None:
    with serving(echo) as gateway:
        pass
    assert unreachable(gateway).isidentifier()


@pytest.mark.parametrize("told", [True, False], ids=["with a length", "in chunks"])
def test_an_answer_beyond_all_measure_is_not_read_to_its_end(told: bool) -> None:
    def flood(link: Link, request: Request) -> bool:
        if told:
            link.send(http(b" " * (2 * MAX_ANSWER)))
            return True
        link.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not link.closing.is_set():
            link.send(b"2000\r\n" + b" " * 0x2000 + b"\r\n")
        return False

    with serving(flood) as gateway:
        assert unreachable(gateway) == "the answer is too long"


def test_an_answer_of_the_greatest_length_is_read() -> None:
    answer = http(b" " * MAX_ANSWER)
    with serving(always(answer)) as gateway:
        assert len(post(gateway).body) == MAX_ANSWER


# The environment


@pytest.fixture
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("dead_proxy")
def test_a_gateway_on_this_machine_needs_no_proxy() -> None:
    with serving(echo) as gateway:
        assert post(gateway).status == 200


def test_a_gateway_elsewhere_is_reached_by_the_environments_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(echo) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        reply = HttpClient().send("http://gateway.example/call", {}, b"body", 5)
        assert reply.body == b"http://gateway.example/call body"


def test_a_slow_answer_by_a_proxy_is_given_up_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(drip_body) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        started = time.monotonic()
        with pytest.raises(Unreachable):
            HttpClient().send("http://gateway.example/call", {}, b"body", 0.3)
        assert time.monotonic() - started < PATIENCE


def test_no_password_is_taken_from_a_netrc_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login shop password {CANARY}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(echo) as gateway:
        post(gateway)
        assert "authorization" not in gateway.requests[0].headers


# TLS


def certificate(host: str) -> bytes:
    """Make a certificate of OTHER_PRIVATE_KEY, signed by itself."""
    key = load_private_key(OTHER_PRIVATE_KEY)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    alternative: x509.GeneralName = x509.DNSName(host)
    if host[0].isdigit():
        alternative = x509.IPAddress(ipaddress.ip_address(host))
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def tls(tmp_path: Path) -> Callable[[str], ssl.SSLContext]:
    """Makes a server's side of TLS; the certificate is in ``ca.pem``."""

    def make(host: str) -> ssl.SSLContext:
        key = load_private_key(OTHER_PRIVATE_KEY).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (tmp_path / "ca.pem").write_bytes(certificate(host))
        (tmp_path / "key.pem").write_bytes(key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
        return context

    return make


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the server's certificate by the usual variable."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tls: Callable[[str], ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with serving(echo, tls=tls("127.0.0.1")) as gateway:
        assert unreachable(gateway) == "SSLError"
        assert (gateway.accepted, gateway.requests) == (1, [])


@pytest.mark.usefixtures("trusted")
def test_a_good_certificate_is_taken_and_its_connection_kept(
    tls: Callable[[str], ssl.SSLContext],
) -> None:
    wire = HttpClient()
    with serving(echo, tls=tls("127.0.0.1")) as gateway:
        for count in range(3):
            assert post(gateway, wire, f"/{count}").body == f"/{count} body".encode()
        assert gateway.accepted == 1


@pytest.mark.usefixtures("trusted")
def test_a_good_certificate_of_another_host_is_refused(
    tls: Callable[[str], ssl.SSLContext],
) -> None:
    with serving(echo, tls=tls("gateway.example")) as gateway:
        assert unreachable(gateway) == "SSLError"
        assert gateway.requests == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("behave", [drip_head, drip_body], ids=["head", "body"])
def test_a_slow_answer_over_tls_is_given_up_too(
    behave: Behaviour, tls: Callable[[str], ssl.SSLContext]
) -> None:
    with serving(behave, tls=tls("127.0.0.1")) as gateway:
        unreachable(gateway, seconds=0.3)
        assert len(gateway.requests) == 1


@pytest.mark.usefixtures("trusted")
def test_a_slow_handshake_is_given_up_too(
    tls: Callable[[str], ssl.SSLContext],
) -> None:
    def drip_hello(link: Link) -> bool:
        link.drip(b"\x16\x03\x03\x40\x00\x02")  # a record of 16 KiB begins
        return False

    with serving(echo, tls=tls("127.0.0.1"), greet=drip_hello) as gateway:
        unreachable(gateway, seconds=0.3)
        assert (gateway.accepted, gateway.requests) == (1, [])


class ConnectProxy(Gateway):
    """A proxy that connects each caller to one address, whatever the caller names."""

    target: tuple[str, int]

    def _serve(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1024)
        self.requests.append(Request(head.split()[1].decode(), {}, b""))
        with socket.create_connection(self.target) as upstream:
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=self._pass_on, args=(upstream, connection))
            back.start()
            self._pass_on(connection, upstream)
            back.join()

    def _pass_on(self, source: socket.socket, goal: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                goal.sendall(data)
            goal.shutdown(socket.SHUT_WR)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("behave", "is_slow"), [(echo, False), (drip_body, True)])
def test_tls_goes_through_the_environments_proxy_within_the_time(
    behave: Behaviour,
    is_slow: bool,
    tls: Callable[[str], ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    proxy, http_client = ConnectProxy(echo), HttpClient()
    monkeypatch.setenv("https_proxy", proxy.url)
    with (
        serving(behave, tls=tls("gateway.example")) as gateway,
        contextlib.closing(proxy),
    ):
        proxy.target = ("127.0.0.1", urlsplit(gateway.url).port or 0)
        if is_slow:
            started = time.monotonic()
            with pytest.raises(Unreachable):
                http_client.send("https://gateway.example/", {}, b"", 0.5)
            assert time.monotonic() - started < PATIENCE
        else:
            for count in range(3):
                url = f"https://gateway.example/{count}"
                reply = http_client.send(url, {}, b"body", 5)
                assert reply.body == f"/{count} body".encode()
            assert gateway.accepted == 1
        assert [one.path for one in proxy.requests] == ["gateway.example:443"]
