"""All routes: importing this adds the views of each room to the blueprint."""

from __future__ import annotations

from . import checkout_routes, notify_route, result_routes
from .blueprint import blueprint

__all__ = ["blueprint", "checkout_routes", "notify_route", "result_routes"]
