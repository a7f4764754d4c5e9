"""Logs faults that our script reports from buyers' browsers.

Only codes and names are logged, and nothing about the buyer. Everything else that a
browser sends is left out, as is its address. Each process takes sixty reports a minute
from all browsers together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..app_state import AppState
from ..domain.modes import MODES
from ..errors import TooManyReports
from ..flows.visitor import Visitor
from ..log_lines import Log

log: Log = Log(__name__)

_CODE = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)


def log_report(state: AppState, fields: Mapping[str, Any], visitor: Visitor) -> None:
    """Log a report of our script.

    :param fields: ``code``, ``resultCode``, ``mode``, ``method``; any may be missing.
    :raises TooManyReports: after too many reports in one minute.
    """
    if not state.report_limit.allows():
        raise TooManyReports("Too many faults were reported; try again in a minute.")
    mode = fields.get("mode")
    device = visitor.to_antom()
    log.warning(
        "A checkout reported %s (result code %s, mode %s, method %s, %s).",
        _code(fields.get("code")),
        _code(fields.get("resultCode")),
        mode if mode in MODES else "-",
        _code(fields.get("method")),
        device.get("osType", device["terminalType"]),
    )


def _code(value: object) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else "-"
