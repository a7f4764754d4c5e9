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
from tests.browser.journeys.ends import ENDS, MODES, PLACES, End
from tests.browser.journeys.journeys import ALIKE, JOURNEYS, KEPT, RISKY
from tests.browser.journeys.play import Player, moved, play
from tests.browser.journeys.runs import PAGES, Run, runs
from tests.browser.journeys.stops import is_true, take_step
from tests.browser.journeys.trip import Trip


@pytest.fixture
def player(
    browser: Browser, simulator: Simulator, gateway: Any, tmp_path: Path
) -> Player:
    return Player(browser, simulator, gateway.url, tmp_path)


def test_each_mode_has_each_journey() -> None:
    assert set(ENDS) == set(JOURNEYS)
    assert {*RISKY, *KEPT, *ALIKE} <= set(JOURNEYS)
    quick, thorough = (list(runs(thorough=far)) for far in (False, True))
    for played in (quick, thorough):
        assert len(set(played)) == len(played)
    wanted = {(mode, name) for name, ends in ENDS.items() for mode in ends}
    assert {(run.mode, run.journey) for run in thorough} == wanted
    assert {(mode, name) for mode, name in wanted if name not in (*KEPT, *ALIKE)} <= {
        (run.mode, run.journey) for run in quick
    }
    assert {run.journey for run in quick} == set(JOURNEYS) - set(KEPT)
    assert set(quick) <= set(thorough)
    for mode, name in wanted:
        seen = {
            (r.device, r.style) for r in thorough if (r.mode, r.journey) == (mode, name)
        }
        assert name not in RISKY or seen == set(PAGES)
    for mode in MODES:
        assert {(r.device, r.style) for r in quick if r.mode == mode} == set(PAGES)
    places = {
        end.place for ends in ENDS.values() for stops in ends.values() for end in stops
    }
    assert places == set(PLACES)


def test_what_moves_by_itself_is_seen(player: Player) -> None:
    with player.open(Run("close", "pop-up", "desktop", "plain")) as (trip, _):
        tab = trip.enter()
        assert moved(tab.page) == []
        tab.page.evaluate("document.querySelector('h1').style.height = '200px'")
        assert moved(tab.page) != []


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
