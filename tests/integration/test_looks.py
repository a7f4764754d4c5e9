"""The words and pictures of form and pages: order, amount, shop, time."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template, render_template_string
from flask_babel import Babel  # type: ignore[import-untyped]

from flask_antom.domain.method_icons import ICONS
from flask_antom.domain.modes import MODES
from flask_antom.domain.money import Money
from flask_antom.i18n.english import CHECKOUT, RESULT
from tests.support.catalogues import translate
from tests.support.offline import OfflineShop
from tests.support.templates import CONFIG, make_app, result_context

pytestmark = pytest.mark.usefixtures("drawing_apps")

MACRO = """{% from "antom/checkout.html" import antom_checkout -%}
{{ antom_checkout("A-1", **options) }}"""

MONEY = Money(4200, "MYR")


def draw(app: Flask | None = None, languages: str = "en", **options: Any) -> str:
    headers = {"Accept-Language": languages}
    with (app or make_app()).test_request_context("/checkout", headers=headers):
        return render_template_string(MACRO, options=options)


def draw_result(app: Flask, status: str = "pending") -> str:
    with app.test_request_context("/"):
        return render_template("antom/result.html", **result_context(status))


def pay_button(html: str) -> str:
    """Return the pay button, from tag to tag."""
    [button] = re.findall(r"<button[^>]*antom-pay.*?</button>", html)
    return str(button)


# The pay button


@pytest.mark.parametrize("mode", MODES)
def test_the_pay_button_bears_the_amount(mode: str) -> None:
    button = pay_button(draw(mode=mode))
    assert button.endswith(" data-antom-amount>Pay MYR\u00a042.00</button>")


def test_the_shops_own_words_for_the_button_stand_alone() -> None:
    button = pay_button(draw(texts={"pay": "Buy"}))
    assert button.endswith(">Buy</button>")
    assert "data-antom-amount" not in button


def test_the_shop_may_say_where_the_amount_stands() -> None:
    button = pay_button(draw(texts={"pay_amount": "Buy, %(amount)s"}))
    assert button.endswith(">Buy, MYR\u00a042.00</button>")
    assert "data-antom-amount" not in button


def test_other_texts_leave_the_amount_on_the_button() -> None:
    assert "data-antom-amount" in pay_button(draw(texts={"failed": "Oh no."}))


def test_one_way_to_pay_has_no_words_about_another_but_keeps_the_shops_own() -> None:
    def declined(**texts: str) -> str:
        html = draw(methods=["GCASH"], texts=texts)
        [text] = re.findall(r'data-antom-text="declined"[^>]*>(.*?)</span>', html)
        return str(text)

    assert declined() == CHECKOUT["unpayable"]
    assert declined(unpayable="Call us.") == "Call us."
    assert declined(declined="Oh no.", unpayable="Call us.") == "Oh no."


def test_a_catalogue_with_words_for_the_button_keeps_them(tmp_path: Path) -> None:
    translate(tmp_path, "de", {CHECKOUT["pay"]: "Kaufen für 100 %"})
    app = make_app(root=tmp_path)
    assert ">Kaufen für 100 %</button>" in pay_button(draw(app, "de"))


def test_a_catalogue_may_say_where_the_amount_stands(tmp_path: Path) -> None:
    texts = {CHECKOUT["pay"]: "Kaufen", CHECKOUT["pay_amount"]: "%(amount)s zahlen"}
    translate(tmp_path, "de", texts)
    app = make_app(root=tmp_path)
    assert ">42,00\u00a0MYR zahlen</button>" in pay_button(draw(app, "de"))


def test_an_amount_keeps_its_order_between_words_from_right_to_left(
    tmp_path: Path,
) -> None:
    translate(tmp_path, "ar", {CHECKOUT["pay_amount"]: "ادفع %(amount)s"})
    app = make_app(root=tmp_path)
    button = pay_button(draw(app, "ar"))
    assert ">ادفع \u2068MYR\u00a042.00\u2069</button>" in button


# The hosted form


def test_the_hosted_form_says_where_it_leads_and_with_what_one_pays() -> None:
    app = make_app(replace(CONFIG, payment_methods=None))
    html = draw(app, mode="hosted", methods=["GCASH", "ONLINEBANKING_FPX"])
    assert CHECKOUT["leaves"].replace("'", "&#39;") in html
    assert CHECKOUT["ways"] in html
    assert re.findall(r"<span>([^<]*)</span></li>", html) == [
        "GCash",
        "FPX online banking",
    ]
    assert ICONS["bank"] in html
    assert html.index(CHECKOUT["ways"]) < html.index('type="submit"')


def test_a_hosted_form_for_any_method_lists_none() -> None:
    app = make_app(replace(CONFIG, payment_methods=None))
    html = draw(app, mode="hosted")
    assert CHECKOUT["ways"] not in html
    assert CHECKOUT["leaves"].replace("'", "&#39;") in html


# Notices


@pytest.mark.parametrize(
    ("columns", "link"),
    [
        ({"status": "pending"}, "check"),
        ({"status": "processing"}, "check"),
        ({"status": "review"}, "check"),
        ({"status": "authorized"}, "view"),
        ({"status": "succeeded", "captured": MONEY}, "view"),
        (
            {
                "status": "succeeded",
                "captured": MONEY,
                "refunded": MONEY,
                "open_key": None,
                "session_data": None,
            },
            "view",
        ),
    ],
)
def test_the_link_of_a_notice_says_what_is_left_to_do(
    offline: OfflineShop, columns: dict[str, Any], link: str
) -> None:
    offline.add_payment(**columns)
    html = draw(offline.shop.app, methods=["GCASH"])
    [words] = re.findall(r'<a href="[^"]+"[^>]*>([^<]*)</a>', html)
    assert words == CHECKOUT[link]


@pytest.mark.parametrize("mode", MODES)
def test_a_form_below_a_begun_payment_names_it(offline: OfflineShop, mode: str) -> None:
    offline.add_payment("paymentRequestId07", status="processing")
    html = draw(offline.shop.app, methods=["GCASH"], mode=mode)
    assert 'data-instead-of="paymentRequestId07"' in html
    assert 'name="insteadOf" value="paymentRequestId07"' in html


def test_other_forms_name_no_payment(offline: OfflineShop) -> None:
    offline.add_payment(status="failed")
    html = draw(offline.shop.app, methods=["GCASH"])
    assert "<form" in html
    assert "instead" not in html.lower()


def icon_in(html: str) -> str:
    """Return the classes and the path of a notice's or a page's icon."""
    pattern = r'<svg class="antom-icon ([^"]*)".*?<path d="([^"]*)"'
    [icon] = re.findall(pattern, html, re.DOTALL)
    return " ".join(icon)


def test_a_review_does_not_look_like_a_payment_that_was_received(
    offline: OfflineShop,
) -> None:
    offline.add_payment(status="review")
    notice = draw(offline.shop.app, methods=["GCASH"])
    app = make_app()
    page = draw_result(app, "review")
    assert icon_in(notice) == icon_in(page)
    all_icons = [icon_in(draw_result(app, status)) for status in RESULT]
    assert all_icons.count(icon_in(page)) == 1


def test_a_refund_looks_the_same_on_the_page_and_in_the_macro(
    offline: OfflineShop,
) -> None:
    offline.add_payment(
        status="succeeded",
        captured=MONEY,
        refunded=MONEY,
        open_key=None,
        session_data=None,
    )
    notice = draw(offline.shop.app, methods=["GCASH"])
    context = result_context("succeeded")
    context["payment"].is_given_back = True
    with make_app().test_request_context("/"):
        page = render_template("antom/result.html", **context)
    assert icon_in(notice) == icon_in(page)
    assert "antom-good" not in notice + page


# The shop's name and colours


def draw_pages(app: Flask) -> list[str]:
    """Return all of our pages."""
    with app.test_request_context("/"):
        return [
            render_template("antom/result.html", **result_context("pending")),
            render_template("antom/hosted.html", url="/antoms"),
            render_template("antom/hosted.html", problem="fault", order_url="/"),
            render_template("antom/unknown.html", order_reference="A-1"),
        ]


def test_our_pages_name_the_shop() -> None:
    for page in draw_pages(make_app(replace(CONFIG, shop_name="Kedai <Tanah>"))):
        assert '<p class="antom-shop"><bdi>Kedai &lt;Tanah&gt;</bdi></p>' in page
        assert " · Kedai &lt;Tanah&gt;</title>" in page


def test_without_a_name_nothing_stands_in_its_place() -> None:
    for page in draw_pages(make_app()):
        assert "antom-shop" not in page
        assert "·" not in page


@pytest.mark.parametrize(
    ("setting", "content"),
    [("light", "light"), ("dark", "dark"), ("auto", "light dark")],
)
def test_our_pages_have_the_colours_of_the_shop(setting: str, content: str) -> None:
    for page in draw_pages(make_app(replace(CONFIG, color_scheme=setting))):
        assert f'<meta name="color-scheme" content="{content}">' in page


# The time


def time_in(page: str) -> str:
    [time] = re.findall(r"<time[^>]*>([^<]*)</time>", page)
    return str(time)


def test_times_are_written_in_the_zone_of_the_shop() -> None:
    zone = ZoneInfo("Asia/Kuala_Lumpur")
    page = draw_result(make_app(replace(CONFIG, time_zone=zone)))
    assert time_in(page) == "23 Nov 2026, 17:30 (GMT+8)"
    assert "times.js" not in page


def test_times_are_written_in_the_zone_of_flask_babel() -> None:
    app = make_app()
    Babel(app, default_timezone="America/Sao_Paulo", default_locale="en")
    assert time_in(draw_result(app)) == "23 Nov 2026, 06:30 (GMT-3)"


def test_the_zone_of_the_shop_wins_over_that_of_flask_babel() -> None:
    app = make_app(replace(CONFIG, time_zone=ZoneInfo("Asia/Tokyo")))
    Babel(app, default_timezone="America/Sao_Paulo", default_locale="en")
    assert time_in(draw_result(app)) == "23 Nov 2026, 18:30 (GMT+9)"


def test_without_a_zone_times_are_written_in_that_of_greenwich() -> None:
    assert time_in(draw_result(make_app())) == "23 Nov 2026, 09:30 (GMT+0)"


def test_the_browser_writes_the_time_of_the_buyer() -> None:
    config = replace(CONFIG, time_zone="buyer", csp_nonce=lambda: "n0nce")
    page = draw_result(make_app(config), "succeeded")
    assert 'datetime="2026-11-23T09:30:00+00:00" data-antom-time="en"' in page
    assert time_in(page) == "23 Nov 2026, 09:30 (GMT+0)"
    assert re.search(r'<script src="[^"]*times\.js[^"]*" defer nonce="n0nce">', page)
