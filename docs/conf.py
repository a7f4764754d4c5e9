"""The configuration of Sphinx for ``make docs``."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "Flask-Antom"
copyright = "Flask-Antom contributors"
version = release = version_of("flask-antom")

extensions = [
    *("myst_parser", "sphinx.ext.autodoc"),
    *("checks_list", "layers_diagram", "states_table"),
]
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"

html_theme = "furo"
html_title = f"Flask-Antom {version}"
