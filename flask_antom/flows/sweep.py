"""The fourth flow: a sweep does all overdue work.

It asks Antom, delivers events, lets sessions expire and matches orphans. Rows are
claimed under a lease, see :mod:`.store.due_queue`: several sweeps can run at the same
time, and the rows of a crashed sweep become due again.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from ..app_state import AppState
from ..domain.payment_states import Observation
from ..domain.refund_states import RefundObservation
from ..errors import DeliveryFailed
from ..log_lines import Facts, Log, about
from ..store.rows import PaymentRow, RefundRow
from . import notifications, payments, refunds, silence
from .delivery import deliver_due
from .delivery_try import Told
from .inquiries import claimed
from .sweep_tasks import Result, do_each, until_silent

log: Log = Log(__name__)

#: Called after each task with its kind.
Progress = Callable[[str], None]

#: How long events may wait for somebody who listens.
_PATIENCE = timedelta(hours=1)


@dataclass(slots=True)
class SweepSummary:
    """The counts of a sweep.

    :ivar payments: payments that Antom was asked about.
    :ivar refunds: refunds that Antom was asked about, or that were sent again.
    :ivar events: events that were delivered.
    :ivar orphans: orphans whose payment was found.
    :ivar foreign: notifications of the last day about payments of another shop.
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
    foreign: int = 0
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
    with state.measures.work("sweep") as work:
        for result in _ask_about_payments(state, stopped):
            summary.payments += result is Result.DONE
            summary.failed += result is not Result.DONE
            report("payment")
        for result in _ask_about_refunds(state, stopped):
            summary.refunds += result is Result.DONE
            summary.failed += result is not Result.DONE
            report("refund")
        for result in _match_orphans(state, stopped):
            summary.orphans += result is Result.DONE
            report("notification")
        for told in _deliver_each(state, stopped):
            summary.events += told is Told.DELIVERED
            summary.failed += told.has_failed
            report("event")
        _count_what_waits(state, summary)
        silence.listen(state)
        work.note(result="done")
    done = ("payments", "refunds", "orphans", "events", "failed")
    counts = {name: getattr(summary, name) for name in done}
    if any(counts.values()):
        said = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
        log.info("Swept: %s.", said)
    return summary


def _count_what_waits(state: AppState, summary: SweepSummary) -> None:
    """Count what a person has to look at, and complain of signals nobody hears."""
    summary.given_up = state.claims.count_given_up()
    summary.unmatched = state.inbox.count_orphans()
    summary.foreign = state.inbox.count_foreign()
    summary.in_review = state.attempts.count_in_review()
    unheard, moment = state.listeners.unheard(), state.clock.now()
    if unheard:
        summary.unheard = state.claims.count_waiting(unheard, moment)
        summary.overdue = state.claims.count_waiting(unheard, moment - _PATIENCE)
    if summary.unheard:
        state.listeners.complain(f"{summary.unheard} events of {unheard[0]}")


def _ask_about_payments(state: AppState, stopped: threading.Event) -> Iterator[Result]:
    def ask(payment: PaymentRow) -> Observation:
        account, request_id = state.account_of(payment), payment.request_id
        with about(**payment.names):
            return state.client.inquire(account, request_id=request_id, repeat=False)

    def settle(payment: PaymentRow, answer: Observation) -> None:
        with contextlib.suppress(DeliveryFailed):  # the event is a task of its own
            payments.settle(state, payment, answer)
        payments.finish(state, payment)

    return do_each(state.attempts.queue, ask, settle, state.clock.now(), stopped)


def _ask_about_refunds(state: AppState, stopped: threading.Event) -> Iterator[Result]:
    def ask(refund: RefundRow) -> RefundObservation | None:
        return state.client.inquire_refund(state.account_of(refund), refund.request_id)

    def settle(refund: RefundRow, answer: RefundObservation | None) -> None:
        refunds.settle(state, refund, answer)
        state.refunds.queue.put_off(refund.id)  # if it is still pending

    return do_each(state.refunds.queue, ask, settle, state.clock.now(), stopped)


def _match_orphans(state: AppState, stopped: threading.Event) -> Iterator[Result]:
    queue = state.inbox.queue
    tasks = (
        (ref, Facts(), partial(notifications.match_orphan, state, ref))
        for batch in claimed(queue, state.clock.now(), stopped)
        for ref in itertools.takewhile(lambda ref: not stopped.is_set(), batch)
    )
    return until_silent(queue, tasks)


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
                some = some or told in (Told.DELIVERED, Told.REVIEWED)
                yield told
        if not waiting or not some:
            yield from (Told.WAITS for _ in waiting)
            return
        due = waiting


def count_due(state: AppState) -> int:
    """Return the number of tasks that are due, for a progress bar."""
    stores = (state.attempts, state.refunds, state.inbox)
    return state.claims.count_due() + sum(store.queue.count_due() for store in stores)


def sweep_aloud(state: AppState, stopped: threading.Event | None = None) -> None:
    """Sweep, and log if a person has to look. The same text is logged only once."""
    trouble = sweep(state, stopped=stopped).trouble
    if trouble and trouble != state.trouble:
        log.error("Something needs a person: %s.", trouble)
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
        except Exception as error:
            log.error("A sweep broke off; the next one follows.", error=error)
        stopped.wait(pause)
