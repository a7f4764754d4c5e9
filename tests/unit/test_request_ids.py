"""A shop tells its own ids from those of others."""

from __future__ import annotations

import re
import uuid

import pytest

from flask_antom.domain.request_ids import RequestIds

SHOP = ("SANDBOX_1", "https://shop.example/antom/notify")
OURS = RequestIds.of_shop(*SHOP)


def test_an_id_is_new_and_has_what_antom_takes() -> None:
    made = {OURS.make() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"[0-9a-z]{32}", one) for one in made)
    assert {one[:10] for one in made} == {OURS.prefix}


def test_the_prefix_stays_the_same() -> None:
    assert OURS.prefix == "fxf8d49c38"


@pytest.mark.parametrize(
    "shop",
    [
        ("SANDBOX_2", "https://shop.example/antom/notify"),
        ("SANDBOX_1", "https://other.example/antom/notify"),
        ("SANDBOX_1", "https://shop.example/other/notify"),
    ],
)
def test_an_id_of_another_shop_or_account_is_not_ours(shop: tuple[str, str]) -> None:
    theirs = RequestIds.of_shop(*shop)
    assert OURS.may_be_ours(OURS.make())
    assert not OURS.may_be_ours(theirs.make())
    assert not theirs.may_be_ours(OURS.make())


def test_an_id_of_the_old_form_may_be_anybodys() -> None:
    assert OURS.may_be_ours(uuid.uuid4().hex)


@pytest.mark.parametrize(
    "request_id",
    [
        "",
        "order-17",
        OURS.prefix,
        OURS.prefix + "0" * 21,
        OURS.prefix + "0" * 23,
        "0478843F1A48487EBB5DB0358459735F",
        "baa04860-de41-470a-9da2-4745ee645c25",
        "d2ee0ac29edc4c3f8d4e883eecc1557f\n",
        "٤" * 32,
    ],
)
def test_an_id_of_another_form_is_not_ours(request_id: str) -> None:
    assert not OURS.may_be_ours(request_id)
