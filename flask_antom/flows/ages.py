"""How long something has been waiting, in seconds, for those who watch."""

from __future__ import annotations

from ..app_state import AppState


def seconds_waiting(state: AppState, name: str) -> float:
    """Return the value of a gauge; zero if nothing waits.

    :param name: a key of :data:`.measures.GAUGES`.
    :raises sqlalchemy.exc.SQLAlchemyError: if the database cannot be read.
    """
    with state.app.app_context():
        since = state.ages.by_name[name]()
    if since is None:
        return 0.0
    return max((state.clock.now() - since).total_seconds(), 0.0)
