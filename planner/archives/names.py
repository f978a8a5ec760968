"""Names of archive members: which are safe to unpack, and which are junk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

JUNK: Final = frozenset({".DS_Store", "__MACOSX", "Thumbs.db", ".git"})
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DRIVE = re.compile(r"[A-Za-z]:")


def is_junk(name: str) -> bool:
    """Whether a file or folder is left behind by a desktop or by git, and belongs in no archive."""
    return name in JUNK


def is_git(path: Path) -> bool:
    """Whether a file or folder belongs to git, whose configuration may hold credentials."""
    return ".git" in path.parts


def fault(name: str) -> str:
    """Why unpacking a member of this name is not safe, "" when it is. name: as stored, with `/`."""
    if not name:
        return "has no name"
    if _CONTROL.search(name):
        return "holds a control character"
    if "\\" in name:
        return "holds a backslash"
    if name.startswith("/") or _DRIVE.match(name):
        return "is an absolute path"
    return "leads out of the archive" if ".." in name.split("/") else ""
