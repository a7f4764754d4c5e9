"""The meaning of an action's error, in a word and in sentences for the person."""

from __future__ import annotations

from ...errors import (
    AntomError,
    DeliveryFailed,
    NotPossible,
    OutcomeUnknown,
    Refused,
)

#: What is sent again as long as Antom has not signed a refusal of it.
_KEPT = ("capture", "cancel", "refund")


def outcome_of(error: AntomError) -> tuple[str, str]:
    """Return the outcome of an action that raised."""
    told = " ".join([_sentence(str(error)), *getattr(error, "__notes__", ())])
    match error:
        case Refused(signed=False, operation=name) if name in _KEPT:
            return "unknown", (
                "Antom refused the call itself, so nothing is done yet. But it is"
                " stored, and the shop's sweep may send it again: do not do it in"
                f" another way. {told} Show this to whoever runs the shop."
            )
        case Refused(signed=False):
            return "refused", (
                f"Antom refused the call itself, so nothing has changed. {told} Show"
                " this to whoever runs the shop."
            )
        case Refused():
            return "refused", f"Antom said no, so nothing was done. {told}"
        case OutcomeUnknown():
            return "unknown", (
                "Antom gave no clear answer, so it may have been done. Do not repeat"
                " it: ask Antom in a few minutes, with the button below. The shop's"
                f" sweep asks as well. {told}"
            )
        case DeliveryFailed():
            return "not delivered", (
                "It is done at Antom. But the shop's own code failed when it was told,"
                " and will be told again. Show this to whoever runs the shop."
                f" {told}"
            )
        case NotPossible():
            return "not possible", f"Nothing was done. {told}"
    return "error", f"Nothing was done. {told}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
