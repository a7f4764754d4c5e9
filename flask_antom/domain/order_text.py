"""Text of an order as Antom takes it: no text of a shop keeps a buyer from paying.

The host's objects keep their own text. Identifiers are never changed: they are checked.
The log says once for each field and process what is changed. It never shows a text,
because it may be about a person.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from ..errors import InvalidOrder
from ..log_lines import Log

log: Log = Log(__name__)

#: Unicode's control characters, broken characters, line and paragraph separators.
_FORBIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_JOINER = "\N{ZERO WIDTH JOINER}"

#: Of a text only so many times its limit is read: signs may vanish in ASCII, but to
#: transliterate a text of any length would take too long.
_READ_TIMES = 4

#: The fields that the log has told of.
_told: set[str] = set()


def write_words(
    name: str,
    text: str | None,
    limit: int,
    *,
    ascii: bool = False,
    instead: str | None = None,
) -> str | None:
    """Return words for people as Antom takes them, transliterated and cut if needed.

    :param name: the field, for the log.
    :param limit: the number of characters that Antom takes at most.
    :param ascii: whether only ASCII is allowed.
    :param instead: what is returned if nothing is left of the text.
    """
    if text is None or _is_taken(text, limit, ascii=ascii):
        return text
    whole = text.strip()
    beginning = whole[: _READ_TIMES * limit].rstrip()
    words, changes = _without_control(beginning), []
    if words != beginning:
        changes.append("sent without control characters")
    if ascii and not words.isascii():
        words = _to_ascii(words)
        changes.append("written in ASCII")
    if len(words) > limit or len(beginning) < len(whole):
        words = _cut(words, limit)
        changes.append(f"cut to {limit} characters")
    if not words:
        changes = ["left out" if instead is None else "replaced by the reference"]
    tell(name, " and ".join(changes) or "sent without the blanks around it")
    return words or instead


def write_whole(
    name: str, text: str | None, limit: int, *, ascii: bool = False
) -> str | None:
    """Return a text that is of no use in part, such as a phone number.

    It is ``None`` if Antom would refuse the text.
    """
    if text is None or _is_taken(text, limit, ascii=ascii):
        return text
    stripped = text.strip()
    if _is_taken(stripped, limit, ascii=ascii):
        tell(name, "sent without the blanks around it")
        return stripped
    tell(name, "left out")
    return None


def check_is_text(owner: object, *fields: str, needed: str = "") -> None:
    """Raise an error if a field holds anything but text.

    :param fields: the names of the fields that may be ``None``.
    :param needed: the name of a field that may not.
    :raises InvalidOrder: naming the field.
    """
    for field in filter(None, (needed, *fields)):
        value = getattr(owner, field)
        if not isinstance(value, str) and (value is not None or field == needed):
            _refuse_type(f"{type(owner).__name__}.{field}", value)


def check_id(name: str, value: Any, limit: int, *, ascii: bool = True) -> None:
    """Raise an error if Antom would refuse an identifier, which nobody may change.

    :param name: the field, for the error message.
    :param limit: the number of characters that Antom takes at most.
    :param ascii: whether only ASCII is allowed.
    :raises InvalidOrder: naming the field.
    """
    if not isinstance(value, str):
        _refuse_type(name, value)
    if not value.strip():
        raise InvalidOrder(f"{name} is empty; leave it out or fill it.")
    if len(value) > limit:
        raise InvalidOrder(
            f"{name} has {len(value)} characters; Antom takes at most {limit}."
        )
    if ascii and not value.isascii():
        raise InvalidOrder(
            f"{name} must be plain ASCII: some payment methods fail otherwise."
        )
    if _has_forbidden(value):
        raise InvalidOrder(f"{name} holds a control character.")


def _refuse_type(name: str, value: object) -> None:
    raise InvalidOrder(f"{name} must be text, not {type(value).__name__}.")


def _is_taken(text: str, limit: int, *, ascii: bool) -> bool:
    """Whether Antom takes a text as it is."""
    if not text.strip() or len(text) > limit or (ascii and not text.isascii()):
        return False
    return not _has_forbidden(text)


def _has_forbidden(text: str) -> bool:
    # Most text is printable, and then nothing of it is forbidden.
    return not text.isprintable() and any(map(_is_forbidden, text))


def _is_forbidden(character: str) -> bool:
    return unicodedata.category(character) in _FORBIDDEN


def _without_control(text: str) -> str:
    """Return a text with blanks in place of control characters."""
    return "".join(" " if _is_forbidden(sign) else sign for sign in text).strip()


def _to_ascii(text: str) -> str:
    from anyascii import anyascii  # only shops that need it pay for it

    plain = anyascii(text)
    return " ".join(_without_control(plain).split())


def _cut(text: str, limit: int) -> str:
    """Return the beginning of a text. An accent stays with its letter."""
    if len(text) <= limit:
        return text
    end = limit
    while end > 0 and _continues(text, end):
        end -= 1
    return text[: end or limit].rstrip()


def _continues(text: str, place: int) -> bool:
    """Whether the character at a place belongs to the one before."""
    if _JOINER in text[place - 1 : place + 1]:
        return True
    return unicodedata.category(text[place]).startswith("M")


def tell(name: str, how: str) -> None:
    """Log once that Antom gets another text than the host's.

    :param how: what becomes of it.
    """
    if name in _told:
        return
    _told.add(name)
    log.warning(
        "Antom would refuse an order's %s as it is, so it is %s. This is logged once.",
        name,
        how,
    )
