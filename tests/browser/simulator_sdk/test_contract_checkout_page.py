"""The stand-in and Antom's own bundle call back alike: AMSCheckoutPage."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tests.browser.simulator_sdk.contract import CHECKOUT, ContractPage

CODES = ["SDK_PAYMENT_SUCCESSFUL", "SDK_PAYMENT_CLICK_BACK_TO_MERCHANT"]


def test_a_checkout_page_fills_its_place_and_tells_of_payments(
    contract: ContractPage,
) -> None:
    contract.scenario = "say({code: 'SDK_OTHER'});" + "".join(
        f"say({{code: '{code}', message: 'm'}});" for code in CODES
    )
    contract.open()
    contract.page.evaluate("() => { place.textContent = 'Please wait'; }")

    assert contract.show_page() is None
    contract.wait_for_callback(CODES[1])
    assert contract.callbacks() == [["onEventCallback", code, "m"] for code in CODES]
    frame = contract.page.locator("#place > #antom-checkout-page-sub-page-iframe")
    assert [frame.get_attribute(name) for name in ("width", "height", "allow")] == [
        "100%",
        "100%",
        "payment",
    ]
    assert contract.page.locator("#place").text_content() == ""
    query = parse_qs(urlsplit(frame.get_attribute("src") or "").query)
    assert query == {
        "sessionData": [CHECKOUT],
        "lang": ["en_US"],
        "mode": ["embed"],
        "shadow": ["true"],
    }


def test_a_checkout_page_runs_as_prod(contract: ContractPage) -> None:
    for environment in ["prod", None]:
        contract.open()
        contract.page.evaluate(
            "value => { window.sdk = makePage({environment: value}); }", environment
        )
        contract.show_page()

        address = contract.page.locator("#place iframe").get_attribute("src") or ""
        assert "shadow" not in parse_qs(urlsplit(address).query)


def test_a_checkout_page_takes_an_environment_for_an_address(
    contract: ContractPage,
) -> None:
    contract.open()
    contract.page.evaluate("() => { window.sdk = makePage({environment: 'Sandbox'}); }")
    contract.show_page()

    address = contract.page.locator("#place iframe").get_attribute("src") or ""
    assert address.startswith("Sandbox?sessionData=")


def test_a_checkout_page_believes_strangers(contract: ContractPage) -> None:
    contract.open()
    contract.show_page()
    contract.page.evaluate(
        "() => window.postMessage('{\"code\": \"SDK_PAYMENT_SUCCESSFUL\"}', '*')"
    )
    contract.wait_for_callback("SDK_PAYMENT_SUCCESSFUL")

    assert contract.callbacks() == [["onEventCallback", "SDK_PAYMENT_SUCCESSFUL", None]]


def test_a_checkout_page_chokes_on_other_messages(contract: ContractPage) -> None:
    contract.open()
    contract.show_page()
    with contract.page.expect_event("pageerror") as error:
        contract.page.evaluate("() => window.postMessage('not JSON', '*')")

    assert "JSON" in str(error.value)
    assert contract.callbacks() == []


def test_a_checkout_pages_redirect_happens(contract: ContractPage) -> None:
    target = f"{contract.origin}/stand-in?back"
    contract.scenario = (
        f"say({{context: {{event: 'onRedirect', data: {{normalUrl: '{target}'}}}}}});"
    )
    contract.open()
    contract.show_page()
    contract.page.wait_for_url(target)

    assert contract.callbacks() == [["onEventCallback", "", None]]


def test_a_checkout_page_needs_a_session(contract: ContractPage) -> None:
    for data in ["", None, 42]:
        contract.open()

        assert contract.show_page(data) == "PARAMS_ERROR_INVALID_SESSION_DATA"
        assert contract.page.locator("iframe").count() == 0


def test_a_checkout_page_asks_nothing_of_its_session(contract: ContractPage) -> None:
    contract.open()

    assert contract.show_page("garbage") is None
    assert contract.page.locator("#place iframe").count() == 1


def test_a_checkout_page_needs_a_place(contract: ContractPage) -> None:
    contract.open()

    assert contract.show_page(place="#nowhere") == "PARAMS_ERROR_INVALID_SELECTOR"


def test_a_checkout_page_is_taken_away_and_mounted_again(
    contract: ContractPage,
) -> None:
    contract.open()
    contract.show_page()
    contract.page.evaluate(
        """() => { sdk.unmount();
          window.dispatchEvent(new MessageEvent("message",
            {data: '{"code": "SDK_PAYMENT_FAIL"}'})); }"""
    )
    assert contract.page.locator("#place > *").count() == 0
    assert contract.callbacks() == []

    contract.show_page()
    contract.show_page()

    assert contract.page.locator("#place iframe").count() == 1
    contract.page.evaluate(
        """() => { window.dispatchEvent(new MessageEvent("message",
            {data: '{"code": "SDK_PAYMENT_FAIL"}'})); }"""
    )
    assert contract.callbacks() == [["onEventCallback", "SDK_PAYMENT_FAIL", None]]
