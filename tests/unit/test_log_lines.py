"""The lines of the log: they cannot be broken, and hold no secret by mistake."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog

from flask_antom.domain.payment_states import Fact
from flask_antom.errors import Refused
from flask_antom.log_lines import Log, about
from flask_antom.opaque import Opaque, SecretStr
from tests.support.paths import ROOT

NAME = "flask_antom.flows.some_room"
log = Log(NAME)

SECRET = "canary-secret"


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record)


@pytest.fixture
def lines() -> Iterator[list[logging.LogRecord]]:
    handler, logger = Lines(), logging.getLogger(NAME)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.kept
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def test_ids_end_the_line_in_one_order(lines: list[logging.LogRecord]) -> None:
    log.info("Delivered %s.", "x", event_id=7, payment="P", order="A-1", signal="x")
    (line,) = lines
    assert line.getMessage() == "Delivered x. order=A-1 payment=P event_id=7"
    assert (line.name, line.levelname, line.funcName) == (
        NAME,
        "INFO",
        "test_ids_end_the_line_in_one_order",
    )
    assert vars(line).items() >= {"order": "A-1", "event_id": 7, "signal": "x"}.items()


def test_what_is_not_known_is_left_out(lines: list[logging.LogRecord]) -> None:
    log.info("Delivered.", order=None, payment="P")
    assert lines[0].getMessage() == "Delivered. payment=P"
    assert not hasattr(lines[0], "order")


def test_a_block_that_knows_no_name_hides_none(
    lines: list[logging.LogRecord],
) -> None:
    with about(order="A-1", payment="P"), about(payment=None, refund="R"):
        log.warning("Antom refund: result U.")
    assert lines[0].getMessage().endswith(" order=A-1 payment=P refund=R")


def test_names_of_a_block_and_of_a_log(lines: list[logging.LogRecord]) -> None:
    with about(order="A-1", payment="P"), about(payment="Q"):
        log.of(event_id=7).info("One.")
        log.info("Two.", order="A-2")
    log.info("Three.")
    assert [line.getMessage() for line in lines] == [
        "One. order=A-1 payment=Q event_id=7",
        "Two. order=A-2 payment=Q",
        "Three.",
    ]


@pytest.mark.parametrize(
    ("outside", "word"),
    [
        ("A-1\nERROR forged", r'"A-1\\nERROR forged"'),
        ("A 1", '"A 1"'),
        ("x payment=Q", '"x payment=Q"'),
        ('a"b', r'"a\"b"'),
        ("\x1b[31m", r"\x1b[31m"),
        ("\u202egnp", r"\u202egnp"),
        ("a\u2028b", r"a\u2028b"),
        ("\udc80", r"\udc80"),
        ("", '""'),
        ("Größe", "Größe"),
        ("x" * 500, "x" * 128),
    ],
)
def test_nobody_breaks_or_forges_a_line(
    lines: list[logging.LogRecord], outside: str, word: str
) -> None:
    log.warning("About %r and %s.", outside, outside, order=outside)
    text = lines[0].getMessage()
    assert text.isprintable()
    assert text.endswith(f" order={word}")
    assert vars(lines[0])["order"].isprintable()


class Row:
    def __str__(self) -> str:
        return SECRET

    __repr__ = __str__


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Opaque(SECRET), "<Opaque>"),
        (SecretStr(SECRET), "<SecretStr>"),
        (Row(), "<Row>"),
        ([SECRET], "<list>"),
        ({"a": SECRET}, "<dict>"),
        (SECRET.encode(), "<bytes>"),
        (RuntimeError(SECRET), "RuntimeError"),
        (
            Refused("refund", "refund: NO\nforged", "NO", signed=True),
            r"refund: NO\nforged",
        ),
        (Fact.PAID, str(Fact.PAID)),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (7, "7"),
        (None, "-"),
    ],
)
def test_only_text_numbers_and_errors_of_ours_are_shown(
    lines: list[logging.LogRecord], value: Any, text: str
) -> None:
    log.error("It is %s.", value, reason=value)
    assert lines[0].getMessage() == f"It is {text}."
    assert SECRET not in str(vars(lines[0]))


def test_a_long_text_is_cut(lines: list[logging.LogRecord]) -> None:
    log.info("%s", "x" * 5000)
    assert len(lines[0].getMessage()) == 1000


def test_nothing_is_read_if_nobody_wants_the_line() -> None:
    class Untouched:
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(name)

    log.debug("%s", Untouched())


def test_a_name_that_the_host_uses_too_loses_no_line(
    lines: list[logging.LogRecord],
) -> None:
    before = logging.getLogRecordFactory()

    def make(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = before(*arguments, **options)
        record.order = "the host's"
        return record

    logging.setLogRecordFactory(make)
    try:
        log.info("Delivered.", order="A-1")
    finally:
        logging.setLogRecordFactory(before)
    assert lines[0].getMessage() == "Delivered. order=A-1"


class Json(logging.Formatter):
    """A formatter as a host writes one: what was added to the record, and the line."""

    STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message"}

    def format(self, record: logging.LogRecord) -> str:
        added = {k: v for k, v in vars(record).items() if k not in self.STANDARD}
        return json.dumps({"message": record.getMessage(), **added})


def with_structlog() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )


@pytest.mark.parametrize(
    "formatter", [Json(), with_structlog()], ids=["json", "structlog"]
)
def test_json_formatters_get_the_names(formatter: logging.Formatter) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.getLogger(NAME)
    logger.addHandler(handler)
    try:
        log.error("Failed.", order="A 1", payment="P", event_id=7, outcome="failed")
    finally:
        logger.removeHandler(handler)
    written = json.loads(stream.getvalue())
    line = 'Failed. order="A 1" payment=P event_id=7'
    assert written.pop("message", None) or written.pop("event") == line
    assert written == {
        "order": "A 1",
        "payment": "P",
        "event_id": 7,
        "outcome": "failed",
    }


def test_all_lines_are_written_by_this_room() -> None:
    package = ROOT / "flask_antom"
    others = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"getLogger|app\.logger|import logging", path.read_text())
    ]
    rest = {name for name in others if not name.startswith("simulator/")}
    assert rest == {"log_lines.py"}
