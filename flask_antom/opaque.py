"""Secrets that no ``repr`` shows, and errors that carry no frames that hold them.

Reporters of errors send the local variables of every frame of a traceback. So a secret
is kept in an :class:`Opaque` value between calls. A function that needs the plain value
is decorated with :func:`conceal`: its frames end with it, whatever it raises.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from html import escape
from traceback import walk_tb
from typing import Any, Generic, ParamSpec, SupportsIndex, TypeVar

from .errors import AntomError

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)
_P = ParamSpec("_P")


class Opaque(Generic[_T_co]):
    """A value whose ``repr`` and ``str`` say nothing about it.

    It is not a subclass of ``str`` or ``bytes``, since reporters of errors show those.
    """

    __slots__ = ("_value",)

    def __init__(self, value: _T_co) -> None:
        self._value = value

    def reveal(self) -> _T_co:
        """Return the plain value. Pass it on, and keep it in no variable."""
        return self._value

    def __repr__(self) -> str:
        return "<opaque>"

    def __reduce__(self) -> Any:
        raise TypeError("An opaque value is not written anywhere.")


class HiddenText(Opaque[str]):
    """An opaque text that a template writes, as ``{{ text }}``."""

    __slots__ = ()

    def __html__(self) -> str:
        return escape(self.reveal())


class SecretStr(str):
    """A text whose ``repr`` says nothing, for those who need a real ``str``.

    Reporters of errors cut long texts before they show them, so that a part of it is
    secret too.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        return SecretStr(super().__getitem__(key))


def reveal(value: _T | Opaque[_T]) -> _T:
    """Return the plain value, which may or may not be opaque."""
    if isinstance(value, Opaque):
        opaque: Opaque[_T] = value
        return opaque.reveal()
    return value


def conceal(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Return the function, whose errors then come out without its frames.

    Neither the local variables of these frames nor the errors that led to this one can
    be reached from it. If the error is not one of ours, a note of it names the places.
    """

    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # a worker is ended by SystemExit
            bare = _without_frames(error)
        del args, kwargs
        try:
            raise bare
        finally:
            del bare

    return call


def conceal_init(cls: type[_T]) -> type[_T]:
    """Decorate a class whose ``__init__`` takes what nobody should see."""
    its: Any = cls
    its.__init__ = conceal(its.__init__)
    return cls


def _without_frames(error: BaseException) -> BaseException:
    places = _places_of(error)
    if isinstance(error, UnicodeError):  # it holds the whole text
        error = ValueError(str(error))
    _strip(error)
    if not isinstance(error, AntomError):
        note = "\n".join(["These frames are left out:", *places])
        if note not in getattr(error, "__notes__", ()):  # raised again and again
            error.add_note(note)
    return error


def _places_of(error: BaseException) -> list[str]:
    """Return where an error was raised, and the types and places of its causes."""
    places: list[str] = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        if seen:
            places.append(f"It followed a {type(cause).__name__}:")
        places += [
            f"{frame.f_code.co_filename}:{line}, in {frame.f_code.co_name}"
            for frame, line in walk_tb(cause.__traceback__)
            if frame.f_code.co_filename != __file__
        ]
        seen.add(id(cause))
        context = None if cause.__suppress_context__ else cause.__context__
        cause = cause.__cause__ or context
    return places


def _strip(error: BaseException) -> None:
    """Forget the frames of an error, those of a group's members too."""
    error.__cause__ = error.__context__ = error.__traceback__ = None
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            _strip(one)
