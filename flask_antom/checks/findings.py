"""Facts, and mistakes with their cures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

#: Payments would be lost or stuck.
ERROR: Final = "error"

#: Something may be wrong, or will be.
WARNING: Final = "warning"

#: The longest text of somebody else's in a finding.
_MOST = 200

#: A gap in the texts of a mistake.
_GAP = re.compile(r"\{(\w+)\}")


class Fact(NamedTuple):
    """Something that a person wants to see.

    :ivar value: a text, or several by name.
    """

    label: str
    value: str | Mapping[str, Sequence[str]]


class Finding(NamedTuple):
    """A mistake that was found.

    :ivar name: a stable name, such as ``notify.login``.
    :ivar level: ``error`` or ``warning``.
    :ivar what: what was seen.
    :ivar leads_to: what happens because of it.
    :ivar cure: what to do.
    """

    name: str
    level: str
    what: str
    leads_to: str
    cure: str


class Mistake(NamedTuple):
    """A mistake that a check can find. Its texts have gaps, such as ``{url}``."""

    name: str
    level: str
    what: str
    leads_to: str
    cure: str

    def found(self, **gaps: object) -> Finding:
        """Return the finding, with the gaps filled."""

        def fill(text: str) -> str:
            return _GAP.sub(lambda gap: str(gaps.get(gap[1], gap[0])), text)

        texts = fill(self.what), fill(self.leads_to), fill(self.cure)
        return Finding(self.name, self.level, *texts)


def first_line(error: BaseException) -> str:
    """Return kind and first line of an error."""
    first = (str(error).splitlines() or [""])[0].strip()[:_MOST].rstrip(".")
    kind = type(error).__name__
    return f"{kind}: {first}" if first else kind
