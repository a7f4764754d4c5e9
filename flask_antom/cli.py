"""``flask antom``: each command is a few lines over what others do."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app
from flask.cli import AppGroup

from . import recovery, sdk
from .errors import AntomError
from .shop import Shop
from .stopping import stop_signals

group = AppGroup("antom", help="Antom payments.")


@group.command()
def check() -> None:
    """Load the keys and show the addresses that Antom and buyers will use."""
    shop = _shop()
    try:
        _ = shop.config.keyring.private_key, shop.config.keyring.public_keys
    except ValueError as error:
        raise click.ClickException(f"A key cannot be loaded: {error}.") from None
    if shop.hooks.order_loader is None:
        raise click.ClickException("No order loader is set; see @antom.order_loader.")
    if not shop.app.secret_key:
        raise click.ClickException("SECRET_KEY is not set; result links need it.")
    config = shop.config
    click.echo(f"Environment:   {config.environment}")
    click.echo(f"Gateway:       {config.gateway_url}")
    click.echo(f"Notifications: {config.notify_url}")
    click.echo(f"Result page:   {config.public('/result/...')}")
    click.echo(f"Antom's keys:  {', '.join(config.keyring.public_keys)}")


@group.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where Antom's key and the payments are kept; by default"
    " antom-simulator in the app's instance folder.",
)
@click.option("--port", default=5001, show_default=True, help="The port to serve on.")
def simulator(folder: Path | None, port: int) -> None:
    """Run a simulated Antom for this app, on this machine only.

    It takes the app's client id and key. It refuses to start for prod.
    """
    from .simulator import Simulator
    from .simulator.keys import KeyFiles
    from .simulator.run import run_until_stopped

    shop = _shop()
    folder = folder or Path(shop.app.instance_path) / "antom-simulator"
    own_key = shop.config.keyring.private_key.public_key()
    try:
        keys = KeyFiles.in_folder(folder)
        antom = Simulator(
            merchant_public_key=own_key.public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
            ).decode(),
            client_id=shop.config.client_id,
            private_key=keys.antom_private.read_text(),
            state_file=folder / "state.json",
            environment=shop.config.environment,
        )
    except (ValueError, OSError, AntomError) as error:
        raise click.ClickException(str(error)) from None
    settings = {"ANTOM_PUBLIC_KEY_FILE": str(keys.antom_public.absolute())}
    run_until_stopped(antom, port, settings)


@group.command("vendor-sdk")
@click.argument("version", required=False)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, path_type=Path),
    help="The package that is here already: the .tgz that `npm pack` wrote, or its"
    " folder in node_modules.",
)
def vendor_sdk(version: str | None, source: Path | None) -> None:
    """Put a copy of Antom's browser SDK into the app's static folder.

    VERSION is the newest that was tried with Flask-Antom, unless given. npm gets the
    package; the settings by which the copy is used are printed.
    """
    from . import vendoring

    app = current_app
    if source is None:
        version = version or sdk.NEWEST.version
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


@group.command()
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def sweep(quiet: bool) -> None:
    """Do all that is overdue: ask Antom, deliver events, expire sessions.

    The exit code is 1 if something needs a person.
    """
    shop = _shop()
    due = recovery.count_due(shop)
    hidden = quiet or not due or not sys.stderr.isatty()
    with click.progressbar(length=due, file=sys.stderr, hidden=hidden) as bar:
        summary = recovery.sweep(shop, lambda kind: bar.update(1))
    if not quiet:
        for name, count in asdict(summary).items():
            click.echo(f"{name.replace('_', ' ').capitalize():12} {count}")
    if summary.needs_a_person:
        raise click.ClickException(f"Something needs a person: {summary.trouble}.")


@group.command()
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(2, 36500),
    metavar="DAYS",
    required=True,
    help="How many days are kept.",
)
@click.option("--dry-run", is_flag=True, help="Only count what would be deleted.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def purge(days: int, dry_run: bool, quiet: bool) -> None:
    """Delete finished notifications and delivered events; never payments or refunds."""
    shop, older_than = _shop(), timedelta(days=days)
    purged = shop.purge.count(older_than)
    if not dry_run:
        found = purged.notifications + purged.events
        hidden = quiet or not found or not sys.stderr.isatty()
        with click.progressbar(length=found, file=sys.stderr, hidden=hidden) as bar:
            purged = shop.purge.run(older_than, bar.update)
    if not quiet:
        click.echo("Would be deleted:" if dry_run else "Deleted:")
        for name, count in asdict(purged).items():
            click.echo(f"{name.capitalize():13} {count}")


@group.command()
@click.option("--pause", default=2.0, show_default=True, help="Seconds between sweeps.")
def work(pause: float) -> None:
    """Sweep for ever, until Ctrl-C or SIGTERM."""
    shop = _shop()
    with stop_signals() as stopped:
        click.echo("Working. Stop with Ctrl-C.")
        recovery.work(shop, stopped, pause)
    click.echo("Stopped.")


def _shop() -> Shop:
    shop: Shop = current_app.extensions["antom"]
    return shop
