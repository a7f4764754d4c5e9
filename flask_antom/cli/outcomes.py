"""The next step of a person after a call to Antom that has not succeeded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from ..errors import AntomError, DeliveryFailed, OutcomeUnknown, Refused, RepeatedCall


@contextmanager
def told(again: str, wanted: str) -> Iterator[None]:
    """Turn an error into a text that says what to do next.

    :param again: the command that repeats the call; empty if Antom was only asked.
    """
    try:
        yield
    except OutcomeUnknown as error:
        words = f"{error}\nPayment {wanted} has not changed. Ask again:\n"
        if again:
            words = f"{error}\nIt may have been done. Ask what came of it:\n"
        words += f"    flask antom sync {wanted}\n"
        if again:
            words += f"Or repeat it, which does it once at most:\n    {again}\n"
        words += "Or wait: `flask antom sweep` and `work` ask by themselves."
        raise click.ClickException(words) from None
    except DeliveryFailed as error:
        raise click.ClickException(
            f"{error}\nIt is done and stored, but the shop has not taken the news. When"
            f" the receiver is repaired:\n    flask antom redeliver {wanted}"
        ) from None
    except RepeatedCall as error:
        raise click.ClickException(
            f"{error.what} was made less than a minute ago, so nothing was sent. Look"
            f" first:\n    flask antom show {wanted}\nIf it is to be done once more,"
            " add --again."
        ) from None
    except AntomError as error:
        words = str(error)
        for note in getattr(error, "__notes__", ()):
            words = f"{words.removesuffix('.')}. {note}"
        if again and isinstance(error, Refused) and not error.signed:
            words += (
                "\nAntom did not sign this refusal, so it is not the last word: the"
                " call is stored, and a\nsweep may send it again. Do not do it in"
                " another way. What came of it:\n"
                f"    flask antom show {wanted}"
            )
        raise click.ClickException(words) from None
