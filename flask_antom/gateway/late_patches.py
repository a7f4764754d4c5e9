"""Whether gevent has patched ``ssl`` too late for calls over https."""

from __future__ import annotations

import ssl
import sys
from typing import Any

from urllib3.util import ssl_

from ..errors import ConfigError

_TOO_LATE = (
    "gevent has patched ssl after urllib3 was imported, so each call over https to"
    " Antom would fail with a RecursionError. Call gevent.monkey.patch_all() before"
    " anything else is imported: with gunicorn -k gevent in the first lines of its"
    " configuration file or without --preload, with uWSGI in the first lines of the"
    " app's module in place of --gevent-monkey-patch."
)


def check_patches(gateway_url: str) -> None:
    """Check that calls to the gateway are possible after gevent's patches.

    The patches may come long after the import, in a forked worker.

    :raises ConfigError: if they came too late.
    """
    monkey: Any = sys.modules.get("gevent.monkey")
    if monkey is None or not gateway_url.startswith("https:"):
        return
    if not monkey.is_module_patched("ssl"):
        return
    # The methods of the first class find themselves by its name in the module.
    first = monkey.get_original("ssl", "SSLContext")
    of_urllib3: Any = ssl_
    if of_urllib3.SSLContext is first and ssl.SSLContext is not first:
        raise ConfigError(_TOO_LATE)
