"""Opaque values, and errors without the frames that held secrets."""

from __future__ import annotations

import copy
import pickle
import traceback
from dataclasses import dataclass
from typing import Any

import pytest
from markupsafe import escape

from flask_antom.errors import ConfigError
from flask_antom.opaque import (
    HiddenText,
    Opaque,
    SecretStr,
    conceal,
    conceal_init,
    reveal,
)

CANARY = "canary7Zq"


@pytest.mark.parametrize("value", [CANARY, CANARY.encode(), {"card": CANARY}])
def test_an_opaque_value_shows_nothing(value: Any) -> None:
    opaque = Opaque(value)
    assert opaque.reveal() is value
    assert reveal(opaque) is value
    assert reveal(value) is value
    for text in (repr(opaque), str(opaque), f"{opaque}", repr([opaque])):
        assert CANARY not in text
    assert not isinstance(opaque, str | bytes | dict)
    assert not hasattr(opaque, "__dict__")


def test_an_opaque_value_is_not_written_anywhere() -> None:
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not written"):
            write(Opaque(CANARY))


@conceal
def fail(secret: str, *, error: BaseException) -> None:
    parts = [secret]
    try:
        raise KeyError(*parts)
    except KeyError:
        raise error from None


def shown(error: BaseException) -> str:
    """Return the traceback with all local variables."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(report.format())


@pytest.mark.parametrize(
    "error", [ConfigError("wrong"), LookupError("wrong"), SystemExit("wrong")]
)
def test_an_error_comes_out_without_its_frames(error: BaseException) -> None:
    with pytest.raises(type(error), match="wrong") as caught:
        fail(CANARY[:4] + CANARY[4:], error=error)
    assert caught.value is error
    assert (error.__cause__, error.__context__) == (None, None)
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names == ["test_an_error_comes_out_without_its_frames", "call"]
    assert CANARY not in shown(error)


def test_the_places_of_another_error_stay_readable() -> None:
    error, ours = LookupError("wrong"), ConfigError("wrong")
    for one in (error, ours):
        with pytest.raises(type(one)):
            fail(CANARY, error=one)
    assert f"{__file__}:" in error.__notes__[0]
    assert "in fail" in error.__notes__[0]
    assert not hasattr(ours, "__notes__")


@conceal
def encode(text: str) -> bytes:
    return text.encode("ascii")


def test_a_text_that_cannot_be_encoded_is_not_in_its_error() -> None:
    with pytest.raises(ValueError, match="can't encode") as caught:
        encode(f"{CANARY}\u20ac")
    assert type(caught.value) is ValueError
    assert CANARY not in repr(caught.value) + shown(caught.value)


def test_what_is_concealed_keeps_its_name_and_its_value() -> None:
    assert encode("a") == b"a"
    assert encode.__name__ == "encode"


def test_a_hidden_text_is_written_by_a_template_only() -> None:
    text = HiddenText(f"<{CANARY}>")
    assert CANARY not in repr(text) + str(text)
    assert str(escape(text)) == f"&lt;{CANARY}&gt;"


def test_no_part_of_a_secret_text_shows() -> None:
    text = SecretStr(CANARY)
    assert text == CANARY
    for part in (text, text[:5], text[1], text[::-1]):
        assert repr(part) == "'***'"
    assert f"{text}" == CANARY


def test_a_class_can_conceal_what_it_is_made_of() -> None:
    @conceal_init
    @dataclass
    class Person:
        name: str

        def __post_init__(self) -> None:
            raise ConfigError("no")

    with pytest.raises(ConfigError) as caught:
        Person(CANARY)
    assert frames_with_canary(caught.value) == []


def test_the_members_of_a_group_lose_their_frames_too() -> None:
    @conceal
    def fail(secret: str) -> None:
        errors = []
        for number in range(2):
            try:
                raise ValueError(number)
            except ValueError as error:
                errors.append(error)
        raise ExceptionGroup("two", errors)

    with pytest.raises(ExceptionGroup) as caught:
        fail(CANARY)
    assert [one.__traceback__ for one in caught.value.exceptions] == [None, None]


def frames_with_canary(error: BaseException) -> list[str]:
    """Return the frames below this module that show the canary."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return [
        frame.f_code.co_name for frame in frames[1:] if CANARY in repr(frame.f_locals)
    ]


def look_up(names: dict[str, str]) -> None:
    names[CANARY]


@conceal
def follow(error: Exception) -> None:
    try:
        look_up({})
    except KeyError as cause:
        raise error from cause


def test_the_note_says_what_an_error_followed() -> None:
    with pytest.raises(RuntimeError) as caught:
        follow(RuntimeError("wrong"))
    text = shown(caught.value)
    assert "It followed a KeyError:" in text
    assert "in look_up" in text
    assert CANARY not in text


def test_an_error_that_follows_itself_has_a_note() -> None:
    error, other = RuntimeError("wrong"), KeyError()
    error.__cause__, other.__cause__ = other, error
    with pytest.raises(RuntimeError) as caught:
        conceal(throw)(error)
    assert caught.value.__notes__[0].count("It followed") == 1


def throw(error: Exception) -> None:
    raise error


def test_an_error_that_is_raised_again_and_again_does_not_grow() -> None:
    error = RuntimeError("wrong")
    for _ in range(9):
        with pytest.raises(RuntimeError):
            conceal(throw)(error)
    assert len(error.__notes__) <= 2  # the first time, and after it came out
