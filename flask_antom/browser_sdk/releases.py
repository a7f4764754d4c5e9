"""Antom's browser SDK: its releases, its file, and the hosts that it calls.

The facts come from the npm package and from trials in a browser. Antom publishes no
such list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

#: The style sheet for a frame inside the page, the same in two modes of 1.47.2.
_EMBEDDED = "sha256-YQhR+di6ZoqYIaOo33zukUs0J60HQ8oTZvPu6pxSC0E="


class Release(NamedTuple):
    """A release of the SDK that was tried.

    :ivar integrity: the hash of the file in the npm package, for a shop's own copy.
    :ivar styles: the hashes of the style sheets that it puts into the page, by mode. It
        has classes for these modes only.
    """

    version: str
    integrity: str
    styles: Mapping[str, tuple[str, ...]]


#: The releases that were tried, the newest first.
RELEASES = {
    release.version: release
    for release in (
        Release(
            "1.47.2",
            "sha384-AD7L5Rh076UuqKtWm0N7aQR3QisWht2XKNKKIFUGwyXE5t3qTQJi/6mBDJyVTATz",
            {
                "cashier": (
                    "sha256-fjhTnK/BElckWHr8fv8QGaINbyrtivE0MVwoQAcA4dQ=",  # pop-up
                    "sha256-FNZ1CAgfxRFQ+jc/I+cmZlE1E42GdyCCahnGH9blk30=",  # windows
                    _EMBEDDED,
                ),
                "element": (_EMBEDDED,),
                "page": (),
            },
        ),
        Release(
            "1.12.0",
            "sha384-1VeTyGtKk2UOwjNh3YaOVDwtPYl3+0088G+VSaVSEzwO3I96pH8zRwa4u4l0+R3m",
            {
                "cashier": (
                    "sha256-gtfruGbBOcHhQsfYw86W6FT8BENcMv8gZWaTwqKixSs=",
                    "sha256-+Kok72CfFZ6sOWYfexbu6n2bBDASzgBUABN3sZT4qQ0=",
                    "sha256-tOwF/aIcvEiFavAUexDGE3j3w66O0A0y//F5im3MzWg=",
                ),
            },
        ),
    )
}
NEWEST = RELEASES["1.47.2"]

#: The URL at which Antom serves the newest release that was tried.
DEFAULT_URL = (
    f"https://sdk.marmot-cloud.com/package/ams-checkout/{NEWEST.version}"
    "/dist/umd/ams-checkout.min.js"
)

#: The origin of the SDK's tracker, and of what its fingerprint of a device needs.
TRACKER = "https://gw.alipayobjects.com"

#: The origin of the icons that the SDK puts into the page.
ICONS = "https://cdn.marmot-cloud.com"

#: The gateways by the region that a session names, the second part of its data. QK, ID
#: and SA came with 1.47.2.
_GATEWAYS = {
    "SG": "https://imgs-sea-global.alipay.com",
    "US": "https://imgs-na-global.alipay.com",
    "DE": "https://imgs-de-global.alipay.com",
    "QK": "https://imgs-qk.alipay.com",
    "ID": "https://imgs-id.alipay.com",
    "SA": "https://imgs-sa.alipay.com",
}

#: The gateway that most sessions name, by the host of ``ANTOM_GATEWAY_URL``.
_LIKELY = {
    "open-sea-global.alipay.com": _GATEWAYS["SG"],
    "open-na-global.alipay.com": _GATEWAYS["US"],
    "open-de-global.alipay.com": _GATEWAYS["DE"],
}
_FRAMES = {
    "cashier": "https://ac.alipay.com",
    "element": "https://checkout.antom.com",
    "page": "https://checkout.antom.com",
}


class Hints(NamedTuple):
    """Hints for the head of a page, so that a checkout opens sooner.

    :ivar preconnect: origins for ``<link rel="preconnect">``, without ``crossorigin``,
        because the SDK sends cookies there.
    :ivar preload: the URL for ``<link rel="preload" as="script">``. The link needs the
        same ``integrity`` and ``crossorigin`` as the script tag. Otherwise the browser
        loads the file twice.
    :ivar integrity: the value of ``integrity``.
    :ivar crossorigin: the value of ``crossorigin``.
    """

    preconnect: tuple[str, ...] = ()
    preload: str | None = None
    integrity: str | None = None
    crossorigin: str | None = None


def release_of(url: str) -> Release | None:
    """Return the release that a URL of the SDK names; ``None`` if it was never tried.

    The URL may be like ``.../1.47.2/...`` or end with :func:`file_name`.
    """
    for version in re.findall(r"[/-](\d+\.\d+\.\d+)(?=[/.])", urlsplit(url).path):
        if version in RELEASES:
            return RELEASES[version]
    return None


def file_name(version: str) -> str:
    """Return the file name of a copy that a shop serves itself."""
    return f"ams-checkout-{version}.min.js"


def origin_of(url: str) -> str | None:
    """Return scheme, host and port of a URL; ``None`` for a path of the app."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None


def frame_of(mode: str) -> str:
    """Return the origin of the frame in which Antom's web app runs."""
    return _FRAMES[mode]


def gateways() -> tuple[str, ...]:
    """Return the origins of Antom's gateways that the SDK calls from the browser.

    Which of them it calls is said by the session, not by ``ANTOM_GATEWAY_URL``.
    """
    return tuple(_GATEWAYS.values())


def is_gateway(url: str) -> bool:
    """Whether a URL is one of the gateways of the API, each for a region."""
    return (urlsplit(url).hostname or "") in _LIKELY


def fingerprint_hosts() -> tuple[str, ...]:
    """Return the origins that the SDK asks for its settings and the device's risk."""
    risk = (f"https://{host}" for host in _LIKELY)
    return ("https://config.marmot-cloud.com", *risk, TRACKER)


def hints(mode: str, url: str, integrity: str | None, gateway_url: str) -> Hints:
    """Return the hints for a page of this mode; empty for ``hosted``.

    :param url: ``ANTOM_SDK_URL``.
    :param integrity: ``ANTOM_SDK_INTEGRITY``.
    :param gateway_url: ``ANTOM_GATEWAY_URL``.
    """
    if mode == "hosted":
        return Hints()
    likely = _LIKELY.get(urlsplit(gateway_url).hostname or "")
    called = (likely,) if likely is not None and mode != "page" else ()
    return Hints(
        preconnect=(frame_of(mode), *called),
        preload=url,
        integrity=integrity,
        crossorigin="anonymous" if integrity else None,
    )
