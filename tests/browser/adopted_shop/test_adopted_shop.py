"""The shop of docs/adopt.md in a browser: paid under the policy of its Talisman."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.adoption.walk import adopt, copy_shop
from tests.support.processes import Program, answers, free_port, run, run_code

PASSWORD = "paper and boats"

SEED = f"""
from decimal import Decimal
from shop import create_app
from shop.models import Book, Line, Order, User, db

with create_app().app_context():
    db.create_all()
    ann = User.register("ann@example.com", {PASSWORD!r})
    book = Book(title="Rivers", price=Decimal("21.00"))
    line = Line(book=book, quantity=2, price=book.price)
    db.session.add_all([ann, Order(number="B-1", user=ann, lines=[line])])
    db.session.commit()
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The adopted shop and its simulator, in processes of their own; yields the URL."""
    copy_shop(tmp_path)
    adopt(tmp_path)
    port, antom_port = free_port(), free_port()
    url, antom = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{antom_port}"
    settings = {
        "FLASK_SECRET_KEY": "for tests only",
        "FLASK_FORCE_HTTPS": "false",
        "FLASK_ANTOM_GATEWAY_URL": antom,
        "FLASK_ANTOM_SDK_URL": f"{antom}/sdk/ams-checkout.js",
        "PYTHONPATH": str(tmp_path),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def flask(*arguments: str) -> AbstractContextManager[Program]:
        command = ("flask", "--app", "shop", *arguments)
        return run(*command, settings={}, directory=tmp_path)

    with flask("antom", "init", "--simulator", "--public-url", url) as program:
        assert program.exit_code() == 0, program.log.read_text()
    seeded = run_code(SEED)
    assert seeded.returncode == 0, seeded.stderr
    with (
        flask("antom", "simulator", "--port", str(antom_port)) as simulator,
        flask("run", "--port", str(port)) as served,
    ):
        simulator.says("Stop with Ctrl-C")
        served.until(lambda: answers(f"{url}/sign-in"))
        yield url


@pytest.fixture
def order_page(shop: str, page: Page) -> Page:
    """The page of the order, which its owner has opened."""
    page.goto(f"{shop}/sign-in?next=/orders/B-1")
    page.get_by_label("E-mail").fill("ann@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/orders/B-1")
    return page


def cashier(page: Page) -> FrameLocator:
    return page.frame_locator("#ams-checkout-component")


def test_an_order_is_paid_under_the_policy(order_page: Page) -> None:
    page = order_page
    policy = page.reload().headers["content-security-policy"]  # type: ignore[union-attr]
    assert "object-src 'none'" in policy
    assert "script-src 'self' 'wasm-unsafe-eval' 'strict-dynamic'" in policy
    page.get_by_label("GCash", exact=True).check()
    page.get_by_role("button", name="Pay €42.00").click()
    cashier(page).get_by_role("button", name="Pay", exact=True).click()
    page.wait_for_url("**/antom/result/*")
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text("Payment received")
    page.get_by_role("link", name="Continue").click()
    page.wait_for_url("**/orders/B-1")
    expect(page.get_by_text("Paid. Thank you.")).to_have_count(1)


def test_after_a_decline_the_buyer_pays_with_another_method(order_page: Page) -> None:
    page = order_page
    page.get_by_label("Alipay", exact=True).check()
    page.get_by_role("button", name="Pay €42.00").click()
    page.wait_for_url("**/wallet/*")
    page.get_by_role("button", name="Decline", exact=True).click()
    page.wait_for_url("**/antom/result/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment not completed")
    page.get_by_role("link", name="Back to your order").click()
    page.get_by_label("GCash", exact=True).check()
    page.get_by_role("button", name="Pay €42.00").click()
    cashier(page).get_by_role("button", name="Pay", exact=True).click()
    page.wait_for_url("**/antom/result/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")
