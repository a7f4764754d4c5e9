"""A buyer's trip through the checkout of a way to pay: what they do, and see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import FrameLocator, Locator, Page, Route, expect

from flask_antom.i18n.translations import Words
from flask_antom.simulator import Simulator
from tests.browser.journeys.shop import JourneyShop
from tests.browser.payment_form import PaymentForm
from tests.browser.real_sdk.antom_hosts import AT_REST, AntomHosts
from tests.browser.real_sdk.sdk_checkout import FRAME, Way

#: Longer than the script waits for a sign of life, in milliseconds.
SILENCE = 25_000

#: A browser on a screen hides the tab behind another; one without a screen does not.
SET_HIDDEN = """hidden => {
  const state = hidden ? 'hidden' : 'visible';
  for (const [name, value] of Object.entries({ hidden, visibilityState: state })) {
    Object.defineProperty(document, name, { value, configurable: true });
  }
  document.dispatchEvent(new Event('visibilitychange'));
  window.dispatchEvent(new Event(hidden ? 'blur' : 'focus'));
}"""

#: The names of the buttons of the simulated Checkout Page, by those of the frames.
HOSTED_NAMES = {
    "Pay": "Pay",
    "Decline": "Decline",
    "Later": "Finish later",
    "Wallet": "Go to wallet",
}


class Tab(PaymentForm):
    """A tab of the buyer's with the checkout."""

    def __init__(self, page: Page, way: Way, say: Words, *, touches: bool) -> None:
        self.page = page
        self.way = way
        self.say = say
        self._touches = touches

    @property
    def frame(self) -> Locator:
        """The frame in which the buyer pays, not the one that the SDK preloads."""
        return self.page.locator(FRAME)

    @property
    def view(self) -> FrameLocator:
        return self.page.frame_locator(FRAME)

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def press(self, element: Locator) -> None:
        """Click, or tap on a phone."""
        if self._touches:
            element.tap()
        else:
            element.click()

    def follow(self, name: str) -> None:
        """Follow a link of the shop's own pages."""
        self.press(self.page.get_by_role("link", name=name, exact=True))

    def enter(self, url: str) -> None:
        """Come to the checkout from the page of the order."""
        self.page.goto(url, wait_until="domcontentloaded")
        self.go_to_checkout()

    def go_to_checkout(self) -> None:
        """Go on from the page of the order, and wait for the checkout's own words."""
        self.follow("To the checkout")
        expect(self.heading).to_have_text("Checkout")

    def open(self) -> None:
        """Begin to pay, where that is the buyer's to do, and wait until they can."""
        if self.way.mode in ("cashier", "hosted"):
            self.press_pay()
        self.wait_until_ready()

    def press_pay(self) -> None:
        """Press the pay button, once it does more than to send the form."""
        if self.way.mode != "hosted":
            expect(self.place).to_have_attribute("id", re.compile("^antom-"))
        self.press(self.button)

    def wait_until_ready(self) -> None:
        """Wait until the buyer can pay in the view, or on Antom's own page."""
        if self.way.mode == "hosted":
            expect(self.heading).to_have_text("Pay for your order")
            return
        expect(self.frame).to_have_count(1)
        if self.way.mode == "element":
            expect(self.status).to_have_text(self.say.checkout["ready"])
        elif self.way.embedded or self.way.mode == "page":
            expect(self.button).to_be_hidden()
        else:
            expect(self.status).to_have_text(self.say.checkout["continue"])
        self.page.evaluate(AT_REST)

    def choose(self, name: str) -> None:
        """Do something in the view; in the element by the shop's own button."""
        if self.way.mode == "hosted":
            self._choose_on_page(name)
        elif self.way.mode == "element":
            self.view.get_by_label(name, exact=True).check()
            self.press(self.button)
        else:
            self.press(self.view.get_by_role("button", name=name, exact=True))

    def _choose_on_page(self, name: str) -> None:
        button = self.page.locator("button")
        self.press(button.filter(has_text="Pay MYR"))
        expect(self.heading).to_contain_text("Confirm with")
        name = HOSTED_NAMES[name]
        self.press(self.page.get_by_role("button", name=name, exact=True))

    def leave_view(self) -> None:
        """Leave what the SDK shows, as it offers that."""
        if self.way.mode == "hosted":
            self.go_back("Checkout")
        elif self.way.mode == "cashier" and not self.way.embedded:
            self.press(self.page.locator("#asm-component-close-block"))
            self.press(self.page.locator("#ams-component-retention-leave"))
        else:
            self.choose("Cancel")

    def go_back(self, heading: str) -> None:
        """Use the browser's Back until the page with a heading is there."""
        self.page.go_back(wait_until="commit")
        expect(self.heading).to_have_text(heading)

    def set_hidden(self, hidden: bool) -> None:
        """Have the page know that the buyer looks at another tab, or at it again."""
        self.page.evaluate(SET_HIDDEN, hidden)


@dataclass
class Trip:
    """All that a journey plays in.

    :ivar tab: the buyer's first tab.
    """

    shop: JourneyShop
    simulator: Simulator
    hosts: AntomHosts
    tab: Tab

    @property
    def way(self) -> Way:
        return self.tab.way

    @property
    def order_url(self) -> str:
        return f"{self.shop.url}/orders/A-1"

    def enter(self) -> Tab:
        """Come to the checkout, and wait for a view that opens by itself."""
        self.tab.enter(self.order_url)
        if self.way.mode in ("element", "page"):
            self.tab.wait_until_ready()
        return self.tab

    def begin(self) -> Tab:
        """Come to the checkout, and have the view open."""
        self.enter().open()
        return self.tab

    def second_tab(self) -> Tab:
        page = self.tab.page.context.new_page()
        return Tab(page, self.way, self.tab.say, touches=self.tab._touches)

    @contextmanager
    def new_tab(self) -> Iterator[Page]:
        """Have the wallet open in a tab of its own, which the buyer closes at last."""
        tab = self.tab
        with tab.page.context.expect_page() as opened:
            tab.choose("New window")
        wallet = opened.value
        tab.set_hidden(True)
        expect(wallet.get_by_role("heading")).to_have_text("Confirm your payment")
        yield wallet
        wallet.close()
        self.settle()
        tab.set_hidden(False)
        if self.way.mode == "page":
            tab.choose("I have paid")

    def settle(self) -> None:
        """Have all notifications delivered."""
        self.simulator.notifier.drain()

    @property
    def request_id(self) -> str:
        """The newest session's."""
        return str(self.shop.front.payments()[-1].request_id)

    def elsewhere(self) -> None:
        """Open a session as another device of the buyer's does."""
        self.shop.front.pay(method="GCASH", base_url=self.shop.url)

    def meanwhile(self, news: str) -> None:
        """Have the order paid, or pending, once the checkout is drawn."""
        act = {"paid": self.simulator.approve, "pending": self.simulator.pend}[news]

        def change(route: Route) -> None:
            act(self.request_id)
            self.settle()
            route.continue_()

        self.elsewhere()
        path = "hosted" if self.way.mode == "hosted" else "session"
        self.tab.page.route(f"**/antom/{path}", change, times=1)
        self.tab.enter(self.order_url)
        if self.way.mode in ("cashier", "hosted"):
            self.tab.press_pay()
