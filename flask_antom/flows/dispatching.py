"""Stored events go into the host's queue, whose workers deliver them.

The event is committed before. So whatever becomes of the job, a sweep delivers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial

from ..app_state import AppState

logger: logging.Logger = logging.getLogger(__name__)


def dispatch(state: AppState, event_ids: Iterable[int]) -> None:
    """Put a job for each event into the host's queue, if there is one.

    An error of the host's function is logged, not raised.
    """
    put = state.event_dispatcher or state.hooks.event_dispatcher
    if put is None:
        return
    for event_id in event_ids:
        failure = state.broker.call(partial(put, event_id))
        if failure:
            logger.warning(
                "The broker failed (%s), and is left alone for %d seconds; sweeps"
                " deliver the events.",
                failure,
                state.broker.pause,
            )
