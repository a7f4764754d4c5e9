"""An app that is well is told so, and a check leaves no trace in it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from flask import Flask, Response
from flask_talisman import Talisman  # type: ignore[import-untyped]
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]

from flask_antom import merge_csp
from flask_antom.browser_sdk.releases import NEWEST
from flask_antom.signals import notification_refused
from flask_antom.web.notify_route import ACKNOWLEDGEMENT
from flask_antom.web.probes import PROBE
from tests.integration.checks.hosts import (
    PROD_ID,
    Host,
    check,
    invoke,
    invoke_factory,
    make_host,
    open_host,
)


def talisman(host: Host) -> None:
    with host.app.app_context():
        policy = merge_csp({"default-src": "'self'"}, host.antom.csp())
    Talisman(
        host.app,
        content_security_policy=policy,
        content_security_policy_nonce_in=["script-src", "style-src"],
    )


def talisman_on_one_view(host: Host) -> None:
    """The page with the checkout has a policy of its own."""
    guard = Talisman(host.app)
    with host.app.app_context():
        policy = merge_csp({"default-src": "'self'"}, host.antom.csp())

    def pay() -> str:
        return ""

    with_policy = guard(content_security_policy=policy)
    host.app.add_url_rule("/pay", "pay", with_policy(pay))


def loose_policy(host: Host) -> None:
    @host.app.after_request
    def allow_https(response: Response) -> Response:
        policy = "default-src https: 'self' 'unsafe-inline' 'unsafe-eval'"
        response.headers["Content-Security-Policy"] = policy
        return response


def csrf(host: Host) -> None:
    CSRFProtect(host.app)


def shut_for_strangers(host: Host) -> None:
    """Only customers who are logged in may start to pay."""

    @host.app.before_request
    def ask() -> Any:
        from flask import redirect, request

        is_start = request.endpoint == "antom.create_session"
        return redirect("/login?next=/pay") if is_start else None


def error_page(host: Host) -> None:
    host.app.register_error_handler(404, lambda error: ("Nothing here.", 404))
    host.app.register_error_handler(Exception, lambda error: ("Oh no.", 500))


def paid_order(host: Host) -> None:
    host.add_payment(status="succeeded")


WELL: dict[str, tuple[dict[str, Any], Any]] = {
    "plain": ({}, lambda host: None),
    "with a payment": ({}, paid_order),
    "live": ({"ANTOM_CLIENT_ID": PROD_ID}, lambda host: None),
    "simulated": (
        {
            "ANTOM_PUBLIC_URL": "http://127.0.0.1:5000",
            "ANTOM_GATEWAY_URL": "http://127.0.0.1:5001",
            "ANTOM_SDK_URL": "http://127.0.0.1:5001/sdk/ams-checkout.js",
            "SECRET_KEY": "dev",
        },
        lambda host: None,
    ),
    "another region": (
        {"ANTOM_GATEWAY_URL": "https://open-de-global.alipay.com"},
        lambda host: None,
    ),
    "hosted": ({"ANTOM_CHECKOUT_MODE": "hosted"}, lambda host: None),
    "element": ({"ANTOM_CHECKOUT_MODE": "element"}, talisman),
    "buyers' time zone": ({"ANTOM_TIME_ZONE": "buyer"}, lambda host: None),
    "trusted host": ({"TRUSTED_HOSTS": ["shop.example"]}, lambda host: None),
    "csrf": ({}, csrf),
    "talisman": ({}, talisman),
    "talisman on one view": ({}, talisman_on_one_view),
    "loose policy": ({}, loose_policy),
    "customers only": ({}, shut_for_strangers),
    "error pages": ({}, error_page),
}


@pytest.mark.parametrize("kind", WELL)
def test_an_app_that_is_well_hears_nothing(kind: str) -> None:
    settings, change = WELL[kind]
    with open_host(settings) as host:
        change(host)
        result = invoke(host.app)
        assert check(host.app, ["--strict"]) == {}
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("\nAll is well.\n")


def test_a_live_app_is_well_with_live() -> None:
    with open_host({"ANTOM_CLIENT_ID": PROD_ID}) as host:
        assert check(host.app, ["--live", "--strict"]) == {}


def test_a_factory_is_well() -> None:
    result = invoke_factory(lambda: make_host().app, "antom", "check", "--strict")
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_copy_of_the_sdk_that_is_served_is_well() -> None:
    path = f"/static/ams-checkout-{NEWEST.version}.min.js"
    app = Flask("host", static_folder=None)
    app.add_url_rule(path, "sdk", lambda: Response("sdk", mimetype="text/javascript"))
    with open_host({"ANTOM_SDK_URL": path}, app) as host:
        assert check(host.app) == {}


# No traces.


def test_a_check_leaves_no_trace(caplog: pytest.LogCaptureFixture) -> None:
    refused: list[str] = []

    def note(app: Flask, reason: str) -> None:
        refused.append(reason)

    with open_host() as host, notification_refused.connected_to(note, sender=host.app):
        caplog.set_level(logging.INFO, "flask_antom")
        for _ in range(70):  # more than our limits let into the log
            assert invoke(host.app).exit_code == 0
        assert caplog.records == []
        assert refused == []
        with host.app.app_context():
            for model in (host.antom.Payment, host.antom.Notification):
                assert host.db.session.scalars(host.db.select(model)).all() == []
        # The limits are as they were: a stranger's request is logged.
        host.app.test_client().post("/antom/notify", data=b"{}")
        assert refused == ["missing"]
        assert "Refused a notification from" in caplog.text
        state = host.app.extensions["antom"]
        assert all(state.hint_limit.allows() for _ in range(60))


def test_nobody_outside_can_send_a_probe() -> None:
    with open_host() as host:
        client = host.app.test_client()
        names = {PROBE: "1", "Flask-Antom-Probe": "1", "Flask_Antom.Probe": "1"}
        answer = client.post("/antom/notify", data=b"", headers=names)
        assert answer.status_code == 401
        assert ACKNOWLEDGEMENT not in answer.data
        assert "Flask-Antom-Probe" not in client.get("/antom/result/x").headers


def test_help_has_examples() -> None:
    with open_host() as host:
        output = invoke(host.app, "--help").stdout
    assert "flask antom check --online --live --strict" in output
