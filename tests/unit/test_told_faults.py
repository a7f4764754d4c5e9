"""The codes of faults that the log has told of."""

from __future__ import annotations

from flask_antom.rate_limit import ToldFaults


def test_the_codes_of_the_latest_faults_are_kept() -> None:
    now = [0.0]
    told = ToldFaults(lambda: now[0])
    for number in range(ToldFaults.FAULTS + 1):
        told.keep(f"A-{number}", "broken", f"code {number}")
    assert told.code_of("A-0", "broken") is None
    assert told.code_of("A-1", "broken") == "code 1"
    assert told.code_of("A-1", "other") is None
    now[0] = ToldFaults.PERIOD
    assert told.code_of("A-1", "broken") is None
