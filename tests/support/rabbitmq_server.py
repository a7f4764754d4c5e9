"""Which RabbitMQ do the tests of queues use?

The program that ``ANTOM_TEST_RABBITMQ`` names, Debian's, or a ``rabbitmq-server`` on
the ``PATH``. ``python -m tests.support.rabbitmq_server`` installs Debian's where there
is none.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support.browser import apt_get
from tests.support.processes import free_port, until

#: Debian's ``rabbitmq-server`` on the ``PATH`` changes to a user of the system's.
_DEBIAN = "/usr/lib/rabbitmq/bin/rabbitmq-server"

_MISSING = (
    "The tests of queues need RabbitMQ, and there is none here. Install"
    " rabbitmq-server with the system's package manager, or name the program in"
    " ANTOM_TEST_RABBITMQ."
)


def rabbitmq_server() -> str:
    """Return the path of the program.

    :raises FileNotFoundError: if there is none, or no Erlang.
    """
    named = os.environ.get("ANTOM_TEST_RABBITMQ")
    path = shutil.which(named or _DEBIAN) or shutil.which(named or "rabbitmq-server")
    if path is None or shutil.which("epmd") is None:
        raise FileNotFoundError(_MISSING)
    return path


@contextmanager
def open_rabbitmq() -> Iterator[str]:
    """Run a RabbitMQ with a directory of its own until the end of the block.

    It yields the broker's URL.

    :raises AssertionError: if it does not answer in time, with what it said.
    """
    program = rabbitmq_server()
    mapper, ours, port = free_port(), free_port(), free_port()
    with (
        tempfile.TemporaryDirectory(prefix="antom-rabbitmq-") as name,
        ExitStack() as stack,
    ):
        home = Path(name)
        (home / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n")
        (home / "plugins").write_text("[].\n")
        environment = os.environ | {
            # Erlang's own server of names, which would outlive the test.
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(mapper),
            "HOME": name,
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_DIST_PORT": str(ours),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": name,
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_NODENAME": "antom@localhost",
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1"
            " -kernel inet_dist_use_interface {127,0,0,1}",
            "RUNNING_UNDER_SYSTEMD": "true",  # without a shell around it
        }
        log = home / "log"
        stack.enter_context(_run(["epmd", "-port", str(mapper)], environment, log))
        server = stack.enter_context(_run([program], environment, log))

        def answers() -> bool:
            assert server.poll() is None, log.read_text()
            return _speaks_amqp(port)

        try:
            until(answers)
        except AssertionError as error:
            error.add_note(log.read_text()[-4000:])
            raise
        yield f"amqp://guest:guest@127.0.0.1:{port}/%2F"


@contextmanager
def _run(
    command: list[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as file:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=15)


def _speaks_amqp(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"
    except OSError:
        return False


def main() -> str | None:
    """Install RabbitMQ if need be; return what went wrong."""
    try:
        rabbitmq_server()
    except FileNotFoundError:
        if shutil.which("apt-get") and os.geteuid() == 0:
            print("Installing RabbitMQ for the tests of queues", flush=True)
            apt_get("update")
            apt_get("install", "--yes", "--no-install-recommends", "rabbitmq-server")
    try:
        path = rabbitmq_server()
    except FileNotFoundError as error:
        return str(error)
    print(f"The tests of queues use {path}", flush=True)
    return None


if __name__ == "__main__":
    sys.exit(main())
