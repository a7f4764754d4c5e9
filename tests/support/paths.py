"""Where things are in the project."""

from __future__ import annotations

from pathlib import Path

import flask_antom

#: The project's directory.
ROOT = Path(__file__).parents[2]

#: What npm has installed.
NODE_MODULES = ROOT / "node_modules"

#: The package, wherever it is installed.
PACKAGE = Path(flask_antom.__file__).parent
