"""The errors of the test kit. Each says what the test or the app lacks."""

from __future__ import annotations


class KitError(Exception):
    """The kit cannot do what a test asks for; the message says what to change."""


class SessionRefused(KitError):
    """The app has opened no payment session.

    :ivar status: the HTTP status of the app's answer.
    :ivar code: the code of Flask-Antom's problem document, such as
        ``order_not_found``; empty if the answer is not Flask-Antom's.
    """

    def __init__(self, message: str, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
