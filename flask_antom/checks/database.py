"""Whether the database can be used: its transactions, its pooler and its clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ..app_state import AppState
from ..errors import AntomError
from .findings import ERROR, WARNING, Finding, Mistake, first_line
from .pooler import POOLER, pools_by_transaction

#: How far two clocks may be apart, in seconds.
FAR_APART = 30.0

UNUSABLE = Mistake(
    "database.unusable",
    ERROR,
    "The database cannot be used: {error}.",
    "Nobody can pay, and notifications are answered with 500.",
    "Start the database, and compare SQLALCHEMY_DATABASE_URI with its address.",
)
REFUSED = Mistake(
    "database.set_up",
    ERROR,
    "{error}",
    "Nobody can pay, and notifications are answered with 500.",
    "Change SQLALCHEMY_ENGINE_OPTIONS or the session as the message says.",
)
CLOCK = Mistake(
    "database.clock",
    WARNING,
    "This machine's clock and the database's are {seconds} seconds apart.",
    "Machines with different clocks take each other's leases for ended, so that an"
    " event may be delivered twice, and ask Antom too early or too late.",
    "Let both machines take the time from the network: timedatectl set-ntp true.",
)
MISTAKES = (UNUSABLE, REFUSED, CLOCK, POOLER)

_TIMES = {
    "postgresql": "SELECT clock_timestamp()",
    "mariadb": "SELECT UTC_TIMESTAMP(6)",
    "mysql": "SELECT UTC_TIMESTAMP(6)",
}


def check(state: AppState) -> Iterator[Finding]:
    """Open a connection as each transaction of ours does, and look at the clock."""
    try:
        with state.dossiers.transactions.connections.read() as connection:
            connection.execute(sa.text("SELECT 1"))
            seconds = _difference(state, connection)
            engine = connection.engine
    except AntomError as error:
        yield REFUSED.found(error=error)
        return
    except (SQLAlchemyError, OSError) as error:
        yield UNUSABLE.found(error=first_line(error))
        return
    if abs(seconds) > FAR_APART:
        yield CLOCK.found(seconds=round(abs(seconds)))
    if pools_by_transaction(engine):
        yield POOLER.found()


def _difference(state: AppState, connection: sa.Connection) -> float:
    """Return by how many seconds the database's clock is ahead of this machine's."""
    query = _TIMES.get(connection.dialect.name)
    if query is None:
        return 0.0
    before = state.clock.now()
    moment: Any = connection.execute(sa.text(query)).scalar_one()
    after = state.clock.now()
    there: datetime = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if before <= there <= after:
        return 0.0
    return (there - (before if there < before else after)).total_seconds()
