"""``python -m benchmarks [PART ...]`` measures, and prints the table as Markdown."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.environments import Environments, name_of
from benchmarks.measure import HEADER, Result
from benchmarks.parts import (
    cost,
    desk,
    growth,
    macro,
    rate,
    route,
    sdk,
    session,
    sign,
    start,
    statements,
    stripe,
    sweep,
    waits,
)

#: What a change is compared by with the build before it.
RATIOS: dict[str, Callable[[Bench], Iterator[Result]]] = {
    "cost": cost.run,
    "rate": rate.run,
    "session": session.run,
    "sweep": sweep.run,
    "slow": sweep.run_slow,
    "start": start.run,
    "route": route.run,
    "statements": statements.run,
}
PARTS = RATIOS | {
    "traffic": rate.run_traffic,
    "growth": growth.run,
    "desk": desk.run,
    "sdk": sdk.run,
    "stripe": stripe.run,
    "sign": sign.run,
    "macro": macro.run,
    "waits": waits.run,
}


def main() -> None:
    options = _read_options()
    against = name_of(options.against) if options.against else None
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="antom-benchmark-") as folder:
        environments = Environments(Path(folder), options.against)
        bench = Bench(environments, options.rounds, against, options.limit)
        print(HEADER, flush=True)
        is_too_slow = False
        for name in _chosen(options.parts):
            bench.say(f"{name}: begin")
            for result in PARTS[name](bench):
                print(result.row(), flush=True)
                is_too_slow |= bench.exceeds_limit(result)
        bench.say("done")
    if is_too_slow:
        sys.exit(f"This build costs more than {options.limit} times {against}.")


def _chosen(names: list[str]) -> list[str]:
    """Return the parts to run, each once."""
    wanted = [
        part for name in names for part in (RATIOS if name == "ratios" else [name])
    ]
    return [*dict.fromkeys(wanted or PARTS)]


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure, and print the table. The progress goes to stderr.",
        epilog=f"Parts: {', '.join(PARTS)}. 'ratios' stands for {', '.join(RATIOS)}.",
    )
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        type=_part,
        help="what to measure; by default everything",
    )
    parser.add_argument(
        "--against",
        metavar="COMMIT",
        help="a commit whose build is measured beside this one, in turn",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=7,
        help="how often each figure is taken (%(default)s)",
    )
    parser.add_argument(
        "--limit",
        type=float,
        help="fail if this build costs more than so many times the other, such as 1.10",
    )
    return parser.parse_args()


def _part(name: str) -> str:
    if name not in (*PARTS, "ratios"):
        raise argparse.ArgumentTypeError(f"there is no part {name!r}")
    return name


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("Interrupted: everything is removed.", file=sys.stderr)
        sys.exit(130)
