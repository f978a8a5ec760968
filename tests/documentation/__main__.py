"""`python -m tests.documentation FOLDER`: makes the site. `python -m http.server -d FOLDER` shows it."""

from __future__ import annotations

import sys
from pathlib import Path

from .build import HAVE, build

if len(sys.argv) != 2 or Path(sys.argv[1]).exists():
    sys.exit("Name a folder that is not there yet: python -m tests.documentation FOLDER")
if not HAVE:
    sys.exit("The site is made by zensical: pip install '.[docs]'")
build(Path(sys.argv[1]))
print(f"Made {sys.argv[1]}. To read it: python -m http.server -d {sys.argv[1]}")
