"""``python -m flask_antom.simulator``: Antom on your machine, with new keys.

It makes the keys that an app needs for its first start. It prints all settings of the
app, also those that do not concern the simulator.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from .keys import CLIENT_ID, KeyFiles
from .run import run_until_stopped
from .simulator import Simulator


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("antom-simulator"),
    show_default=True,
    help="The folder for keys and payments. It is created if it is missing.",
)
@click.option(
    "--client-id",
    default=CLIENT_ID,
    show_default=True,
    help="The merchant's client id.",
)
@click.option("--port", default=5001, show_default=True, help="The port to serve on.")
def main(folder: Path, client_id: str, port: int) -> None:
    """Run a simulated Antom for a shop under development, on this machine only.

    Notifications go to loopback addresses only.
    """
    keys = KeyFiles.in_folder(folder)
    simulator = Simulator(
        merchant_public_key=keys.merchant_public.read_text(),
        client_id=client_id,
        private_key=keys.antom_private.read_text(),
        state_file=folder / "state.json",
    )
    settings = {
        "SECRET_KEY": f"made-up-{secrets.token_hex(16)}",
        "ANTOM_PUBLIC_URL": "http://127.0.0.1:5000",
        "ANTOM_CLIENT_ID": client_id,
        "ANTOM_PRIVATE_KEY_FILE": str(keys.merchant_private.absolute()),
        "ANTOM_PUBLIC_KEY_FILE": str(keys.antom_public.absolute()),
    }
    run_until_stopped(simulator, port, settings)


if __name__ == "__main__":
    main(prog_name="python -m flask_antom.simulator")
