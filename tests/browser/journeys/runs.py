"""Which journeys are played, in which way, on which device, with Turbo or without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from tests.browser.journeys.ends import ENDS, MODES, End
from tests.browser.journeys.journeys import ALIKE, JOURNEYS, KEPT, RISKY
from tests.browser.real_sdk.sdk_checkout import PHONE, WAYS, Way
from tests.support.thorough import THOROUGH

DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": PHONE,
}
STYLES = ("plain", "turbo")

#: All pages that a mode and a journey could be played on.
PAGES = list(product(DEVICES, STYLES))

#: With the older version of the SDK, which has the cashier only.
OLD = (
    ("pop-up-1.12", "success"),
    ("pop-up-1.12", "failure_and_retry"),
    ("pop-up-1.12", "close"),
    ("pop-up-1.12", "redirect_and_back"),
    ("pop-up-1.12", "new_tab_paid"),
    ("pop-up-1.12", "new_tab_pending"),
    ("pop-up-1.12", "new_tab_abandoned"),
    ("embedded-1.12", "success"),
    ("embedded-1.12", "failure_and_retry"),
    ("embedded-1.12", "new_tab_paid"),
    ("embedded-1.12", "two_tabs"),
)


@dataclass(frozen=True)
class Run:
    """One journey to play.

    :ivar way: the name of a way to pay; :ivar is_kept: whether the browser keeps pages
        for "Back".
    """

    journey: str
    way: str
    device: str
    style: str
    is_kept: bool = False

    def __str__(self) -> str:
        kept = "-kept" * self.is_kept
        return f"{self.journey}-{self.way}-{self.device}-{self.style}{kept}"

    @property
    def mode(self) -> str:
        """The way without the version of the SDK."""
        return self.way.removesuffix("-1.12")

    @property
    def how(self) -> Way:
        return WAYS.get(self.way) or Way(self.way)

    @property
    def ends(self) -> tuple[End, ...]:
        return tuple(ENDS[self.journey][self.mode])


def runs(*, thorough: bool = THOROUGH) -> Iterator[Run]:
    """Yield what a run of the tests plays.

    Each mode has each journey once, on a page that differs from one to the next; those
    that are alike are played in one mode. A thorough run plays these in each mode, the
    risky ones on each page, some with the older version, and those in a browser that
    keeps pages for "Back".
    """
    rows, columns = enumerate(JOURNEYS), enumerate(MODES)
    for (row, journey), (column, mode) in product(rows, columns):
        is_other = journey in ALIKE and mode != MODES[row % len(MODES)]
        if mode not in ENDS[journey] or (
            not thorough and (journey in KEPT or is_other)
        ):
            continue
        is_full = thorough and journey in RISKY
        for page in PAGES if is_full else [PAGES[(row + column) % len(PAGES)]]:
            yield Run(journey, mode, *page, is_kept=journey in KEPT)
        if thorough and journey == "back_from_wallet":
            yield Run(journey, mode, *PAGES[column % len(PAGES)], is_kept=True)
    for number, (way, journey) in enumerate(OLD if thorough else ()):
        yield Run(journey, way, *PAGES[number % len(PAGES)])
