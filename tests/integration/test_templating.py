"""The macro and the result page as the server draws them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask, g, render_template, render_template_string, url_for
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]

from flask_antom.domain.orders import Order
from flask_antom.errors import ConfigError
from flask_antom.i18n.english import CHECKOUT, RESULT
from flask_antom.i18n.failure_texts import CODES
from flask_antom.web.routes import blueprint
from tests.support.shop import Shopfront
from tests.support.templates import CONFIG, is_final, make_app, result_context

pytestmark = pytest.mark.usefixtures("drawing_apps")

STATUSES = [
    "created",
    "pending",
    "processing",
    "authorized",
    "succeeded",
    "failed",
    "cancelled",
    "expired",
    "review",
]
IMPORT = '{% from "antom/checkout.html" import antom_checkout %}'

Tag = tuple[str, dict[str, str | None]]


class Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[Tag] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(html: str, *names: str) -> list[Tag]:
    """Return the tags of these names, or all, in order, attributes unescaped."""
    parser = Parser()
    parser.feed(html)
    return [tag for tag in parser.tags if not names or tag[0] in names]


def one(html: str, name: str) -> dict[str, str | None]:
    [(_, attributes)] = tags(html, name)
    return attributes


def fields(html: str, name: str) -> list[dict[str, str | None]]:
    """Return the inputs of a name."""
    found = (attributes for _, attributes in tags(html, "input"))
    return [attributes for attributes in found if attributes["name"] == name]


def values(html: str) -> list[str | None]:
    return [attributes["value"] for attributes in fields(html, "paymentMethodType")]


def reference_of(html: str) -> str | None:
    [attributes] = fields(html, "orderReference")
    return attributes["value"]


@contextmanager
def in_request(app: Flask) -> Iterator[None]:
    with app.test_request_context("/checkout"):
        yield


def draw(
    call: str = "antom_checkout('A-1')", app: Flask | None = None, **context: Any
) -> str:
    with in_request(app or make_app()):
        return render_template_string(IMPORT + "{{ " + call + " }}", **context)


def draw_result(status: str, app: Flask | None = None) -> str:
    with in_request(app or make_app()):
        return render_template("antom/result.html", **result_context(status))


# The macro


def test_a_shop_needs_no_more_than_init_app(app: Flask) -> None:
    assert values(draw("antom_checkout('A-1', ['GCASH'])", app)) == ["GCASH"]


def test_macro_draws_the_methods_by_name_and_selects_the_first() -> None:
    html = draw(
        "antom_checkout('A-1', methods=['ONLINEBANKING_FPX', 'TNG'])", any_app()
    )
    assert values(html) == ["ONLINEBANKING_FPX", "TNG"]
    first, second = fields(html, "paymentMethodType")
    assert "checked" in first
    assert "checked" not in second
    assert "FPX online banking" in html
    assert "Touch &#39;n Go eWallet" in html


def any_app() -> Flask:
    """An app that does not limit the payment methods."""
    return make_app(replace(CONFIG, payment_methods=None))


def test_macro_tells_the_script_where_and_what() -> None:
    html = draw()
    form = one(html, "form")
    assert reference_of(html) == "A-1"
    assert form["data-antom-checkout"] == "cashier"
    assert form["data-session-url"] == "/antom/session"
    assert form["data-report-url"] == "/antom/report"
    assert form["data-environment"] == "sandbox"


def test_without_a_script_the_form_leads_to_the_hosted_page() -> None:
    form = one(draw(), "form")
    assert (form["method"], form["action"]) == ("post", "/antom/hosted")


def test_macro_keeps_to_a_prefix_of_the_app() -> None:
    app = make_app(replace(CONFIG, url_prefix="/pay/antom"))
    with app.test_request_context("/checkout", base_url="https://shop.example/my"):
        html = render_template_string(IMPORT + "{{ antom_checkout('A-1') }}")
    assert one(html, "form")["data-session-url"] == "/my/pay/antom/session"
    assert str(one(html, "link")["href"]).startswith(
        "/my/pay/antom/static/checkout.css?v="
    )


def test_methods_are_those_of_the_config_unless_given() -> None:
    assert values(draw()) == ["GCASH", "ALIPAY_CN"]
    assert values(draw("antom_checkout('A-1', ['ALIPAY_CN'])")) == ["ALIPAY_CN"]


def test_a_method_named_twice_is_drawn_once() -> None:
    assert values(draw("antom_checkout('A-1', ['GCASH', 'GCASH'])")) == ["GCASH"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("antom_checkout('A-1', [])", "ANTOM_PAYMENT_METHODS"),
        ("antom_checkout('A-1', ['TNG'])", "'TNG'.*among ANTOM_PAYMENT_METHODS"),
        ("antom_checkout('A-1', ['gcash'])", "'gcash'.*capital letters"),
        ("antom_checkout('A-1', ['A' * 65])", "not a payment method type"),
        ("antom_checkout('A-1', ['GCASH\n'])", "not a payment method type"),
        ("antom_checkout('A-1', [7])", "not a payment method type"),
        ("antom_checkout('A-1', 'GCASH')", r'methods=\["GCASH"\]'),
        ("antom_checkout(no_such_variable)", "no order reference"),
    ],
)
def test_mistakes_in_the_call_are_named(call: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        draw(call)


def test_no_methods_at_all_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="set ANTOM_PAYMENT_METHODS"):
        draw(app=any_app())


@pytest.mark.parametrize(
    "reference",
    ['"><script>alert(1)</script>', "' onfocus='x", "{{ 7 * 7 }}", "e&amp;"],
)
def test_a_hostile_order_reference_stays_text(reference: str) -> None:
    html = draw("antom_checkout(reference)", reference=reference)
    assert reference_of(html) == reference
    assert len(tags(html, "script")) == 2
    assert len(tags(html)) == len(tags(draw()))


def test_a_number_will_do_as_a_reference() -> None:
    assert reference_of(draw("antom_checkout(7)")) == "7"


def test_scripts_come_in_order_deferred_the_sdk_last() -> None:
    ours, sdk = (attributes for _, attributes in tags(draw(), "script"))
    assert str(ours["src"]).startswith("/antom/static/checkout.js?v=")
    assert sdk["src"] == "/sdk.js"
    assert "defer" in ours
    assert "defer" in sdk


def test_the_sdk_is_checked_only_when_its_integrity_is_known() -> None:
    ours, sdk = (attributes for _, attributes in tags(draw(), "script"))
    assert {"integrity", "crossorigin"}.isdisjoint(ours.keys() | sdk.keys())
    app = make_app(replace(CONFIG, sdk_integrity="sha384-abc"))
    ours, sdk = (attributes for _, attributes in tags(draw(app=app), "script"))
    assert (sdk["integrity"], sdk["crossorigin"]) == ("sha384-abc", "anonymous")
    assert "integrity" not in ours


def test_texts_can_be_replaced_one_by_one() -> None:
    html = draw(
        """antom_checkout('A-1', texts={"pay": "Bayar <b>", "failed": "Aduh"})"""
    )
    assert "Bayar &lt;b&gt;" in html
    assert '<span data-antom-text="failed">Aduh</span>' in html
    assert CHECKOUT["cancelled"] in html


@pytest.mark.parametrize(
    ("name", "hint"), [("canceled", ' Did you mean "cancelled"?'), ("colour", "")]
)
def test_a_text_that_does_not_exist_is_a_mistake(name: str, hint: str) -> None:
    message = f'antom_checkout() got a text "{name}", but has no such text.{hint}'
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        draw(f"antom_checkout('A-1', texts={{'{name}': 'Aduh'}})")


def test_there_is_no_text_that_the_script_does_not_use() -> None:
    with blueprint.open_resource("static/antom/checkout.js", "r") as file:
        script = file.read()
    names = [
        attributes["data-antom-text"]
        for _, attributes in tags(draw(), "span")
        if "data-antom-text" in attributes
    ]
    unused = {name for name in names if f"'{name}'" not in script}
    assert unused <= CODES.keys()
    assert len(names) > 15


def test_the_form_says_what_it_is_and_has_places_for_news() -> None:
    html = draw()
    assert one(html, "form")["aria-label"] == "Payment"
    assert len(tags(html, "legend")) == 1
    roles = [attributes.get("role") for _, attributes in tags(html, "p")]
    assert {"status", "alert"} <= set(roles)
    buttons = [attributes for _, attributes in tags(html, "button")]
    assert ["hidden" in attributes for attributes in buttons] == [False, True]
    assert [attributes["type"] for attributes in buttons] == ["submit", "button"]


# The modes


def test_the_mode_is_that_of_the_config_unless_given() -> None:
    app = make_app(replace(CONFIG, checkout_mode="page"))
    assert one(draw(app=app), "form")["data-antom-checkout"] == "page"
    html = draw("antom_checkout('A-1', mode='element')", app)
    assert one(html, "form")["data-antom-checkout"] == "element"


def test_an_unknown_mode_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match='"element", "page", "hosted"'):
        draw("antom_checkout('A-1', mode='popup')")


@pytest.mark.parametrize("mode", ["element", "page"])
def test_where_antom_shows_the_methods_they_are_not_drawn(mode: str) -> None:
    html = draw(f"antom_checkout('A-1', mode='{mode}')")
    methods = fields(html, "paymentMethodType")
    assert [field["value"] for field in methods] == ["GCASH", "ALIPAY_CN"]
    assert {field["type"] for field in methods} == {"hidden"}
    assert "GCash" not in html


@pytest.mark.parametrize("mode", ["element", "page", "hosted"])
def test_antom_may_be_left_to_offer_all_its_methods(mode: str) -> None:
    html = draw(f"antom_checkout('A-1', mode='{mode}')", any_app())
    assert values(html) == []


def test_the_hosted_mode_needs_no_script() -> None:
    html = draw("antom_checkout('A-1', mode='hosted')")
    assert tags(html, "script") == []
    assert "data-session-url" not in one(html, "form")
    assert "disabled" not in one(html, "button")


def test_the_cashier_can_be_drawn_into_the_page() -> None:
    assert "data-embedded" not in one(draw(), "form")
    html = draw("antom_checkout('A-1', embedded=True)")
    assert "data-embedded" in one(html, "form")


def test_the_addresses_of_our_files_change_with_them() -> None:
    app = make_app()
    with app.test_request_context():
        url = url_for("antom.static", filename="checkout.js")
        others = [
            url_for("antom.static", filename=name)
            for name in ("missing.js", "../../routes.py", "a" * 300)
        ]
    content = app.test_client().get(url).data
    assert url.endswith(f"?v={hashlib.sha256(content).hexdigest()[:8]}")
    assert not any("v=" in other for other in others)


def test_the_debug_panel_comes_only_if_it_is_wanted() -> None:
    assert "debug.js" not in draw()
    html = draw(app=make_app(replace(CONFIG, debug_panel=True)))
    assert "/antom/static/debug.js" in html


HINTS = '{% from "antom/checkout.html" import antom_hints %}{{ antom_hints(mode) }}'


def hints(mode: str | None, **changes: Any) -> list[dict[str, str | None]]:
    config = replace(CONFIG, gateway_url="https://open-sea-global.alipay.com")
    with in_request(make_app(replace(config, **changes))):
        html = render_template_string(HINTS, mode=mode)
    return [attributes for _, attributes in tags(html, "link")]


def test_the_head_may_announce_what_a_checkout_needs() -> None:
    style, *origins, script = hints(
        None, csp_nonce=lambda: "n0nce", sdk_integrity="sha384-abc"
    )
    assert (style["rel"], style["nonce"]) == ("stylesheet", "n0nce")
    assert [origin["href"] for origin in origins] == [
        "https://ac.alipay.com",
        "https://imgs-sea-global.alipay.com",
    ]
    assert script == {
        "rel": "preload",
        "as": "script",
        "href": "/sdk.js",
        "nonce": "n0nce",
        "integrity": "sha384-abc",
        "crossorigin": "anonymous",
    }


def test_the_hosted_mode_announces_its_style_sheet_only() -> None:
    (style,) = hints("hosted")
    assert style["rel"] == "stylesheet"


# The host's choice of methods


def test_the_host_sorts_and_thins_out_the_methods_for_an_order(shop: Shopfront) -> None:
    asked: list[Any] = []

    @shop.antom.payment_methods
    def choose(order: Order, methods: tuple[str, ...]) -> list[str]:
        asked.append((order.reference, methods))
        return ["TNG", "GCASH", "BOOST"]

    call = "antom_checkout('A-1', ['GCASH', 'ALIPAY_CN', 'TNG'])"
    assert values(draw(call, shop.app)) == ["TNG", "GCASH"]
    assert asked == [("A-1", ("GCASH", "ALIPAY_CN", "TNG"))]


def test_the_methods_may_come_one_by_one(shop: Shopfront) -> None:
    shop.antom.payment_methods(lambda order, methods: (m for m in methods[:1]))
    assert values(draw("antom_checkout('A-1', ['GCASH', 'TNG'])", shop.app)) == [
        "GCASH"
    ]


@pytest.mark.parametrize("wrong", ["GCASH", ["gcash"], [7], None])
def test_a_wrong_choice_of_methods_is_a_mistake(shop: Shopfront, wrong: Any) -> None:
    shop.antom.payment_methods(lambda order, methods: wrong)
    with pytest.raises(ConfigError, match="must return a list of payment method types"):
        draw("antom_checkout('A-1', ['GCASH'])", shop.app)


# CSRF


def test_the_csrf_token_is_drawn_if_the_host_has_csrf_protection() -> None:
    app = make_app()
    CSRFProtect(app)
    [field] = fields(draw(app=app), "csrf_token")
    assert field["value"]


def test_there_is_no_csrf_token_without_csrf_protection() -> None:
    assert fields(draw(), "csrf_token") == []


# The nonce, and what a strict policy forbids


def nonce_on_g(app: Flask) -> None:
    @app.before_request
    def set_nonce() -> None:
        g.csp = "n0nce"


def talisman_like(app: Flask) -> None:
    app.jinja_env.globals["csp_nonce"] = lambda: "n0nce"


@pytest.mark.parametrize(
    ("source", "prepare"),
    [
        (lambda: "n0nce", lambda app: None),
        ("csp", nonce_on_g),
        (None, talisman_like),
    ],
)
def test_every_script_and_style_sheet_has_the_nonce(
    source: Callable[[], str] | str | None, prepare: Callable[[Flask], None]
) -> None:
    app = make_app(replace(CONFIG, csp_nonce=source))
    prepare(app)

    @app.get("/page")
    def page() -> str:
        drawn = render_template_string(IMPORT + "{{ antom_checkout('A-1') }}")
        return drawn + render_template("antom/result.html", **result_context("pending"))

    html = app.test_client().get("/page").text
    found = tags(html, "script", "link")
    assert len(found) == 5
    assert {attributes.get("nonce") for _, attributes in found} == {"n0nce"}


def test_a_hostile_nonce_stays_text() -> None:
    app = make_app(replace(CONFIG, csp_nonce=lambda: '"><script>'))
    assert len(tags(draw(app=app), "script")) == 2


def test_no_nonce_no_attribute() -> None:
    for source in (None, lambda: ""):
        app = make_app(replace(CONFIG, csp_nonce=source))
        found = tags(draw(app=app) + draw_result("pending", app))
        assert all("nonce" not in attributes for _, attributes in found)


def test_a_name_that_g_lacks_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match='ANTOM_CSP_NONCE is "csp"'):
        draw(app=make_app(replace(CONFIG, csp_nonce="csp")))


@pytest.mark.parametrize("status", STATUSES)
def test_nothing_is_inline(status: str) -> None:
    for tag, attributes in tags(draw() + draw_result(status)):
        assert tag != "style"
        assert tag != "script" or attributes["src"]
        assert not [name for name in attributes if name.startswith("on")]
        assert "style" not in attributes


# The result page


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("created", RESULT["created"].message),
        ("pending", "Your payment is on its way"),
        ("processing", "We are waiting for your payment provider"),
        ("authorized", "Your payment is approved"),
        ("succeeded", "Payment received"),
        ("failed", RESULT["failed"].heading),
        ("cancelled", "was cancelled"),
        ("expired", RESULT["expired"].heading),
        ("review", "You do not need to pay again"),
        ("of_tomorrow", "We are waiting for your payment provider"),
    ],
)
def test_each_status_has_words(status: str, words: str) -> None:
    html = draw_result(status)
    assert words in html
    assert "MYR\u00a042.00" in html
    assert "GCash" in html
    assert "23 Nov 2026, 09:30 (GMT+0)" in html


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("USER_BALANCE_NOT_ENOUGH", CHECKOUT["balance"]),
        ("UNKNOWN_EXCEPTION", RESULT["failed"].message),
        ("PROCESS_FAIL", RESULT["failed"].message),
        (None, RESULT["failed"].message),
    ],
)
def test_a_failure_is_explained_where_its_code_tells(
    code: str | None, words: str
) -> None:
    context = result_context("failed")
    context["payment"].result_code = code
    with in_request(make_app()):
        assert words in render_template("antom/result.html", **context)


@pytest.mark.parametrize("status", STATUSES)
def test_only_an_open_payment_is_asked_about(status: str) -> None:
    html = draw_result(status)
    watches = [a for _, a in tags(html, "p") if "data-antom-status-url" in a]
    assert bool(watches) is not is_final(status)
    may_change = not is_final(status) or status == "failed"  # and be paid again
    assert bool(tags(html, "script")) is may_change
    assert ('http-equiv="refresh"' in html) is not is_final(status)
    if watches:
        assert watches[0]["data-antom-status"] == status


def test_a_payment_without_a_page_to_go_on_to_has_no_such_link() -> None:
    with in_request(make_app()):
        context = result_context("succeeded") | {"order_url": None}
        html = render_template("antom/result.html", **context)
    assert tags(html, "a") == []


def test_the_blocks_can_be_replaced() -> None:
    blocks = ["title", "head", "heading", "message", "details", "actions"]
    own = "".join(f"{{% block {name} %}}my {name}{{% endblock %}}" for name in blocks)
    with in_request(make_app()):
        html = render_template_string(
            '{% extends "antom/result.html" %}' + own, **result_context("succeeded")
        )
    assert all(f"my {name}" in html for name in blocks)
    assert "Payment received" not in html


def test_the_parts_can_be_put_into_a_layout_of_the_host() -> None:
    with in_request(make_app()):
        html = render_template_string(
            """{% import "antom/result_parts.html" as antom -%}
            {{ antom.refresh(final, 9) }}<h1>{{ antom.heading(payment) }}</h1>
            {{ antom.message(payment) }}{{ antom.details(payment) }}
            {{ antom.watch(payment, final, status_url) }}""",
            **result_context("pending"),
        )
    assert "<h1>Your payment is on its way</h1>" in html
    assert len(tags(html, "script")) == 1
