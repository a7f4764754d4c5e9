"""Where each journey ends: what the buyer reads, and what they can do next.

The words have the names of :mod:`flask_antom.i18n.english`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

#: The places at which a buyer stops.
#:
#: ``result``: our result page, with the words for a status.
#: ``notice``: the checkout, where the macro draws words for a status.
#: ``form``: the checkout, where the form says something, or may be quiet.
#: ``view``: the same, while the SDK's view stands and can be used.
#: ``hosted``: our page that could not lead to the payment provider's.
#: ``antom``: the payment provider's own page.
PLACES = ("result", "notice", "form", "view", "hosted", "antom")


@dataclass(frozen=True)
class End:
    """A stop of a journey.

    :ivar place: one of :data:`PLACES`; :ivar words: the name of what the buyer reads.
    :ivar steps: what the buyer can do next: ``pay``, or a link by the name of its text.
    :ivar payments: the statuses of the order's payments in the shop, oldest first. A
        payment that nobody has finished may be known as ``created`` or ``processing``:
        that is ``open``.
    :ivar cancelled: how many sessions the shop has cancelled at Antom.
    """

    place: str
    words: str
    steps: tuple[str, ...]
    payments: tuple[str, ...]
    cancelled: int = 0

    def after(self, *payments: str, cancelled: int = 0) -> End:
        """Return the same end with other payments in the shop."""
        return replace(self, payments=payments, cancelled=cancelled)


#: The modes: ways to pay, without the version of the SDK.
MODES = ("pop-up", "embedded", "element", "page", "hosted")

PAID = End("result", "succeeded", ("continue",), ("succeeded",))
PENDING = End("result", "pending", ("again",), ("pending",))
DECLINED = End("result", "failed", ("back",), ("failed",))
OPEN_VIEW = End("view", "", (), ("open",))
QUIET_FORM = End("form", "", ("pay",), ("open",))
BALANCE = End("form", "balance", ("pay",), ("failed",))
LEFT = End("form", "cancelled", ("pay",), ("created",))
AWAY = End("form", "away", ("check", "pay"), ("open",))

Ends = Mapping[str, Sequence[End]]


def everywhere(*ends: End, **others: Sequence[End]) -> Ends:
    """Return the ends of all modes, with those of some modes in their place.

    :param others: by the name of the mode, with ``_`` for ``-``; none for a mode that
        does not have the journey.
    """
    different = {mode.replace("_", "-"): found for mode, found in others.items()}
    given = dict.fromkeys(MODES, ends) | different
    return {mode: found for mode, found in given.items() if found}


#: Journey -> mode -> the stops.
ENDS: Mapping[str, Ends] = {
    "success": everywhere(PAID),
    "failure_and_retry": everywhere(
        BALANCE,
        PAID.after("failed", "succeeded"),
        element=(BALANCE, PAID),
        page=(End("view", "balance", ("check",), ("failed",)), PAID),
        hosted=(End("antom", "", (), ("failed",)), PAID),
    ),
    "close": everywhere(LEFT, PAID, hosted=(QUIET_FORM, PAID)),
    "redirect_and_back": everywhere(PAID),
    "redirect_and_decline": everywhere(DECLINED, PAID.after("failed", "succeeded")),
    "new_tab_paid": everywhere(PAID, hosted=()),
    "new_tab_pending": everywhere(PENDING, hosted=()),
    "new_tab_abandoned": everywhere(AWAY, PAID, page=(OPEN_VIEW, PAID), hosted=()),
    "new_tab_other_method": everywhere(
        AWAY,
        PAID.after("cancelled", "succeeded", cancelled=1),
        element=(),
        page=(),
        hosted=(),
    ),
    "back_from_wallet": everywhere(
        QUIET_FORM, PAID, element=(OPEN_VIEW, PAID), page=(OPEN_VIEW, PAID)
    ),
    "back_from_result": everywhere(
        End("notice", "succeeded", ("view",), ("succeeded",))
    ),
    "back_from_result_kept": everywhere(
        End("form", "paid", ("view",), ("succeeded",)),
        hosted=(),
    ),
    "back_within_shop": everywhere(
        QUIET_FORM.after(),
        PAID,
        embedded=(QUIET_FORM, PAID),
        element=(OPEN_VIEW, PAID),
        page=(OPEN_VIEW, PAID),
    ),
    "two_tabs": everywhere(
        PAID, hosted=(End("hosted", "paid", ("view",), ("succeeded",)),)
    ),
    "already_paid": everywhere(
        End("form", "paid", ("view",), ("succeeded",)),
        hosted=(End("hosted", "paid", ("view",), ("succeeded",)),),
    ),
    "already_paid_when_drawn": everywhere(
        End("notice", "succeeded", ("view",), ("succeeded",))
    ),
    "pending": everywhere(PENDING),
    "pending_elsewhere": everywhere(
        End("form", "pending", ("check",), ("pending",)),
        hosted=(End("hosted", "pending", ("check",), ("pending",)),),
    ),
    "pending_when_drawn": everywhere(
        End("notice", "pending", ("check",), ("pending",))
    ),
}
