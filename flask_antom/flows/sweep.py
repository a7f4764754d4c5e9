"""FLOW 4: what is overdue, whoever forgot it: ask, deliver, expire, match.

Work is claimed under a lease, see :mod:`.store.due_queue`. Several sweeps can run at
the same time, and what a crashed one had claimed becomes due again by itself.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from ..app_state import AppState
from ..errors import AntomError, DeliveryFailed, OutcomeUnknown
from ..store.due_queue import DueQueue
from . import notifications, payments, refunds
from .delivery import deliver_event

logger = logging.getLogger(__name__)

#: Told after each piece of work: what kind it was.
Progress = Callable[[str], None]

_BATCH = 50
_LEASE = timedelta(minutes=2)
_SILENCE = 3


class Result(Enum):
    """How one piece of work ended."""

    DONE = auto()
    NOT_YET = auto()  # it is put off
    SILENT = auto()  # so is this: nobody can say what became of it at Antom


Work = Callable[[AppState, int], Result]


@dataclass(slots=True)
class SweepSummary:
    """What a sweep did.

    :ivar payments: asked about; :ivar refunds: asked about or sent again.
    :ivar events: delivered; :ivar orphans: notifications that found their payment.
    :ivar failed: pieces of work that did not succeed and will be tried again.
    :ivar given_up: events that no receiver takes; they are tried no more.
    :ivar unmatched: notifications of the last day for payments that nobody knows.
    :ivar in_review: payments that were put into review in the last day.
    """

    payments: int = 0
    refunds: int = 0
    events: int = 0
    orphans: int = 0
    failed: int = 0
    given_up: int = 0
    unmatched: int = 0
    in_review: int = 0

    @property
    def needs_a_person(self) -> bool:
        """Whether there is something that will not mend itself."""
        return bool(self.trouble)

    @property
    def trouble(self) -> str:
        """What will not mend itself, in words; empty if there is nothing."""
        found = {
            "events given up": self.given_up,
            "notifications without a payment": self.unmatched,
            "payments in review": self.in_review,
        }
        return ", ".join(f"{what}: {count}" for what, count in found.items() if count)


def sweep(
    state: AppState,
    progress: Progress | None = None,
    stopped: threading.Event | None = None,
) -> SweepSummary:
    """Do all that is overdue, and tell what was done.

    It does not raise for a gateway that is silent or a receiver that fails: these are
    counted, logged and tried again later.

    :param stopped: ends the sweep after the piece of work in hand, once it is set.
    """
    tell = progress or (lambda kind: None)
    stopped = stopped or threading.Event()
    summary = SweepSummary()
    for result in _each(state, state.attempts.queue, _ask, stopped):
        summary.payments += result is Result.DONE
        summary.failed += result is not Result.DONE
        tell("payment")
    for result in _each(state, state.refunds.queue, _ask_refund, stopped):
        summary.refunds += result is Result.DONE
        summary.failed += result is not Result.DONE
        tell("refund")
    for result in _each(state, state.inbox.queue, _match_orphan, stopped):
        summary.orphans += result is Result.DONE
        tell("notification")
    for event_id in _batches(state, state.outbox.queue, stopped):
        delivered = deliver_event(state, event_id)
        summary.events += delivered
        summary.failed += not delivered
        tell("event")
    summary.given_up = state.outbox.count_given_up()
    summary.unmatched = state.inbox.count_orphans()
    summary.in_review = state.attempts.count_in_review()
    state.payments.release()
    return summary


def _batches(
    state: AppState, queue: DueQueue, stopped: threading.Event
) -> Iterator[int]:
    """Claim what is due by now; what falls due meanwhile is for the next sweep."""
    due_by = state.clock.now()
    while not stopped.is_set() and (batch := queue.claim_due(_BATCH, _LEASE, due_by)):
        yield from itertools.takewhile(lambda ref: not stopped.is_set(), batch)


def _each(
    state: AppState, queue: DueQueue, work: Work, stopped: threading.Event
) -> Iterator[Result]:
    """Do each piece of work that is due; leave off while Antom is silent.

    What comes to nothing is put off, so that it is not tried every two minutes.
    """
    silent = 0
    for ref in _batches(state, queue, stopped):
        result = _try(state, work, ref)
        if result is not Result.DONE:
            queue.put_off(ref)
        silent = silent + 1 if result is Result.SILENT else 0
        yield result
        if silent == _SILENCE:
            logger.warning("Antom is silent; the rest is left for the next sweep.")
            return


def _try(state: AppState, work: Work, ref: int) -> Result:
    try:
        return work(state, ref)
    except DeliveryFailed:
        return Result.DONE  # the fact is stored; the event is counted by its own turn
    except AntomError as error:
        logger.warning("%s", error)
        return Result.SILENT if isinstance(error, OutcomeUnknown) else Result.NOT_YET
    except Exception:
        logger.exception("A sweep could not finish a piece of work.")
        state.payments.session.rollback()
        return Result.NOT_YET


def _ask(state: AppState, payment_ref: int) -> Result:
    """Ask about one payment, and finish what was asked of Antom."""
    with contextlib.suppress(DeliveryFailed):  # the event is counted by its own turn
        payments.sync(state, state.payments.get(payment_ref), repeat=False)
    payments.finish(state, state.payments.get(payment_ref))
    return Result.DONE


def _ask_refund(state: AppState, refund_ref: int) -> Result:
    refunds.sync(state, refund_ref)
    state.refunds.queue.put_off(refund_ref)  # if it is pending still
    return Result.DONE


def _match_orphan(state: AppState, notification_ref: int) -> Result:
    is_matched = notifications.match_orphan(state, notification_ref)
    return Result.DONE if is_matched else Result.NOT_YET


def count_due(state: AppState) -> int:
    """Count what a sweep will find, for a progress bar."""
    stores = (state.attempts, state.refunds, state.inbox, state.outbox)
    return sum(store.queue.count_due() for store in stores)


def sweep_aloud(state: AppState, stopped: threading.Event | None = None) -> None:
    """Sweep, and log what needs a person: once, until it is something else."""
    trouble = sweep(state, stopped=stopped).trouble
    if trouble and trouble != state.trouble:
        logger.error("Something needs a person: %s.", trouble)
    state.trouble = trouble


def work(state: AppState, stopped: threading.Event, pause: float) -> None:
    """Sweep until the event is set; the piece of work in hand is finished.

    A database that is away, or another fault that ends a sweep, is logged.

    :param pause: seconds between two sweeps.
    """
    while not stopped.is_set():
        try:
            with state.app.app_context():
                sweep_aloud(state, stopped)
        except Exception:
            logger.exception("A sweep broke off; the next one follows.")
        stopped.wait(pause)
