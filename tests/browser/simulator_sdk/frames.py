"""A buyer's actions in the frame of the simulator's SDK, and on its pages."""

from __future__ import annotations

from playwright.sync_api import FrameLocator, Page

#: A card that the simulator declines.
DECLINED = "4054 6927 6017 4822"


def press(place: FrameLocator | Page, name: str) -> None:
    place.get_by_role("button", name=name, exact=True).click()


def choose(place: FrameLocator | Page, method: str) -> None:
    place.get_by_role("radio", name=method, exact=True).check()


def fill_card(place: FrameLocator | Page, number: str) -> None:
    choose(place, "CARD")
    place.get_by_label("Card number").fill(number)
