"""The answer to any one COMMIT is lost, or the COMMIT itself: nothing else is.

A day is played once to count what is committed, and then once more for each COMMIT and
each way to lose it. After Antom's repeats and one sweep the books are Antom's, and each
receiver has written once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.concurrency.commits.story import REFUND, SIGNALS, Story, open_story
from tests.concurrency.host_settings import DRIVERS, NEIGHBOURS, with_driver
from tests.support.commit_proxy import Fault, open_proxy
from tests.support.databases import clear, lasting_database
from tests.support.reconciliation import assert_payment_agrees, assert_refunds_agree
from tests.support.recording_shop import count_signals

pytestmark = pytest.mark.slow


#: The drivers, by the fixture of their database's server.
TRIED = [
    (f"{name}_url", driver)
    for name, kind in (("postgres", "postgresql"), ("mariadb", "mariadb"))
    for driver in (DRIVERS[kind] if NEIGHBOURS else DRIVERS[kind][:1])
]


@dataclass(frozen=True)
class Database:
    """A database, and the driver by which the shop reaches it."""

    url: str
    driver: str


@pytest.fixture(params=TRIED, ids=lambda tried: tried[1])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database on a server; it is emptied after each day."""
    server, driver = request.param
    url = lasting_database(request.getfixturevalue(server))
    yield Database(url, driver)
    clear(url)


def play(
    database: Database, number: int | None = None, fault: Fault = Fault.CUT_BEFORE
) -> tuple[Story, int]:
    """Play a day with a fault, and see that nothing is lost or doubled.

    :returns: the day, and how many times COMMIT was said.
    """
    with (
        open_proxy(database.url) as proxy,
        open_story(
            with_driver(proxy.url, database.driver), lambda: proxy.commits
        ) as story,
    ):
        proxy.arm(number, fault)  # the tables are there
        story.play()
        commits, has_struck = proxy.commits, proxy.has_struck
        proxy.arm()
        assert has_struck == (number is not None)
        assert_nothing_lost_or_doubled(story)
    clear(database.url)
    return story, commits


def assert_nothing_lost_or_doubled(story: Story) -> None:
    shop, theirs = story.shop, story.simulator.accounts()
    ours = {row.request_id: row for row in shop.rows(shop.antom.Payment)}
    assert theirs.keys() <= ours.keys()
    for request_id, account in theirs.items():
        assert_payment_agrees(ours[request_id], account)
    assert_refunds_agree(shop, theirs)
    given_back = [
        refund.amount
        for account in theirs.values()
        for refund in account.refunds.values()
    ]
    assert given_back == [REFUND]
    assert count_signals(shop) == SIGNALS
    assert [shop.fulfilled(reference) for reference in ("A-1", "A-2", "A-3")] == [1] * 3
    assert all(row.delivered_at is not None for row in shop.rows(shop.antom.Event))
    paid = [row for row in ours.values() if row.status == "succeeded"]
    assert len(paid) == 3


def test_the_proxy_counts_and_passes_on_what_is_said(
    database: Database,
) -> None:
    story, commits = play(database)
    assert commits > 2 * sum(SIGNALS.values())
    assert [name for name, _ in story.begins] == [
        "open_sessions",
        "notify_of_the_first",
        "fail_at_the_second",
        "refund_the_first",
        "sweep",
        "finish_the_refund",
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_nothing_is_lost_or_doubled_whichever_commit_is_lost(
    database: Database, fault: Fault, subtests: pytest.Subtests
) -> None:
    whole, commits = play(database)
    for number in range(commits):
        with subtests.test(whole.step_of(number), number=number):
            try:
                play(database, number, fault)
            finally:
                clear(database.url)
