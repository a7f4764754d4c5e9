"""Notifications of every kind, signed and sent by the kit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flask_antom import Money
from flask_antom.simulator.recipes import RECIPES
from flask_antom.testing import AntomKit, KitError
from tests.kit.stories import STORIES
from tests.support.shop import Shopfront

#: The family of a notification that is only kept, by the first word of its kind.
FAMILIES = {
    "payment": "UNKNOWN",
    "dispute": "DISPUTE",
    "wallet": "AUTHORIZATION",
    "card": "VAULTING",
    "subscription": "SUBSCRIPTION",
    "transfer": "TRANSFER",
    "new": "UNKNOWN",
}


def family_of(kind: str) -> str:
    first, _, rest = kind.partition("-")
    return f"DEFENSE_{rest.upper()}" if first == "defense" else FAMILIES[first]


def stored(shop: Shopfront) -> Any:
    """Return the last notification that the shop has kept."""
    return shop.rows(shop.antom.Notification)[-1]


def test_each_kind_has_a_story() -> None:
    assert list(STORIES) == list(RECIPES)


@pytest.mark.parametrize("kind", STORIES)
def test_the_app_takes_each_kind(
    shop: Shopfront, antom_kit: AntomKit, kind: str
) -> None:
    before, told = STORIES[kind]
    before(antom_kit)
    antom_kit.signals.clear()
    answer = antom_kit.notify(kind, "A-1")
    assert answer.status_code == 200, answer.text
    assert [one.name for one in antom_kit.signals] == told
    if told == ["notification_unhandled"]:
        assert antom_kit.signals[0].arguments["family"] == family_of(kind)


@pytest.mark.parametrize("kind", [k for k in STORIES if not RECIPES[k].needs])
def test_what_is_only_kept_needs_no_payment(
    shop: Shopfront, antom_kit: AntomKit, kind: str
) -> None:
    assert antom_kit.notify(kind).status_code == 200
    assert stored(shop).outcome == "unhandled"


def test_a_dispute_names_its_payment(shop: Shopfront, antom_kit: AntomKit) -> None:
    payment = antom_kit.pay("A-1")
    antom_kit.notify("dispute-created", "A-1")
    antom_kit.notify("dispute-judged", "A-1")
    first, second = (one.arguments["ids"] for one in antom_kit.signals[1:])
    assert first == second
    assert first["paymentRequestId"] == payment.request_id
    assert first["paymentId"] == payment.payment_id


def test_fields_are_replaced_added_and_left_out(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    inside: dict[str, Any] = {"disputeAmount.currency": "KRW"}
    antom_kit.notify(
        "dispute-created",
        disputeReasonCode="13.1",
        arn="74512",
        disputeReasonMsg=None,
        **inside,
    )
    body = json.loads(stored(shop).body)
    assert (body["disputeReasonCode"], body["arn"]) == ("13.1", "74512")
    assert "disputeReasonMsg" not in body
    assert body["disputeAmount"] == {"value": "4200", "currency": "KRW"}


def test_another_amount_than_asked_goes_to_review(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    antom_kit.open("A-1")
    antom_kit.notify("payment-succeeded", "A-1", Money(100, "MYR"))
    assert antom_kit.payments("A-1")[0].status == "review"


def test_what_is_left_is_captured_and_refunded(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    antom_kit.authorize("A-1")
    antom_kit.notify("capture-succeeded", "A-1", Money(4000, "MYR"))
    antom_kit.notify("capture-succeeded", "A-1")
    antom_kit.notify("refund-succeeded", "A-1", Money(1000, "MYR"))
    antom_kit.notify("refund-succeeded", "A-1")
    (payment,) = antom_kit.payments("A-1")
    assert (payment.captured, payment.refunded) == (Money(4200, "MYR"),) * 2


@pytest.mark.parametrize(
    ("kind", "order", "text"),
    [
        ("payment", None, "no kind 'payment'. The kinds are payment-succeeded, "),
        ("payment-failed", None, "payment-failed is about a payment: name the order"),
        ("payment-failed", "A-2", "The order 'A-2' has no payment"),
        ("refund-failed", "A-1", "no refund of 'A-1' waits"),
    ],
)
def test_it_is_said_what_a_kind_needs(
    shop: Shopfront, antom_kit: AntomKit, kind: str, order: str | None, text: str
) -> None:
    antom_kit.pay("A-1")
    with pytest.raises(KitError, match=text):
        antom_kit.notify(kind, order)


def test_a_field_inside_of_text_is_not_set(
    shop: Shopfront, antom_kit: AntomKit
) -> None:
    inside: dict[str, Any] = {"notifyType.a": "b"}
    with pytest.raises(KitError, match="cannot be set: it is not inside"):
        antom_kit.notify("new-type", **inside)
