"""Takes a picture of each stop of each journey, for people to read.

``python -m tests.browser.journeys.pictures DIRECTORY [PART]`` takes those whose name
has the part in it. A picture is what fits on the screen, as buyers see it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, expect, sync_playwright

from flask_antom.simulator import Simulator
from tests.browser.journeys.ends import ENDS, End
from tests.browser.journeys.journeys import JOURNEYS
from tests.browser.journeys.play import Player, play
from tests.browser.journeys.runs import DEVICES, Run
from tests.browser.journeys.trip import Trip
from tests.support.browser import whole
from tests.support.keys import ANTOM_PRIVATE_KEY, MERCHANT_PUBLIC_KEY

#: The languages of the pictures, by the locale of the buyer's browser.
LOCALES = {"en-US": "english", "de-DE": "german"}


def runs() -> Iterator[Run]:
    for journey in JOURNEYS:
        for mode in ENDS[journey]:
            for device in DEVICES:
                yield Run(journey, mode, device, "plain")


def take_pictures(browser: Browser, run: Run, locale: str, folder: Path) -> bool:
    """Play a journey and take its pictures; return whether it ended as it must."""
    simulator = Simulator(MERCHANT_PUBLIC_KEY, private_key=ANTOM_PRIVATE_KEY)
    name = f"{run.way}-{run.journey}-{run.device}-{LOCALES[locale]}"
    stops = 0

    def take(trip: Trip, end: End) -> None:
        nonlocal stops
        stops += 1
        trip.tab.page.screenshot(path=folder / f"{name}-{stops}-{end.place}.png")

    with TemporaryDirectory() as data, simulator.serve() as gateway:
        player = Player(browser, simulator, gateway.url, Path(data), locale)
        with player.open(run) as (trip, _):
            try:
                play(trip, run, take)
            except AssertionError as error:
                trip.tab.page.screenshot(path=folder / f"{name}-wrong.png")
                print(f"{name}: {error}", flush=True)
                return False
    return True


def main(arguments: list[str]) -> str | None:
    """Take the pictures; return what is wrong."""
    if not 1 <= len(arguments) <= 2:
        return "usage: python -m tests.browser.journeys.pictures DIRECTORY [PART]"
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    part = arguments[1] if len(arguments) == 2 else ""
    expect.set_options(timeout=10_000)
    wrong = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            **whole(),
            args=["--no-sandbox"],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        for locale, language in LOCALES.items():
            for run in runs():
                if part in f"{run.way}-{run.journey}-{run.device}-{language}":
                    wrong += not take_pictures(browser, run, locale, folder)
        browser.close()
    print(f"The pictures are in {folder}")
    return f"{wrong} journeys did not end as they must." if wrong else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
