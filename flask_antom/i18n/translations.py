"""The language of a buyer, and the texts in it.

The host's Flask-Babel chooses the language, or else the browser does. The texts are in
our gettext catalogues, below ``translations``. The host's own catalogues come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from gettext import GNUTranslations
from pathlib import Path
from typing import NamedTuple

from flask import current_app, has_request_context, request

from ..domain.money import Money
from ..errors import InvalidMoney
from . import formats
from .english import CHECKOUT, HOSTED, PAGE, PLURALS, RESULT, UNKNOWN, Outcome

FOLDER = Path(__file__).parents[1] / "translations"

#: Antom's locales (Antom: AMSCashierPayment, "locale"): the tag for HTML, and the names
#: that a host's own catalogue may have. The first of these that exists is used.
LOCALES: Mapping[str, tuple[str, str]] = {
    "en_US": ("en", "en_US en"),
    "pt_BR": ("pt-BR", "pt_BR pt"),
    "ko_KR": ("ko", "ko_KR ko"),
    "es_ES": ("es", "es_ES es"),
    "ms_MY": ("ms", "ms_MY ms"),
    "in_ID": ("id", "id_ID id in_ID in"),
    "tl_PH": ("fil", "fil_PH fil tl_PH tl"),
    "th_TH": ("th", "th_TH th"),
    "vi_VN": ("vi", "vi_VN vi"),
    "fr_FR": ("fr", "fr_FR fr"),
    "nl_NL": ("nl", "nl_NL nl"),
    "it_IT": ("it", "it_IT it"),
    "de_DE": ("de", "de_DE de"),
    "zh_CN": ("zh-Hans-CN", "zh_Hans_CN zh_Hans zh_CN zh"),
    "zh_HK": ("zh-Hant-HK", "zh_Hant_HK zh_Hant zh_HK zh_TW"),
}

_BY_LANGUAGE = {
    name.partition("_")[0]: locale
    for locale, (_, names) in LOCALES.items()
    for name in names.split()
} | {"zh": "zh_CN"}
_FROM_THE_RIGHT = {"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}
_TRADITIONAL = {"hant", "tw", "hk", "mo"}


class Words(NamedTuple):
    """The texts for one buyer, and their formats of amounts and times.

    :ivar locale: Antom's code, such as ``pt_BR`` or ``in_ID``.
    :ivar tag: the value of the attribute ``lang`` (BCP 47), such as ``pt-BR``.
    :ivar chosen: whether the host's Flask-Babel chose the language, not the browser.
    :ivar checkout: the texts of :data:`.english.CHECKOUT`, by name.
    :ivar hosted: the texts of :data:`.english.HOSTED`, by name.
    :ivar result: the texts of :data:`.english.RESULT`, by status.
    :ivar page: the texts of :data:`.english.PAGE`, by name.
    :ivar unknown: the texts of :data:`.english.UNKNOWN`, by name.
    :ivar catalogue: has all other texts.
    """

    locale: str
    tag: str
    chosen: bool
    checkout: Mapping[str, str]
    hosted: Mapping[str, str]
    result: Mapping[str, Outcome]
    page: Mapping[str, str]
    unknown: Mapping[str, str]
    catalogue: GNUTranslations

    @property
    def direction(self) -> str:
        """The value of the attribute ``dir``. A host may have a catalogue in Arabic."""
        return "rtl" if self.tag.partition("-")[0] in _FROM_THE_RIGHT else "ltr"

    def text(self, english: str) -> str:
        """Return the translation of a text, or the text itself if it has none."""
        # The key "" of a catalogue is its header.
        return self.catalogue.gettext(english) if english else english

    def outcome(self, status: str) -> Outcome:
        """Return the texts for a status; those of ``processing`` if it is unknown."""
        return self.result.get(status, self.result["processing"])

    def plural(self, name: str, number: int) -> str:
        """Return a text of :data:`.english.PLURALS` with its number."""
        one, other = PLURALS[name]
        return self.catalogue.ngettext(one, other, number) % {"num": number}

    def amount(self, money: Money) -> str:
        """Return an amount as text: ``MYR 42.00``, ``42,00 €``.

        :raises InvalidMoney: for anything but a ``Money``.
        """
        if not isinstance(money, Money):
            raise InvalidMoney(
                f"An amount must be a Money, not {type(money).__name__}:"
                ' Money(4200, "MYR") is 42 ringgit.'
            )
        return formats.amount(money, self.locale)

    def pay(self, money: Money) -> str:
        """Return the words of the pay button: ``Pay MYR 42.00``."""
        amount = self.amount(money)
        if self.direction == "rtl":  # So that sign and number keep their order.
            amount = f"\u2068{amount}\u2069"
        return self.checkout["pay_amount"].replace("%(amount)s", amount)

    def moment(self, time: datetime, zone: tzinfo = UTC) -> str:
        """Return a time as text, to the minute, with its zone."""
        return formats.moment(time, self.locale, zone)


def current() -> Words:
    """Return the texts for the buyer of this request. Needs an app context."""
    own = _host_catalogues(current_app.root_path)
    chosen = _host_language() if "babel" in current_app.extensions else None
    languages = _browser_languages() if chosen is None else [chosen]
    matches = (_match(own, language) for language in (*languages, "en"))
    locale, paths = next(filter(None, matches))
    return _translate_all(locale, chosen is not None, paths)


def antom_locale(name: str) -> str | None:
    """Return Antom's code for a locale such as ``zh_hant_tw``; ``None`` without a code.

    :param name: the locale in lower case, with ``_`` between its parts.
    """
    language, *parts = name.split("_")
    if language == "zh" and "hans" not in parts and _TRADITIONAL.intersection(parts):
        return "zh_HK"
    return _BY_LANGUAGE.get(language)


def _host_language() -> str | None:
    """Return the language of the host's Flask-Babel; ``None`` if Babel has no such."""
    from babel.core import UnknownLocaleError
    from flask_babel import get_locale  # type: ignore[import-untyped]

    try:
        return str(get_locale())
    except (UnknownLocaleError, ValueError):  # the selector's, such as "xx_XX"
        return None


def _browser_languages() -> Iterable[str]:
    """Return the languages that the buyer's browser asks for, the best first."""
    if not has_request_context():
        return []
    return [tag for tag, quality in request.accept_languages if quality > 0]


def _match(
    own: Mapping[str, Path], language: str
) -> tuple[str | None, tuple[Path, ...]] | None:
    """Return Antom's locale and the host's catalogues for a language tag.

    It is ``None`` if there is neither.
    """
    name = language.replace("-", "_").lower()
    locale = antom_locale(name)
    if not own:
        return (locale, ()) if locale else None
    usual = LOCALES[locale][1].lower().split() if locale else [name.partition("_")[0]]
    paths = tuple(own[one] for one in dict.fromkeys([name, *usual]) if one in own)
    return (locale, paths) if locale or paths else None


@lru_cache(maxsize=64)
def _host_catalogues(root_path: str) -> Mapping[str, Path]:
    """Return an app's own catalogues, by the name of their locale in lower case."""
    found = Path(root_path, "translations").glob("*/LC_MESSAGES/antom.mo")
    return {path.parts[-3].replace("-", "_").lower(): path for path in found}


@lru_cache(maxsize=256)
def _translate_all(locale: str | None, chosen: bool, paths: tuple[Path, ...]) -> Words:
    """Return all texts of a locale, translated once for all its buyers.

    :param locale: Antom's; ``None`` for a language that only the host has.
    :param chosen: whether the host's Flask-Babel chose the language.
    :param paths: the host's catalogues. The first that has a text is used.
    """
    code = locale or "en_US"
    catalogue = _load(FOLDER / code / "LC_MESSAGES" / "antom.mo")
    for path in reversed(paths):
        fallback, catalogue = catalogue, _load(path)
        catalogue.add_fallback(fallback)
    text = catalogue.gettext
    checkout = {name: text(english) for name, english in CHECKOUT.items()}
    ours = _load(FOLDER / code / "LC_MESSAGES" / "antom.mo").gettext
    if _is_changed(text, ours, "pay") and not _is_changed(text, ours, "pay_amount"):
        checkout["pay_amount"] = checkout["pay"]  # The host's words for the button.
    return Words(
        locale=code,
        tag=LOCALES[code][0] if locale else paths[0].parts[-3].replace("_", "-"),
        chosen=chosen,
        checkout=checkout,
        hosted={name: text(english) for name, english in HOSTED.items()},
        result={
            status: Outcome(english.mood, text(english.heading), text(english.message))
            for status, english in RESULT.items()
        },
        page={name: text(english) for name, english in PAGE.items()},
        unknown={name: text(english) for name, english in UNKNOWN.items()},
        catalogue=catalogue,
    )


def _is_changed(
    text: Callable[[str], str], ours: Callable[[str], str], name: str
) -> bool:
    """Whether a host's catalogue has words of its own for a text of the macro."""
    return text(CHECKOUT[name]) != ours(CHECKOUT[name])


def _load(path: Path) -> GNUTranslations:
    with path.open("rb") as file:
        return GNUTranslations(file)
