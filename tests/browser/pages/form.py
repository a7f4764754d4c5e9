"""The payment form in a browser, as the buyer and the SDK see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.pages.clock import count_answers, stop_clock
from tests.browser.pages.shop import Shop

#: Hands the form's DOM events on, and stops those that a test names.
LISTEN = """
for (const name of ['session', 'event', 'redirect', 'success', 'processing', 'fail',
                    'cancel', 'error']) {
  document.addEventListener('antom:' + name, (event) => {
    window.heard({ type: event.type, ...event.detail });
    if ((window.stopped || []).includes(event.type)) event.preventDefault();
  });
}
"""


@dataclass
class Checkout:
    """A page with the form, as the buyer and the SDK see it."""

    page: Page
    shop: Shop
    heard: list[dict[str, Any]]

    def open(self, query: str = "") -> None:
        self.page.goto(self.shop.checkout + query)

    def pay(self) -> None:
        """Press the button and wait until the SDK was called once more."""
        calls = self.sdk("params.length") if self.has_sdk() else 0
        self.button.click()
        self.called(calls + 1)

    def stop_clock(self) -> None:
        """From now on time passes only when the test says so."""
        stop_clock(self.page)
        count_answers(self.page)

    def called(self, times: int) -> None:
        """Wait until the SDK was called so often."""
        expect(self.page.locator("html")).to_have_attribute(
            "data-sdk-calls", str(times)
        )

    def emit(self, code: str, channel: str = "onEventCallback", **data: Any) -> None:
        self.page.evaluate(
            "([channel, data]) => sdk.emit(channel, data)",
            [channel, {"code": code, **data}],
        )

    def sdk(self, expression: str) -> Any:
        return self.page.evaluate(f"sdk.{expression}")

    def has_sdk(self) -> bool:
        return bool(self.page.evaluate("Boolean(window.sdk)"))

    def stop(self, *types: str) -> None:
        """Call preventDefault() on these DOM events."""
        self.page.evaluate("types => { window.stopped = types }", list(types))

    def types(self) -> list[str]:
        """The DOM events heard, without antom:session and antom:event."""
        return [
            event["type"]
            for event in self.heard
            if event["type"] not in ("antom:session", "antom:event")
        ]

    @property
    def button(self) -> Any:
        return self.page.locator("button[type=submit]")

    @property
    def status(self) -> Any:
        return self.page.get_by_role("status")

    @property
    def alert(self) -> Any:
        return self.page.locator("p[role=alert]")

    @property
    def place(self) -> Any:
        """Where the SDK draws into the page."""
        return self.page.locator("[data-antom-place]").first

    @property
    def hosted(self) -> Any:
        """The button that leads to Antom's own page."""
        return self.page.locator("[data-antom-hosted]")

    def draw(self, height: str = "200px") -> None:
        """Wait until the SDK draws into the page, and let it finish."""
        self.called(1)
        self.page.evaluate("height => sdk.grow(height)", height)
        self.settle("resolve", {})
        expect(self.place).to_have_attribute("aria-busy", "false")

    def is_seen(self) -> None:
        """What the SDK draws stands, and the buyer has seen it."""
        expect(self.place).to_have_attribute("aria-busy", "false")
        for _ in range(2):
            self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def settle(self, how: str, value: Any = None) -> None:
        """Settle a promise: of mount (resolve, reject) or submit (answer, refuse)."""
        self.page.evaluate("([how, value]) => sdk[how](value)", [how, value])

    def is_back(self) -> None:
        """The pop-up is gone, and the buyer can try again."""
        expect(self.button).to_be_enabled()
        assert self.sdk("living") == 0


def height_of(element: Locator) -> float:
    """Measure an element that is seen, in CSS pixels."""
    box = element.bounding_box()
    assert box is not None
    return box["height"]
