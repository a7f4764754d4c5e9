"""The buyer's language: who chooses it, whose words win, and is every text there?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.core import Locale
from babel.messages.mofile import write_mo
from flask import Flask, render_template, render_template_string
from flask_babel import Babel, force_locale  # type: ignore[import-untyped]

from flask_antom.domain.money import Money
from flask_antom.errors import InvalidMoney
from flask_antom.i18n import translations
from flask_antom.i18n.english import CHECKOUT, PLURALS, RESULT
from flask_antom.i18n.translations import LOCALES, Words
from tests.support import templates
from tests.support.catalogues import translate
from tests.support.templates import CONFIG, result_context
from tools import catalogues
from tools.locales import CLDR

pytestmark = pytest.mark.usefixtures("drawing_apps")

CALL = """{% from "antom/checkout.html" import antom_checkout -%}
{{ antom_checkout("A-1") }}"""

#: Texts that are the same in a language as in English.
SAME = {
    "tl_PH": {
        "Card",
        "FPX online banking",
        "Online banking",
        "Order",
    }
}

#: Texts for those who cannot mend what is wrong, or who would pay twice if they tried.
NOT_TO_MEND = (
    "away",
    "broken",
    "missing",
    "nothing",
    "offline",
    "order_closed",
    "paid",
    "pending",
    "unknown",
    "unpayable",
)

#: "Please", as it stands before or after "try again".
PLEASE = re.compile(
    "^(?:bitte |paki|sila(?:kan)? |veuillez |vui lòng |โปรด|请|請)|해 주세요$"
)

FOREIGN = [locale for locale in LOCALES if locale != "en_US"]


def make_app(root: Path | None = None) -> Flask:
    """Make a shop; its own catalogues are below ``root``."""
    config = replace(CONFIG, payment_methods=("CARD", "GCASH"))
    return templates.make_app(config, root)


@contextmanager
def a_buyer(languages: str | None = None, app: Flask | None = None) -> Iterator[Words]:
    """Yield the words for a buyer whose browser asks for these languages."""
    headers = {"Accept-Language": languages} if languages is not None else {}
    with (app or make_app()).test_request_context("/", headers=headers):
        yield translations.current()


def draw_checkout(languages: str, app: Flask, call: str = CALL) -> str:
    with a_buyer(languages, app):
        return render_template_string(call)


def draw_result(languages: str, app: Flask, status: str = "pending") -> str:
    with a_buyer(languages, app):
        return render_template("antom/result.html", **result_context(status))


# The catalogues


@pytest.mark.parametrize("locale", LOCALES)
def test_no_language_misses_a_text(locale: str) -> None:
    catalogue = catalogues.read(locale)
    assert not catalogue.obsolete
    messages = {message.id: message for message in catalogue if message.id}
    assert set(messages) == {text for text, _ in catalogues.texts()}
    for message in messages.values():
        assert not message.fuzzy
        assert all(strings_of(message.string)), message.id


def strings_of(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text)  # type: ignore[call-overload]


@pytest.mark.parametrize("locale", FOREIGN)
def test_no_text_stays_english(locale: str) -> None:
    same = {
        text
        for message in catalogues.read(locale)
        for text in strings_of(message.id)
        if text and text in strings_of(message.string)
    }
    assert same == SAME.get(locale, set())


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_not_words_is_the_same_in_all_languages(locale: str) -> None:
    def marks(text: str) -> list[str]:
        return re.findall(r"%\(\w+\)\w|…|JavaScript|FPX", text)

    for message in catalogues.read(locale):
        for text in strings_of(message.string) if message.id else []:
            assert marks(text) == marks(strings_of(message.id)[0])
            assert text == text.strip()


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_is_much_longer_than_the_english(locale: str) -> None:
    for message in catalogues.read(locale):
        for text in strings_of(message.string) if message.id else []:
            assert len(text) <= 2 * len(strings_of(message.id)[0]) + 10


def checkout_texts(locale: str) -> dict[str, str]:
    catalogue = load(locale)
    return {name: catalogue.gettext(text) for name, text in CHECKOUT.items()}


def try_again(texts: dict[str, str]) -> str:
    """Return how a language says "try again": the last words of a text that does."""
    words = re.split(r"[.。] ?|(?<=[\u0e00-\u0e7f]) ", texts["fault"].rstrip(".。"))
    return PLEASE.sub("", words[-1].casefold())


@pytest.mark.parametrize("locale", LOCALES)
def test_who_can_mend_nothing_is_not_told_to_try_again(locale: str) -> None:
    texts = checkout_texts(locale)
    words = try_again(texts)
    for name in ("silent", "failed"):
        assert words in texts[name].casefold()
    assert {name for name in NOT_TO_MEND if words in texts[name].casefold()} == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_the_form_and_the_result_page_say_the_same(locale: str) -> None:
    texts, catalogue = checkout_texts(locale), load(locale)
    pending, failed = RESULT["pending"], RESULT["failed"]
    assert texts["pending"].startswith(catalogue.gettext(pending.heading))
    assert texts["pending"].endswith(catalogue.gettext(pending.message))
    for name in ("failed", "cancelled"):
        assert texts[name].startswith(catalogue.gettext(failed.heading))


@pytest.mark.parametrize("locale", LOCALES)
def test_each_language_has_its_plural_forms(locale: str) -> None:
    catalogue = catalogues.read(locale)
    counts = {len(strings_of(m.string)) for m in catalogue if m.pluralizable}
    assert counts == {catalogue.num_plurals}
    rule, compiled = Locale.parse(CLDR[locale]).plural_form, load(locale)
    one, other = PLURALS["refresh"]
    pairs = {(rule(n), compiled.ngettext(one, other, n)) for n in range(200)}
    categories, forms = ({pair[side] for pair in pairs} for side in (0, 1))
    assert len(pairs) == len(categories) == len(forms) == catalogue.num_plurals


def load(locale: str) -> GNUTranslations:
    return GNUTranslations(
        BytesIO(catalogues.path_of(locale).with_suffix(".mo").read_bytes())
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_the_catalogues_are_up_to_date_and_compiled(locale: str) -> None:
    catalogue, path = catalogues.read(locale), catalogues.path_of(locale)
    updated = catalogues.update(catalogue, locale)
    assert path.read_bytes() == catalogues.to_po(updated, locale), "Run make words."
    compiled = path.with_suffix(".mo").read_bytes()
    assert compiled == catalogues.to_mo(catalogue), "Run make words."


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_compiled_says_what_babel_would_compile(locale: str) -> None:
    file = BytesIO()
    write_mo(file, catalogues.read(locale))
    file.seek(0)
    babels, ours = GNUTranslations(file), load(locale)
    for text, _ in catalogues.texts():
        if isinstance(text, str):
            assert ours.gettext(text) == babels.gettext(text)
        else:
            for number in range(30):
                told = ours.ngettext(*text, number)
                assert told == babels.ngettext(*text, number)


# The choice


@pytest.mark.parametrize(
    ("languages", "locale", "tag"),
    [
        (None, "en_US", "en"),
        ("", "en_US", "en"),
        ("*", "en_US", "en"),
        ("en-GB", "en_US", "en"),
        ("pt-PT", "pt_BR", "pt-BR"),
        ("ko", "ko_KR", "ko"),
        ("es-MX,es;q=0.9,en;q=0.8", "es_ES", "es"),
        ("MS-my", "ms_MY", "ms"),
        ("id", "in_ID", "id"),
        ("in-ID", "in_ID", "id"),
        ("fil-PH", "tl_PH", "fil"),
        ("tl", "tl_PH", "fil"),
        ("th-TH", "th_TH", "th"),
        ("vi", "vi_VN", "vi"),
        ("fr-CA", "fr_FR", "fr"),
        ("nl-BE", "nl_NL", "nl"),
        ("it", "it_IT", "it"),
        ("de-DE-1996", "de_DE", "de"),
        ("zh", "zh_CN", "zh-Hans-CN"),
        ("zh-SG", "zh_CN", "zh-Hans-CN"),
        ("zh-Hans-HK", "zh_CN", "zh-Hans-CN"),
        ("zh-HK", "zh_HK", "zh-Hant-HK"),
        ("zh-TW", "zh_HK", "zh-Hant-HK"),
        ("zh-MO", "zh_HK", "zh-Hant-HK"),
        ("zh-Hant", "zh_HK", "zh-Hant-HK"),
        ("zh-Hant-CN", "zh_HK", "zh-Hant-HK"),
        ("ja,ko;q=0.8,de;q=0.9", "de_DE", "de"),
        ("ja, ;q=x, <script>, ko;q=0.1", "ko_KR", "ko"),
        ("ja, xx-YY", "en_US", "en"),
        ("ja, de;q=0", "en_US", "en"),
    ],
)
def test_the_browser_chooses(languages: str | None, locale: str, tag: str) -> None:
    with a_buyer(languages) as chosen:
        assert (chosen.locale, chosen.tag, chosen.chosen) == (locale, tag, False)


@pytest.mark.parametrize(
    ("hosts", "locale"),
    [
        ("pt", "pt_BR"),
        ("id_ID", "in_ID"),
        ("fil", "tl_PH"),
        ("zh_Hant_TW", "zh_HK"),
        ("zh_Hans_CN", "zh_CN"),
        ("en", "en_US"),
        ("ja", "en_US"),
    ],
)
def test_flask_babel_chooses_whatever_the_browser_asks(hosts: str, locale: str) -> None:
    app = make_app()
    Babel(app, locale_selector=lambda: hosts)
    with a_buyer("de", app) as chosen:
        assert (chosen.locale, chosen.chosen) == (locale, True)


@pytest.mark.parametrize("hosts", ["xx", "xx_XX", "no such", "de_de_de_de"])
def test_a_locale_that_babel_does_not_know_leaves_it_to_the_browser(hosts: str) -> None:
    app = make_app()
    Babel(app, locale_selector=lambda: hosts)
    with a_buyer("de", app) as chosen:
        assert (chosen.locale, chosen.chosen) == ("de_DE", False)


def test_a_locale_can_be_forced_where_there_is_no_request() -> None:
    app = make_app()
    Babel(app, default_locale="ko")
    with app.app_context():
        assert translations.current().locale == "ko_KR"
        with force_locale("ms_MY"):
            letter = render_template_string("{{ m|antom_money }}", m=Money(1, "MYR"))
    assert letter == "RM\u00a00.01"


def test_english_is_spoken_where_nobody_asks() -> None:
    with make_app().app_context():
        assert translations.current().locale == "en_US"


# The pages


def test_every_buyer_of_an_app_reads_his_own_language() -> None:
    app = make_app()
    for languages, tag, heading in (
        ("de", "de", "Ihre Zahlung ist unterwegs"),
        ("zh-TW", "zh-Hant-HK", "你的付款正在處理中"),
        ("en", "en", "Your payment is on its way"),
    ):
        with a_buyer(languages, app) as words:
            pay = words.pay(Money(4200, "MYR"))
        form = draw_checkout(languages, app)
        assert f'<form class="antom-checkout" lang="{tag}"' in form
        assert f">{pay}</button>" in form
        page = draw_result(languages, app)
        assert f'<html lang="{tag}" dir="ltr">' in page
        assert f"<h1>{heading}</h1>" in page
        assert f"<title>{heading}</title>" in page


@pytest.mark.parametrize("locale", FOREIGN)
def test_no_english_is_left_on_the_pages(locale: str) -> None:
    tag, app = LOCALES[locale][0], make_app()
    drawn = draw_checkout(tag, app)
    drawn += "".join(draw_result(tag, app, status) for status in RESULT)
    texts = {text.strip() for text in re.findall(r">([^<]+)<", drawn)}
    english = {text for text, _ in catalogues.texts() if isinstance(text, str)}
    assert texts & english <= SAME.get(locale, set())


def test_the_page_shows_amount_time_and_method_in_the_buyers_language() -> None:
    page = draw_result("de", make_app())
    assert "<dt>Betrag</dt><dd><bdi>42,00\u00a0MYR</bdi></dd>" in page
    assert ">23. Nov. 2026, 09:30 (GMT+0)</time>" in page
    assert "<span>Karte</span>" in draw_checkout("de", make_app())
    assert "<span>GCash</span>" in draw_checkout("de", make_app())


def test_with_texts_of_the_hosts_the_form_has_the_language_of_the_page() -> None:
    call = CALL.replace('"A-1"', '"A-1", texts={"pay": "今すぐ支払う"}')
    form = draw_checkout("de", make_app(), call)
    assert "今すぐ支払う" in form
    assert "lang=" not in form


@pytest.mark.parametrize(
    ("languages", "number", "text"),
    [
        ("en", 1, "This page reloads every 1 second."),
        ("en", 5, "This page reloads every 5 seconds."),
        ("de", 1, "Diese Seite lädt sich nach 1 Sekunde neu."),
        ("de", 5, "Diese Seite lädt sich nach 5 Sekunden neu."),
        ("fr", 0, "Cette page se recharge au bout de 0 seconde."),
        ("ko", 5, "이 페이지는 5초마다 새로고침됩니다."),
        ("fil", 3, "Nilo-load ulit ang page na ito tuwing 3 segundo."),
        ("fil", 4, "Nilo-load ulit ang page na ito tuwing 4 na segundo."),
    ],
)
def test_numbers_take_the_plural_of_the_language(
    languages: str, number: int, text: str
) -> None:
    with a_buyer(languages) as chosen:
        assert chosen.plural("refresh", number) == text


def test_buyers_without_javascript_are_told_how_often_the_page_reloads() -> None:
    page = draw_result("de", make_app())
    (note,) = re.findall(r"<noscript><p[^>]*>(.*?)</p></noscript>", page)
    assert note == "Diese Seite lädt sich nach 1 Sekunde neu."
    assert "Sekunde neu" not in draw_result("de", make_app(), "succeeded")


def test_what_is_no_text_of_ours_stays_as_it_is() -> None:
    with a_buyer("de") as chosen:
        assert [chosen.text(text) for text in ("", "GCash")] == ["", "GCash"]


def test_the_filter_says_what_is_no_amount() -> None:
    with a_buyer(), pytest.raises(InvalidMoney, match="must be a Money, not int"):
        render_template_string("{{ 4200|antom_money }}")


# The host's own words


def test_a_catalogue_that_is_read_from_the_right_turns_form_and_pages(
    tmp_path: Path,
) -> None:
    translate(tmp_path, "ar", {"Pay now": "ادفع الآن"})
    app = make_app(tmp_path)
    assert ' lang="ar" dir="rtl"' in draw_checkout("ar-EG", app)
    assert '<html lang="ar" dir="rtl">' in draw_result("ar-EG", app)
    assert ' lang="de" dir="ltr"' in draw_checkout("de", app)


def test_a_catalogue_of_the_hosts_wins_text_by_text(tmp_path: Path) -> None:
    translate(tmp_path, "de", {"Pay now": "Kaufen", "Payment received": "Juhu"})
    app = make_app(tmp_path)
    with a_buyer("de-AT", app) as chosen:
        assert (chosen.locale, chosen.tag) == ("de_DE", "de")
        assert chosen.checkout["pay"] == chosen.text("Pay now") == "Kaufen"
        assert chosen.outcome("succeeded").heading == "Juhu"
        assert chosen.checkout["methods"] == "Wie möchten Sie bezahlen?"
        assert chosen.plural("refresh", 2).endswith("2 Sekunden neu.")
    with a_buyer("fr", app) as chosen:
        assert chosen.checkout["pay"] == "Payer maintenant"


def test_the_macros_texts_win_over_the_hosts_catalogue(tmp_path: Path) -> None:
    translate(tmp_path, "de", {"Pay now": "Kaufen"})
    call = CALL.replace('"A-1"', '"A-1", texts={"pay": "Los"}')
    assert ">Los</button>" in draw_checkout("de", make_app(tmp_path), call)


def test_the_nearest_of_the_hosts_catalogues_wins(tmp_path: Path) -> None:
    translate(tmp_path, "de", {"Pay now": "Kaufen", "Payment": "Kauf"})
    translate(tmp_path, "de_AT", {"Pay now": "Kaufen, bitte"})
    app = make_app(tmp_path)
    with a_buyer("de-AT", app) as chosen:
        assert chosen.checkout["pay"] == "Kaufen, bitte"
        assert chosen.checkout["label"] == "Kauf"
    with a_buyer("de", app) as chosen:
        assert chosen.checkout["pay"] == "Kaufen"


@pytest.mark.parametrize(
    ("hosts", "languages"),
    [
        ("en", "en-US"),
        ("en_US", "en"),
        ("id", "in"),
        ("id_ID", "id"),
        ("fil", "tl-PH"),
        ("tl", "fil"),
        ("zh_Hant_TW", "zh-Hant-TW"),
        ("zh_TW", "zh-HK"),
        ("zh_HK", "zh-Hant"),
        ("zh", "zh-CN"),
        ("zh_Hans_CN", "zh"),
        ("pt", "pt-PT"),
    ],
)
def test_the_hosts_catalogues_have_the_usual_names(
    tmp_path: Path, hosts: str, languages: str
) -> None:
    translate(tmp_path, hosts, {"Pay now": "Mine"})
    with a_buyer(languages, make_app(tmp_path)) as chosen:
        assert chosen.checkout["pay"] == "Mine"


def test_simplified_chinese_does_not_reach_hong_kong(tmp_path: Path) -> None:
    translate(tmp_path, "zh", {"Pay now": "马上付款"})
    with a_buyer("zh-HK", make_app(tmp_path)) as chosen:
        assert chosen.checkout["pay"] == "立即付款"


@pytest.mark.parametrize("flask_babel", [True, False])
def test_a_host_can_add_a_language_that_we_lack(
    tmp_path: Path, flask_babel: bool
) -> None:
    translate(tmp_path, "ja", {"Pay now": "今すぐ支払う"})
    app = make_app(tmp_path)
    if flask_babel:
        Babel(app, default_locale="ja_JP")
    with a_buyer("ja-JP,de;q=0.5", app) as chosen:
        assert (chosen.locale, chosen.tag) == ("en_US", "ja")
        assert chosen.checkout["pay"] == "今すぐ支払う"
        assert chosen.checkout["label"] == CHECKOUT["label"]
        assert chosen.amount(Money(500, "JPY")) == "¥500"
