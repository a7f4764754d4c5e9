"""The fourth flow: a sweep does all overdue work.

It asks Antom, delivers events, lets sessions expire and matches orphans. Rows are
claimed under a lease, see :mod:`.store.due_queue`: several sweeps can run at the same
time, and the rows of a crashed sweep become due again.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from ..app_state import AppState
from ..errors import AntomError, DeliveryFailed, OutcomeUnknown
from ..store.due_queue import DueQueue
from . import notifications, payments, refunds
from .delivery import Told, deliver_due

logger: logging.Logger = logging.getLogger(__name__)

#: Called after each task with its kind.
Progress = Callable[[str], None]

_BATCH = 50
_LEASE = timedelta(minutes=2)
#: How long events may wait for somebody who listens.
_PATIENCE = timedelta(hours=1)
_MAX_SILENT = 3


class Result(Enum):
    """The result of one task."""

    DONE = auto()
    NOT_YET = auto()  # it is put off
    SILENT = auto()  # it is put off, because its outcome at Antom is unknown


Work = Callable[[AppState, int], Result]


@dataclass(slots=True)
class SweepSummary:
    """The counts of a sweep.

    :ivar payments: payments that Antom was asked about.
    :ivar refunds: refunds that Antom was asked about, or that were sent again.
    :ivar events: events that were delivered.
    :ivar orphans: orphans whose payment was found.
    :ivar failed: tasks that did not succeed and are tried again later.
    :ivar given_up: events whose delivery is given up.
    :ivar unmatched: orphans of the last day.
    :ivar in_review: payments that went into review in the last day.
    :ivar unheard: events that wait because nobody listens to their signal.
    :ivar overdue: those of them that are older than an hour.
    """

    payments: int = 0
    refunds: int = 0
    events: int = 0
    orphans: int = 0
    failed: int = 0
    given_up: int = 0
    unmatched: int = 0
    in_review: int = 0
    unheard: int = 0
    overdue: int = 0

    @property
    def needs_a_person(self) -> bool:
        """Whether a person has to look at something."""
        return bool(self.trouble)

    @property
    def trouble(self) -> str:
        """A text about what a person has to look at; empty if there is nothing."""
        found = {
            "events given up": self.given_up,
            "notifications without a payment": self.unmatched,
            "payments in review": self.in_review,
            "events that nobody has listened to for an hour": self.overdue,
        }
        return ", ".join(f"{what}: {count}" for what, count in found.items() if count)


def sweep(
    state: AppState,
    progress: Progress | None = None,
    stopped: threading.Event | None = None,
) -> SweepSummary:
    """Do all overdue work, and return the counts.

    A gateway that does not answer, or a receiver that raises, is no error here: it is
    counted, logged and tried again later.

    :param progress: called after each task with its kind.
    :param stopped: ends the sweep after the current task, once it is set.
    """
    report = progress or (lambda kind: None)
    stopped = stopped or threading.Event()
    summary = SweepSummary()
    for result in _do_each(state, state.attempts.queue, _ask, stopped):
        summary.payments += result is Result.DONE
        summary.failed += result is not Result.DONE
        report("payment")
    for result in _do_each(state, state.refunds.queue, _ask_refund, stopped):
        summary.refunds += result is Result.DONE
        summary.failed += result is not Result.DONE
        report("refund")
    for result in _do_each(state, state.inbox.queue, _match_orphan, stopped):
        summary.orphans += result is Result.DONE
        report("notification")
    for told in _deliver_each(state, stopped):
        summary.events += told is Told.DELIVERED
        summary.failed += told is Told.FAILED
        report("event")
    _count_what_waits(state, summary)
    return summary


def _count_what_waits(state: AppState, summary: SweepSummary) -> None:
    """Count what a person has to look at, and complain of signals nobody hears."""
    summary.given_up = state.claims.count_given_up()
    summary.unmatched = state.inbox.count_orphans()
    summary.in_review = state.attempts.count_in_review()
    unheard, moment = state.listeners.unheard(), state.clock.now()
    if unheard:
        summary.unheard = state.claims.count_waiting(unheard, moment)
        summary.overdue = state.claims.count_waiting(unheard, moment - _PATIENCE)
    if summary.unheard:
        state.listeners.complain(f"{summary.unheard} events of {unheard[0]}")


def _batches(
    state: AppState, queue: DueQueue, stopped: threading.Event
) -> Iterator[int]:
    """Claim the rows that are due now. Later ones are left for the next sweep."""
    due_by = state.clock.now()
    while not stopped.is_set() and (batch := queue.claim_due(_BATCH, _LEASE, due_by)):
        yield from itertools.takewhile(lambda ref: not stopped.is_set(), batch)


def _do_each(
    state: AppState, queue: DueQueue, work: Work, stopped: threading.Event
) -> Iterator[Result]:
    """Do each task that is due. Stop if Antom is silent several times in a row.

    A task without success is put off, so that it is not tried every two minutes.
    """
    silent = 0
    for ref in _batches(state, queue, stopped):
        result = _try(state, work, ref)
        if result is not Result.DONE:
            queue.put_off(ref)
        silent = silent + 1 if result is Result.SILENT else 0
        yield result
        if silent == _MAX_SILENT:
            logger.warning("Antom is silent; the rest is left for the next sweep.")
            return


def _deliver_each(state: AppState, stopped: threading.Event) -> Iterator[Told]:
    """Deliver the events that are due now, and then those that waited for them."""
    due_by = state.clock.now()
    due: Iterable[int] = state.claims.due(due_by)
    while True:
        waiting, some = [], False
        for event_id in itertools.takewhile(lambda ref: not stopped.is_set(), due):
            told = deliver_due(state, event_id, due_by)
            if told is Told.WAITS:
                waiting.append(event_id)
            else:
                some = some or told is Told.DELIVERED
                yield told
        if not waiting or not some:
            yield from (Told.WAITS for _ in waiting)
            return
        due = waiting


def _try(state: AppState, work: Work, ref: int) -> Result:
    try:
        return work(state, ref)
    except DeliveryFailed:
        return Result.DONE  # the state is stored; the event is a task of its own
    except AntomError as error:
        logger.warning("%s", error)
        return Result.SILENT if isinstance(error, OutcomeUnknown) else Result.NOT_YET
    except Exception:
        logger.exception("A sweep could not finish a task.")
        return Result.NOT_YET


def _ask(state: AppState, payment_ref: int) -> Result:
    """Ask Antom about one payment, and repeat an unfinished cancel or capture."""
    payment = state.rows.get(payment_ref)
    with contextlib.suppress(DeliveryFailed):  # the event is a task of its own
        payments.sync(state, payment, repeat=False)
    payments.finish(state, payment)
    return Result.DONE


def _ask_refund(state: AppState, refund_ref: int) -> Result:
    refunds.sync(state, refund_ref)
    state.refunds.queue.put_off(refund_ref)  # if it is still pending
    return Result.DONE


def _match_orphan(state: AppState, notification_ref: int) -> Result:
    is_matched = notifications.match_orphan(state, notification_ref)
    return Result.DONE if is_matched else Result.NOT_YET


def count_due(state: AppState) -> int:
    """Return the number of tasks that are due, for a progress bar."""
    stores = (state.attempts, state.refunds, state.inbox)
    return state.claims.count_due() + sum(store.queue.count_due() for store in stores)


def sweep_aloud(state: AppState, stopped: threading.Event | None = None) -> None:
    """Sweep, and log if a person has to look. The same text is logged only once."""
    trouble = sweep(state, stopped=stopped).trouble
    if trouble and trouble != state.trouble:
        logger.error("Something needs a person: %s.", trouble)
    state.trouble = trouble


def work(state: AppState, stopped: threading.Event, pause: float) -> None:
    """Sweep again and again until the event is set. The current task is finished.

    An error that ends a sweep is logged, such as a database that cannot be reached.

    :param pause: seconds between two sweeps.
    """
    while not stopped.is_set():
        try:
            with state.app.app_context():
                sweep_aloud(state, stopped)
        except Exception:
            logger.exception("A sweep broke off; the next one follows.")
        stopped.wait(pause)
