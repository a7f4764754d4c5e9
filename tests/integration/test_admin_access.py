"""Who may see the page for the support team, who may act on it, and how it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import redirect
from flask_admin import Admin, BaseView, expose  # type: ignore[import-untyped]
from flask_babel import Babel  # type: ignore[import-untyped]
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]
from jinja2 import DictLoader
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.schema import CreateTable

from flask_antom import FlaskAntom, Money
from flask_antom.contrib.admin import ActionMixin, AntomAdmin
from flask_antom.errors import ConfigError
from tests.support.offline import OfflineShop, open_offline
from tests.support.support_page import HOME, Action, Desk, open_desk

#: The template in docs/admin.md.
FRAME = """{% extends "admin/master.html" %}
{% block head %}
<link rel="stylesheet" href="{{ get_url(here ~ '.static', filename='admin.css') }}"
  {{ admin_csp_nonce_attribute }}>
{% endblock %}
{% block page_title %}{% endblock %}
{% block body %}
<div class="aa">
  {% include "antom_admin/_bar.html" %}
  {% block content %}{% endblock %}
</div>
{% endblock %}
"""

PAYMENT = "payments/paymentRequestId01"
PAGES = (
    *("", "refunds", "events", "notifications", "figures", "actions"),
    *("search?q=A-1", PAYMENT, f"{PAYMENT}/refund", f"{PAYMENT}/sync", "events/1"),
    *("events/1/redeliver",),
)


@pytest.fixture
def desk(offline: OfflineShop) -> Iterator[Desk]:
    add_paid(offline)
    with open_desk(offline) as desk:
        yield desk


def add_paid(offline: OfflineShop) -> None:
    offline.add_payment(
        status="succeeded", payment_id="P-1", captured=Money(4200, "MYR")
    )


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_it_by_default(offline: OfflineShop, path: str) -> None:
    add_paid(offline)
    with open_desk(offline, may_see=None) as desk:
        assert "A-1" not in desk.see(path, 404)
        assert desk.send(path, {}).status_code in (404, 405)


@pytest.mark.parametrize("path", PAGES)
def test_it_is_not_there_for_those_who_may_not_see_it(desk: Desk, path: str) -> None:
    desk.team.may_see = False
    desk.see(path, 404)


def test_the_host_answers_those_who_may_not_see_it(offline: OfflineShop) -> None:
    with open_desk(offline, denied=lambda: redirect("/login")) as desk:
        desk.team.may_see = False
        answer = desk.client.get(HOME)
        assert (answer.status_code, answer.location) == (302, "/login")


def test_nobody_acts_by_default(offline: OfflineShop) -> None:
    add_paid(offline)
    with open_desk(offline, may_act=None) as desk:
        page = desk.see(PAYMENT)
        assert "42.00 MYR" in page
        assert f"{PAYMENT}/" not in page
        for action in ("sync", "capture", "cancel", "refund"):
            desk.see(f"{PAYMENT}/{action}", 403)
            assert desk.send(f"{PAYMENT}/{action}", {"step": "do"}).status_code == 403
        desk.see("events/1/redeliver", 403)
    assert offline.calls == []


def test_a_permission_is_for_one_action(desk: Desk) -> None:
    form = desk.open(f"{PAYMENT}/refund")
    desk.team.may = {"sync"}
    page = desk.see(PAYMENT)
    assert f"{PAYMENT}/sync" in page
    assert f"{PAYMENT}/refund" not in page
    fields = {**form, "how": "all", "reason": "as asked", "step": "do"}
    assert desk.send(f"{PAYMENT}/refund", fields).status_code == 403
    assert desk.offline.calls == []


@pytest.mark.parametrize("name", [None, "", "  "])
def test_nobody_acts_without_a_name(desk: Desk, name: str | None) -> None:
    desk.team.name = name
    assert f"{PAYMENT}/refund" not in desk.see(PAYMENT)
    desk.see(f"{PAYMENT}/refund", 403)


async def says_yes(*_: object) -> bool:
    return True


@pytest.mark.parametrize(
    ("hook", "function"),
    [
        ("may_see", says_yes),
        ("may_see", lambda: "yes"),
        ("may_act", says_yes),
        ("may_act", lambda action: object()),
        ("actor", says_yes),
        ("actor", lambda: 17),
    ],
)
def test_an_answer_that_is_true_by_accident_is_an_error(
    offline: OfflineShop, hook: str, function: Any
) -> None:
    add_paid(offline)
    with (
        open_desk(offline, **{hook: function}) as desk,
        pytest.raises(ConfigError, match=f"{hook}= must return"),
    ):
        desk.see(f"{PAYMENT}/refund")
    assert offline.calls == []


def test_who_acts_needs_a_name(offline: OfflineShop) -> None:
    with pytest.raises(ConfigError, match="may_act= needs actor="):
        AntomAdmin(offline.shop.antom, may_act=lambda action: True)


def test_forms_need_a_secret_key() -> None:
    with open_offline(SECRET_KEY=None) as offline:
        add_paid(offline)
        with (
            open_desk(offline) as desk,
            pytest.raises(ConfigError, match="SECRET_KEY is not set"),
        ):
            desk.see(f"{PAYMENT}/refund")


def refusals(desk: Desk, form: dict[str, str], **headers: str) -> int:
    fields = {**form, "how": "all", "reason": "as asked", "step": "do"}
    answer = desk.client.post(f"{HOME}{PAYMENT}/refund", data=fields, headers=headers)
    assert desk.offline.calls == []
    assert desk.actions == []
    return answer.status_code


def test_a_form_is_for_one_person_one_action_and_one_payment(desk: Desk) -> None:
    desk.offline.add_payment("request-2", "A-2", status="created")
    form = desk.open(f"{PAYMENT}/refund")
    assert refusals(desk, {}) == 400
    assert refusals(desk, {"token": "x" + form["token"]}) == 400
    assert refusals(desk, desk.open(f"{PAYMENT}/cancel")) == 400
    assert refusals(desk, desk.open("payments/request-2/sync")) == 400
    desk.team.name = "ben"
    assert refusals(desk, form) == 400


def test_another_site_cannot_send_a_form(desk: Desk) -> None:
    form = desk.open(f"{PAYMENT}/refund")
    assert refusals(desk, form, **{"Sec-Fetch-Site": "cross-site"}) == 400


def test_no_site_frames_a_page_and_no_browser_keeps_it(desk: Desk) -> None:
    for path in PAGES[:8]:
        answer = desk.client.get(HOME + path, follow_redirects=True)
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "<script" not in answer.text
        assert " style=" not in answer.text


def test_it_lives_with_csrf_protection(offline: OfflineShop) -> None:
    add_paid(offline)
    CSRFProtect(offline.shop.app)
    with open_desk(offline) as desk:
        form = desk.open(f"{PAYMENT}/sync")
        assert set(form) == {"token", "csrf_token"}
        alone = {"token": form["token"]}
        assert desk.send(f"{PAYMENT}/sync", alone).status_code == 400
        assert desk.send(f"{PAYMENT}/sync", form).status_code == 303
    assert [name for name, _ in offline.calls][:1] == ["inquiryPayment"]


class Stock(BaseView):  # type: ignore[misc]
    """Another view of the host."""

    @expose("/")  # type: ignore[untyped-decorator]
    def index(self) -> str:
        return "the stock"

    def is_accessible(self) -> bool:
        return bool(self.category != "Hidden")


def test_it_stands_beside_other_views(desk: Desk) -> None:
    desk.admin.add_view(Stock("Stock", category="Shop", endpoint="stock"))
    desk.admin.add_view(Stock("Salaries", category="Hidden", endpoint="pay"))
    page = desk.see()
    assert ">Stock</a>" in page
    assert "Salaries" not in page
    assert desk.client.get("/admin/stock/").text == "the stock"


def test_flask_admins_own_frame_is_possible(desk: Desk) -> None:
    app: Any = desk.offline.shop.app
    Babel(app)
    app.jinja_loader = DictLoader({"antom_admin/layout.html": FRAME})
    page = app.test_client().get(HOME)
    assert page.status_code == 200
    for text in ('<nav class="navbar', "A-1", "admin.css", 'aria-current="page"'):
        assert text in page.text


def test_two_apps_have_a_page_each() -> None:
    with open_offline() as one, open_offline() as two:
        add_paid(one)
        with open_desk(one) as here, open_desk(two) as there:
            assert "A-1" in here.see()
            assert "No payment yet" in there.see()


def test_it_is_added_before_or_after_the_app(offline: OfflineShop) -> None:
    add_paid(offline)
    admin = Admin(name="Later")
    support = AntomAdmin(offline.shop.antom, may_see=lambda: True, action_model=Action)
    support.add_to(admin, name="Money", url="/support", endpoint="money")
    admin.init_app(offline.shop.app)
    page = offline.shop.app.test_client().get("/support/")
    assert ">Money</a>" in page.text
    assert "/support/static/admin.css" in page.text
    assert offline.shop.app.test_client().get("/support/static/admin.css").text


def test_the_table_is_made_on_the_hosts_base() -> None:
    own = SQLAlchemy()
    support = AntomAdmin(FlaskAntom(db=own))
    assert support.Action.__tablename__ == "antom_action"
    assert "antom_action" in own.metadata.tables


def test_the_table_is_in_the_database_of_the_payments(offline: OfflineShop) -> None:
    elsewhere = SQLAlchemy()

    class Elsewhere(ActionMixin, elsewhere.Model):  # type: ignore[name-defined, misc]
        pass

    with pytest.raises(ConfigError, match="antom_action is in another metadata"):
        AntomAdmin(offline.shop.antom, action_model=Elsewhere)


def test_a_class_of_another_kind_is_refused(offline: OfflineShop) -> None:
    class Wrong:
        pass

    antom = offline.shop.antom
    with pytest.raises(ConfigError, match="action_model must be a subclass"):
        AntomAdmin(antom, action_model=Wrong)  # type: ignore[arg-type]


def test_a_table_keeps_all_signs_before_there_is_a_page() -> None:
    class Base(DeclarativeBase):
        pass

    class Action(ActionMixin, Base):
        pass

    statement = CreateTable(Action.__table__)  # type: ignore[arg-type]
    assert "COLLATE utf8mb4_bin" in str(statement.compile(dialect=mysql.dialect()))
