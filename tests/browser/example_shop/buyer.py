"""A buyer: what a person does in the example shop, in words of the shop."""

from __future__ import annotations

from playwright.sync_api import FrameLocator, Locator, Page, Response, expect

from example_app.demo import Demo
from tests.browser.payment_form import PAY


class Buyer:
    """Somebody in front of a browser.

    :ivar sessions: the shop's answers to the payment form, as they came.
    """

    def __init__(self, page: Page, demo: Demo) -> None:
        self.page = page
        self.sessions: list[Response] = []
        self._demo = demo
        page.on("response", self._note)

    def orders(self, slug: str = "kopi-cup", quantity: int = 1) -> str:
        """Choose a product, order it, and stand before the payment form.

        :returns: the order's reference.
        """
        page = self.page
        page.goto(self._demo.url)
        page.locator(f'a[href="/products/{slug}"]').click()
        page.get_by_role("link", name="Buy now").click()
        page.get_by_label("Quantity").select_option(str(quantity))
        page.get_by_label("Your name").fill("Test Buyer")
        page.get_by_label("E-mail").fill("buyer@shop.example")
        page.get_by_role("button", name="Go to payment").click()
        page.wait_for_url("**/checkout")
        if self._demo.app.config["TURBO_FILE"]:
            # The address comes before the page, and the scripts come after it.
            expect(page.locator("form[data-antom-checkout]")).to_have_count(1)
            unprepared = page.locator("[data-antom-place]:not([id])")
            expect(unprepared).to_have_count(0)
        return page.url.split("/")[-2]

    def chooses(self, method: str) -> None:
        self.page.get_by_label(method, exact=True).check()

    def pays(self) -> None:
        """Press the button of the payment form."""
        self.page.get_by_role("button", name=PAY).click()

    @property
    def cashier(self) -> FrameLocator:
        """The pop-up that Antom's script has opened."""
        return self.page.frame_locator("#ams-checkout-component")

    def cashier_button(self, name: str) -> Locator:
        return self.cashier.get_by_role("button", name=name, exact=True)

    def presses(self, name: str) -> None:
        """Press a button of the pop-up."""
        self.cashier_button(name).click()

    def leaves_the_cashier(self) -> None:
        """Close the pop-up, and confirm it."""
        self.cashier_button("Pay").wait_for()
        self.page.get_by_role("button", name="Close").click()
        self.page.get_by_role("button", name="Leave").click()
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def presses_in_wallet(self, name: str) -> None:
        """Press a button of the page at the wallet or bank."""
        self.page.wait_for_url("**/wallet/*")
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees_result(self, heading: str) -> None:
        """See the result page say this, sooner or later."""
        self.page.wait_for_url("**/antom/result/*")
        title = self.page.get_by_role("heading", level=1)
        expect(title).to_have_text(heading)

    def sees(self, text: str) -> None:
        words = self.page.get_by_text(text, exact=True).filter(visible=True)
        expect(words).to_have_count(1)

    def goes_to_order(self, reference: str, page: str = "") -> None:
        self.page.goto(f"{self._demo.url}/orders/{reference}{page}")

    def sees_order_paid(self, reference: str) -> None:
        self.goes_to_order(reference)
        self.sees("Paid, being packed")

    def _note(self, response: Response) -> None:
        if response.url.endswith("/antom/session"):
            self.sessions.append(response)
