"""The answer to any one COMMIT is lost, or the COMMIT itself: nothing else is.

A day is played once to count what is committed, and then once more for each COMMIT and
each way to lose it. After Antom's repeats and one sweep the books are Antom's, and each
receiver has written once.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.concurrency.commits.story import REFUND, SIGNALS, Story, open_story
from tests.support.commit_proxy import Fault, open_proxy
from tests.support.databases import clear, lasting_database
from tests.support.reconciliation import assert_payment_agrees, assert_refunds_agree
from tests.support.recording_shop import count_signals

pytestmark = pytest.mark.slow


@pytest.fixture(params=["postgres_url", "mariadb_url"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database on a server; it is emptied after each day."""
    url = lasting_database(request.getfixturevalue(request.param))
    yield url
    clear(url)


def play(
    url: str, number: int | None = None, fault: Fault = Fault.CUT_BEFORE
) -> tuple[Story, int]:
    """Play a day with a fault, and see that nothing is lost or doubled.

    :returns: the day, and how many times COMMIT was said.
    """
    with (
        open_proxy(url) as proxy,
        open_story(proxy.url, lambda: proxy.commits) as story,
    ):
        proxy.arm(number, fault)  # the tables are there
        story.play()
        commits, has_struck = proxy.commits, proxy.has_struck
        proxy.arm()
        assert has_struck == (number is not None)
        assert_nothing_lost_or_doubled(story)
    clear(url)
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


def test_the_proxy_counts_and_passes_on_what_is_said(url: str) -> None:
    story, commits = play(url)
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
    url: str, fault: Fault, subtests: pytest.Subtests
) -> None:
    whole, commits = play(url)
    for number in range(commits):
        with subtests.test(whole.step_of(number), number=number):
            try:
                play(url, number, fault)
            finally:
                clear(url)
