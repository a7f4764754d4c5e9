"""Buyers' journeys with Antom's own SDK: each ends at the truth and a next step.

``journeys.py`` says what buyers do, ``ends.py`` what they read then, and ``runs.py``
in which ways and on which pages. The shop, its notifications and inquiries are real,
with the simulator as the gateway.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from flask_antom.simulator import Simulator
from tests.browser import axe
from tests.browser.journeys.ends import End
from tests.browser.journeys.play import Player, moved, play
from tests.browser.journeys.runs import Run, runs
from tests.browser.journeys.stops import is_true, take_step
from tests.browser.journeys.trip import Trip


@pytest.fixture
def player(
    browser: Browser, simulator: Simulator, gateway: Any, tmp_path: Path
) -> Player:
    return Player(browser, simulator, gateway.url, tmp_path)


RUNS = [
    pytest.param(run, id=str(run), marks=[pytest.mark.whole_chromium] * run.is_kept)
    for run in runs()
]


@pytest.mark.parametrize("run", RUNS)
def test_the_buyer_reads_the_truth_and_can_go_on(player: Player, run: Run) -> None:
    def look(trip: Trip, end: End) -> None:
        is_true(trip, end)
        assert errors == []
        if end.place != "antom":
            assert (end, moved(trip.tab.page)) == (end, [])

    with player.open(run) as (trip, errors):
        play(trip, run, look)
        last = run.ends[-1]
        if run.device == "phone" and run.style == "plain":
            assert axe.violations(trip.tab.page) == []
        assert trip.shop.reports.of(trip.tab.page) == set()
        del errors[:]  # the one breach by which the reports were made complete
        take_step(trip, last)
        is_true(trip, last)
        assert errors == []
