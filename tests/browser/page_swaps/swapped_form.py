"""A payment form in a page that was swapped in, and the way of its buyer."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.pages.scripted_form import ScriptedForm
from tests.browser.pages.scripted_shop import ScriptedShop

#: The queries of the modes that draw with the SDK.
DRAWING = ["mode=cashier", "mode=cashier&embedded", "mode=element", "mode=page"]

#: Turbo makes copies of nodes, htmx and some routers keep text.
SWAPPERS = ["turbo", "htmx", "router", "router-text", "router-nodes"]


class SwappedForm(ScriptedForm):
    """The form of a shop whose pages are swapped by one of the scripts.

    :ivar query: of each page; it names the mode.
    """

    def __init__(
        self, page: Page, shop: ScriptedShop, swapper: str, query: str
    ) -> None:
        super().__init__(page, shop)
        self.swapper, _, keeps = swapper.partition("-")
        self.query = query + (f"&keeps={keeps}" if keeps else "")
        self.is_in_page = "cashier" not in query or "embedded" in query

    def address(self, name: str) -> str:
        """Return the address of a page."""
        return f"{self.shop.url}/{self.swapper}/{name}?{self.query}"

    def load(self, name: str = "home") -> None:
        """Load a page in full, and mark its window."""
        self.page.goto(self.address(name))
        self.page.evaluate("window.isFirst = true")

    def go_to(self, name: str) -> None:
        """Follow a link to a page of the shop, which is swapped in."""
        self.page.get_by_role("link", name=name, exact=True).click()
        self.expect_page(name)

    def go_back_to(self, name: str) -> None:
        self.page.go_back(wait_until="commit")
        self.expect_page(name)

    def expect_page(self, name: str) -> None:
        """The page is there, and not by a full load."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(name)
        expect(self.page.locator("html:not([data-turbo-preview])")).to_have_count(1)
        assert self.page.evaluate("window.isFirst") is True

    def pay_second(self) -> None:
        """Pay order A-2, whose form has taken the place of A-1's."""
        reference = self.page.locator("input[name=orderReference]")
        expect(reference).to_have_value("A-2")
        self.begin(2)
        self.expect_one_view()
        self.succeed()
        assert self.shop.requested_orders() == ["A-1", "A-2"]

    def begin(self, calls: int = 1) -> None:
        """Have the view drawn: at once where it is in the page, else by a click."""
        is_cashier = self.query.startswith("mode=cashier")
        if is_cashier:
            self.wait_until_prepared()
            self.button.click()
        self.wait_for_calls(calls)
        if is_cashier:
            self.emit("SDK_END_OF_LOADING")
        else:
            self.draw_again()

    def wait_until_prepared(self) -> None:
        """Wait until the scripts of the page that was swapped in have run."""
        expect(self.page.locator("[data-antom-place][id]")).to_have_count(1)

    def expect_nothing_left(self) -> None:
        """No view lives, nothing of it is in the page, and the page scrolls."""
        expect(self.page.locator("#scripted-sdk")).to_have_count(0)
        assert self.sdk("living") == 0
        expect(self.page.locator("body")).to_have_css("overflow", "visible")

    def expect_one_view(self) -> None:
        assert self.sdk("living") == 1
        for place in ("[data-antom-place] > ", ""):
            drawn = self.page.locator(f"{place}#scripted-sdk")
            expect(drawn).to_have_count(1 if self.is_in_page else 0)

    def succeed(self) -> None:
        """Pay as the buyer, who then sees the result page."""
        if "element" in self.query:
            expect(self.button).to_be_enabled()
            self.button.click()
            html = self.page.locator("html")
            expect(html).to_have_attribute("data-sdk-submitted", "1")
            self.settle("answer", {"status": "SUCCESS"})
        else:
            self.emit("SDK_PAYMENT_SUCCESSFUL")
        self.page.wait_for_url(self.shop.result)
