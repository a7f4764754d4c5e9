"""Antom's browser SDK: its releases, and a copy of one's own."""
