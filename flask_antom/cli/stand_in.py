"""Stands in for Antom: signs with the simulator's key, on this machine only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from flask import Flask

from ..app_state import AppState
from ..gateway.http import Reply, Unreachable
from ..gateway.keys import load_private_key
from ..urls import is_loopback

#: Folders of keys that the simulator makes, in the instance folder or where it starts.
_FOLDERS = ("antom-simulator", "simulator")

#: How long the app may take to answer, in seconds.
_PATIENCE = 30


class StandIn:
    """Posts signed notifications to an app under development.

    :param folder: the folder of the simulator's keys, if the caller names one.
    :raises click.ClickException: if the app may be in use, or its Antom is no
        simulator of this machine.
    """

    def __init__(self, state: AppState, folder: Path | None) -> None:
        self._state = state
        _refuse_real(state)
        self._key = _find_key(state, folder)

    def post(self, fields: Mapping[str, Any], *, in_process: bool) -> Reply:
        """Sign a notification, post it and return the app's answer.

        :param in_process: whether this process answers, not the running app.
        :raises click.ClickException: if the app is not on this machine, or nobody
            answers.
        """
        from ..simulator.signatures import notification_headers

        config, body = self._state.config, json.dumps(fields).encode()
        headers = notification_headers(
            self._key,
            config.client_id,
            config.notify_path,
            self._state.clock.now(),
            body,
        )
        if in_process:
            return _post_here(self._state, headers, body)
        return _post(config.notify_url, headers, body)


def _refuse_real(state: AppState) -> None:
    config = state.config
    host = urlsplit(config.gateway_url).hostname or ""
    if config.environment != "sandbox":
        raise click.ClickException(
            f"`trigger` is for development, and this app is in {config.environment}."
        )
    if not is_loopback(host):
        raise click.ClickException(
            f"`trigger` stands in for Antom, but the Antom of this app is {host}, which"
            " is not on this machine. Run a simulated one: `flask antom simulator`."
        )


def _find_key(state: AppState, folder: Path | None) -> RSAPrivateKey:
    """Return the simulator's key that the app takes for Antom's."""
    by_path = {place.absolute(): place for place in _places(state.app)}
    places = [folder] if folder is not None else [*by_path.values()]
    ours = [key.public_numbers() for key in state.config.keyring.public_keys.values()]
    found = [place / "antom-private.pem" for place in places]
    found = [path for path in found if path.is_file()]
    for path in found:
        key = _load(path)
        if key.public_key().public_numbers() in ours:
            return key
    if found:
        listed = ", ".join(map(str, found))
        raise click.ClickException(
            "The app takes no notification from this simulator: ANTOM_PUBLIC_KEY is not"
            f" the key of {listed}. The simulator prints the settings when it starts."
        )
    listed = ", ".join(map(str, places))
    raise click.ClickException(
        f"There is no key of a simulator (antom-private.pem) in {listed}. Run"
        " `flask antom simulator`, or name its folder with --folder."
    )


def _load(path: Path) -> RSAPrivateKey:
    try:
        return load_private_key(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path} cannot be read: {error}.") from None


def _places(app: Flask) -> Iterator[Path]:
    files = app.config.get("ANTOM_PUBLIC_KEY_FILE") or ()
    if isinstance(files, Mapping):
        files = files.values()
    for file in [files] if isinstance(files, str | Path) else files:
        yield Path(file).parent
    for base in (Path(app.instance_path), Path()):
        for name in _FOLDERS:
            yield base / name


def _post(url: str, headers: Mapping[str, str], body: bytes) -> Reply:
    from ..simulator.notifier import send_over_http

    if not is_loopback(urlsplit(url).hostname or ""):
        raise click.ClickException(
            "`trigger` posts to this machine only, and ANTOM_PUBLIC_URL leads to"
            f" {url}. With --in-process, this process answers instead."
        )
    try:
        return send_over_http(url, headers, body, _PATIENCE)
    except Unreachable as error:
        raise click.ClickException(
            f"Nobody answers at {url} ({error}). Is the app running? With --in-process,"
            " this process answers instead."
        ) from None


def _post_here(state: AppState, headers: Mapping[str, str], body: bytes) -> Reply:
    config = state.config
    answer = state.app.test_client().post(
        f"{config.url_prefix}/notify",
        base_url=config.public_url,
        data=body,
        headers=dict(headers),
    )
    return Reply(answer.status_code, dict(answer.headers), answer.data)
