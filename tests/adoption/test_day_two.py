"""The tasks of the days after the installation, each as the page prints it.

Ids and times differ from run to run. All else of the output has to be the page's.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flask_antom.config import Config
from flask_antom.signals import payment_succeeded
from tests.adoption.running import RunningShop, is_printed, running_shop
from tests.adoption.walk import PAGE
from tests.support.keys import ANTOM_PUBLIC_KEY

#: A task: its heading, and all that is printed below it.
_TASK = re.compile(r"^### (.+?)\n(.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
_RUN = re.compile(r"^```\n\$ (.+?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

TASKS: dict[str, str] = dict(_TASK.findall(PAGE.read_text().partition("## Day two")[2]))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RunningShop]:
    with running_shop(tmp_path) as shop:
        yield shop


def runs(task: str) -> list[tuple[str, str]]:
    """Return the commands that the page prints for a task, with their output."""
    return _RUN.findall(TASKS[task])


def do(shop: RunningShop, command: str, printed: str) -> int:
    """Run a printed command, and compare its output; return its exit code."""
    code, said = shop.run(command)
    assert is_printed(printed, said), said
    return code


@contextmanager
def failing() -> Iterator[None]:
    """Connect a second receiver that fails, as a mail server does at night."""

    def send_mail(app: Any, **extra: Any) -> None:
        raise RuntimeError("The mail server does not answer")

    with payment_succeeded.connected_to(send_mail):
        yield


def test_each_task_is_tested() -> None:
    source = Path(__file__).read_text()
    assert len(TASKS) == 9
    for name in TASKS:
        assert f'("{name}")' in source or f'["{name}"]' in source, name
        assert runs(name) or "browser" in TASKS[name], name


def test_a_buyer_has_paid_and_the_shop_does_not_know(shop: RunningShop) -> None:
    shop.kit.faults.lose_notification()
    shop.kit.pay("B-1")
    assert shop.paid() == 0
    show, sync = runs("A buyer says that they have paid")
    assert do(shop, *show) == do(shop, *sync) == 0
    assert shop.paid() == Decimal("42.00")


def test_a_receiver_failed_at_night(shop: RunningShop) -> None:
    with failing(), pytest.raises(RuntimeError):
        shop.kit.pay("B-1")
    assert shop.paid() == 0
    events, redeliver = runs("A receiver failed at night")
    assert do(shop, *events) == do(shop, *redeliver) == 0
    assert shop.paid() == Decimal("42.00")


def test_an_event_is_told_again(shop: RunningShop) -> None:
    shop.kit.pay("B-1")
    with shop.app.app_context():
        shop.models.Order.find("B-1").paid = Decimal(0)
        shop.db.session.commit()
    ((refused, printed), again) = runs("A receiver did the wrong thing: replay")
    assert do(shop, refused, printed) == 1
    assert do(shop, *again) == 0
    assert shop.paid() == Decimal("42.00")


def test_what_was_paid_today(shop: RunningShop) -> None:
    shop.kit.pay("B-1")
    ((command, printed),) = runs("Today's payments")
    assert do(shop, command, printed) == 0


def test_a_refund_by_hand(shop: RunningShop) -> None:
    shop.kit.pay("B-1")
    ((command, printed),) = runs("A refund by hand")
    assert do(shop, command, printed) == 0
    assert shop.paid() == Decimal("30.00")
    assert shop.run(command)[0] == 0
    assert shop.paid() == Decimal("30.00"), "one key, one refund"


def test_production_is_checked(shop: RunningShop) -> None:
    ((command, printed),) = runs("Is production set up right?")
    assert do(shop, command, printed) == 1


def test_it_is_seen_that_notifications_have_stopped(shop: RunningShop) -> None:
    for _ in range(9):  # Antom repeats it
        shop.kit.faults.lose_notification()
    shop.kit.pay("B-1")
    shop.run("flask --app shop antom sync B-1")
    shop.kit.clock.advance(minutes=6, sweep=False)
    ((command, printed),) = runs("Notifications have stopped")
    assert do(shop, command, printed) == 1


def test_the_key_is_changed(shop: RunningShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The calls of such a shop are in ``test_key_rotation.py``."""
    monkeypatch.chdir(shop.directory)
    init = "flask --app shop antom init --no-input --client-id SANDBOX_5Y0000000001"
    url = "https://shop.example.com"
    key = f"--antom-key {ANTOM_PUBLIC_KEY} --public-url {url}"
    assert shop.run(f"{init} {key}")[0] == 0
    ((command, printed),) = runs("Change your key")
    assert do(shop, command, printed) == 0
    file = shop.directory / "instance" / "antom.cfg"
    (block,) = re.findall(r"```python\n(.+?)```", TASKS["Change your key"], re.DOTALL)
    (line,) = re.findall(r"^ANTOM_PRIVATE_KEY_FILE.+\n", file.read_text(), re.M)
    file.write_text(file.read_text().replace(line, block))
    changed = Config.from_mapping(shop.start_again().config)
    assert changed.keyring.versions == ("1", "2")
    keys = [changed.keyring.private_key_of(version) for version in "12"]
    assert len({key.public_key().public_numbers() for key in keys}) == 2
    only = re.sub(r"^ +\"1\".+\n", "", file.read_text(), flags=re.M)
    file.write_text(only)
    assert Config.from_mapping(shop.start_again().config).keyring.version == "2"


def test_the_support_team_has_a_page(shop: RunningShop) -> None:
    task = TASKS["A page for the support team"]
    support = importlib.import_module("shop.support")
    app = shop.start_again()
    support.admin.init_app(app)
    (path,) = re.findall(r"Open `(/.+?)` in a browser", task)
    with app.app_context():
        shop.db.create_all()
    assert shop.client_of("ann", app).get(path).status_code == 404
    page = shop.client_of("cleo", app).get(path)
    assert page.status_code == 200
    assert "Payments" in page.text
