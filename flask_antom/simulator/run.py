"""Runs the simulator in the foreground, for the command line."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import click

from ..stopping import stop_signals
from .simulator import Simulator


def run_until_stopped(
    simulator: Simulator, port: int, settings: Mapping[str, str]
) -> None:
    """Print the shop's settings and serve until Ctrl-C or SIGTERM.

    :param settings: the shop's settings other than the URLs.
    :raises click.ClickException: if the port is taken.
    """
    try:
        server = simulator.serve(port=port)
    except OSError:
        raise click.ClickException(
            f"Port {port} is taken; choose another with --port."
        ) from None
    with server, stop_signals() as stopped:
        click.echo(
            "The shop's settings, for its shell and app.config.from_prefixed_env():\n"
        )
        addresses = {"ANTOM_GATEWAY_URL": server.url, "ANTOM_SDK_URL": server.sdk_url}
        for name, value in {**settings, **addresses}.items():
            click.echo(f"export FLASK_{name}={shlex.quote(value)}")
        click.echo(f"\nPayments and notifications: {server.url}")
        click.echo("Stop with Ctrl-C.")
        while not stopped.wait(0.5):
            pass
    click.echo("Stopped.")
