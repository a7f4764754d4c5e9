"""The payment form with an SDK that does what the test says."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.page_clock import count_answers, stop_clock
from tests.browser.pages.scripted_shop import ScriptedShop
from tests.browser.payment_form import PaymentForm

#: The options that each class of the SDK gets.
OPTIONS = ["environment", "locale", "onClose", "onError", "onEventCallback"]

#: Hands the form's DOM events on, and prevents what follows those that a test names.
LISTEN = """
for (const name of ['session', 'event', 'redirect', 'success', 'processing', 'fail',
                    'cancel', 'error', 'away']) {
  document.addEventListener('antom:' + name, (event) => {
    window.recordEvent({ type: event.type, ...event.detail });
    if ((window.prevented || []).includes(event.type)) event.preventDefault();
  });
}
"""


class ScriptedForm(PaymentForm):
    """A page with the form, as the buyer and the SDK see it.

    :ivar events: the form's DOM events so far.
    """

    def __init__(self, page: Page, shop: ScriptedShop) -> None:
        self.page = page
        self.shop = shop
        self.events: list[dict[str, Any]] = []

    def record_events(self) -> None:
        """Record the DOM events of what is opened from now on."""
        self.page.expose_binding(
            "recordEvent", lambda source, event: self.events.append(event)
        )
        self.page.add_init_script(LISTEN)

    def open(self, query: str = "") -> None:
        self.page.goto(self.shop.checkout + query)

    def pay(self) -> None:
        """Press the button and wait until the SDK was called once more."""
        calls = self.sdk("params.length") if self.has_sdk() else 0
        self.button.click()
        self.wait_for_calls(calls + 1)

    def stop_clock(self) -> None:
        """From now on time passes only when the test says so."""
        stop_clock(self.page)
        count_answers(self.page)

    def wait_for_calls(self, count: int) -> None:
        """Wait until the SDK was called so often."""
        expect(self.page.locator("html")).to_have_attribute(
            "data-sdk-calls", str(count)
        )

    def emit(self, code: str, channel: str = "onEventCallback", **data: Any) -> None:
        """Call the form back, as the SDK does."""
        self.page.evaluate(
            "([channel, data]) => sdk.emit(channel, data)",
            [channel, {"code": code, **data}],
        )

    def sdk(self, expression: str) -> Any:
        """Read something off the SDK."""
        return self.page.evaluate(f"sdk.{expression}")

    def has_sdk(self) -> bool:
        return bool(self.page.evaluate("Boolean(window.sdk)"))

    def prevent(self, *types: str) -> None:
        """Call preventDefault() on these DOM events."""
        self.page.evaluate("types => { window.prevented = types }", list(types))

    def event_types(self) -> list[str]:
        """Return the types of the DOM events, without antom:session and antom:event."""
        return [
            event["type"]
            for event in self.events
            if event["type"] not in ("antom:session", "antom:event")
        ]

    def draw(self, height: str = "200px") -> None:
        """Wait until the SDK draws into the page, and let it finish."""
        self.wait_for_calls(1)
        self.draw_again(height)

    def draw_again(self, height: str = "200px") -> None:
        """Finish, as the SDK, what it draws into the page."""
        self.page.evaluate("height => sdk.grow(height)", height)
        self.settle("resolve", {})
        expect(self.place).to_have_attribute("aria-busy", "false")

    def wait_until_drawn(self) -> None:
        """Wait until what the SDK draws stands, and the buyer has seen it."""
        expect(self.place).to_have_attribute("aria-busy", "false")
        for _ in range(2):
            self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def settle(self, how: str, value: Any = None) -> None:
        """Settle a promise: of mount (resolve, reject) or submit (answer, refuse)."""
        self.page.evaluate("([how, value]) => sdk[how](value)", [how, value])

    def submit(self, times: int = 1) -> None:
        """Press the element's button, and wait until the SDK was called."""
        self.button.click()
        expect(self.page.locator("html")).to_have_attribute(
            "data-sdk-submitted", str(times)
        )

    def submit_and_answer(self, **answer: Any) -> None:
        """Press the element's button, and let the SDK answer."""
        self.submit()
        self.settle("answer", answer)

    def expect_free(self) -> None:
        """The SDK is gone, and the buyer can try again."""
        expect(self.button).to_be_enabled()
        assert self.sdk("living") == 0
