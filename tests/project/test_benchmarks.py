"""The benchmarks compare fairly, and say it plainly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.__main__ import PARTS, RATIOS
from benchmarks.bench import AGAINST, PRESENT, Bench
from benchmarks.environments import Environments, name_of
from benchmarks.measure import Result, beside, milli
from benchmarks.messages import CLIENT_ID, NOTIFY_PATH, notification
from benchmarks.postgres import Postgres
from flask_antom.errors import SignatureError
from flask_antom.gateway.keys import load_public_key
from flask_antom.gateway.signing import verify
from tests.support.keys import ANTOM_PUBLIC_KEY
from tests.support.paths import ROOT

README = (ROOT / "benchmarks" / "README.md").read_text()


def make_bench(folder: Path, limit: float | None = None) -> Bench:
    environments = Environments(folder, "HEAD")
    return Bench(environments, rounds=3, against="1234567", limit=limit)


def test_a_ratio_is_the_median_of_the_rounds_with_its_spread() -> None:
    result = beside("New", [1, 4, 9], [1, 2, 3], "floor", lambda x: f"{x:g}", "<= 1.9")
    assert result == Result("New", "4", "2 (floor)", 2.0, "<= 1.9", (1.0, 3.0))
    assert result.row() == (
        "| New | 4 | 2 (floor) | <= 1.9 | 2.00 | 1.00–3.00 | **no** |"  # noqa: RUF001
    )


@pytest.mark.parametrize(
    ("target", "is_met"),
    [("<= 2", True), ("<= 1.99", False), (">= 2", True), (">= 2.01", False)],
)
def test_a_target_is_met_from_its_own_side(target: str, is_met: bool) -> None:
    assert Result("New", "", ratio=2.0, target=target).is_met is is_met


def test_a_limit_replaces_the_targets_beside_the_other_build(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, limit=1.25)
    series = {PRESENT: [2.0], AGAINST: [1.0], "floor": [1.0]}
    for target, limited in (("<= 0.5", "<= 1.25"), (">= 7", ">= 0.80")):
        targets = {AGAINST: target, "floor": target}
        build, floor = bench.results("New", series, milli, targets)
        assert (build.target, floor.target) == (limited, target)
        assert build.beside == "1000.00 ms (1234567)"
        assert bench.exceeds_limit(build) is (target == "<= 0.5")
        assert not bench.exceeds_limit(floor)


def test_the_sides_take_turns_forwards_and_backwards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = [[*turn] for turn in make_bench(tmp_path).turns("cost", "ab")]
    assert turns == [["a", "b"], ["b", "a"], ["a", "b"]]
    assert "cost: round 3 of 3" in capsys.readouterr().err


def test_statements_are_read_from_the_servers_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "shop\tLOG:  statement: BEGIN\n"
        "shop\tLOG:  execute <unnamed>: UPDATE antom_payment\n"
        "\tSET status = 'paid'\n"
        "shop\tDETAIL:  Parameters: $1 = 'a'\n"
        "\tof two lines\n"
        "other\tLOG:  statement: SELECT 1\n"
        "shop\tLOG:  execute _pg3_0: SELECT 2\n"
    )
    postgres = Postgres("postgresql:///postgres?host=/tmp", log)
    assert postgres.logged("postgresql:///shop?host=/tmp") == [
        "BEGIN",
        "UPDATE antom_payment SET status = 'paid'",
        "SELECT 2",
    ]


def test_a_forged_notification_is_signed_with_another_key() -> None:
    (real, body), (forged, same) = (
        notification("A-1", is_forged=is_forged) for is_forged in (False, True)
    )
    assert body == same
    key = {"1": load_public_key(ANTOM_PUBLIC_KEY)}
    head = (NOTIFY_PATH, CLIENT_ID, real["Request-Time"], body)
    verify(key, real["Signature"], *head)
    with pytest.raises(SignatureError):
        verify(key, forged["Signature"], *head)


def test_an_unknown_commit_is_refused() -> None:
    with pytest.raises(SystemExit, match="Git knows no commit 'nowhere'"):
        name_of("nowhere")


def test_every_part_is_explained() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)
    assert explained == [*PARTS]
    assert explained[: len(RATIOS)] == [*RATIOS]


def test_what_is_measured_uses_the_public_interface_only() -> None:
    public = r"from flask_antom(\.signals)? import "
    for path in (ROOT / "benchmarks" / "subjects").glob("*.py"):
        lines = re.findall(r"^\s*(?:from|import) flask_antom.*", path.read_text(), re.M)
        assert [line for line in lines if not re.match(public, line)] == []
