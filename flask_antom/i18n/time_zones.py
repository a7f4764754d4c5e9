"""The time zone in which a buyer reads times."""

from __future__ import annotations

from datetime import UTC, tzinfo

from flask import current_app


def current(setting: tzinfo | str | None) -> tzinfo:
    """Return the zone of the times that the server writes. Needs an app context.

    :param setting: the value of ``ANTOM_TIME_ZONE``. For ``"buyer"`` the browser
        writes the time anew, in its own zone.
    """
    if isinstance(setting, tzinfo):
        return setting
    if "babel" in current_app.extensions:
        from flask_babel import get_timezone  # type: ignore[import-untyped]

        zone: tzinfo | None = get_timezone()
        return zone or UTC
    return UTC
