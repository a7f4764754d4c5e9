"""The CLDR's name of each of Antom's locales."""

from __future__ import annotations

from collections.abc import Mapping

CLDR: Mapping[str, str] = {
    "en_US": "en",
    "pt_BR": "pt_BR",
    "ko_KR": "ko_KR",
    "es_ES": "es_ES",
    "ms_MY": "ms_MY",
    "in_ID": "id_ID",
    "tl_PH": "fil_PH",
    "th_TH": "th_TH",
    "vi_VN": "vi_VN",
    "fr_FR": "fr_FR",
    "nl_NL": "nl_NL",
    "it_IT": "it_IT",
    "de_DE": "de_DE",
    "zh_CN": "zh_Hans_CN",
    "zh_HK": "zh_Hant_HK",
}
