"""Antom's browser SDK: its releases, its file, the hosts that its file talks to.

What is written here was read in the npm package or seen in a browser; Antom publishes
no such list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

#: The style sheet for a frame inside of the page, alike in two modes of 1.47.2.
_EMBEDDED = "sha256-YQhR+di6ZoqYIaOo33zukUs0J60HQ8oTZvPu6pxSC0E="


@dataclass(frozen=True, slots=True)
class Release:
    """A release of the SDK that was tried.

    :ivar integrity: the hash of the npm package's file, for a copy of one's own.
    :ivar styles: the hashes of the style sheets that it puts into the page, by the
        modes that it has classes for.
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

#: Where Antom serves the newest release that was tried.
DEFAULT_URL = (
    f"https://sdk.marmot-cloud.com/package/ams-checkout/{NEWEST.version}"
    "/dist/umd/ams-checkout.min.js"
)

#: Serves the script of the SDK's tracker, and what its fingerprint of a device needs.
TRACKER = "https://gw.alipayobjects.com"

#: Serves the icons that the SDK puts into the page.
ICONS = "https://cdn.marmot-cloud.com"

_REGIONS = ("sea", "na", "de")
_FRAMES = {
    "cashier": "https://ac.alipay.com",
    "element": "https://checkout.antom.com",
    "page": "https://checkout.antom.com",
}


@dataclass(frozen=True, slots=True)
class Hints:
    """What the head of a page may announce, so that a checkout opens sooner.

    :ivar preconnect: origins for ``<link rel="preconnect">``, without ``crossorigin``:
        cookies go with what the SDK asks of them.
    :ivar preload: the address for ``<link rel="preload" as="script">``; the link needs
        the same ``integrity`` and ``crossorigin`` as the tag, or the browser loads the
        file twice.
    """

    preconnect: tuple[str, ...] = ()
    preload: str | None = None
    integrity: str | None = None
    crossorigin: str | None = None


def release_of(url: str) -> Release | None:
    """Find the release that an address of the SDK names.

    ``.../1.47.2/...`` and :func:`file_name` are understood; None is one never tried.
    """
    for version in re.findall(r"[/-](\d+\.\d+\.\d+)(?=[/.])", urlsplit(url).path):
        if version in RELEASES:
            return RELEASES[version]
    return None


def file_name(version: str) -> str:
    """Name the copy of a release that a shop serves itself."""
    return f"ams-checkout-{version}.min.js"


def origin_of(url: str) -> str | None:
    """Give scheme, host and port of an address; None if it is a path of the app's."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None


def regions(gateway_url: str) -> tuple[str, ...]:
    """Tell the regions whose hosts the SDK may call: one, or all if it is not known."""
    host = urlsplit(gateway_url).hostname
    found = tuple(name for name in _REGIONS if host == f"open-{name}-global.alipay.com")
    return found or _REGIONS


def frame_of(mode: str) -> str:
    """Give the origin of the frame in which Antom's web app runs."""
    return _FRAMES[mode]


def gateways(gateway_url: str) -> tuple[str, ...]:
    """Give the origins of the gateway that the SDK calls from the browser."""
    return tuple(
        f"https://imgs-{region}-global.alipay.com" for region in regions(gateway_url)
    )


def fingerprint_hosts(gateway_url: str) -> tuple[str, ...]:
    """Give the origins that the SDK asks for its settings and the device's risk."""
    return (
        "https://config.marmot-cloud.com",
        *(
            f"https://open-{region}-global.alipay.com"
            for region in regions(gateway_url)
        ),
        TRACKER,
    )


def hints(mode: str, url: str, integrity: str | None, gateway_url: str) -> Hints:
    """Tell what a page of this mode may announce; nothing in ``hosted``.

    :param url: ``ANTOM_SDK_URL``; :param integrity: ``ANTOM_SDK_INTEGRITY``.
    """
    if mode == "hosted":
        return Hints()
    called = gateways(gateway_url) if mode != "page" else ()
    certain = called if len(called) == 1 else ()
    return Hints(
        preconnect=(frame_of(mode), *certain),
        preload=url,
        integrity=integrity,
        crossorigin="anonymous" if integrity else None,
    )
