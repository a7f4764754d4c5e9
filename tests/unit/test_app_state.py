"""The account that a row belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from flask_antom.app_state import AppState
from flask_antom.errors import NotPossible
from tests.support.offline import open_offline
from tests.support.shop import CLIENT_ID


class Owned(NamedTuple):
    client_id: str
    environment: str = ""


@pytest.fixture
def state() -> Iterator[AppState]:
    with open_offline() as offline:
        yield offline.shop.app.extensions["antom"]


def test_an_app_has_the_account_of_its_settings(state: AppState) -> None:
    assert list(state.accounts) == [CLIENT_ID]
    assert state.account.client_id == CLIENT_ID
    assert state.account.keyring is state.config.keyring
    assert state.account.sandbox


def test_a_row_belongs_to_the_account_that_it_names(state: AppState) -> None:
    assert state.account_of(Owned(CLIENT_ID)) is state.account


def test_a_row_that_was_made_by_hand_belongs_to_the_apps_account(
    state: AppState,
) -> None:
    assert state.account_of(Owned("")) is state.account


@pytest.mark.parametrize("client_id", ["SANDBOX_OTHER", CLIENT_ID.lower(), " "])
def test_a_row_of_another_account_is_refused(state: AppState, client_id: str) -> None:
    with pytest.raises(NotPossible) as caught:
        state.account_of(Owned(client_id))
    assert str(caught.value) == (
        f"The payment belongs to the account {client_id}, which this app has no keys"
        " for."
    )
