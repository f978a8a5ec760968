"""A file that is not there, or cannot be told to be there: a leaf that whoever reads files may import."""

from __future__ import annotations

import errno
from pathlib import Path


class DanglingLink(OSError):
    """A link leads nowhere, perhaps to a share that is not mounted: nobody knows what is kept there."""


def require_no_dangling_link(path: Path) -> None:
    """OSError when path, or a folder on the way to it, is a link to what is not there, or cannot be seen.

    Asked where a missing file means that there is none.
    """
    for place in (path, *path.parents):
        if place.is_symlink():
            try:
                place.stat()
            except FileNotFoundError:
                what = "it" if place == path else f"the folder {place.name}"
                why = f"{what} is a link to {place.readlink()}, which is not there"
                raise DanglingLink(errno.ENOENT, why, str(path)) from None


def is_there(path: Path) -> bool:
    """Whether there is anything at path. OSError when that cannot be told."""
    try:
        path.stat()
    except FileNotFoundError:
        require_no_dangling_link(path)
        return False
    return True
