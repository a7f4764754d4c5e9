"""``flask antom check`` sees a PgBouncer that mixes up psycopg's statements."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.checks.hosts import Host, check, open_host
from tests.neighbours.pgbouncer import RIGHT, WRONG, Pooled, run_pgbouncer
from tests.support.databases import empty_database


@contextmanager
def pooled_host(setting: Pooled, request: pytest.FixtureRequest) -> Iterator[Host]:
    with (
        tempfile.TemporaryDirectory(prefix="antom-pgbouncer-") as name,
        empty_database(setting.kind, request, Path(name)) as url,
        run_pgbouncer(url, setting.pool_mode, Path(name)) as pooled,
    ):
        uri = pooled.replace("+psycopg:", f"+{setting.driver}:")
        settings = {
            "SQLALCHEMY_DATABASE_URI": uri,
            "SQLALCHEMY_ENGINE_OPTIONS": setting.engine_options(),
        }
        with open_host(settings) as host:
            yield host


def test_a_pooler_that_mixes_up_statements_is_named(
    request: pytest.FixtureRequest,
) -> None:
    with pooled_host(WRONG, request) as host:
        for _ in range(3):
            found = check(host.app)
            assert [*found] == ["database.pooler"]
    assert "prepare_threshold" in found["database.pooler"]["cure"]


@pytest.mark.parametrize("setting", RIGHT, ids=str)
def test_what_the_documentation_says_is_well(
    setting: Pooled, request: pytest.FixtureRequest
) -> None:
    with pooled_host(setting, request) as host:
        assert check(host.app) == {}
