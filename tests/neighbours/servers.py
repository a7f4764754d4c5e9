"""The servers of docs/servers, each started as the documentation says.

Only the address, the name of the app and the paths are those of the tests.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.neighbours import programs
from tests.neighbours.visits import Door
from tests.support.blocks import DOCS
from tests.support.paths import ROOT
from tests.support.processes import Program, free_port, run_program

SNIPPETS = DOCS / "servers"

#: The commands of the documentation, by the name of the server.
COMMANDS: dict[str, str] = dict(
    re.findall(r"^# (.+)\n((?:.+\n)+)", (SNIPPETS / "servers.sh").read_text(), re.M)
)

MOD_WSGI = "mod_wsgi"

#: The one that speaks uwsgi instead of HTTP.
BY_UWSGI = "uWSGI, uwsgi_pass"

SERVERS = [*COMMANDS, MOD_WSGI]

#: What each of them may have to be told about bodies.
INPUT_TERMINATED = {"hypercorn, a2wsgi", "uvicorn, a2wsgi"}

#: Apache and PgBouncer do not run as root, but have to read what root can.
_NOT_ROOT = (
    *("setpriv", "--reuid=daemon", "--regid=daemon", "--clear-groups"),
    *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
)


def named(server: str) -> str:
    """Return the name of a server with the versions of what it is made of."""
    if server == MOD_WSGI:
        apache = programs.version("apache2")
        return f"{server} {_version_of(server)} with Apache {apache}"
    name, _, kind = server.partition(", ")
    if kind == "a2wsgi":
        return f"{name} {_version_of(name)} with a2wsgi {_version_of(kind)}"
    way = {"uwsgi_pass": " by `uwsgi_pass`", "": ""}.get(kind, f", {kind}")
    return f"{name} {_version_of(name)}{way}"


def _version_of(name: str) -> str:
    return importlib.metadata.version(name.lower())


@contextmanager
def run_server(
    name: str, environment: Mapping[str, str], directory: Path
) -> Iterator[tuple[Program, int]]:
    """Run a server until the end of the block; gives it and its port."""
    port = free_port()
    if name == MOD_WSGI:
        command = _apache(environment, directory, port)
    else:
        command = shlex.split(
            COMMANDS[name]
            .replace("\\\n", "")
            .replace("8000", str(port))
            .replace("shop:", "tests.neighbours.app:")
            .replace("/shop=shop:", "/shop=tests.neighbours.app:")
        )
        command[0] = str(Path(sys.executable).parent / command[0])
    with run_program(command, environment, directory) as program:
        is_ready = partial(listens, port) if name == BY_UWSGI else Door(port).is_open
        program.until(is_ready)
        yield program, port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def snippet(name: str, changes: Mapping[str, object]) -> str:
    """Return a file of the documentation, with the paths and ports of a test."""
    text = (SNIPPETS / name).read_text()
    for documented, here in changes.items():
        assert documented in text, (name, documented)
        text = text.replace(documented, str(here))
    return text


def apache(
    directory: Path, port: int, modules: Mapping[str, str], site: str
) -> list[str]:
    """Write Apache's configuration, and return the command that runs it.

    :param modules: its own by name, with their paths.
    """
    loaded = "".join(f"LoadModule {name} {path}\n" for name, path in modules.items())
    (directory / "apache.conf").write_text(
        f"ServerRoot {directory}\nServerName example.com\nListen 127.0.0.1:{port}\n"
        f"PidFile {directory}/apache.pid\nErrorLog /dev/stderr\nMutex pthread\n"
        f"{loaded}{site}"
    )
    file = str(directory / "apache.conf")
    command = (programs.program("apache2"), "-D", "FOREGROUND", "-f", file)
    return as_another_user(*command)


def as_another_user(*command: str) -> list[str]:
    """Return a command that does not run as root, even if the tests do."""
    return [*_NOT_ROOT, *command] if os.geteuid() == 0 else list(command)


def own_modules(*names: str) -> dict[str, str]:
    """Return the modules that Debian's Apache has, by name."""
    folder = "/usr/lib/apache2/modules"
    return {f"{name}_module": f"{folder}/mod_{name}.so" for name in names}


def _apache(environment: Mapping[str, str], directory: Path, port: int) -> list[str]:
    said = subprocess.run(
        [str(Path(sys.executable).parent / "mod_wsgi-express"), "module-location"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.strip()
    modules = own_modules("mpm_event", "authz_core") | {"wsgi_module": said}
    lines = "".join(f"os.environ[{k!r}] = {v!r}\n" for k, v in environment.items())
    script = directory / "shop.wsgi"
    script.write_text(
        f"import os\n{lines}from tests.neighbours.app import app as application\n"
    )
    changes = {
        "*:8000": f"127.0.0.1:{port}",
        "/srv/shop/.venv": sys.prefix,
        "python-path=/srv/shop": f"python-path={ROOT}",
        "/srv/shop/shop.wsgi": script,
        "/srv/shop>": f"{directory}>",
    }
    site = f"WSGISocketPrefix {directory}/wsgi\n{snippet('mod_wsgi.conf', changes)}"
    return apache(directory, port, modules, site)
