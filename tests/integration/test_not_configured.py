"""A shop without any of Antom's credentials: it starts, and nobody can pay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask.cli import FlaskGroup

from flask_antom.config import NOT_SET_UP
from flask_antom.errors import NotConfigured
from flask_antom.flows.result_links import make_token
from tests.support.shop import Shopfront, make_shop

FORM = (
    '{% from "antom/checkout.html" import antom_checkout, antom_hints %}'
    '{{ antom_hints() }}{{ antom_checkout("A-1", methods=["GCASH"]) }}'
)
BUYERS = "Payments are not available at the moment."


@pytest.fixture
def bare_shop() -> Iterator[Shopfront]:
    """A shop with no ``ANTOM_`` key at all, which reaches nobody."""

    def send(*request: Any) -> Any:
        raise AssertionError("Antom was called.")

    settings = {"SECRET_KEY": "for tests", "SQLALCHEMY_DATABASE_URI": "sqlite://"}
    shop = make_shop(settings, send=send)
    yield shop
    shop.close()


def add_payment(shop: Shopfront) -> str:
    """Store a payment from other days, and return the token of its result page."""
    with shop.app.app_context():
        payment = shop.antom.Payment(
            request_id="R-1",
            client_id="",
            order_reference="A-1",
            amount_value=4200,
            currency="MYR",
            method="GCASH",
            mode="cashier",
            status="created",
        )
        shop.db.session.add(payment)
        shop.db.session.commit()
        return make_token(shop.app, payment)


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=arguments)
    return result.exit_code, result.output


def draw(app: Flask) -> str:
    with app.test_request_context():
        return render_template_string(FORM)


def test_the_app_starts_and_lists_its_routes(bare_shop: Shopfront) -> None:
    runner = bare_shop.app.test_cli_runner(env={"FLASK_RUN_FROM_CLI": None})
    group = FlaskGroup(create_app=lambda: bare_shop.app)
    result = runner.invoke(group, ["routes"])
    assert (result.exit_code, "/antom/notify" in result.output) == (0, True)


def test_no_session_is_opened(bare_shop: Shopfront) -> None:
    answer = bare_shop.pay()
    assert (answer.status_code, (answer.json or {})["code"]) == (503, "not_configured")
    assert "ANTOM_" not in answer.text
    assert bare_shop.payments() == []


def test_the_hosted_page_says_that_nobody_can_pay(bare_shop: Shopfront) -> None:
    client = bare_shop.app.test_client()
    answer = client.post("/antom/hosted", data={"orderReference": "A-1"})
    assert (answer.status_code, BUYERS in answer.text) == (503, True)


def test_a_notification_is_not_accepted(bare_shop: Shopfront) -> None:
    answer = bare_shop.notify(b"{}", {})
    assert (answer.status_code, (answer.json or {})["code"]) == (503, "not_configured")
    assert bare_shop.rows(bare_shop.antom.Notification) == []


def test_a_stored_payment_is_shown_as_it_is_stored(bare_shop: Shopfront) -> None:
    token = add_payment(bare_shop)
    client = bare_shop.app.test_client()
    assert client.get(f"/antom/result/{token}").status_code == 200
    status = client.get(f"/antom/status/{token}")
    assert status.json == {"status": "created", "final": False}


def test_faults_of_browsers_and_static_files_are_served(bare_shop: Shopfront) -> None:
    client = bare_shop.app.test_client()
    assert client.post("/antom/report", json={"code": "network"}).status_code == 204
    assert client.get("/antom/static/checkout.css").status_code == 200


def test_a_developer_reads_what_to_set(
    bare_shop: Shopfront, caplog: pytest.LogCaptureFixture
) -> None:
    bare_shop.app.debug = True
    html = draw(bare_shop.app)
    assert "ANTOM_CLIENT_ID" in html
    assert "<form" not in html
    assert caplog.records == []


def test_a_buyer_reads_that_nobody_can_pay_and_the_log_says_why_once(
    bare_shop: Shopfront, caplog: pytest.LogCaptureFixture
) -> None:
    for html in (draw(bare_shop.app), draw(bare_shop.app)):
        assert BUYERS in html
        assert "ANTOM_" not in html
        assert "<form" not in html
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert NOT_SET_UP in record.getMessage()


def test_check_says_what_to_set(bare_shop: Shopfront) -> None:
    code, output = run(bare_shop.app, "antom", "check")
    assert code == 1
    assert output.startswith("\nError (settings.none): None of Antom's credentials")
    assert NOT_SET_UP.partition(". ")[2] in output


@pytest.mark.parametrize("command", ["sweep", "work", "simulator"])
def test_a_command_that_needs_an_account_says_what_to_set(
    bare_shop: Shopfront, command: str
) -> None:
    code, output = run(bare_shop.app, "antom", command)
    init = "`flask antom init` asks for them."
    assert (code, output) == (1, f"Error: {NOT_SET_UP} {init}\n")


def test_old_rows_are_purged_without_an_account(bare_shop: Shopfront) -> None:
    code, output = run(bare_shop.app, "antom", "purge", "--older-than", "30")
    assert (code, output.startswith("Deleted:")) == (0, True)


@pytest.mark.parametrize("method", ["sync", "cancel", "capture", "refund"])
def test_a_call_for_a_payment_says_what_to_set(
    bare_shop: Shopfront, method: str
) -> None:
    add_payment(bare_shop)
    with pytest.raises(NotConfigured, match="Set ANTOM_CLIENT_ID"):
        bare_shop.call(method)
    assert bare_shop.payments()[0].status == "created"


def test_a_sweep_says_what_to_set(bare_shop: Shopfront) -> None:
    with pytest.raises(NotConfigured, match="Set ANTOM_CLIENT_ID"):
        bare_shop.sweep()


def test_a_policy_can_be_made(bare_shop: Shopfront) -> None:
    with bare_shop.app.app_context():
        assert "script-src" in bare_shop.antom.csp()


@pytest.mark.parametrize("environment", ["", "sandbox", "prod"])
def test_an_order_that_was_paid_is_not_shown_as_open(
    bare_shop: Shopfront, environment: str
) -> None:
    add_payment(bare_shop)
    antom, db = bare_shop.antom, bare_shop.db
    client_id = "" if not environment else f"{environment}-account"
    with bare_shop.app.app_context():
        paid = {"status": "succeeded", "captured_value": 4200}
        theirs = {"environment": environment, "client_id": client_id}
        db.session.execute(db.update(antom.Payment).values(paid | theirs))
        db.session.commit()
        assert antom.order_status("A-1").state == "paid"
