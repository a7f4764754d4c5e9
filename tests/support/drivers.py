"""Compiler and libraries for MariaDB's drivers in C.

``python -m tests.support.drivers`` installs Debian's packages where they are missing.
It runs before the drivers of ``requirements/neighbours.txt`` are installed.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from tests.support.browser import apt_get

_MISSING = (
    "mysqlclient and MariaDB's connector are compiled here, which needs a C compiler,"
    " the headers of Python, pkg-config and MariaDB's client library: install Debian's"
    " build-essential, python3-dev, pkg-config and libmariadb-dev, or run"
    " `python -m tests.support.drivers` as root."
)


def is_complete() -> bool:
    """Whether there is nothing to install."""
    programs = ("cc", "pkg-config", "mariadb_config")
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    return all(map(shutil.which, programs)) and headers.exists()


def main() -> str | None:
    """Install what is missing; return what went wrong."""
    if not is_complete() and shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing what MariaDB's drivers are compiled with", flush=True)
        apt_get("update")
        packages = ("build-essential", "python3-dev", "pkg-config", "libmariadb-dev")
        apt_get("install", "--yes", "--no-install-recommends", *packages)
    return None if is_complete() else _MISSING


if __name__ == "__main__":
    sys.exit(main())
