"""An empty database of each kind that shops use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.databases import new_database

#: The kinds; those with a server have a fixture that gives its URL.
DATABASES = {"sqlite": None, "postgresql": "postgres_url"}


@contextmanager
def empty_database(
    kind: str, request: pytest.FixtureRequest, directory: Path
) -> Iterator[str]:
    """Make an empty database; gives its SQLAlchemy URL.

    :param directory: where an SQLite file goes.
    """
    server = DATABASES[kind]
    if server is None:
        yield f"sqlite:///{directory / 'shop.sqlite'}"
        return
    with new_database(request.getfixturevalue(server)) as url:
        yield url
