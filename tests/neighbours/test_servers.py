"""The documented servers, alone and behind the documented proxies.

Antom's notifications arrive, buyers can pay, and the shop knows where it is and who
asks. What is seen is kept for the table in docs/deployment.md.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from flask_antom import Money
from flask_antom.simulator import Simulator
from tests.neighbours.proxies import NGINX_BY_UWSGI, PREFIX, PROXIES, Place, run_proxy
from tests.neighbours.servers import (
    BY_UWSGI,
    INPUT_TERMINATED,
    SERVERS,
    run_server,
)
from tests.neighbours.tables import ALONE, COLUMNS, record
from tests.neighbours.visits import VISITOR, Answer, Door
from tests.support.keys import ANTOM_PRIVATE_KEY, MERCHANT_PUBLIC_KEY
from tests.support.processes import Program
from tests.support.shop import make_shop, shop_settings

PUBLIC_URL = "https://example.com" + PREFIX
NOTIFY = "/antom/notify"
PRICE = Money(4200, "MYR")

#: Each server with each proxy; of uWSGI's two protocols, one is nginx's alone.
PAIRS = [
    *itertools.product((name for name in SERVERS if name != BY_UWSGI), COLUMNS),
    (BY_UWSGI, "nginx"),
]


@dataclass
class Visited:
    """A shop on a server, and where its buyers come in."""

    server: str
    proxy: str
    program: Program
    door: Door
    simulator: Simulator
    addresses: Path
    _orders: Iterator[int] = field(default_factory=itertools.count)

    def pay(self, *, chunked: bool = False) -> Answer:
        """Ask for a session as the checkout script does, for a new order."""
        reference = f"A-{self.server}-{self.proxy}-{next(self._orders)}"
        reference = re.sub(r"[^\w-]", "", reference)
        wanted = {"orderReference": reference, "paymentMethodType": "GCASH"}
        headers = {"Content-Type": "application/json"}
        body = json.dumps(wanted).encode()
        return self.door.post("/antom/session", body, headers, chunked=chunked)

    def notify(self, request_id: str, *, chunked: bool) -> Answer:
        """Send a signed notification that a payment was paid."""
        self.simulator.approve(request_id)
        fields = {
            "notifyType": "PAYMENT_RESULT",
            "result": {"resultCode": "SUCCESS", "resultStatus": "S"},
            "paymentRequestId": request_id,
            "paymentId": self.simulator.accounts()[request_id].payment_id,
            "paymentAmount": {"value": str(PRICE.value), "currency": PRICE.currency},
            "paymentTime": "2026-11-23T10:00:00+08:00",
        }
        body = json.dumps(fields).encode()
        headers = self.simulator.signed_notification(body, PREFIX + NOTIFY)
        return self.door.post(NOTIFY, body, headers, chunked=chunked)

    def works(self, what: str, value: str = "yes") -> None:
        """Keep for the table what was seen."""
        record("servers", (self.server, self.proxy), what, value)

    def status(self, session: Any) -> Any:
        return self.door.get(path_of(session["statusUrl"])).body


def path_of(url: str) -> str:
    """Return the path of one of the shop's public URLs below its prefix."""
    assert url.startswith(f"{PUBLIC_URL}/antom/")
    return urlsplit(url).path.removeprefix(PREFIX)


def static_files(page: Answer) -> list[str]:
    """Return the URLs of our files in a page."""
    return re.findall(r'(?:src|href)="([^"]*/antom/static/[^"]+)"', page.body)


class Stage:
    """Runs one server at a time, as long as the tests ask for the same one."""

    def __init__(self, make_directory: Callable[[str], Path]) -> None:
        self._make_directory = make_directory
        self._stack = ExitStack()
        self._name = ""
        self._shown: tuple[Program, int, Simulator, Path] | None = None

    def show(self, name: str) -> tuple[Program, int, Simulator, Path]:
        if name != self._name or self._shown is None:
            self.close()
            self._shown = self._stack.enter_context(self._run(name))
            self._name = name
        return self._shown

    def close(self) -> None:
        self._stack.close()
        self._shown = None

    @contextmanager
    def _run(self, name: str) -> Iterator[tuple[Program, int, Simulator, Path]]:
        directory = self._make_directory("server")
        addresses = directory / "addresses"
        simulator = Simulator(MERCHANT_PUBLIC_KEY, private_key=ANTOM_PRIVATE_KEY)
        simulator.faults.notifications("drop", times=9999)
        with simulator.serve() as gateway:
            settings = shop_settings(simulator.public_key, gateway.url) | {
                "SQLALCHEMY_DATABASE_URI": f"sqlite:///{directory}/shop.sqlite",
                "ANTOM_PUBLIC_URL": PUBLIC_URL,
            }
            make_shop(settings).close()  # workers must not make the tables at once
            middleware = [] if name == BY_UWSGI else ["ProxyFix"]
            if name in INPUT_TERMINATED:
                middleware.append("InputTerminated")
            environment = {
                "SHOP_SETTINGS": json.dumps(settings),
                "SHOP_ADDRESSES": str(addresses),
                "SHOP_MIDDLEWARE": " ".join(middleware),
            }
            with run_server(name, environment, directory) as (program, port):
                yield program, port, simulator, addresses


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp)
    yield stage
    stage.close()


@pytest.fixture(scope="module", params=PAIRS, ids="/".join)
def visited(
    request: pytest.FixtureRequest,
    stage: Stage,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Visited]:
    """A server, alone or behind a proxy."""
    server, proxy = request.param
    program, port, simulator, addresses = stage.show(server)
    if proxy == ALONE:
        door = Door(port)
        yield Visited(server, proxy, program, door, simulator, addresses)
        return
    write: Callable[[Place], list[str]] = PROXIES[proxy]
    if server == BY_UWSGI:
        write = NGINX_BY_UWSGI
    directory = tmp_path_factory.mktemp("proxy")
    with run_proxy(write, port, directory) as door:
        yield Visited(server, proxy, program, door, simulator, addresses)


def test_a_buyer_pays_and_antoms_notification_arrives(visited: Visited) -> None:
    session = visited.pay()
    assert session.status == 201, session.body
    answer = visited.notify(session.body["paymentRequestId"], chunked=False)
    assert (answer.status, answer.body["result"]["resultStatus"]) == (200, "S")
    assert visited.status(session.body) == {"status": "succeeded", "final": True}
    visited.works("payment")


def test_antom_is_told_the_buyers_address(visited: Visited) -> None:
    assert visited.pay().status == 201
    assert visited.addresses.read_text().splitlines()[-1] == VISITOR
    visited.works("address")


def test_the_result_page_works_where_the_shop_is(visited: Visited) -> None:
    session = visited.pay()
    visited.notify(session.body["paymentRequestId"], chunked=False)
    page = visited.door.get(path_of(session.body["resultUrl"]))
    assert page.status == 200
    assert "Payment received" in page.body
    assert page.headers["Referrer-Policy"] == "no-referrer"
    files = static_files(page)
    assert files
    for file in files:
        assert file.startswith(f"{visited.door.prefix}/antom/static/")
        below = file.removeprefix(visited.door.prefix)
        assert visited.door.get(below).status == 200
    visited.works("result")


def test_answers_without_a_body_arrive(visited: Visited) -> None:
    """Flask gives a server no piece of a body for them, not even an empty one."""
    page = visited.door.get(path_of(visited.pay().body["resultUrl"]))
    file = static_files(page)[0].removeprefix(visited.door.prefix)
    whole = visited.door.get(file)
    known = {"If-None-Match": whole.headers["ETag"]}
    assert visited.door.get(file, known).status == 304
    head = visited.door.head(file)
    assert (head.status, head.body) == (200, "")
    visited.works("no body")


def test_a_view_knows_where_it_is_and_who_asks(visited: Visited) -> None:
    is_alone = visited.proxy == ALONE
    root = "http://example.com/" if is_alone else f"{PUBLIC_URL}/"
    answer = visited.door.get("/where")
    assert answer.body == {"root": root, "address": VISITOR}
    visited.works("view")


def test_a_notification_in_chunks_is_read_or_said_to_be_lost(visited: Visited) -> None:
    """A body is read, or whoever loses it says so; it is never a wrong signature."""
    session = visited.pay()
    request_id = session.body["paymentRequestId"]
    answer = visited.notify(request_id, chunked=True)
    if answer.status == 200:
        assert answer.body["result"]["resultStatus"] == "S"
        visited.works("chunks", "read")
        return
    assert (answer.status, answer.body["code"]) == (411, "body")
    visited.program.says("Refused a notification")
    visited.works("chunks", "411")


def test_a_checkout_in_chunks_is_read_or_said_to_be_lost(visited: Visited) -> None:
    answer = visited.pay(chunked=True)
    if answer.status != 201:
        assert (answer.status, answer.body["code"]) == (411, "invalid_request")
