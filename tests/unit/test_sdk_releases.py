"""The parts of the SDK that a page may announce, so that a checkout opens sooner."""

from __future__ import annotations

import pytest

from flask_antom.browser_sdk import releases

SEA = "https://open-sea-global.alipay.com"


def hints(
    mode: str, integrity: str | None = None, gateway_url: str = SEA
) -> releases.Hints:
    return releases.hints(mode, releases.DEFAULT_URL, integrity, gateway_url)


def test_the_script_the_frame_and_the_gateway_are_announced() -> None:
    assert hints("cashier") == releases.Hints(
        preconnect=("https://ac.alipay.com", "https://imgs-sea-global.alipay.com"),
        preload=releases.DEFAULT_URL,
    )


@pytest.mark.parametrize(
    ("mode", "origins"),
    [
        (
            "element",
            ("https://checkout.antom.com", "https://imgs-sea-global.alipay.com"),
        ),
        ("page", ("https://checkout.antom.com",)),
    ],
)
def test_each_mode_has_its_own_frame(mode: str, origins: tuple[str, ...]) -> None:
    assert hints(mode).preconnect == origins


def test_the_hint_has_the_integrity_of_the_tag() -> None:
    given = hints("cashier", "sha384-abc")
    assert (given.integrity, given.crossorigin) == ("sha384-abc", "anonymous")


def test_no_gateway_is_announced_that_may_not_be_called() -> None:
    given = hints("cashier", gateway_url="https://gateway.example")
    assert given.preconnect == ("https://ac.alipay.com",)


def test_a_page_without_the_sdk_announces_nothing() -> None:
    assert hints("hosted") == releases.Hints()
