"""The ``ANTOM_`` settings of an app: read once, checked, never shown."""

from .settings import DEFAULTS, Config

__all__ = ["DEFAULTS", "Config"]
