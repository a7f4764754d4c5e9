"""Who may see the page, who may act on it, and as whom: the host's functions."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from flask.typing import ResponseReturnValue

from ...errors import ConfigError

#: Returns whether this visitor may see the page.
MaySee = Callable[[], bool]

#: Takes the name of an action; returns whether this visitor may do it.
MayAct = Callable[[str], bool]

#: Returns the name under which this visitor's actions are recorded.
Actor = Callable[[], str | None]

#: Returns what a visitor gets who may not see the page, such as a redirect.
Denied = Callable[[], ResponseReturnValue]

#: The longest name of an actor that is stored.
LONGEST_NAME = 128


class Access(NamedTuple):
    """The host's functions. Without one, nobody may."""

    see: MaySee | None
    act: MayAct | None
    actor: Actor | None

    def may_see(self) -> bool:
        """Whether this visitor may see the page.

        :raises ConfigError: if the host's function does not return a bool.
        """
        return self.see is not None and _answer("may_see", self.see)

    def may_act(self, action: str) -> bool:
        """Whether this visitor may do an action.

        Somebody without a name may do none: nobody could tell who it was.

        :raises ConfigError: if the host's function does not return a bool.
        """
        if self.act is None or not self.may_see():
            return False
        return _answer("may_act", self.act, action) and bool(self.name())

    def name(self) -> str:
        """Return the visitor's name; empty if they have none.

        :raises ConfigError: if the host's function does not return text.
        """
        name: object = None if self.actor is None else self.actor()
        if name is None:
            return ""
        if not isinstance(name, str):
            _close(name)
            raise ConfigError(
                "The function given as actor= must return a text or None, not"
                f" {type(name).__name__}."
            )
        return " ".join(name.split())[:LONGEST_NAME]


def _answer(name: str, hook: Callable[..., object], *arguments: str) -> bool:
    """Return a function's answer. Only ``True`` is a yes.

    A coroutine or an object of a user would be true as well, whatever it means.
    """
    answer = hook(*arguments)
    if not isinstance(answer, bool):
        _close(answer)
        raise ConfigError(
            f"The function given as {name}= must return True or False, not"
            f" {type(answer).__name__}."
        )
    return answer


def _close(answer: Any) -> None:
    if isinstance(answer, Coroutine):
        answer.close()
