"""Two nodes of a real MariaDB cluster (Galera) on this machine, which both take writes.

``python -m tests.support.galera`` installs Debian's Galera where there is none, and
proves that a cluster starts.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from tests.support.browser import apt_get
from tests.support.databases import (
    install_mariadb,
    listens,
    mariadb_options,
    mariadbd,
)
from tests.support.processes import free_port, until

_PLACES = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so")
_CLUSTER_ID = "5b6d1a5e-0c0a-11f0-9f0e-3a1d5f6c7e88"

_MISSING = (
    "These tests need MariaDB and Galera: install Debian's mariadb-server and"
    " galera-4, or run `python -m tests.support.galera` as root."
)


@dataclass
class Node:
    """One server of the cluster.

    :ivar url: its SQLAlchemy URL.
    """

    name: str
    directory: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        address = self.directory / "socket"
        return f"mariadb+pymysql://root@localhost/mysql?unix_socket={address}"

    def status(self, name: str) -> str:
        """Return a status variable; empty while the node does not answer."""
        assert self.process.poll() is None, self.log()
        if not listens(self.directory / "socket"):
            return ""
        query = sa.text("SHOW GLOBAL STATUS LIKE :name")
        try:
            with _connect(self.url) as connection:
                row = connection.execute(query, {"name": name}).first()
        except sa.exc.OperationalError:
            return ""
        return "" if row is None else str(row[1])

    def log(self) -> str:
        return (self.directory / "log").read_text(errors="replace")[-4000:]


@dataclass
class Cluster:
    """The two nodes.

    :ivar urls: SQLAlchemy URLs of one database, by way of each node.
    """

    nodes: tuple[Node, Node]
    urls: tuple[str, str]

    def wait(self) -> None:
        """Wait until each node has written down what the other has committed."""
        for node in self.nodes:
            with _connect(node.url) as connection:
                connection.execute(sa.text("SET SESSION wsrep_sync_wait = 1"))
                connection.execute(sa.text("SELECT 1"))


def provider() -> str | None:
    """Find Galera's library."""
    return next((place for place in _PLACES if os.path.exists(place)), None)


@contextmanager
def open_cluster() -> Iterator[Cluster]:
    """Start a cluster with an empty database; nothing of it survives the block.

    :raises FileNotFoundError: if MariaDB or Galera is missing.
    :raises AssertionError: if a node does not start in time, with what it said.
    """
    library = provider()
    if mariadbd() is None or library is None:
        raise FileNotFoundError(_MISSING)
    with (
        tempfile.TemporaryDirectory(prefix="antom-galera-") as name,
        ExitStack() as stack,
    ):
        first, second = Path(name) / "first", Path(name) / "second"
        for directory in (first, second):
            (directory / "tmp").mkdir(parents=True)
        with (first / "log").open("wb") as log:
            install_mariadb(first, log)
        # The second one has all that the first one has, so no state is transferred.
        shutil.copytree(first / "data", second / "data")
        ports = _free_ports()
        one = stack.enter_context(_run(first, library, ports[0], 0, None))
        until(lambda: one.status("wsrep_ready") == "ON")
        done = int(one.status("wsrep_last_committed"))
        two = stack.enter_context(_run(second, library, ports[1], done, ports[0]))
        until(lambda: two.status("wsrep_ready") == "ON")
        until(lambda: one.status("wsrep_cluster_size") == "2")
        with _connect(one.url) as connection:
            connection.execute(sa.text("CREATE DATABASE shop"))
        cluster = Cluster((one, two), (_named(one.url), _named(two.url)))
        cluster.wait()
        yield cluster


@contextmanager
def _run(
    directory: Path, library: str, port: int, done: int, peer: int | None
) -> Iterator[Node]:
    """Run a node.

    :param port: where the nodes talk to each other.
    :param done: the number of the last write that its directory has.
    :param peer: the port of the other node; ``None`` begins a cluster.
    """
    (directory / "data/grastate.dat").write_text(
        "# GALERA saved state\n"
        "version: 2.1\n"
        f"uuid:    {_CLUSTER_ID}\n"
        f"seqno:   {done}\n"
        f"safe_to_bootstrap: {int(peer is None)}\n"
    )
    here = f"127.0.0.1:{port}"
    options = {
        "base_host": "127.0.0.1",
        "base_port": port,
        "gmcast.listen_addr": f"tcp://{here}",
        "gcache.size": "16M",
        "pc.recovery": "no",
    }
    command = [
        *(str(mariadbd()), *mariadb_options(directory), "--skip-networking"),
        f"--socket={directory / 'socket'}",
        "--binlog-format=ROW",
        "--innodb-autoinc-lock-mode=2",
        "--innodb-flush-log-at-trx-commit=0",
        "--wsrep-on=ON",
        f"--wsrep-provider={library}",
        "--wsrep-cluster-address=gcomm://" + (f"127.0.0.1:{peer}" if peer else ""),
        *(["--wsrep-new-cluster"] if peer is None else []),
        "--wsrep-cluster-name=antom",
        f"--wsrep-node-name={directory.name}",
        f"--wsrep-node-address={here}",
        "--wsrep-sst-method=skip",
        "--wsrep-provider-options=" + ";".join(f"{k}={v}" for k, v in options.items()),
    ]
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield Node(directory.name, directory, process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=15)


def _connect(url: str) -> sa.Connection:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    return engine.connect()


def _named(url: str) -> str:
    parts = sa.make_url(url).set(database="shop")
    return parts.render_as_string(hide_password=False)


def _free_ports() -> tuple[int, int]:
    """Return two ports, each with a free one above it, which a node may want too."""
    ports: list[int] = []
    while len(ports) < 2:
        port = free_port()
        if port < 65000 and all(abs(port - other) > 1 for other in ports):
            ports.append(port)
    return ports[0], ports[1]


def main() -> str | None:
    """Install Galera if need be and start a cluster; return what went wrong."""
    is_missing = mariadbd() is None or provider() is None
    if is_missing and shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing MariaDB and Galera for the tests", flush=True)
        apt_get("update")
        # Not mariadb-server itself, which would start a server of the system's.
        packages = ("mariadb-server-core", "mariadb-client-core", "galera-4")
        apt_get("install", "--yes", "--no-install-recommends", *packages)
    try:
        with open_cluster() as cluster:
            version = cluster.nodes[1].status("wsrep_provider_version")
    except (FileNotFoundError, AssertionError) as error:
        return str(error)
    print(f"The tests use Galera {version}", flush=True)
    return None


if __name__ == "__main__":
    sys.exit(main())
