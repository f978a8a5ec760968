"""Files that only their owner may read, written so that a crash leaves the former or the latter content.

Modes are set, never left to the umask: 0600 for files, 0700 for folders made here.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from planner.errors import PlannerError, StateError, explaining
from planner.links import DanglingLink, open_regular, require_no_dangling_link, require_regular

_ADVICE = {
    errno.ENOSPC: "Free some space and run the command again.",
    errno.EDQUOT: "Free some of the quota and run the command again.",
    errno.EROFS: "The file system is mounted read-only; mount it writable, or keep the file elsewhere.",
    errno.EACCES: "Check who owns the file and its folder, and their modes.",
    errno.EPERM: "Check who owns the file and its folder, and their modes.",
    errno.EIO: "The disk may be failing; look at the system's log.",
    errno.ELOOP: "Put the file itself in the place of the link.",
    errno.ENOTDIR: "What is to be a folder there is a file: correct the path, or move the file away.",
    errno.EFBIG: "Name another file. What is written may be limited by the system: see `ulimit -f`.",
    errno.EINVAL: "Move away what is there, or name another place.",
    errno.ESTALE: "The share went away: mount it again.",
    errno.ENOTCONN: "The share went away: mount it again.",
}
_MOUNT = "Is it on a share that is not mounted? Mount it, or correct the link."
_OTHER_PATH = "Name another path for the state, or put a file in the place of the link."

LARGEST = 512 * 1024 * 1024
"""Bytes of a file that is read: what a million resources take."""

_PIECE = 4 * 1024 * 1024


def write_private(path: Path, data: bytes) -> None:
    """path holds data, durably, or on an error what it held before. OSError.

    A link is followed. What is there and is no regular file (a device, a folder) is refused.
    """
    replace_private(Path(os.path.realpath(path)), data)


def replace_private(path: Path, data: bytes) -> None:
    """write_private, but a link at path gives way to the file; what it leads to is left alone. OSError."""
    with staged(path, data) as new:
        publish(new, path)


@contextmanager
def staged(path: Path, data: bytes) -> Iterator[Path]:
    """A durable file beside path that waits to be published; all the space is taken. OSError.

    When the context ends in an error it is removed. What a crash left staged for path before is removed.
    """
    if path.exists():
        require_regular(path.stat(), path)
    make_private_folder(path.parent)
    for item in list(path.parent.iterdir()):
        if item.name.startswith(f".{path.name}.") and item.suffix == ".tmp":
            item.unlink(missing_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        _write(new, data, os.O_EXCL, new=True)
        yield new
    except BaseException:
        discard(new)
        raise


def append_private(path: Path, data: bytes) -> None:
    """Add data to the end of path, which is made where it is not there; durable when it returns. OSError."""
    new = not path.exists()
    if new:
        make_private_folder(path.parent)
    _write(path, data, os.O_APPEND, new=new)
    if new:
        sync_folder(path.parent)


def _write(path: Path, data: bytes, flags: int, *, new: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | flags, 0o600)
    try:
        if new:
            os.fchmod(descriptor, 0o600)
        view = memoryview(data)
        while view:  # os.write may take less than it is given
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(staged: Path, path: Path) -> None:
    """Put a staged file in place, in one step, durably. OSError."""
    staged.replace(path)
    sync_folder(path.parent)


def discard(staged: Path) -> None:
    """Remove a staged file that will not be published, as well as can be."""
    with suppress(OSError):
        staged.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make what was created, renamed and removed in folder durable. OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync a folder, and need not: there a rename is durable as it is.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def make_private_folder(folder: Path) -> None:
    """folder exists; those that had to be made are 0700 and durable. OSError."""
    if folder.is_dir():
        return
    make_private_folder(folder.parent)
    try:
        folder.mkdir(0o700)
        folder.chmod(0o700)
    except FileExistsError:
        if not folder.is_dir():  # else another made it at the same time
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
    sync_folder(folder.parent)


def read_file(path: Path) -> bytes | None:
    """What path holds, None when there is no such file. OSError, also for a device, a pipe or a folder, and
    for a link to what is not there.
    """
    try:
        file = open_regular(path)
    except FileNotFoundError:
        require_no_dangling_link(path)
        return None
    with file:
        return read_bounded(file, path)


def read_bounded(file: IO[bytes], path: Path) -> bytes:
    """All of file, which is called path. OSError when it has more than LARGEST bytes."""
    found = io.BytesIO()
    while piece := file.read(_PIECE):
        found.write(piece)
        if found.tell() > LARGEST:
            raise OSError(errno.EFBIG, f"it is larger than {LARGEST // 1024**2} MiB", str(path))
    return found.getvalue()


def read_named(path: Path) -> bytes:
    """What a file holds that the user names. PlannerError when it is not there, or cannot be read."""
    with explained_file(path, "read"):
        data = read_file(path)
        if data is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return data


def real_place(path: Path, shown: str) -> Path:
    """Where path leads, by links too. StateError where no file can be."""
    try:
        real = Path(os.path.realpath(path))
    except ValueError as error:
        raise StateError(f"{shown!r} is no path of a state: {error}", advice=_OTHER_PATH) from None
    if not real.name:
        raise StateError(f"{shown} leads to {real}, which is no file", advice=_OTHER_PATH)
    return real


def require_no_link(path: Path) -> None:
    """OSError when path is a link, wherever it leads."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link; only the state file itself may be one", str(path))


def cause(error: OSError) -> str:
    """ "no space left on device"."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def advice(error: OSError) -> str:
    """What to do about it, "" when the cause says it all."""
    return _MOUNT if isinstance(error, DanglingLink) else _ADVICE.get(error.errno or 0, "")


explained: Final = explaining(OSError, cause, advice)
explained_file: Final = explaining(OSError, cause, advice, PlannerError)
"""Of any other file than a state."""
