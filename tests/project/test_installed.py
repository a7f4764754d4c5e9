"""All that the package needs besides modules is where it is installed.

``make build`` runs this module again, on the built wheel and away from the source tree.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from flask import Flask, render_template_string
from flask_admin import Admin  # type: ignore[import-untyped]
from flask_sqlalchemy import SQLAlchemy

from flask_antom import FlaskAntom, Money, Order
from flask_antom.contrib.admin import AntomAdmin
from flask_antom.signals import payment_succeeded

#: The languages of the checkout.
LANGUAGES = (
    *("de", "en", "es", "fil", "fr", "id", "it", "ko", "ms", "nl", "pt-BR", "th", "vi"),
    *("zh-CN", "zh-HK"),
)

CHECKOUT = """
{% from "antom/checkout.html" import antom_checkout, antom_hints %}
<!doctype html><head>{{ antom_hints() }}</head>{{ antom_checkout("A-1", ["GCASH"]) }}
"""


@pytest.fixture
def app(antom_settings: dict[str, Any]) -> Iterator[Flask]:
    app = Flask("installed")
    app.config.update(
        antom_settings,
        SECRET_KEY="for tests only",
        SQLALCHEMY_DATABASE_URI="sqlite://",
        ANTOM_DEBUG_PANEL=True,
    )
    db = SQLAlchemy(app)
    antom = FlaskAntom(app, db=db)
    antom.order_loader(lambda reference: Order(reference, Money(4200, "MYR"), "A mug"))
    antom.ignores(payment_succeeded)
    AntomAdmin(antom, may_see=lambda: True).add_to(Admin(app))
    app.add_url_rule("/", view_func=lambda: render_template_string(CHECKOUT))
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.engine.dispose()


def linked(page: str) -> set[str]:
    """Return the addresses of the scripts and styles that a page takes from its host.

    Each file once, without the part of the address that changes with the file.
    """
    addresses = set(re.findall(r'(?:src|href)="(/[^"]+\.(?:css|js))', page))
    assert addresses
    return addresses


def test_a_checkout_comes_with_its_scripts_and_styles(app: Flask) -> None:
    client = app.test_client()
    addresses = linked(client.get("/").text)
    names = {address.rpartition("/")[2] for address in addresses}
    assert names == {"checkout.css", "checkout.js", "debug.js"}
    for address in addresses:
        with client.get(address) as answer:
            assert (answer.status_code, bool(answer.data)) == (200, True)


def test_a_checkout_speaks_every_language(app: Flask) -> None:
    client = app.test_client()
    texts = {}
    for language in LANGUAGES:
        page = client.get("/", headers={"Accept-Language": language}).text
        texts[language] = re.sub(r"<[^>]*>", "", page)
    assert len(set(texts.values())) == len(LANGUAGES)


def test_a_result_page_comes_with_its_script_and_style(app: Flask) -> None:
    client = app.test_client()
    wanted = {"orderReference": "A-1", "paymentMethodType": "GCASH"}
    session = client.post("/antom/session", json=wanted).get_json()
    page = client.get(session["resultUrl"].removeprefix("http://127.0.0.1:5000"))
    assert page.status_code == 200
    assert "MYR" in page.text
    for address in linked(page.text):
        with client.get(address) as answer:
            assert (answer.status_code, bool(answer.data)) == (200, True)


def test_the_support_page_comes_with_its_templates_and_style(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/admin/antom/")
    assert "No payment yet" in page.text
    for address in linked(page.text):
        with client.get(address) as answer:
            assert (answer.status_code, bool(answer.data)) == (200, True)


def test_the_simulator_comes_with_its_pages(antom_settings: dict[str, Any]) -> None:
    gateway = antom_settings["ANTOM_GATEWAY_URL"]
    with requests.Session() as session:
        session.trust_env = False  # a proxy would not find loopback
        console = session.get(gateway, timeout=30)
        assert console.status_code == 200
        addresses = [gateway + address for address in linked(console.text)]
        for address in (*addresses, antom_settings["ANTOM_SDK_URL"]):
            answer = session.get(address, timeout=30)
            assert (answer.status_code, bool(answer.content)) == (200, True)


def test_the_simulator_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask_antom.simulator", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, "--port" in done.stdout) == (0, True), done.stderr


def test_flask_knows_the_commands_of_the_app(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(args=["antom", "check"])
    assert answer.exit_code == 0, answer.output
    assert "http://127.0.0.1:5000/antom/notify" in answer.output
