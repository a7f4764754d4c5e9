"""The ids that we give to payments, refunds and captures. Pure.

An id begins with a digest over account and notify URL. So a shop tells its own ids from
those of another shop with the same account, also if it does not know them.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import NamedTuple

#: Not hexadecimal, so that no id of the old form begins like this.
_START = "fx"

_OLD = re.compile(r"[0-9a-f]{32}", re.ASCII)


class RequestIds(NamedTuple):
    """Makes and judges the ids of one shop: 32 characters of ``0-9`` and ``a-z``.

    :ivar prefix: the first ten characters of a new id.
    """

    prefix: str

    @classmethod
    def of_shop(cls, client_id: str, notify_url: str) -> RequestIds:
        """Return the ids of the shop with this account and notify URL."""
        text = f"{client_id}\n{notify_url}".encode()
        return cls(_START + hashlib.sha256(text).hexdigest()[:8])

    def make(self) -> str:
        """Return a new id."""
        return self.prefix + secrets.token_hex(11)

    def may_be_ours(self, request_id: str) -> bool:
        """Whether an unknown id may be one of this shop.

        Ids of the old form, 32 hexadecimal digits, may be anybody's.
        """
        is_new = len(request_id) == 32 and request_id.startswith(self.prefix)
        return is_new or _OLD.fullmatch(request_id) is not None
