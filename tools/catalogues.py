"""Updates the catalogues from ``flask_antom/i18n/english.py`` and compiles them.

New texts are added without a translation, old ones are removed, and translations are
kept. The English catalogue is rewritten.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.core import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from flask_antom.i18n import english
from flask_antom.i18n.translations import FOLDER
from tools.locales import CLDR

#: A text, or the singular and plural of a text with a number.
Text = str | tuple[str, str]


def texts() -> Iterator[tuple[Text, str]]:
    """Yield all texts, each with the place where it is shown."""
    for name, text in english.CHECKOUT.items():
        yield text, f"Checkout: {name}"
    for name, text in english.HOSTED.items():
        yield text, f"On the way to the payment page: {name}"
    for status, outcome in english.RESULT.items():
        yield outcome.heading, f"Result: {status}, heading"
        yield outcome.message, f"Result: {status}, message"
    for name, text in english.PAGE.items():
        yield text, f"Result: {name}"
    for name, text in english.UNKNOWN.items():
        yield text, f"A payment that is not found: {name}"
    for text in english.METHODS:
        yield text, "A way to pay"
    for name, plural in english.PLURALS.items():
        yield (plural.one, plural.other), f"Result: {name}"


def path_of(locale: str) -> Path:
    """Return the file of a catalogue; the compiled file is beside it."""
    return FOLDER / locale / "LC_MESSAGES" / "antom.po"


def read(locale: str) -> Catalog:
    """Return a catalogue; an empty one if the file does not exist yet."""
    path = path_of(locale)
    if not path.exists():
        return Catalog(CLDR[locale])
    return read_po(BytesIO(path.read_bytes()), abort_invalid=True)


def update(catalog: Catalog, locale: str) -> Catalog:
    """Return the catalogue with the present texts, in their order."""
    new = Catalog(CLDR[locale])
    new.mime_headers = [("Plural-Forms", catalog.plural_forms)]
    for text, place in texts():
        known = catalog.get(text if isinstance(text, str) else text[0]) or Message(text)
        new.add(
            text,
            text if locale == "en_US" else known.string,
            flags=known.flags,
            auto_comments=[place],
            user_comments=known.user_comments,
        )
    return new


def to_po(catalog: Catalog, locale: str) -> bytes:
    """Return the content of the file, without the dates that Babel adds."""
    name = Locale.parse(CLDR[locale]).english_name
    title = f"# Flask-Antom's texts: {name}. See CONTRIBUTING.md.\n"
    header = "".join(f'"{line}\\n"\n' for line in _header(catalog))
    file = BytesIO()
    write_po(file, catalog, width=88, omit_header=True)
    return f'{title}msgid ""\nmsgstr ""\n{header}\n'.encode() + file.getvalue()


def to_mo(catalog: Catalog) -> bytes:
    """Return a compiled catalogue; the same texts give the same bytes.

    The format is that of GNU gettext: a sorted table of the originals and one of the
    translations. Plural forms are separated by zeros.
    """
    pairs = {"": "".join(f"{line}\n" for line in _header(catalog))}
    for message in catalog:
        if message.id and message.string and not message.fuzzy:
            pairs[_joined(message.id)] = _joined(message.string)
    pairs = {name: text for name, text in pairs.items() if text.strip("\0")}
    keys = [name.encode() for name in sorted(pairs)]
    texts = [pairs[name].encode() for name in sorted(pairs)]
    tables, strings, start = b"", b"", 28 + 16 * len(keys)
    for string in [*keys, *texts]:
        tables += struct.pack("<II", len(string), start + len(strings))
        strings += string + b"\0"
    size = len(keys)
    head = struct.pack("<7I", 0x950412DE, 0, size, 28, 28 + 8 * size, 0, start)
    return head + tables + strings


def _header(catalog: Catalog) -> list[str]:
    return [
        f"Language: {catalog.locale}",
        f"Plural-Forms: {catalog.plural_forms}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
    ]


def _joined(text: str | tuple[str, ...] | list[str]) -> str:
    return text if isinstance(text, str) else "\0".join(text)


def main() -> None:
    for locale in CLDR:
        catalog = update(read(locale), locale)
        path = path_of(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_po(catalog, locale))
        path.with_suffix(".mo").write_bytes(to_mo(catalog))
        missing = sum(not _joined(m.string or "").strip("\0") for m in catalog if m.id)
        print(f"{locale}: {missing or 'no'} texts without a translation")


if __name__ == "__main__":
    main()
