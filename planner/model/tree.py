"""Where a project's files are: in its folder, except templates/ and files/ when these are pinned. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path
from typing import Final

PINNED: Final = ("templates", "files")
"""The folders that a pin fixes, and that belong to a release."""


def root_of(name: str, root: Path, pinned: Path | None) -> Path:
    """The folder that a project-relative name is looked for in.

    pinned: a folder with the PINNED ones as of the commit that an environment is pinned to, or None.
    """
    first = posixpath.normpath(name).split("/", 1)[0]
    return pinned if pinned is not None and first in PINNED else root


def is_hidden_path(parts: Iterable[str]) -> bool:
    """Whether a file is hidden or in a hidden folder, as those of credentials are: `.git`, `.env`, `.ssh`."""
    return any(part.startswith(".") and part not in (".", "..") for part in parts)
