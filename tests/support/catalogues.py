"""Catalogues of a host's own."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo


def translate(root: Path, locale: str, texts: dict[str, str]) -> None:
    """Put a catalogue into the folder of a host's app.

    :param texts: the translations, by the English texts.
    """
    catalogue = Catalog(locale)
    for english, text in texts.items():
        catalogue.add(english, text)
    path = root / "translations" / locale / "LC_MESSAGES" / "antom.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalogue)
