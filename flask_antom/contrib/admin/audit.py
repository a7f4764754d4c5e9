"""The table of what people did on the support page, as a mixin for the host's base."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from ...store.columns import ID, TIME, Row, Utc, now, show
from ...store.host_models import collate


class ActionMixin(Row):
    """An action of a person on the support page: a row for each form that was sent.

    It is committed before Antom is called, and completed afterwards. So a row that
    stays ``started`` is one whose process ended in between.

    :ivar key: the key of the form; unique, so that a form acts once. A refund and a
        capture have the same key.
    :ivar ticket: a random text by which the request finds its own row again.
    :ivar environment: ``sandbox`` or ``prod``.
    :ivar actor: who did it, by the host.
    :ivar action: ``sync``, ``capture``, ``cancel``, ``refund`` or ``redeliver``.
    :ivar order_reference: the order.
    :ivar request_id: the ``paymentRequestId``.
    :ivar event_id: the event that was delivered again.
    :ivar amount_value: minor units, of a capture or a refund.
    :ivar reason: why, in the person's words. The buyer never sees it.
    :ivar outcome: ``started``, ``done``, ``refused``, ``unknown``, ``not possible``,
        ``not delivered`` or ``error``.
    :ivar told: the sentence that the person has read about the outcome.
    """

    __tablename__ = "antom_action"

    id: Mapped[int] = mapped_column(ID, primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    ticket: Mapped[str] = mapped_column(sa.String(32))
    environment: Mapped[str] = mapped_column(sa.String(16), default="")
    actor: Mapped[str] = mapped_column(sa.String(128))
    action: Mapped[str] = mapped_column(sa.String(16))
    order_reference: Mapped[str | None] = mapped_column(sa.String(64))
    request_id: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    event_id: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    amount_value: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    reason: Mapped[str] = mapped_column(sa.String(500), default="")
    outcome: Mapped[str] = mapped_column(sa.String(16), default="started")
    told: Mapped[str | None] = mapped_column(sa.Text)
    _started_at: Mapped[datetime] = mapped_column("started_at", TIME, default=now)
    _ended_at: Mapped[datetime | None] = mapped_column("ended_at", TIME)

    started_at: Utc[datetime] = Utc("_started_at")
    ended_at: Utc[datetime | None] = Utc("_ended_at")

    def __repr__(self) -> str:
        return show(self, "action", "outcome")


@listens_for(ActionMixin, "instrument_class", propagate=True)
def _keep_all_signs(mapper: Mapper[Any], model: Any) -> None:
    """Collate the table as soon as there is one: the host may create it at once."""
    collate(model.__table__)
