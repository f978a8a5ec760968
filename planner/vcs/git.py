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
_AT_ONCE: Final = 64 * 1024 * 1024
"""How much of the files of a commit is held in memory, but for a file that is larger."""
_LINK, _SUBMODULE, _FILES = "120000", "160000", ("100644", "100755")


@frozen
class Repository:
    """root: of the work tree. prefix: the project's folder below it, "" or "a/b/"."""

    root: Path
    prefix: str = ""

    def commit(self, reference: str) -> str:
        """The full hash of a branch, tag, hash or "HEAD". PlannerError when there is no such commit here."""
        found = self.find(reference)
        if found is None and reference == "HEAD":
            raise PlannerError(f"nothing is committed yet in {self.root}", advice="Commit the project first.")
        if found is None:
            raise PlannerError(f"there is no commit {reference} in {self.root}", advice=_SHALLOW)
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

    def abbreviated(self, commit: str) -> str:
        """The first digits of a commit's hash: 12, or more where 12 are those of several objects here."""
        return self._must("rev-parse", "--verify", "--short=12", commit).decode().strip()

    def commits_between(self, earlier: str, later: str) -> int:
        """How many commits are behind the later one and not behind the earlier one."""
        return int(self._must("rev-list", "--count", later, f"^{earlier}", "--"))

    def branch(self) -> str:
        """The branch that is checked out, "" for none."""
        found = _git(self.root, "symbolic-ref", "--quiet", "--short", "HEAD") or b""
        return found.decode(errors="surrogateescape").strip()

    def setting(self, name: str) -> str:
        """A value of git's configuration, "" for none."""
        found = _git(self.root, "config", "--get", name) or b""
        return found.decode(errors="surrogateescape").strip()

    def remotes(self) -> tuple[str, ...]:
        return tuple(self._must("remote").decode(errors="surrogateescape").split())

    def content(self, commit: str, name: str) -> bytes | None:
        """What a file of the project holds as of a commit; None where there is no such file."""
        return _git(self.root, "cat-file", "blob", f"{commit}:{self.prefix}{name}")

    def changed_since(self, commit: str) -> frozenset[str]:
        """The project's files that differ between a commit and the work tree, relative to the project.

        Also those that git does not know yet, but for ignored ones.
        """
        tracked = self._names("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", commit, "--")
        untracked = self._names("ls-files", "--others", "--exclude-standard", "-z", "--")
        return frozenset([*tracked, *untracked])

    def last_change(self, commit: str, *folders: str) -> str:
        """The latest commit up to this one that changed the folders of the project; "" when none did.

        PlannerError when the history is cut off before it, as in a shallow clone.
        """
        paths = [f"{self.prefix}{folder}" for folder in folders]
        found = self._must("rev-list", "-1", commit, "--", *paths)
        last = found.decode().strip()
        self._require_whole(last, *folders)
        return last

    def changes(self, name: str, most: int) -> Iterator[str]:
        """The latest commits up to HEAD that changed a file of the project, the newest first. Of what was
        merged, the merge: what a branch had in between was never here.

        After them PlannerError, when the history is cut off before there are as many.
        """
        words = ("rev-list", "--first-parent", f"--max-count={most}", "HEAD", "--", f"{self.prefix}{name}")
        commits = (_git(self.root, *words) or b"").decode().split()
        yield from commits
        if commits and len(commits) < most:
            self._require_whole(commits[-1], name)

    def _require_whole(self, last: str, *names: str) -> None:
        """PlannerError when what comes before a commit is not in this clone."""
        shallow = (_git(self.root, "rev-parse", "--git-path", "shallow") or b"").decode().strip()
        if last and shallow and last in _lines(self.root / shallow):
            raise PlannerError(
                f"the history of {', '.join(names)} is not in this clone: it is cut off at {last[:12]}",
                advice="Fetch the whole history: git fetch --unshallow, or fetch-depth: 0 in CI.",
            )

    def user(self) -> str:
        """The e-mail address of whoever commits here, "" when git does not know."""
        return (_git(self.root, "config", "user.email") or b"").decode(errors="replace").strip()

    def authors(self, name: str) -> frozenset[str]:
        """The name and e-mail address of whoever changed a file of the project last, and committed that.

        As `last_change`, PlannerError where the history is cut off before it.
        """
        told = self.last_change("HEAD", name)
        if not told:
            return frozenset()
        shown = self._must("show", "--no-patch", "--no-show-signature", "--format=%an%n%ae%n%cn%n%ce", told)
        return frozenset(filter(None, shown.decode(errors="replace").strip().split("\n")))

    def message(self, commit: str) -> str:
        """The message of a commit."""
        found = self._must("show", "--no-patch", "--no-show-signature", "--format=%B", commit)
        return found.decode(errors="replace").strip()

    def is_clean(self) -> bool:
        """Whether the project's folder is as HEAD has it."""
        return not self.changed_since("HEAD")

    def export(self, commit: str, target: Path, *folders: str) -> tuple[str, ...]:
        """Write the project's files as of a commit into the folder target, or only those in some folders of
        it. The names of submodules: what is in them is in no commit here. PlannerError.
        """
        paths = [f"{self.prefix}{folder}" for folder in folders] or [self.prefix or "."]
        listed = self._must("ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", *paths)
        entries = [_entry(line) for line in listed.split(b"\0") if line]
        for batch in _batches([e for e in entries if e.mode == _LINK or e.mode in _FILES]):
            for entry, data in zip(batch, self._blobs([entry.hash for entry in batch]), strict=True):
                _write(target / entry.name.removeprefix(self.prefix), entry.mode, data)
        return tuple(entry.name.removeprefix(self.prefix) for entry in entries if entry.mode == _SUBMODULE)

    def _blobs(self, hashes: list[str]) -> Iterator[bytes]:
        """What each object holds, in order (git-cat-file, --batch)."""
        asked = "".join(f"{hash_}\n" for hash_ in hashes).encode()
        told = self._must("cat-file", "--batch", data=asked)
        at = 0
        for hash_ in hashes:
            head, _, _ = told[at : at + 200].partition(b"\n")
            facts = head.split()
            if len(facts) != 3:
                raise PlannerError(f"the object {hash_} is missing in {self.root}", advice=_SHALLOW)
            begins = at + len(head) + 1
            at = begins + int(facts[2])
            yield told[begins:at]
            at += 1

    def _names(self, *words: str) -> list[str]:
        found = self._must(*words, self.prefix or ".").decode(errors="surrogateescape")
        return [name.removeprefix(self.prefix) for name in found.split("\0") if name]

    def _must(self, *words: str, data: bytes = b"") -> bytes:
        found = _git(self.root, *words, data=data)
        if found is None:
            raise PlannerError(f"git {words[0]} failed in {self.root}")
        return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except OSError:
        return []


@frozen
class _Entry:
    """size: in bytes; 0 for a submodule, and for what the clone lacks."""

    mode: str
    hash: str
    size: int
    name: str


def _entry(line: bytes) -> _Entry:
    facts, _, name = line.decode(errors="surrogateescape").partition("\t")
    mode, _, hash_, size = facts.split()
    return _Entry(mode, hash_, int(size) if size.isdigit() else 0, name)


def _batches(entries: list[_Entry]) -> Iterator[list[_Entry]]:
    """As many at a time as memory should hold."""
    batch: list[_Entry] = []
    held = 0
    for entry in entries:
        if batch and held + entry.size > _AT_ONCE:
            yield batch
            batch, held = [], 0
        batch.append(entry)
        held += entry.size
    if batch:
        yield batch


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
    off = _without(filters.decode(errors="replace").split("\n"))
    return _run(folder, *_QUIET, *off, "--literal-pathspecs", *words, data=data)


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
