"""Which Chromium do the browser tests drive?

In this order: the program that ``ANTOM_TEST_CHROMIUM`` names, a Chromium or Chrome on
the ``PATH``, the build that Playwright downloads. ``python -m tests.browser`` installs
one where there is none, and proves that it starts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """Return the path of the system's Chromium; None stands for Playwright's own.

    Made for Playwright: ``playwright.chromium.launch(executable_path=chromium())``.

    :raises FileNotFoundError: if ``ANTOM_TEST_CHROMIUM`` names no program.
    """
    named = os.environ.get("ANTOM_TEST_CHROMIUM")
    if not named:
        return next(filter(None, map(shutil.which, NAMES)), None)
    if path := shutil.which(named):
        return path
    raise FileNotFoundError(f"ANTOM_TEST_CHROMIUM names no program: {named!r}.")


def is_present() -> bool:
    """Tell whether there is a browser to start, the system's or Playwright's."""
    if chromium():
        return True
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def install() -> None:
    """Install Debian's Chromium if apt-get and root are here, else Playwright's."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        apt_get("update")
        apt_get("install", "--yes", "chromium")
    if not chromium():
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"], check=False
        )


def apt_get(*arguments: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(
        ["apt-get", "--quiet=2", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def version() -> str:
    """Start the browser, without a window, and return its version.

    :raises playwright.sync_api.Error: if it does not start.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        try:
            return browser.version
        finally:
            browser.close()


def main() -> str | None:
    """Install a browser if need be and start it; return what went wrong."""
    try:
        if not is_present():
            print("Installing Chromium for the browser tests", flush=True)
            install()
        print(f"The browser tests use Chromium {version()}", flush=True)
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
