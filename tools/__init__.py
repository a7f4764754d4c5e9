"""Writes the files in ``flask_antom/translations``: ``make words``."""
