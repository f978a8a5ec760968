"""`python -m tests.documentation FOLDER`: makes the site. `python -m http.server -d FOLDER` shows it."""

from __future__ import annotations

import sys
from pathlib import Path

from .build import build

build(Path(sys.argv[1]))
