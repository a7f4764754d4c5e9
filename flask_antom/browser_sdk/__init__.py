"""Antom's browser SDK: its releases, and a copy in the shop's static folder."""
