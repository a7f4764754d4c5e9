"""The signed links to the result page."""

from __future__ import annotations

import pytest
from flask import Flask
from itsdangerous import URLSafeSerializer

from flask_antom.errors import ConfigError
from flask_antom.flows.result_links import PaymentIds, make_token, read_token

IDS = PaymentIds("SANDBOX_1", "R-1")


def make_app(secret: str | None = "secret") -> Flask:
    app = Flask(__name__)
    app.secret_key = secret
    return app


@pytest.mark.parametrize(
    "ids", [IDS, PaymentIds("", "R-1", "A-1"), PaymentIds("杯", "R-1", "お茶 1")]
)
def test_a_token_holds_the_account_and_the_payment(ids: PaymentIds) -> None:
    app = make_app()
    assert read_token(app, make_token(app, ids)) == ids


def test_payments_of_two_accounts_have_two_tokens() -> None:
    app = make_app()
    assert make_token(app, IDS) != make_token(app, IDS._replace(client_id="SANDBOX_2"))


def test_only_the_apps_own_token_is_read() -> None:
    token = make_token(make_app("another secret"), IDS)
    assert read_token(make_app(), token) is None
    assert read_token(make_app(), "R-1") is None


def test_a_link_of_an_earlier_version_names_no_order() -> None:
    old = URLSafeSerializer("secret", salt="flask-antom result").dumps(IDS[:2])
    assert read_token(make_app(), str(old)) == IDS


@pytest.mark.parametrize(
    "value",
    [
        "R-1",
        "ab",
        ["R-1"],
        [1, "R-1"],
        ["C", "R-1", 1],
        ["C", "R-1", None],
        ["C", "R-1", "A-1", "more"],
        {"a": 1, "b": 2},
    ],
)
def test_a_signed_text_of_another_form_is_not_read(value: object) -> None:
    signed = URLSafeSerializer("secret", salt="flask-antom result").dumps(value)
    assert read_token(make_app(), str(signed)) is None


def test_a_token_needs_a_secret_key() -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY is not set"):
        make_token(make_app(None), IDS)
