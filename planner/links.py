"""What may stand where a file should be: nothing, a link to nothing, or a pipe that would be read for ever.

A leaf that whoever reads files may import.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from stat import S_ISREG
from typing import IO

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""Without waiting: a pipe without a writer would never open."""


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


def open_regular(path: Path) -> IO[bytes]:
    """Open a file for reading. OSError, also for a device, a pipe or a folder."""
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket cannot be opened
            require_regular(path.stat(), path)
        raise
    try:
        require_regular(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def require_regular(found: os.stat_result, path: Path) -> None:
    if not S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
