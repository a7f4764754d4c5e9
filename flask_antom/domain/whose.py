"""Whose rows the tables hold: those of this app, and others that stay there. Pure.

The rows of the sandbox stay when a shop goes live on the same database, and those of an
account when the shop gets another one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, Protocol

from .request_ids import RequestIds


class Owned(Protocol):
    """A row that belongs to an account, in an environment."""

    @property
    def environment(self) -> str:
        """``sandbox`` or ``prod``; empty for a row that was made by hand."""
        ...

    @property
    def client_id(self) -> str:
        """The account's client id; empty for a row that was made by hand."""
        ...


class Ours(NamedTuple):
    """The environment of an app, and the accounts whose keys it has.

    A row that names no environment or no account counts as ours.

    :ivar environment: ``sandbox`` or ``prod``.
    :ivar client_ids: the client ids of the accounts.
    :ivar ids: makes and judges the ids of payments, refunds and captures.
    """

    environment: str
    client_ids: Collection[str]
    ids: RequestIds

    @property
    def environments(self) -> tuple[str, ...]:
        """The values of a column that stand for this environment.

        Without an account nobody knows it: what is stored is shown, and stays.
        """
        return ("", self.environment) if self.client_ids else ("", "sandbox", "prod")

    def is_here(self, row: Owned) -> bool:
        """Whether a row belongs to this environment. Others are left alone."""
        return row.environment in self.environments

    def may_pay(self, row: Owned) -> bool:
        """Whether a payment can pay its order: one of this environment and account."""
        return self.is_here(row) and self.is_account(row.client_id)

    def is_account(self, client_id: str) -> bool:
        """Whether an account is one of this app's."""
        return not (client_id and self.client_ids) or client_id in self.client_ids
