"""``python -m example_app``: the shop on this machine."""

from __future__ import annotations

import shutil
import signal
import threading
from pathlib import Path

import click

from flask_antom.errors import AntomError

from .demo import Demo, has_real_keys, open_shop

INSTANCE = Path(__file__).parents[1] / "instance"
PORT = click.IntRange(0, 65535)
MODES = ("cashier", "element", "page", "hosted")


@click.command()
@click.option(
    "--port", type=PORT, default=5000, show_default=True, help="The shop's port."
)
@click.option(
    "--simulator-port",
    type=PORT,
    default=5001,
    show_default=True,
    help="The simulator's port.",
)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default="cashier",
    show_default=True,
    help="How buyers pay.",
)
@click.option(
    "--turbo",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A copy of Hotwired Turbo, which then swaps the pages.",
)
@click.option("--fresh", is_flag=True, help="Delete all orders, payments and keys.")
def main(
    port: int, simulator_port: int, mode: str, turbo: Path | None, fresh: bool
) -> None:
    """Run the example shop with a simulated Antom, on this machine only.

    If a port is taken, the next free one is used. Orders and payments are kept in the
    folder "instance". With FLASK_ANTOM_CLIENT_ID in the environment, the shop uses
    Antom's sandbox; see example_app/README.md.
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    folder = INSTANCE / ("sandbox" if has_real_keys() else "simulator")
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        with open_shop(folder, port, simulator_port, mode, turbo) as demo:
            greet(demo, port, simulator_port)
            while not stopped.wait(1):
                pass
    except (OSError, ValueError, AntomError) as error:
        raise click.ClickException(str(error)) from None
    click.echo("Stopped. The orders are kept; --fresh deletes them.")


def greet(demo: Demo, port: int, simulator_port: int) -> None:
    """Print the addresses."""
    tell_other_port("shop", demo.url, port)
    if demo.simulator_url is not None:
        tell_other_port("simulator", demo.simulator_url, simulator_port)
    click.echo(f"\n  The shop:                 {demo.url}")
    click.echo(f"  The support page:         {demo.url}/admin")
    if demo.simulator_url is not None:
        click.echo(f"  The simulator's console:  {demo.simulator_url}")
    else:
        click.echo("  Payments:                 Antom's sandbox")
    click.echo("\nStop with Ctrl-C.")


def tell_other_port(name: str, url: str, port: int) -> None:
    if port and not url.endswith(f":{port}"):
        click.echo(f"Port {port} is taken, so the {name} uses the next free one.")


if __name__ == "__main__":
    main(prog_name="python -m example_app")
