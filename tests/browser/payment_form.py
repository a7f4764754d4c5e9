"""The package's payment form in a browser: what a buyer sees of it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

#: The words of the pay button in an English shop, with any amount.
PAY = re.compile(r"^Pay [A-Z]{3}\s")


class PaymentForm:
    """The form of the page that is shown."""

    page: Page

    @property
    def button(self) -> Locator:
        return self.page.locator("button[type=submit]")

    @property
    def hosted(self) -> Locator:
        """The button that leads to Antom's own page."""
        return self.page.locator("[data-antom-hosted]")

    @property
    def status(self) -> Locator:
        return self.page.locator("p[role=status]")

    @property
    def alert(self) -> Locator:
        return self.page.locator("p[role=alert]")

    @property
    def notice(self) -> Locator:
        """The notice about the order, above the form or in its place."""
        return self.page.locator("[data-antom-notice]")

    @property
    def place(self) -> Locator:
        """Where the SDK draws into the page."""
        return self.page.locator("[data-antom-place]").first


def height_of(element: Locator) -> float:
    """Return the height of an element that is seen, in CSS pixels."""
    box = element.bounding_box()
    assert box is not None
    return box["height"]
