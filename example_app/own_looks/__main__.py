"""``python -m example_app.own_looks``: the shop on this machine, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from flask_antom.simulator import KeyFiles, Simulator

from . import create_app

CLIENT_ID = "SANDBOX_5YLANTERN0000001"


@click.command()
@click.option("--port", default=5000, show_default=True, help="The shop's port.")
def main(port: int) -> None:
    """Run the shop with a simulated Antom; nothing is kept."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        keys = KeyFiles.in_folder(folder)
        simulator = Simulator(keys.merchant_public.read_text(), CLIENT_ID)
        with simulator.serve() as server:
            app = create_app(
                {
                    "SECRET_KEY": "of this machine only",
                    "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'shop.sqlite3'}",
                    "ANTOM_CLIENT_ID": CLIENT_ID,
                    "ANTOM_PRIVATE_KEY_FILE": str(keys.merchant_private),
                    "ANTOM_PUBLIC_KEY": simulator.public_key,
                    "ANTOM_PUBLIC_URL": f"http://127.0.0.1:{port}",
                    "ANTOM_GATEWAY_URL": server.url,
                    "ANTOM_SDK_URL": server.sdk_url,
                }
            )
            app.run(port=port)


if __name__ == "__main__":
    main(prog_name="python -m example_app.own_looks")
