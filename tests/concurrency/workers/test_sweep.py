"""``flask antom sweep`` as a person and as a timer see it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from tests.concurrency.workers.queues import SHOP
from tests.concurrency.workers.worker_shop import WorkerShop
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

COMMAND = [
    *(sys.executable, "-m", "flask", "--app", SHOP),
    "antom",
]
SUMMARY = [
    "Payments     0",
    "Refunds      0",
    "Events       1",
    "Orphans      0",
    "Foreign      0",
    "Failed       0",
    "Given up     0",
    "Unmatched    0",
    "In review    0",
    "Unheard      0",
    "Overdue      0",
    "Nothing waits, and nothing is stuck.",
]


def sweep(worker_shop: WorkerShop, *options: str, stderr: int) -> str:
    """Run the command to its end; gives its standard output."""
    done = subprocess.run(
        [*COMMAND, "sweep", *options],
        cwd=ROOT,
        env=os.environ | worker_shop.environment,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def sweep_on_a_terminal(worker_shop: WorkerShop, *options: str) -> tuple[str, str]:
    """Return the standard output, and the standard error as a terminal showed it."""
    terminal, stderr = pty.openpty()
    try:
        output = sweep(worker_shop, *options, stderr=stderr)
        os.write(stderr, b"THE END")
        shown = b""
        while not shown.endswith(b"THE END"):
            shown += os.read(terminal, 4096)
    finally:
        os.close(stderr)
        os.close(terminal)
    return output, shown.decode().removesuffix("THE END")


def test_a_terminal_shows_a_bar_and_a_summary(worker_shop: WorkerShop) -> None:
    worker_shop.notify(worker_shop.begin())
    output, shown = sweep_on_a_terminal(worker_shop)
    assert output.splitlines() == SUMMARY
    assert "100%" in shown
    assert worker_shop.shop.fulfilled() == 1


def test_a_terminal_shows_no_bar_where_nothing_is_due(worker_shop: WorkerShop) -> None:
    output, shown = sweep_on_a_terminal(worker_shop)
    assert output.splitlines()[2] == "Events       0"
    assert shown == ""


def test_a_quiet_sweep_says_nothing_on_a_terminal(worker_shop: WorkerShop) -> None:
    worker_shop.notify(worker_shop.begin())
    assert sweep_on_a_terminal(worker_shop, "--quiet") == ("", "")
    assert worker_shop.shop.fulfilled() == 1


def test_a_log_holds_the_summary_only(worker_shop: WorkerShop) -> None:
    worker_shop.notify(worker_shop.begin())
    output = sweep(worker_shop, stderr=subprocess.STDOUT)
    assert output.splitlines() == SUMMARY
