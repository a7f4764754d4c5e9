"""What went wrong in the buyers' browsers: logged, without a word about the buyer.

Only codes and names are taken over, and only such as look like one: whatever else a
browser sends is left out, as is the visitor's address. All browsers together may report
sixty times a minute to each process.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from ..app_state import AppState
from ..domain.modes import MODES
from ..errors import TooManyReports
from ..flows.visitor import Visitor

logger = logging.getLogger(__name__)

_CODE = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)


def take(state: AppState, fields: Mapping[str, Any], visitor: Visitor) -> None:
    """Log a report of our script.

    :param fields: ``code``, ``resultCode``, ``mode``, ``method``; any may be missing.
    :raises TooManyReports: if there have been too many.
    """
    if not state.report_limit.allows():
        raise TooManyReports("Enough was reported; try again in a minute.")
    mode = fields.get("mode")
    device = visitor.to_antom()
    logger.warning(
        "A checkout reported %s (result code %s, mode %s, method %s, %s).",
        _code(fields.get("code")),
        _code(fields.get("resultCode")),
        mode if mode in MODES else "-",
        _code(fields.get("method")),
        device.get("osType", device["terminalType"]),
    )


def _code(value: object) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else "-"
