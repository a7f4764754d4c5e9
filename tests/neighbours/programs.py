"""Debian's nginx, HAProxy, Caddy, Apache and PgBouncer, as programs for the tests.

``python -m tests.neighbours.programs`` gets those that are missing. The packages are
unpacked and not installed: an installed one would start a server of the system's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.browser import apt_get
from tests.support.paths import ROOT

#: Where the packages are unpacked.
UNPACKED = ROOT / ".venv-neighbours" / "debian"

#: Packages, and the programs in them.
PACKAGES = {
    "nginx": "nginx",
    "haproxy": "haproxy",
    "caddy": "caddy",
    "pgbouncer": "pgbouncer",
}

#: These start nothing. The second one has ``apxs``, by which mod_wsgi is compiled.
HARMLESS = {"apache2": "apache2-bin", "apxs": "apache2-dev"}

_MISSING = (
    "These tests need {}: install Debian's packages of these names, with apache2-bin"
    " and apache2-dev for Apache, or run `python -m tests.neighbours.programs` as root."
)


def program(name: str) -> str:
    """Return the path of a program; empty if it is not there."""
    places = (os.environ["PATH"], UNPACKED / "usr/sbin", UNPACKED / "usr/bin")
    path = os.pathsep.join(map(str, (*places, "/usr/sbin")))
    return shutil.which(name, path=path) or ""


def uwsgi_params() -> Path:
    """Return the file that says what nginx passes to uWSGI."""
    places = (Path("/etc/nginx"), UNPACKED / "etc/nginx")
    files = [place / "uwsgi_params" for place in places]
    return next(filter(Path.exists, files), files[-1])


def version(name: str) -> str:
    """Return the version that a program names first."""
    option = {"nginx": "-v", "haproxy": "-v", "apache2": "-v", "caddy": "version"}
    answer = subprocess.run(
        [program(name), option.get(name, "--version")],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    found = re.search(r"\d+(\.\d+)+", answer.stdout + answer.stderr)
    assert found is not None, answer
    return found[0]


def _unpack(package: str) -> None:
    """Unpack a package, and install the libraries that it lacks."""
    with tempfile.TemporaryDirectory(prefix="antom-debian-") as directory:
        download = ("apt-get", "--quiet=2", "-o", "APT::Sandbox::User=root", "download")
        subprocess.run([*download, package], cwd=directory, check=False)
        for file in Path(directory).glob("*.deb"):
            depends = _said("dpkg-deb", "--field", str(file), "Depends")
            names = set(re.findall(r"(?:^|, )(lib[^ ,:|]+)", depends))
            if libraries := [name for name in names if not _is_installed(name)]:
                apt_get("install", "--yes", "--no-install-recommends", *libraries)
            subprocess.run(["dpkg-deb", "--extract", file, UNPACKED], check=True)


def _is_installed(package: str) -> bool:
    """Whether a library is there; the tools for one are not needed."""
    status = _said("dpkg-query", "--show", "--showformat=${Status}", package)
    return package.endswith("-tools") or status.endswith(" installed")


def _said(*command: str) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=False
    ).stdout


def _missing() -> list[str]:
    return [name for name in (*PACKAGES, *HARMLESS) if not program(name)]


def main() -> str | None:
    """Get what is missing; return what went wrong."""
    if _missing() and shutil.which("apt-get") and os.geteuid() == 0:
        print("Getting servers and proxies for the tests", flush=True)
        UNPACKED.mkdir(parents=True, exist_ok=True)
        apt_get("update")
        for name in _missing():
            if name in HARMLESS:
                apt_get("install", "--yes", "--no-install-recommends", HARMLESS[name])
            else:
                _unpack(PACKAGES[name])
        if not uwsgi_params().exists():
            _unpack("nginx-common")
    if missing := _missing():
        return _MISSING.format(", ".join(missing))
    seen = (f"{name} {version(name)}" for name in (*PACKAGES, "apache2"))
    print(f"The tests use {', '.join(seen)}", flush=True)
    return None


if __name__ == "__main__":
    sys.exit(main())
