"""FLOW 4: what is overdue, whoever forgot it: ask, deliver, expire, match.

Work is taken by pushing its due time into the future, which is committed at once: a
lease. So several sweeps can run at the same time, and what a crashed one had taken
becomes due again by itself.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from . import notifications, payments, refunds
from .columns import now
from .delivery import deliver_event
from .errors import AntomError, DeliveryFailed, OutcomeUnknown
from .shop import Shop

logger = logging.getLogger(__name__)

#: Told after each piece of work: what kind it was.
Progress = Callable[[str], None]

_BATCH = 50
_LEASE = timedelta(minutes=2)
_SILENCE = 3


class Book(Protocol):
    """Where work waits until its time comes."""

    def count_due(self) -> int: ...

    def claim_due(
        self, most: int, lease: timedelta, due_by: datetime
    ) -> Sequence[int]: ...

    def put_off(self, ref: int, /) -> None: ...


@dataclass(slots=True)
class Summary:
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
    shop: Shop,
    progress: Progress | None = None,
    stopped: threading.Event | None = None,
) -> Summary:
    """Do all that is overdue, and tell what was done.

    It does not raise for a gateway that is silent or a receiver that fails: these are
    counted, logged and tried again later.

    :param stopped: ends the sweep after the piece of work in hand, once it is set.
    """
    tell = progress or (lambda kind: None)
    stopped = stopped or threading.Event()
    summary = Summary()
    for done in _each(shop, shop.attempts, _ask, stopped):
        summary.payments += done
        summary.failed += not done
        tell("payment")
    for done in _each(shop, shop.refunds, _ask_refund, stopped):
        summary.refunds += done
        summary.failed += not done
        tell("refund")
    for found in _each(shop, shop.inbox, notifications.match_orphan, stopped):
        summary.orphans += found
        tell("notification")
    for event_id in _batches(shop.outbox.claim_due, stopped):
        delivered = deliver_event(shop, event_id)
        summary.events += delivered
        summary.failed += not delivered
        tell("event")
    summary.given_up = shop.outbox.count_given_up()
    summary.unmatched = shop.inbox.count_orphans()
    summary.in_review = shop.attempts.count_in_review()
    shop.ledger.release()
    return summary


def _until(stopped: threading.Event, refs: Sequence[int]) -> Iterator[int]:
    return itertools.takewhile(lambda ref: not stopped.is_set(), refs)


def _batches(
    claim: Callable[[int, timedelta, datetime], Sequence[int]], stopped: threading.Event
) -> Iterator[int]:
    """Take what is due by now; what falls due meanwhile is for the next sweep."""
    due_by = now()
    while not stopped.is_set() and (batch := claim(_BATCH, _LEASE, due_by)):
        yield from _until(stopped, batch)


def _each(
    shop: Shop,
    book: Book,
    work: Callable[[Shop, int], object],
    stopped: threading.Event,
) -> Iterator[bool]:
    """Do each piece of work that is due; leave off while Antom is silent.

    What comes to nothing is put off, lest it be tried every two minutes for ever.
    """
    silent = 0
    for ref in _batches(book.claim_due, stopped):
        result = _try(shop, work, ref)
        done = result is not False and not isinstance(result, Exception)
        if not done:
            book.put_off(ref)
        silent = silent + 1 if isinstance(result, OutcomeUnknown) else 0
        yield done
        if silent == _SILENCE:
            logger.warning("Antom is silent; the rest is left for the next sweep.")
            return


def _try(shop: Shop, work: Callable[[Shop, int], object], ref: int) -> object:
    """Do one piece of work; give what it gave, or the error that it raised."""
    try:
        return work(shop, ref)
    except DeliveryFailed:
        return None  # the news is stored; the event is counted by its own turn
    except AntomError as error:
        logger.warning("%s", error)
        return error
    except Exception as error:
        logger.exception("A sweep could not finish a piece of work.")
        shop.ledger.session.rollback()
        return error


def _ask(shop: Shop, payment_ref: int) -> None:
    """Ask about one payment, and finish what was asked of Antom."""
    with contextlib.suppress(DeliveryFailed):  # the event is counted by its own turn
        payments.sync(shop, shop.ledger.get(payment_ref), repeat=False)
    payments.finish(shop, shop.ledger.get(payment_ref))


def _ask_refund(shop: Shop, refund_ref: int) -> None:
    refunds.sync(shop, refund_ref)
    shop.refunds.put_off(refund_ref)  # if it is pending still


def count_due(shop: Shop) -> int:
    """Count what a sweep will find, for a progress bar."""
    books = (shop.attempts, shop.refunds, shop.inbox, shop.outbox)
    return sum(book.count_due() for book in books)


def sweep_aloud(shop: Shop, stopped: threading.Event | None = None) -> None:
    """Sweep, and log what needs a person: once, until it is something else."""
    trouble = sweep(shop, stopped=stopped).trouble
    if trouble and trouble != shop.trouble:
        logger.error("Something needs a person: %s.", trouble)
    shop.trouble = trouble


def work(shop: Shop, stopped: threading.Event, pause: float) -> None:
    """Sweep until the event is set; the piece of work in hand is finished.

    A database that is away, or another fault that ends a sweep, is logged.

    :param pause: seconds between two sweeps.
    """
    while not stopped.is_set():
        try:
            with shop.app.app_context():
                sweep_aloud(shop, stopped)
        except Exception:
            logger.exception("A sweep broke off; the next one follows.")
        stopped.wait(pause)
