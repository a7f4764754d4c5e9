"""A checkout that loads Antom's own browser SDK, and what its buyer does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template_string
from playwright.sync_api import FrameLocator, Locator, Page, expect

from flask_antom.i18n import english
from tests.browser.payment_form import PaymentForm
from tests.browser.real_sdk.antom_hosts import AT_REST, AntomHosts
from tests.browser.real_sdk.policy_reports import STRICT, header
from tests.support.shop import Shopfront
from tests.support.thorough import THOROUGH

FRAME = "iframe:not([src*='isPreload=true'])"

CHECKOUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Checkout</title>
{% if viewport %}<meta name="viewport" content="width=device-width, initial-scale=1">
{% endif %}</head><body>
{{ before|safe }}
{% from "antom/checkout.html" import antom_checkout %}
{{ antom_checkout("A-1", methods=methods, mode=mode, embedded=embedded) }}
</body></html>"""


@dataclass(frozen=True)
class Way:
    """A way to pay.

    :ivar again: whether the buyer stays in the SDK's view after a failure.
    """

    mode: str
    version: str = "1.47.2"
    embedded: bool = False

    @property
    def again(self) -> bool:
        return self.mode in ("element", "page")


WAYS = {
    "pop-up": Way("cashier"),
    "pop-up-1.12": Way("cashier", "1.12.0"),
    "embedded": Way("cashier", embedded=True),
    "embedded-1.12": Way("cashier", "1.12.0", embedded=True),
    "element": Way("element"),
    "page": Way("page"),
}

#: What a quick run tries; the rest repeats it with the older version.
TRIED = [name for name in WAYS if THOROUGH or not name.endswith("1.12")]

#: The same where the versions may differ.
TRIED_WITH_OLD = [name for name in WAYS if THOROUGH or name != "embedded-1.12"]


def add_checkout(
    front: Shopfront,
    way: Way,
    *,
    methods: Sequence[str] = ("GCASH",),
    before: str = "",
    viewport: bool = True,
    sources: dict[str, str] | None = None,
) -> None:
    """Add the page with the macro, under the policy of ``antom.csp()``.

    :param before: HTML that comes before the macro, for pages with a script of theirs.
    :param viewport: whether the page fits itself to phones.
    :param sources: directives in place of those of the policy.
    """

    @front.app.get("/checkout")
    def checkout() -> Response:
        page = render_template_string(
            CHECKOUT,
            methods=methods,
            mode=way.mode,
            embedded=way.embedded,
            before=before,
            viewport=viewport,
        )
        policy = STRICT | front.antom.csp(way.mode, nonce="n0nce") | (sources or {})
        response = Response(page)
        response.headers["Content-Security-Policy"] = header(policy)
        return response


class SdkCheckout(PaymentForm):
    """The page of a way to pay.

    :ivar hosts: what stands in for Antom's hosts; :ivar url: of the page.
    :ivar has_touch: whether the buyer taps in place of clicking.
    """

    def __init__(
        self,
        page: Page,
        hosts: AntomHosts,
        way: Way,
        url: str,
        *,
        has_touch: bool = False,
    ) -> None:
        self.page = page
        self.hosts = hosts
        self.way = way
        self.url = url
        self.has_touch = has_touch

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading")

    @property
    def frame(self) -> Locator:
        """The frame in which the buyer pays, not the one that the SDK preloads."""
        return self.page.locator(FRAME)

    @property
    def web_app(self) -> FrameLocator:
        return self.page.frame_locator(FRAME)

    def visit(self, query: str = "") -> None:
        self.page.goto(self.url + query, wait_until="domcontentloaded")

    def open(self) -> None:
        """Have the SDK ready, by the button if need be."""
        self.begin()
        self.wait_until_ready()

    def begin(self) -> None:
        """Begin to pay, where that is the buyer's to do."""
        if self.way.mode == "cashier":
            self.press(self.button)

    def wait_until_ready(self) -> None:
        """Wait until the buyer can pay."""
        message = {
            "cashier": "" if self.way.embedded else english.CHECKOUT["continue"],
            "element": english.CHECKOUT["ready"],
            "page": "",
        }[self.way.mode]
        expect(self.frame).to_have_count(1)
        if message:
            expect(self.status).to_contain_text(message)
        else:
            expect(self.button).to_be_hidden()
        self.page.evaluate(AT_REST)

    def choose(self, name: str) -> None:
        """Do something in Antom's frame; in the element by the shop's own button."""
        if self.way.mode == "element":
            self.press(self.web_app.get_by_label(name, exact=True))
            self.press(self.button)
        else:
            self.press(self.web_app.get_by_role("button", name=name, exact=True))

    def press(self, element: Locator) -> None:
        """Click the element, or tap it."""
        if self.has_touch:
            element.tap()
        else:
            element.click()

    def expect_heading(self, words: str) -> None:
        """Wait for the heading of the page that comes."""
        expect(self.heading).to_have_text(words)

    def expect_message(self, words: str) -> None:
        """Wait for words in what the form says."""
        messages = self.page.locator(
            "p[role=status]:not(:empty), p[role=alert]:not(:empty)"
        )
        expect(messages).to_contain_text(words)


#: A phone with a touch screen.
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36"
    " (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
}
