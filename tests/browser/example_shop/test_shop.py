"""The example shop's own rules: whose order it is, forms, errors, tables, headers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade  # type: ignore[import-untyped]

from example_app import create_app
from example_app.database import db
from example_app.demo import Demo, open_shop
from flask_antom.simulator.keys import KeyFiles
from tests.browser.example_shop.client import Client
from tests.browser.example_shop.records import Records


@pytest.fixture
def client(demo: Demo) -> Client:
    return Client(demo.app)


@pytest.mark.parametrize("page", ["", "/checkout"])
def test_another_visitors_order_is_not_found(
    demo: Demo, client: Client, page: str
) -> None:
    path = client.place_order()
    assert client.get(path + page).status_code == 200
    assert Client(demo.app).get(path + page).status_code == 404


def test_another_visitors_order_cannot_be_paid(
    demo: Demo, client: Client, records: Records
) -> None:
    reference = client.place_order().split("/")[-1]
    other = Client(demo.app)
    own_page = f"{other.place_order()}/checkout"
    answer = other.request_session(reference, own_page)
    assert answer.status_code == 404
    assert (answer.json or {})["code"] == "order_not_found"
    assert records.simulator.payments() == []


def test_a_visitor_sees_a_list_of_own_orders(demo: Demo, client: Client) -> None:
    path = client.place_order()
    assert f'href="{path}"' in client.get("/orders").text
    others = Client(demo.app).get("/orders").text
    assert path not in others
    assert "You have not ordered anything" in others


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Please tell us your name."),
        ({"name": " \t "}, "Please tell us your name."),
        ({"name": "x" * 129}, "Please use at most 128 characters."),
        ({"name": "a\0b"}, "characters that cannot be printed"),
        ({"email": ""}, "Please tell us your e-mail address."),
        ({"email": "nobody"}, "does not look like an e-mail address"),
        ({"email": f"{'x' * 60}@a.example"}, "Please use at most 64 characters."),
        ({"quantity": "0"}, "Not a valid choice."),
        ({"quantity": "6"}, "Not a valid choice."),
    ],
)
def test_an_order_that_is_filled_in_wrongly_is_not_taken(
    client: Client, fields: dict[str, str], words: str
) -> None:
    answer = client.send_order_form(**fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert "You have not ordered anything" in client.get("/orders").text


def test_what_is_sold_out_cannot_be_ordered(client: Client) -> None:
    assert client.get("/products/vase/order").location == "/products/vase"
    page = client.get("/products/vase").text
    assert "Sold out" in page
    assert "Buy now" not in page


def test_a_form_without_its_token_is_explained(client: Client) -> None:
    answer = client.post_without_token()
    assert answer.status_code == 400
    assert "This form has been open for too long" in answer.text


@pytest.mark.parametrize("path", ["/nothing", "/products/none", "/orders/NONE"])
def test_a_missing_page_is_explained(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "This page is not here" in answer.text


def test_a_crash_is_explained(demo: Demo, client: Client) -> None:
    with demo.app.app_context():
        db.drop_all()
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text


def test_a_paid_order_leads_away_from_its_payment_form(
    client: Client, records: Records
) -> None:
    path = client.place_order()
    reference = path.split("/")[-1]
    client.request_session(reference, f"{path}/checkout")
    records.simulator.approve(records.session.request_id)
    records.simulator.notifier.drain()
    assert client.get(f"{path}/checkout").location == path
    assert "Paid, being packed" in client.get(path).text
    records.assert_fulfilled_once(reference)


def test_a_refunded_order_is_not_called_packed(
    client: Client, records: Records
) -> None:
    path = client.place_order()
    client.request_session(path.split("/")[-1], f"{path}/checkout")
    records.simulator.approve(records.session.request_id)
    records.simulator.notifier.drain()
    records.refund()
    page = client.get(path).text
    assert "You have got your money back." in page
    assert "packed" not in page
    assert "Paid" in client.get("/orders").text


def test_each_answer_has_a_policy_with_a_nonce_of_its_own(client: Client) -> None:
    nonces = set()
    for path in ("/", "/orders", "/nothing"):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe-inline" not in policy
        [nonce] = set(re.findall(r"'nonce-([^']+)'", policy))
        assert set(re.findall(r'nonce="([^"]+)"', answer.text)) == {nonce}
        nonces.add(nonce)
    assert len(nonces) == 3


def test_the_migrations_make_what_the_models_describe(demo: Demo) -> None:
    with demo.app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, db.metadata) == []
        tables = set(db.inspect(db.engine).get_table_names())
    wanted = {"antom_payment", "antom_refund", "antom_notification", "antom_event"}
    assert wanted < tables


def test_the_migrations_can_be_undone_and_done_again(demo: Demo) -> None:
    with demo.app.app_context():
        downgrade(revision="base")
        assert db.inspect(db.engine).get_table_names() == ["alembic_version"]
        upgrade()
        assert "antom_payment" in db.inspect(db.engine).get_table_names()


@pytest.fixture
def real_keys(key_folder: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment as for Antom's sandbox."""
    keys = KeyFiles.in_folder(key_folder)
    monkeypatch.setenv("FLASK_ANTOM_CLIENT_ID", "SANDBOX_REAL")
    monkeypatch.setenv("FLASK_ANTOM_PRIVATE_KEY_FILE", str(keys.merchant_private))
    monkeypatch.setenv("FLASK_ANTOM_PUBLIC_KEY_FILE", str(keys.antom_public))
    return monkeypatch


def test_keys_in_the_environment_replace_the_simulator(
    real_keys: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real_keys.setenv("FLASK_ANTOM_PUBLIC_URL", "https://shop.example")
    with open_shop(tmp_path, 0, 0) as demo:
        assert demo.simulator is None
        config = demo.app.extensions["antom"].config
        assert config.client_id == "SANDBOX_REAL"
        assert config.notify_url == "https://shop.example/antom/notify"
        assert config.gateway_url == "https://open-sea-global.alipay.com"
        client = Client(demo.app)
        page = client.get("/")
        assert "simulated" not in page.text
        assert "alipay" not in page.headers["Content-Security-Policy"]
        checkout = client.get(f"{client.place_order()}/checkout")
        assert "https://ac.alipay.com" in checkout.headers["Content-Security-Policy"]


def test_without_a_public_url_the_shop_is_known_by_its_local_one(
    real_keys: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with open_shop(tmp_path, 0, 0) as demo:
        assert demo.app.extensions["antom"].config.public_url == demo.url


@pytest.mark.parametrize(("proxies", "prefix"), [(1, "/shop"), (0, "")])
def test_proxies_are_believed_if_there_are_some(
    key_folder: Path, tmp_path: Path, proxies: int, prefix: str
) -> None:
    keys = KeyFiles.in_folder(key_folder)
    settings: dict[str, Any] = {
        "SECRET_KEY": "for tests only",
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / 'shop.sqlite3'}",
        "ANTOM_CLIENT_ID": "SANDBOX_TEST",
        "ANTOM_PRIVATE_KEY_FILE": str(keys.merchant_private),
        "ANTOM_PUBLIC_KEY_FILE": str(keys.antom_public),
        "ANTOM_PUBLIC_URL": "https://shop.example/shop",
        "TRUSTED_PROXIES": proxies,
    }
    page = Client(create_app(settings)).get(
        "/orders", **{"X-Forwarded-Prefix": "/shop"}
    )
    assert f'href="{prefix}/orders"' in page.text
