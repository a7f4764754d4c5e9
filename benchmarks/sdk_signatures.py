"""The time that Antom's own SDK takes to sign and to verify, as it is."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

from com.alipay.ams.api.tools import (  # type: ignore[import-not-found]
    signature_tool,
    webhook_tool,
)


def median_of(work: Callable[[], object], times: int, rounds: int = 7) -> float:
    """Return the median seconds of one call."""
    seconds = []
    for _ in range(rounds):
        begin = time.process_time()
        for _ in range(times):
            work()
        seconds.append((time.process_time() - begin) / times)
    return statistics.median(seconds)


def main() -> None:
    asked = json.load(sys.stdin)
    head = ("POST", asked["path"], asked["client_id"], asked["time"], asked["body"])
    value = signature_tool.sign(*head, asked["private_key"])
    header = f"algorithm=RSA256,keyVersion=1,signature={value}"
    if not webhook_tool.check_signature(*head, header, asked["public_key"]):
        raise RuntimeError("The SDK does not accept its own signature.")
    answer = {
        "sign": median_of(lambda: signature_tool.sign(*head, asked["private_key"]), 10),
        "check": median_of(
            lambda: webhook_tool.check_signature(*head, header, asked["public_key"]),
            200,
        ),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
