"""The buyer's browser, as the request describes it."""

from __future__ import annotations

import re
from typing import NamedTuple

_PHONE = re.compile(r"Android|iPhone|iPad|iPod|Mobile", re.IGNORECASE)


_APPLE = re.compile(r"iPhone|iPad|iPod", re.IGNORECASE)


class Visitor(NamedTuple):
    """The buyer's browser, as the request describes it.

    :ivar ip: the client's address; behind a proxy this needs ``ProxyFix``.
    """

    ip: str | None
    user_agent: str

    def to_antom(self) -> dict[str, str]:
        """Return Antom's ``Env`` object (Antom: createPaymentSession, "env")."""
        env = {"terminalType": "WEB"}
        if _PHONE.search(self.user_agent):
            env["terminalType"] = "WAP"
            env["osType"] = "IOS" if _APPLE.search(self.user_agent) else "ANDROID"
        if self.ip:
            env["clientIp"] = self.ip
        return env
