"""What is on disk, and not the same in the commit: submodules, git LFS, line ends that git converts."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from attrs import frozen

_POINTER: Final = b"version https://git-lfs.github.com/spec/"


@frozen
class Unkept:
    """A file or folder that is not the same in the commit as on disk. why: what the file or folder is.
    advice: how its content comes into commits.
    """

    name: str
    why: str
    advice: str


def unkept_in(folder: Path, submodules: Iterable[str]) -> Iterator[Unkept]:
    """What is not kept of the files of a commit, as they were written to a folder."""
    for name in submodules:
        yield Unkept(name, "is a submodule, and its files are not in the history", _into_git(name))
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and _is_pointer(path):
            name = path.relative_to(folder).as_posix()
            yield Unkept(name, "is kept in git LFS, and its content is not in the history", _out_of_lfs(name))


def converted(names: Iterable[str]) -> Iterator[Unkept]:
    """Files whose line ends git converts when it checks them out."""
    for name in names:
        advice = (
            f"To have it as it is, say `{name} -text` at the end of .gitattributes, run "
            f"`git add --renormalize {shlex.quote(name)}`, and commit both."
        )
        yield Unkept(name, "has other line ends on disk than in its commit", advice)


def _into_git(name: str) -> str:
    quoted = shlex.quote(name)
    return (
        f"Keep its files in this repository itself: `git rm --cached {quoted}`, delete `{name}/.git` and "
        f"what .gitmodules says of it, then `git add {quoted}`, and commit."
    )


def _out_of_lfs(name: str) -> str:
    quoted = shlex.quote(name)
    return (
        f"Keep it in git itself: `git lfs pull`, `git lfs untrack {quoted}` (or the pattern in "
        f".gitattributes that has it), `git add --renormalize {quoted}`, and commit."
    )


def _is_pointer(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_POINTER)) == _POINTER
