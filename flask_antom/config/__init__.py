"""The ``ANTOM_`` settings of an app: read once, checked, never shown."""

from .settings import DEFAULTS, NOT_SET_UP, Config, hide_secrets

__all__ = ["DEFAULTS", "NOT_SET_UP", "Config", "hide_secrets"]
