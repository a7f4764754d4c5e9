"""``flask antom init``: the settings and keys of an app that has none."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..gateway.key_files import write_new
from .answers import REGIONS, Answers
from .keygen import ANTOM_PAGE, PASTE_PAGE, generate, public_half
from .places import Place, ignore, shown

_LOCAL_URL = "http://127.0.0.1:5000"
_SIMULATED = "http://127.0.0.1:5001"
_METHODS = "ALIPAY_CN,GCASH,CARD"


@click.command()
@click.option(
    "--region", help=f"{', '.join(REGIONS)}; or the host that the Dashboard shows."
)
@click.option("--client-id", help="Your client id; of the sandbox it is SANDBOX_...")
@click.option("--antom-key", help="Antom's public key: its text, or a file.")
@click.option("--public-url", help="How Antom and buyers reach the shop: https://...")
@click.option("--methods", help="Payment methods, such as ALIPAY_CN,GCASH,CARD.")
@click.option("--simulator", is_flag=True, help="Set up for the simulator; no account.")
@click.option("--no-input", is_flag=True, help="Ask nothing; options have all answers.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write; by default the app's instance folder.",
)
def init(
    region: str | None,
    client_id: str | None,
    antom_key: str | None,
    public_url: str | None,
    methods: str | None,
    simulator: bool,
    no_input: bool,
    folder: Path | None,
) -> None:
    """Ask for the settings of an account, and write them.

    It writes antom.cfg, and a folder "antom" with the keys, in the app's instance
    folder. Only you can read them. Nothing is overwritten, but a private key that
    `flask antom keygen` has written there is used. The app need not start yet.

    \b
    Examples:
      flask antom init
      flask antom init --simulator
      flask antom init --no-input --client-id SANDBOX_5Y... --region europe \\
          --antom-key antom.pem --public-url https://shop.example.com
    """
    place = Place(folder)
    if place.settings.exists():
        raise click.ClickException(
            f"{shown(place.settings)} exists, and is not overwritten. Change it with an"
            " editor, or move it away."
        )
    answers = Answers(asks=not (no_input or simulator))
    if simulator:
        _simulated(place, answers)
        public_url = public_url or _LOCAL_URL
    else:
        _account(place, answers, region, client_id, antom_key)
    words = "The address by which Antom and buyers reach the shop (https://...)"
    answers.take(public_url, "--public-url", words, answers.public_url)
    if methods is not None or not place.has("ANTOM_PAYMENT_METHODS"):
        words = "Payment methods of your contract"
        answers.take(methods, "--methods", words, answers.methods, _METHODS)
    _write(place, answers)
    _tell_next(place, simulator)


def _account(
    place: Place,
    answers: Answers,
    region: str | None,
    client_id: str | None,
    antom_key: str | None,
) -> None:
    """Take what belongs to an account, and make its private key."""
    own, antoms = place.private_key, place.antom_key
    if antoms.exists():
        raise click.ClickException(f"{shown(antoms)} exists, and is not overwritten.")
    click.echo(f"Antom's Dashboard shows these under\n{ANTOM_PAGE}.\n")
    answers.take(client_id, "--client-id", "Client id", answers.client_id)
    if not answers.settings["ANTOM_CLIENT_ID"].startswith("SANDBOX_"):
        click.echo("This is an id of production: its payments take real money.")
    words = f"Region ({', '.join(REGIONS)}, or the host)"
    answers.take(region, "--region", words, answers.region, "asia")
    public = public_half(own) if own.exists() else generate(own)
    click.echo(f"\nYour public key, for the Dashboard's page {PASTE_PAGE}:\n\n{public}")
    click.echo("\nOnce it is there, the Dashboard shows Antom's public key.\n")
    answers.take(
        antom_key,
        "--antom-key",
        "Antom's public key (its text, or a file)",
        lambda text: answers.public_key(text, own),
    )


def _simulated(place: Place, answers: Answers) -> None:
    """Take the account of the simulator, with the keys that it will use."""
    from ..simulator.keys import CLIENT_ID, KeyFiles

    folder = place.folder / "antom-simulator"
    ignore(folder)
    keys = KeyFiles.in_folder(folder)
    answers.settings |= {
        "ANTOM_CLIENT_ID": CLIENT_ID,
        "ANTOM_PRIVATE_KEY_FILE": keys.merchant_private,
        "ANTOM_PUBLIC_KEY_FILE": keys.antom_public,
        "ANTOM_GATEWAY_URL": _SIMULATED,
        "ANTOM_SDK_URL": f"{_SIMULATED}/sdk/ams-checkout.js",
    }


def _write(place: Place, answers: Answers) -> None:
    keys = {
        "ANTOM_PRIVATE_KEY_FILE": place.private_key,
        "ANTOM_PUBLIC_KEY_FILE": place.antom_key,
    }
    lines = [
        "# Antom's settings, written by `flask antom init`. No key is in here.",
        "from pathlib import Path",
        "",
        "here = Path(__file__).parent",
    ]
    for key, value in (keys | answers.settings).items():
        if isinstance(value, Path):
            lines.append(f'{key} = here / "{value.relative_to(place.folder)}"')
        else:
            lines.append(f"{key} = {json.dumps(value)}")
    try:
        if answers.antom_key:
            write_new(place.antom_key, answers.antom_key)
        write_new(place.settings, "\n".join([*lines, ""]).encode())
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}.") from None


def _tell_next(place: Place, simulator: bool) -> None:
    app, path = place.app, f'"{place.settings}"'
    if app is not None and place.folder == Path(app.instance_path):
        is_relative = app.config.root_path == app.instance_path
        path = '"antom.cfg"' if is_relative else 'f"{app.instance_path}/antom.cfg"'
    click.echo(f"\n{shown(place.settings)} has the settings; only you can read it.")
    click.echo("The app loads it with this line, before antom.init_app(app):\n")
    click.echo(f"    app.config.from_pyfile({path}, silent=True)\n")
    if place.trouble:
        click.echo(f"The app does not start yet: {place.trouble}\n", err=True)
    flask = f"flask{place.app_option}"
    if simulator:
        click.echo(
            "Run the simulated Antom in another terminal, and keep it running:\n"
        )
        click.echo(f"    {flask} antom simulator\n")
    tables, last = [f'{flask} db migrate -m "Antom"', f"{flask} db upgrade"], []
    if app is not None and "migrate" not in app.extensions:
        tables, last = [f"{flask} shell    # for db.create_all()"], [f"{flask} run"]
    click.echo("Next:\n")
    for command in (*tables, f"{flask} antom check", *last):
        click.echo(f"    {command}")


COMMANDS = (init,)
