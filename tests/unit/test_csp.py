"""The Content-Security-Policy as a dict: what is in it, how a shop sends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import render_template_string
from flask_talisman import Talisman  # type: ignore[import-untyped]

from flask_antom.browser_sdk import releases
from flask_antom.domain import modes
from flask_antom.errors import ConfigError
from flask_antom.web.csp import merge, policy
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.shop import Shopfront, make_shop, shop_settings
from tests.support.templates import CONFIG

SEA = "https://open-sea-global.alipay.com"
LIVE = replace(CONFIG, gateway_url=SEA, sdk_url=releases.DEFAULT_URL)
PAGE = (
    '{% from "antom/checkout.html" import antom_checkout %}'
    '{{ antom_checkout("A-1", methods=["GCASH"]) }}'
)
OWN_COPY = "/static/antom-sdk/ams-checkout-1.12.0.min.js"


def words(policy: dict[str, str], directive: str) -> list[str]:
    return policy[directive].split()


def read(header: str) -> dict[str, str]:
    """Take the value of a header apart."""
    return dict(part.strip().split(" ", 1) for part in header.split(";"))


# The policy


def test_the_mode_is_the_configs_unless_given() -> None:
    assert policy(LIVE) == policy(LIVE, "cashier")
    element = policy(replace(LIVE, checkout_mode="element"))
    assert element == policy(LIVE, "element")
    assert element["frame-src"] == "https://checkout.antom.com"
    assert policy(LIVE)["frame-src"] == "https://ac.alipay.com"


def test_a_mode_that_there_is_not_is_named() -> None:
    with pytest.raises(ConfigError, match=r'\'popup\'.*"cashier", "element"'):
        policy(LIVE, "popup")


def test_the_nonce_is_for_scripts_and_style_sheets() -> None:
    with_nonce, without = policy(LIVE, nonce="abc"), policy(LIVE)
    for directive, sources in with_nonce.items():
        has_nonce = directive in ("script-src", "style-src")
        assert ("'nonce-abc'" in sources) is has_nonce
        assert sources.replace("'nonce-abc' ", "") == without[directive]


@pytest.mark.parametrize("mode", modes.MODES)
def test_our_own_files_and_routes_are_allowed_and_nothing_inline(mode: str) -> None:
    given = policy(LIVE, mode, "abc")
    for directive in ("script-src", "style-src", "connect-src", "form-action"):
        assert "'self'" in words(given, directive)
    assert "'unsafe-inline'" not in given["script-src"] + given["style-src"]
    assert "'unsafe-eval'" not in given["script-src"]


def test_without_the_sdk_the_policy_is_small() -> None:
    assert policy(LIVE, "hosted", "abc") == {
        "script-src": "'self' 'nonce-abc'",
        "style-src": "'self' 'nonce-abc'",
        "connect-src": "'self'",
        "form-action": "'self' https://*.antom.com https://*.alipay.com",
    }


def test_only_the_cashiers_fingerprint_has_loose_rules() -> None:
    for mode in ("element", "page"):
        given = policy(LIVE, mode)
        assert "'wasm-unsafe-eval'" not in given["script-src"]
        assert "style-src-attr" not in given


@pytest.mark.parametrize(
    "gateway_url",
    [SEA, "https://open-de-global.alipay.com", "https://gateway.example"],
)
def test_every_region_that_a_session_may_name_is_allowed(gateway_url: str) -> None:
    config = replace(LIVE, gateway_url=gateway_url)
    for mode in ("cashier", "element"):
        called = words(policy(config, mode), "connect-src")
        assert [word for word in called if word.startswith("https://imgs-")] == [
            "https://imgs-sea-global.alipay.com",
            "https://imgs-na-global.alipay.com",
            "https://imgs-de-global.alipay.com",
            "https://imgs-qk.alipay.com",
            "https://imgs-id.alipay.com",
            "https://imgs-sa.alipay.com",
        ]
    called = words(policy(config), "connect-src")
    assert [word for word in called if word.startswith("https://open-")] == [
        f"https://open-{region}-global.alipay.com" for region in ("sea", "na", "de")
    ]


def test_the_simulator_is_allowed_where_it_stands_in_for_antom() -> None:
    local = "http://127.0.0.1:5001"
    config = replace(LIVE, gateway_url=local, sdk_url=f"{local}/sdk/ams-checkout.js")
    given = policy(config)
    for directive in ("script-src", "frame-src", "form-action"):
        assert local in words(given, directive)
        assert local not in policy(LIVE)[directive]


def styles(url: str) -> list[str]:
    found = words(policy(replace(LIVE, sdk_url=url)), "style-src")
    return [word.strip("'") for word in found if word.startswith("'sha256-")]


@pytest.mark.parametrize(
    ("url", "version"),
    [
        (releases.DEFAULT_URL, "1.47.2"),
        (releases.DEFAULT_URL.replace("1.47.2", "1.12.0"), "1.12.0"),
        (OWN_COPY, "1.12.0"),
        ("https://cdn.shop.example/2.0.1/ams-checkout-1.12.0.min.js", "1.12.0"),
        ("https://js.example/1.99.0/ams-checkout.js", "1.47.2"),
        ("https://js.example/v2/ams-checkout.js", "1.47.2"),
        ("/static/ams-checkout-11.12.0.min.js", "1.47.2"),
    ],
)
def test_the_style_sheets_are_the_versions_or_the_newest_ones(
    url: str, version: str
) -> None:
    assert styles(url) == list(releases.RELEASES[version].styles["cashier"])


def test_a_copy_of_the_shops_own_needs_no_host_of_the_cdn() -> None:
    host = "https://sdk.marmot-cloud.com"
    assert host in words(policy(LIVE), "script-src")
    own = policy(replace(LIVE, sdk_url=OWN_COPY))
    assert not [sources for sources in own.values() if host in sources]


@pytest.mark.parametrize("mode", ["element", "page"])
def test_a_mode_that_the_version_lacks_is_a_mistake(mode: str) -> None:
    config = replace(LIVE, sdk_url=OWN_COPY)
    with pytest.raises(ConfigError, match=f'ANTOM_SDK_URL.*1.12.0.*"{mode}".*1.47.2'):
        policy(config, mode)


# In a shop


@pytest.fixture
def front() -> Iterator[Shopfront]:
    """A shop that talks to nobody."""
    front = make_shop(shop_settings(ANTOM_PUBLIC_KEY, SEA))
    yield front
    front.close()


def test_the_policy_needs_an_app(front: Shopfront) -> None:
    with pytest.raises(ConfigError, match="no current app"):
        front.antom.csp()


def test_flask_talisman_takes_it(front: Shopfront) -> None:
    with front.app.app_context():
        needed = front.antom.csp()
    Talisman(
        front.app,
        force_https=False,
        content_security_policy={"default-src": "'none'", **needed},
        content_security_policy_nonce_in=["script-src", "style-src"],
    )
    app = front.app
    app.add_url_rule("/", view_func=lambda: render_template_string(PAGE))
    answer = app.test_client().get("/")
    [nonce] = set(re.findall(r'nonce="([^"]+)"', answer.text))
    sent = read(answer.headers["Content-Security-Policy"])
    with app.app_context():
        expected = {"default-src": "'none'", **front.antom.csp(nonce=nonce)}
    assert {name: set(text.split()) for name, text in sent.items()} == {
        name: set(text.split()) for name, text in expected.items()
    }


def test_flask_talisman_takes_it_without_an_app_context(front: Shopfront) -> None:
    """The policy is asked for in the first request, and once for each app."""
    own, called = {"default-src": "'self'"}, []

    def needed() -> dict[str, str]:
        called.append(1)
        return front.antom.csp()

    later = merge(own, needed)
    Talisman(front.app, force_https=False, content_security_policy=later)
    assert called == []
    for _ in range(2):
        answer = front.app.test_client().get("/")
    with front.app.app_context():
        expected = merge(own, front.antom.csp())
        assert dict(later) == expected
        assert len(later) == len(expected)
    assert read(answer.headers["Content-Security-Policy"]) == expected
    assert called == [1]


# Together with a policy of the host's


def test_the_sources_of_a_directive_add_up_without_repetition() -> None:
    own = {"connect-src": "'self' https://api.example", "font-src": "'self'"}
    merged = merge(own, {"connect-src": "'self' https://antom.example"})
    assert merged == {
        "connect-src": "'self' https://api.example https://antom.example",
        "font-src": "'self'",
    }


def test_lists_are_taken_too() -> None:
    assert merge({"img-src": ["'self'", "a.example"]}, {"img-src": ["b.example"]}) == {
        "img-src": "'self' a.example b.example"
    }


@pytest.mark.parametrize(
    ("own", "directive"),
    [
        ({"default-src": "'self' cdn.example"}, "img-src"),
        ({"default-src": "'none'", "child-src": "'self' cdn.example"}, "frame-src"),
        (
            {"default-src": "'none'", "style-src": "'self' cdn.example"},
            "style-src-attr",
        ),
    ],
)
def test_a_new_directive_starts_with_what_held_before(
    own: dict[str, str], directive: str
) -> None:
    merged = merge(own, {directive: "https://antom.example"})
    assert merged == {**own, directive: "'self' cdn.example https://antom.example"}


def test_what_the_host_does_not_limit_stays_without_a_limit() -> None:
    own = {"frame-ancestors": "'none'"}
    assert merge(own, policy(LIVE)) == own
    closed = {"default-src": "'none'", "form-action": "'none'"}
    assert "form-action" not in merge({"default-src": "'none'"}, policy(LIVE))
    assert merge(closed, policy(LIVE))["form-action"] == policy(LIVE)["form-action"]


def test_none_goes_where_something_comes() -> None:
    assert merge({"default-src": "'none'"}, {"img-src": "a.example"}) == {
        "default-src": "'none'",
        "img-src": "a.example",
    }


def test_a_finer_directive_of_the_hosts_gets_the_sources_as_well() -> None:
    own = {"style-src": "'self'", "style-src-elem": "'self' cdn.example"}
    assert merge(own, {"style-src": "'sha256-a'"}) == {
        "style-src": "'self' 'sha256-a'",
        "style-src-elem": "'self' cdn.example 'sha256-a'",
    }
