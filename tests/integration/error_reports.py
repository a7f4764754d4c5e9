"""Failures, as watchers see them: ``python -m tests.integration.error_reports``.

Each failure of :mod:`.failures` is played in a shop in which canaries are planted. What
the watchers of :mod:`tests.support.watchers` find is printed as JSON.

It runs in a process of its own, because sentry-sdk changes the modules of Python.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import sentry_sdk

from tests.integration import failures, played_hooks, played_messages, played_outages
from tests.support.blocks import DOCS, blocks
from tests.support.canaries import CANARIES, KEY_BYTES
from tests.support.watchers import (
    QUICK_WATCHERS,
    WATCHERS,
    LoggedErrors,
    Recorder,
    Seen,
    count_frames,
)


@dataclass
class Report:
    """The findings about one failure.

    :ivar errors: the types of the errors that came out, or were logged.
    :ivar found: watcher, canary and place of each canary that is seen.
    :ivar frames: how many frames of each package were left.
    :ivar sent: how many events sentry-sdk would have sent.
    :ivar rounds: how often the failure was played.
    :ivar canaries: how many canaries were looked for.
    """

    errors: list[str] = field(default_factory=list)
    found: list[tuple[str, str, str]] = field(default_factory=list)
    frames: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    rounds: int = 1
    canaries: int = 0


class Watch:
    """Watches the errors of one failure.

    :param more: canaries of this failure only.
    :param known: canaries that the request itself carries.
    :param is_quick: whether Rich does not draw whole pages.
    """

    def __init__(
        self,
        recorder: Recorder,
        logged: LoggedErrors,
        more: Mapping[str, str],
        known: set[str],
        *,
        is_quick: bool = False,
    ) -> None:
        self.report = Report()
        self._canaries = {
            what: canary
            for what, canary in {**CANARIES, **more}.items()
            if what not in known
        }
        self.report.canaries = len(self._canaries)
        self._recorder = recorder
        self._logged = logged
        self._watchers = QUICK_WATCHERS if is_quick else WATCHERS

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Watch what is raised or logged in the block, and end it."""
        self._recorder.take()
        self._logged.errors.clear()
        try:
            yield
        except BaseException as error:
            sentry_sdk.capture_exception(error)
            self.report.errors.append(type(error).__name__)
            self._look(error)
        for logged in {id(one): one for one in self._logged.errors}.values():
            self.report.errors.append(f"logged {type(logged).__name__}")
            self._look(logged)
        seen = self._recorder.take()
        self.report.sent += len(seen)
        self._note("sentry", seen)

    def _look(self, error: BaseException) -> None:
        for name, watcher in self._watchers.items():
            self._note(name, watcher(error))
        for owner, count in count_frames(error).items():
            self.report.frames[owner] = self.report.frames.get(owner, 0) + count

    def _note(self, watcher: str, seen: Seen) -> None:
        found = (
            (watcher, what, place)
            for what, canary in self._canaries.items()
            for place, text in seen
            if canary in text
        )
        self.report.found = list(dict.fromkeys([*self.report.found, *found]))


#: A function of nobody's that leaks: the watchers show what they are made to find.
LEAK = "def leak(some, others):\n    raise RuntimeError('leak')\n"


#: The failures of which Rich draws the whole page.
DRAWN = ("a leak", "hook", "setting")


def leak_all() -> None:
    names: dict[str, Any] = {}
    exec(compile(LEAK, "/elsewhere/leak.py", "exec"), names)  # noqa: S102
    names["leak"]([*CANARIES.values()][:8], [KEY_BYTES, *[*CANARIES.values()][8:]])


#: A failure: what plays it, canaries of its own, those that the request carries.
Failure = tuple[Any, Mapping[str, str], set[str]]


def known(name: str) -> set[str]:
    """Return the canaries that are not ours to hide in this failure."""
    return set(failures.KNOWN.get(name, ()))


def all_failures() -> dict[str, Failure]:
    """Return the failures of the list, by their names."""
    plays: dict[str, Failure] = {
        "a leak": (leak_all, {}, set()),
        **{
            f"key: {name}": (play, more, set())
            for name, (play, more) in played_messages.KEYS.items()
        },
        **{
            f"setting: {name}": (played_messages.FAULTY_SETTINGS[name], {}, set())
            for name in failures.SETTINGS
        },
        **{
            f"hook: {name}": (
                played_hooks.PLAYS[name],
                {},
                known(name),
            )
            for name in failures.HOOKS
        },
    }
    for name in failures.GATEWAY:
        for what, call in played_messages.CALLS.items():
            plays[f"gateway: {name}, at {what}"] = (
                lambda name=name, call=call: call(name),
                {},
                set(),
            )
    for name in failures.REFUSED:
        plays[f"refused: {name}"] = (
            lambda name=name: played_messages.post(name),
            {},
            set(),
        )
    return plays


#: The example of docs/security.md, tried on what our frames do not hold.
STRIPPED = "documented: before_send"


def documented_stripper() -> Any:
    """Return the function that the documentation shows."""
    names: dict[str, Any] = {}
    for code in blocks(DOCS / "security.md", "python", marked=True):
        exec(compile(code, "docs/security.md", "exec"), names)  # noqa: S102
    return names["strip"]


def play_for_sentry(before_send: Any) -> list[str]:
    """Return the canaries that sentry-sdk sends, host's frames included."""
    recorder = Recorder(hides_host=False)
    sentry_sdk.init(
        dsn="https://key@reports.example/1",
        transport=recorder,
        before_send=before_send,
    )
    for name in ("result_view", "before_request, in /notify", "the nonce"):
        with suppress(LookupError):
            played_hooks.PLAYS[name]()
    text = " ".join(text for _, text in recorder.take())
    return [what for what, canary in CANARIES.items() if canary in text]


def main(chosen: str = "") -> None:
    recorder, logged = Recorder(), LoggedErrors()
    logging.getLogger().addHandler(logged)
    sentry_sdk.init(dsn="https://key@reports.example/1", transport=recorder)
    reports = {}
    for name, (play, more, theirs) in all_failures().items():
        if chosen in name:
            is_quick = not name.startswith(DRAWN)
            watch = Watch(recorder, logged, more, theirs, is_quick=is_quick)
            with watch.caught():
                play()
            reports[name] = asdict(watch.report)
    for operation in failures.DATABASE_AWAY:
        if chosen in (name := f"database: {operation}"):
            watch = Watch(recorder, logged, {}, known(operation), is_quick=True)
            rounds = played_outages.lose_the_database(operation, watch.caught)
            watch.report.rounds = rounds
            reports[name] = asdict(watch.report)
    if chosen in STRIPPED:
        reports[STRIPPED] = {
            "as it is": play_for_sentry(None),
            "stripped": play_for_sentry(documented_stripper()),
        }
    json.dump(reports, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
