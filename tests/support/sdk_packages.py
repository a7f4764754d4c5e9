"""Antom's own browser SDK, in the two versions that npm installs for the tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.paths import NODE_MODULES

#: The folders of the packages, by version.
PACKAGES = {
    "1.47.2": NODE_MODULES / "@alipay" / "ams-checkout",
    "1.12.0": NODE_MODULES / "ams-checkout-1.12",
}


def package(version: str) -> Path:
    """Return the folder of a version's package; fail if another one is there."""
    folder = PACKAGES[version]
    if not folder.exists():
        pytest.fail(
            "Antom's browser SDK is not installed: `make test` installs it into"
            " node_modules."
        )
    found = json.loads((folder / "package.json").read_text("utf-8"))
    assert found["version"] == version
    return folder


def bundle(version: str) -> Path:
    """Return the file that a browser loads."""
    return package(version) / "dist" / "umd" / "ams-checkout.min.js"
