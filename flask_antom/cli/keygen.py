"""``flask antom keygen``: a pair of keys for Antom's Dashboard."""

from __future__ import annotations

from pathlib import Path

import click

from ..gateway.key_files import make_pair, one_line
from ..gateway.keys import load_private_key
from .places import FOLDER, Place, ignore, shown

#: Where the Dashboard takes the merchant's public key (Antom: key_config).
PASTE_PAGE = "Developer > Key configuration"

#: Where it shows Antom's public key, once it has the merchant's (Antom: sandbox).
ANTOM_PAGE = "Developer > Quick start > Integration resources and tools"


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--show", is_flag=True, help="Print the public key of a FILE that exists."
)
def keygen(file: Path | None, show: bool) -> None:
    """Make a pair of keys, and print the public one.

    They are RSA keys of 2048 bits. FILE is the file of the private key. By default it
    is antom/merchant-private.pem in the app's instance folder, or in the folder
    "instance" if there is no app. Only you can read it. A file that exists is never
    overwritten.

    The public key is printed on standard output, all else on standard error.

    \b
    Examples:
      flask antom keygen
      flask antom keygen instance/antom/merchant-2.pem
      flask antom keygen --show
    """
    path = (file or Place().private_key).absolute()
    public = public_half(path) if show else generate(path)
    click.echo("The public key:\n", err=True)
    click.echo(public)
    click.echo(
        f"\nPaste it in Antom's Dashboard, under {PASTE_PAGE}."
        f"\nAntom's public key is then under\n{ANTOM_PAGE}.",
        err=True,
    )


def generate(path: Path) -> str:
    """Write a new private key; return its public key for the Dashboard.

    :raises click.ClickException: if the file is there, or cannot be written.
    """
    try:
        if path.parent.name == FOLDER:
            ignore(path.parent)
        key = make_pair(path)
    except FileExistsError:
        raise click.ClickException(
            f"{shown(path)} exists, and is not overwritten. To see its public key, add"
            " --show. For a new key, name another file."
        ) from None
    except OSError as error:
        raise click.ClickException(f"{shown(path)}: {error.strerror}.") from None
    click.echo(f"The private key is in {shown(path)}; only you can read it.", err=True)
    return one_line(key)


def public_half(path: Path) -> str:
    """Return the public key of a private key's file, for the Dashboard.

    :raises click.ClickException: if there is no such key.
    """
    try:
        key = load_private_key(path.read_text(encoding="ascii"))
    except OSError as error:
        raise click.ClickException(f"{shown(path)}: {error.strerror}.") from None
    except ValueError as error:
        raise click.ClickException(f"{shown(path)}: {error}.") from None
    return one_line(key.public_key())


COMMANDS = (keygen,)
