"""The nouns: frozen classes and pure functions over them.

Everything else speaks in these. Nothing here reads a file, calls an API, prints, or knows the time.
"""

from __future__ import annotations

from typing import Final

NONE, NAMES, LINES, FULL = "none", "names", "lines", "full"
SHOWN: Final = (NONE, NAMES, LINES, FULL)
"""What may be shown of changed archives: nothing, the names of files, some of their lines, all of them."""
