"""git, as a program: the one the user has, with the user's repository as it is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import frozen

from planner.errors import PlannerError

_TIMEOUT: Final = 120.0
_QUIET: Final = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false")
"""A checkout's own configuration may name programs: none of them is run."""
_FOR_GIT: Final = (
    "PATH",
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG",
    "GIT_CEILING",
    "LANG",
    "LC_",
    "SYSTEMROOT",
)
"""The variables that git gets: no credentials, and no GIT_DIR of another repository."""
_SHALLOW: Final = "Fetch it: git fetch origin. A checkout in CI may be shallow: fetch the whole history."
_LINK, _FILES = "120000", ("100644", "100755")


@frozen
class Repository:
    """root: of the work tree. prefix: the project's folder below it, "" or "a/b/"."""

    root: Path
    prefix: str = ""

    def commit(self, reference: str) -> str:
        """The full hash of a branch, tag, hash or "HEAD". PlannerError when there is no such commit here."""
        found = self.find(reference)
        if found is None:
            raise PlannerError(
                f"there is no commit {reference} in {self.root}",
                advice=_SHALLOW,
            )
        return found

    def find(self, reference: str) -> str | None:
        """As `commit`; None when there is no such commit here."""
        found = _git(
            self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}"
        )
        return None if found is None else found.decode().strip()

    def merge_base(self, left: str, right: str) -> str:
        """The commit that two have in common last. PlannerError when they have none here."""
        found = _git(self.root, "merge-base", left, right)
        if found is None:
            raise PlannerError(
                f"{left[:12]} and {right[:12]} have no commit in common here",
                advice=_SHALLOW,
            )
        return found.decode().strip()

    def is_ancestor(self, earlier: str, later: str) -> bool:
        return _git(self.root, "merge-base", "--is-ancestor", earlier, later) is not None

    def changed_since(self, commit: str) -> frozenset[str]:
        """The project's files that differ between a commit and the work tree, relative to the project.

        Also those that git does not know yet, but for ignored ones.
        """
        tracked = self._names("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", commit, "--")
        untracked = self._names("ls-files", "--others", "--exclude-standard", "-z", "--")
        return frozenset([*tracked, *untracked])

    def is_clean(self) -> bool:
        """Whether the project's folder is as HEAD has it."""
        return not self.changed_since("HEAD")

    def export(self, commit: str, target: Path) -> None:
        """Write the project's files as of a commit into the folder target. PlannerError."""
        listed = self._must("ls-tree", "-r", "-z", "--full-tree", commit, "--", self.prefix or ".")
        entries = [_entry(line) for line in listed.split(b"\0") if line]
        wanted = [entry for entry in entries if entry.mode == _LINK or entry.mode in _FILES]
        for entry, data in zip(wanted, self._blobs([entry.hash for entry in wanted]), strict=True):
            _write(target / entry.name.removeprefix(self.prefix), entry.mode, data)

    def _blobs(self, hashes: list[str]) -> Iterator[bytes]:
        """What each object holds, in order (git-cat-file, --batch)."""
        asked = "".join(f"{hash_}\n" for hash_ in hashes).encode()
        told = self._must("cat-file", "--batch", data=asked)
        at = 0
        for _ in hashes:
            head, _, _ = told[at : at + 200].partition(b"\n")
            size = int(head.split()[2])
            begins = at + len(head) + 1
            yield told[begins : begins + size]
            at = begins + size + 1

    def _names(self, *words: str) -> list[str]:
        found = self._must(*words, self.prefix or ".").decode(errors="surrogateescape")
        return [name.removeprefix(self.prefix) for name in found.split("\0") if name]

    def _must(self, *words: str, data: bytes = b"") -> bytes:
        found = _git(self.root, *words, data=data)
        if found is None:
            raise PlannerError(f"git {words[0]} failed in {self.root}")
        return found


@frozen
class _Entry:
    mode: str
    hash: str
    name: str


def _entry(line: bytes) -> _Entry:
    facts, _, name = line.decode(errors="surrogateescape").partition("\t")
    mode, _, hash_ = facts.split(" ")
    return _Entry(mode, hash_, name)


def _write(path: Path, mode: str, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode == _LINK:
        path.symlink_to(os.fsdecode(data))
    else:
        path.write_bytes(data)


def repository_of(folder: Path) -> Repository | None:
    """The repository that a folder lies in; None where there is none, or no git."""
    found = _git(folder, "rev-parse", "--show-toplevel", "--show-prefix")
    if found is None:
        return None
    root, _, prefix = found.decode(errors="surrogateescape").rstrip("\n").partition("\n")
    return Repository(Path(root), prefix)


def _git(folder: Path, *words: str, data: bytes = b"") -> bytes | None:
    """What git prints; None when it fails, or is not there."""
    filters = _run(folder, *_QUIET, "config", "--local", "--name-only", "--get-regexp", "^filter\\.") or b""
    return _run(folder, *_QUIET, *_without(filters.decode(errors="replace").split("\n")), *words, data=data)


def _without(filters: list[str]) -> list[str]:
    """Options that switch off the filters of a checkout's own configuration: they are programs too."""
    names = {name.rpartition(".")[0] for name in filters if name}
    off = [
        f"{name}.{what}" for name in sorted(names) for what in ("clean=", "smudge=", "process=", "required=0")
    ]
    return [word for setting in off for word in ("-c", setting)]


def _run(folder: Path, *words: str, data: bytes = b"") -> bytes | None:
    environ = {key: value for key, value in os.environ.items() if key.startswith(_FOR_GIT)}
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and references come behind --end-of-options
            ["git", "-C", str(folder), *words],  # noqa: S607 - the user's git
            input=data,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            env=environ,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
