"""Which Chromium do the browser tests drive?

In this order: the program that ``ANTOM_TEST_CHROMIUM`` names, a Chromium or Chrome on
the ``PATH``, the build that Playwright downloads. Most tests use Chromium's headless
shell where there is one: it is the same engine without the windows, and opens a page in
a quarter of the time, but keeps none for "Back".

``python -m tests.support.browser`` installs both where they are missing, and proves
that they start.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHELL = "chromium-headless-shell"


def whole() -> dict[str, Any]:
    """Return the options by which Playwright launches the whole of Chromium.

    :raises FileNotFoundError: if ``ANTOM_TEST_CHROMIUM`` names no program.
    """
    path = _chromium()
    return {"channel": "chromium"} if path is None else {"executable_path": path}


def quick() -> dict[str, Any]:
    """Return the options for the headless shell, or for the whole if there is none.

    :raises FileNotFoundError: if ``ANTOM_TEST_CHROMIUM`` names no program.
    """
    if _chromium() is None:
        return {}  # of Playwright's own builds that is the one
    shell = None if os.environ.get("ANTOM_TEST_CHROMIUM") else shutil.which(SHELL)
    return {"executable_path": shell} if shell else whole()


def _chromium() -> str | None:
    """Find the system's Chromium; None stands for Playwright's own."""
    named = os.environ.get("ANTOM_TEST_CHROMIUM")
    if not named:
        return next(filter(None, map(shutil.which, NAMES)), None)
    if path := shutil.which(named):
        return path
    raise FileNotFoundError(f"ANTOM_TEST_CHROMIUM names no program: {named!r}.")


def is_complete() -> bool:
    """Whether there is nothing to install."""
    if os.environ.get("ANTOM_TEST_CHROMIUM"):
        return True
    if _chromium():
        return bool(shutil.which(SHELL)) or not _has_apt()
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def install() -> None:
    """Install Debian's Chromium if apt-get and root are here, else Playwright's."""
    if _has_apt():
        apt_get("update")
        for package in ("chromium", SHELL):  # some releases lack the shell
            apt_get("install", "--yes", package)
    if not _chromium():
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"], check=False
        )


def _has_apt() -> bool:
    return bool(shutil.which("apt-get")) and os.geteuid() == 0


def apt_get(*arguments: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(
        ["apt-get", "--quiet=2", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def version(options: dict[str, Any]) -> str:
    """Start a browser and return its version.

    :raises playwright.sync_api.Error: if it does not start.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options)
        try:
            return browser.version
        finally:
            browser.close()


def main() -> str | None:
    """Install a browser if need be and start it; return what went wrong."""
    try:
        if not is_complete():
            print("Installing Chromium for the browser tests", flush=True)
            install()
        for name, options in (("Chromium", whole()), ("the headless shell", quick())):
            print(f"The browser tests use {name} {version(options)}", flush=True)
    except (Error, FileNotFoundError) as error:
        seen = str(error).strip().splitlines()[0]
        return (
            "The browser tests need Chromium, and none starts here. Install chromium "
            "with the system's package manager, or name the program in "
            f"ANTOM_TEST_CHROMIUM. What was seen: {seen}"
        )
    return None


if __name__ == "__main__":
    sys.exit(main())
