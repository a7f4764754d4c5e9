"""The sandbox's test cards and the form that accepts them."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: The cards that pay (Antom: card); the last one is exempt from 3D Secure.
GOOD_CARDS = (
    "4054695723100768",
    "5162774114974622",
    "9490220011669217",
    "4294097400915107",
    "4006055482525268",
    "4600729331819383",
    "4310377720003234",
    "4035501000000008",
)

#: The cards that are declined.
BAD_CARDS = ("4054692760174822", "5162770472561357")

_EXEMPT = "4035501000000008"

#: The code of a declined card. Which one the sandbox sends is a guess.
DECLINED = "ISSUER_REJECTS_TRANSACTION"

_EXPIRY = re.compile(r"(0[1-9]|1[0-2]) ?/ ?[0-9]{2}")
_CVC = re.compile(r"[0-9]{3}")


def number_of(form: Mapping[str, str]) -> str:
    """Return the card number without spaces."""
    return form.get("number", "").replace(" ", "")


def errors_in(form: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the errors of a card form.

    :returns: code and message, by field.
    """
    errors = {}
    if number_of(form) not in GOOD_CARDS + BAD_CARDS:
        message = "Only the sandbox's test cards are taken here."
        errors["number"] = ("INVALID_CARD_NUMBER", message)
    if not _EXPIRY.fullmatch(form.get("expiry", "").strip()):
        errors["expiry"] = ("INVALID_EXPIRATION_DATE", "Month and year, as 12/30.")
    if not _CVC.fullmatch(form.get("cvc", "").strip()):
        errors["cvc"] = ("INVALID_CVV", "Three digits.")
    return errors


def is_good(form: Mapping[str, str]) -> bool:
    """Whether the bank accepts this card."""
    return number_of(form) in GOOD_CARDS


def is_exempt(form: Mapping[str, str]) -> bool:
    """Whether the bank skips the confirmation for this card."""
    return number_of(form) == _EXEMPT
