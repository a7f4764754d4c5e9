"""The example shop has the support page, for its clerk on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from example_app.demo import Demo, open_shop
from example_app.payments import fulfil
from flask_antom.signals import payment_succeeded
from tests.browser.axe import violations
from tests.browser.conftest import OpenContext
from tests.browser.example_shop.client import Client


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    monkeypatch.delenv("FLASK_ANTOM_CLIENT_ID", raising=False)
    with payment_succeeded.connected_to(fulfil), open_shop(tmp_path, 0, 0) as demo:
        yield demo


def test_the_demos_clerk_sees_an_order_and_asks_antom(
    demo: Demo, open_context: OpenContext
) -> None:
    buyer = Client(demo.app)
    path = buyer.place_order()
    answer = buyer.request_session(path.rpartition("/")[2], f"{path}/checkout")
    assert answer.status_code == 201
    page = open_context().new_page()
    page.goto(f"{demo.url}/admin")
    expect(page.get_by_role("heading", name="Payments")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("row").nth(1).get_by_role("link").click()
    page.get_by_role("link", name="Ask Antom").click()
    page.get_by_role("button", name="Ask Antom").click()
    expect(page.get_by_role("status")).to_contain_text("Ask Antom: done")
    page.get_by_role("link", name="To the shop").click()
    page.wait_for_url(f"{demo.url}/")


def test_nobody_else_sees_it(demo: Demo) -> None:
    client = demo.app.test_client()
    assert client.get("/admin/antom/").status_code == 200
    for paths in ("/admin/", "/admin/antom/", "/admin/antom/refunds"):
        far = client.get(paths, environ_base={"REMOTE_ADDR": "203.0.113.7"})
        assert far.status_code in (403, 404)
        rebound = client.get(paths, base_url="http://shop.example")
        assert rebound.status_code in (403, 404)
    demo.app.config["DEMO_CLERK"] = None
    assert client.get("/admin/antom/").status_code == 404
