"""Runs the simulator in the foreground, for the command line."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator, Mapping
from types import FrameType

import click

from .simulator import Simulator


def run_until_stopped(
    simulator: Simulator, port: int, settings: Mapping[str, str]
) -> None:
    """Serve until Ctrl-C or SIGTERM, having printed what the shop must be given.

    :param settings: the shop's settings beside the addresses.
    :raises click.ClickException: if the port is taken.
    """
    try:
        server = simulator.serve(port=port)
    except OSError:
        raise click.ClickException(
            f"Port {port} is taken; choose another with --port."
        ) from None
    with server, _stop_signals() as stopped:
        click.echo("The shop's settings:\n")
        addresses = {"ANTOM_GATEWAY_URL": server.url, "ANTOM_SDK_URL": server.sdk_url}
        for name, value in {**settings, **addresses}.items():
            click.echo(f"    {name} = {value!r}")
        click.echo(f"\nPayments and notifications: {server.url}")
        click.echo("Stop with Ctrl-C.")
        while not stopped.wait(0.5):
            pass
    click.echo("Stopped.")


@contextlib.contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and SIGTERM set."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    before = {
        number: signal.signal(number, stop)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
