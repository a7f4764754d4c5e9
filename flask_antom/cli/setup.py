"""Commands for the set-up: run the simulator, copy Antom's SDK."""

from __future__ import annotations

from pathlib import Path

import click
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app
from flask.cli import with_appcontext

from ..browser_sdk import releases
from ..errors import AntomError
from .current import state_with_account


@click.command()
@with_appcontext
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where Antom's key and the payments are kept; by default"
    " antom-simulator in the app's instance folder.",
)
@click.option("--port", default=5001, show_default=True, help="The port to serve on.")
def simulator(folder: Path | None, port: int) -> None:
    """Run a simulated Antom for this app, on this machine only.

    It uses the app's client id and key. It refuses to start for prod.

    \b
    Example:
      flask antom simulator --port 5001
    """
    from ..simulator import Simulator
    from ..simulator.keys import KeyFiles
    from ..simulator.run import run_until_stopped

    state = state_with_account()
    folder = folder or Path(state.app.instance_path) / "antom-simulator"
    own_key = state.config.keyring.private_key.public_key()
    try:
        keys = KeyFiles.in_folder(folder)
        antom = Simulator(
            merchant_public_key=own_key.public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            ).decode(),
            client_id=state.config.client_id,
            private_key=keys.antom_private.read_text(),
            state_file=folder / "state.json",
            environment=state.config.environment,
            key_version=state.config.keyring.version,
        )
    except (ValueError, OSError, AntomError) as error:
        raise click.ClickException(str(error)) from None
    settings = {"ANTOM_PUBLIC_KEY_FILE": str(keys.antom_public.absolute())}
    run_until_stopped(antom, port, settings)


@click.command("vendor-sdk")
@with_appcontext
@click.argument("version", required=False)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, path_type=Path),
    help="The package that is here already: the .tgz that `npm pack` wrote, or its"
    " folder in node_modules.",
)
def vendor_sdk(version: str | None, source: Path | None) -> None:
    """Copy Antom's browser SDK into the app's static folder.

    VERSION is by default the newest that was tried with Flask-Antom. npm downloads
    the package. The command prints the settings that make the shop use the copy.

    \b
    Example:
      flask antom vendor-sdk
    """
    from ..browser_sdk import vendoring

    app = current_app
    if source is None:
        version = version or releases.NEWEST.version
        click.echo(f"npm is getting {vendoring.PACKAGE} {version} ...", err=True)
        package = vendoring.fetch(version)
    else:
        package = vendoring.read(source)
    if version not in (None, package.version):
        raise click.ClickException(f"{source} is {package.version}, not {version}.")
    is_tried = package.check()
    path = vendoring.write(package, app.static_folder)
    click.echo(f"{path} is version {package.version}, {len(package.bundle):,} bytes.")
    if not is_tried:
        click.echo(
            "Nobody has tried this version with Flask-Antom: nothing here knows its"
            " hash, nor the style sheets that a policy has to allow."
        )
    click.echo("\nThe shop's settings:\n")
    click.echo(f"    ANTOM_SDK_URL = '{vendoring.url_of(path, app.static_url_path)}'")
    click.echo(f"    ANTOM_SDK_INTEGRITY = '{package.integrity}'")


COMMANDS = (simulator, vendor_sdk)
