"""The buyer's browser, as the request describes it."""

from __future__ import annotations

import re

_PHONE = re.compile(r"Android|iPhone|iPad|iPod|Mobile", re.IGNORECASE)


_APPLE = re.compile(r"iPhone|iPad|iPod", re.IGNORECASE)


class Visitor:
    """The buyer's browser, as the request describes it. Its ``repr`` says nothing.

    :ivar ip: the client's address; behind a proxy this needs ``ProxyFix``.
    """

    __slots__ = ("ip", "user_agent")

    def __init__(self, ip: str | None, user_agent: str) -> None:
        self.ip: str | None = ip
        self.user_agent: str = user_agent

    def to_antom(self) -> dict[str, str]:
        """Return Antom's ``Env`` object (Antom: createPaymentSession, "env")."""
        env = {"terminalType": "WEB"}
        if _PHONE.search(self.user_agent):
            env["terminalType"] = "WAP"
            env["osType"] = "IOS" if _APPLE.search(self.user_agent) else "ANDROID"
        if self.ip:
            env["clientIp"] = self.ip
        return env
