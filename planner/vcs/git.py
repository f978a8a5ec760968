"""What a project asks of the git repository that it lies in. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from planner.errors import PlannerError
from planner.vcs.checkout import Checkout
from planner.vcs.tree import MOST_BYTES, SMALLER, entries, write

_SHALLOW: Final = "Fetch it: git fetch origin. A checkout in CI may be shallow: fetch the whole history."
_DAMAGED: Final = "Something is lost from this clone: git fsck says what. Clone it anew."

_DIFF: Final = (
    *("diff", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", "-z"),
    "--ignore-submodules=dirty",  # which is found by git in there, with the configuration that is there
)


@frozen
class Repository(Checkout):
    def commit(self, reference: str) -> str:
        """The full hash of a branch, tag, hash or "HEAD". PlannerError when there is no such commit here."""
        found = self.head() if reference == "HEAD" else self.find(reference)
        if found is None and reference == "HEAD":
            raise PlannerError(f"nothing is committed yet in {self.root}", advice="Commit the project first.")
        if found is None:
            raise PlannerError(f"there is no commit {reference} in {self.root}", advice=_SHALLOW)
        return found

    def head(self) -> str | None:
        """What is checked out; None where nothing is committed yet. PlannerError when it is not here."""
        found = self.find("HEAD")
        if found is None and (named := self._resolved("HEAD")) is not None:
            raise PlannerError(f"HEAD is {named[:12]}, and that is missing in {self.root}", advice=_DAMAGED)
        return found

    def find(self, reference: str) -> str | None:
        """As `commit`; None when there is no such commit here."""
        return self._resolved(f"{reference}^{{commit}}")

    def merge_base(self, left: str, right: str) -> str:
        """The commit that two have in common last. PlannerError when they have none here."""
        found = self.ask("merge-base", left, right)
        if found is None:
            raise PlannerError(f"{left[:12]} and {right[:12]} have no commit in common here", advice=_SHALLOW)
        return found.decode().strip()

    def is_ancestor(self, earlier: str, later: str) -> bool:
        return self.ask("merge-base", "--is-ancestor", earlier, later) is not None

    def abbreviated(self, commit: str) -> str:
        """The first digits of a commit's hash: 12, or more where 12 are those of several objects here."""
        return self.must("rev-parse", "--verify", "--short=12", commit).decode().strip()

    def commits_between(self, earlier: str, later: str) -> int:
        """How many commits are behind the later one and not behind the earlier one."""
        return int(self.must("rev-list", "--count", later, f"^{earlier}", "--"))

    def branch(self) -> str:
        """The branch that is checked out, "" for none."""
        found = self.ask("symbolic-ref", "--quiet", "--short", "HEAD") or b""
        return found.decode(errors="surrogateescape").strip()

    def content(self, commit: str, name: str) -> bytes | None:
        """What a file of the project holds as of a commit; None where there is no such file."""
        hash_ = self._resolved(f"{commit}:{self.prefix}{name}")
        return self._blob(hash_) if hash_ else None

    def changed_since(self, commit: str, *folders: str, ignored: bool = False) -> frozenset[str]:
        """The project's files that differ between a commit and the work tree, relative to the project; where
        folders of it are named, those in them. Also those that git does not know yet, except ignored ones.

        ignored: with these, too.
        """
        paths = [f"{self.prefix}{folder}" for folder in folders] or [self.prefix or "."]
        unless = () if ignored else ("--exclude-standard",)
        tracked = self._names(*_DIFF, commit, "--", *paths)
        untracked = self._names("ls-files", "--others", *unless, "-z", "--", *paths)
        return frozenset([*tracked, *untracked])

    def converted(self, *folders: str) -> tuple[str, ...]:
        """The files in folders of the project whose line ends git converted when it checked them out."""
        paths = (f"{self.prefix}{name}" for name in folders)
        listed = self.must("ls-files", "--eol", "-z", "--", *paths)
        found = (line.partition("\t") for line in listed.decode(errors="surrogateescape").split("\0"))
        pairs = (
            (name, [word.partition("/")[2] for word in facts.split()[:2]]) for facts, _, name in found if name
        )
        return tuple(name.removeprefix(self.prefix) for name, (own, here) in pairs if here not in ("", own))

    def last_change(self, commit: str, *folders: str) -> str:
        """The latest commit up to this one that changed the folders of the project; "" when none did.

        PlannerError when the history is cut off before it, as in a shallow clone.
        """
        paths = [f"{self.prefix}{folder}" for folder in folders]
        last = self.must("rev-list", "-1", commit, "--", *paths).decode().strip()
        self._require_whole(last, *folders)
        return last

    def versions(self, name: str, most: int) -> Iterator[tuple[str, bytes]]:
        """The latest commits up to HEAD that changed a file of the project, the newest first, and what they
        have in it. Of what was merged, the merge: what a branch had in between was never here.

        After them PlannerError, when the history is cut off before there are as many.
        """
        words = ("rev-list", "--first-parent", f"--max-count={most}", "HEAD", "--", f"{self.prefix}{name}")
        commits = self.must(*words).decode().split() if self.head() else []
        found = [self._resolved(f"{commit}:{self.prefix}{name}") for commit in commits]
        self._obtain([hash_ for hash_ in found if hash_], "HEAD")
        for commit, hash_ in zip(commits, found, strict=True):
            yield commit, (self._blob(hash_) if hash_ else None) or b""
        if commits and len(commits) < most:
            self._require_whole(commits[-1], name)

    def _require_whole(self, last: str, *names: str) -> None:
        """PlannerError when what comes before a commit is not in this clone."""
        if last and last in _lines(self.common_dir / "shallow"):
            raise PlannerError(
                f"the history of {', '.join(names)} is not in this clone: it is cut off at {last[:12]}",
                advice="Fetch the whole history: git fetch --unshallow, or fetch-depth: 0 in CI.",
            )

    def user(self) -> str:
        """The e-mail address of whoever commits here, "" when git does not know."""
        return self.setting("user.email").encode(errors="surrogateescape").decode(errors="replace")

    def authors(self, name: str) -> frozenset[str]:
        """The name and e-mail address of whoever changed a file of the project last, and committed that.

        As `last_change`, PlannerError where the history is cut off before it.
        """
        told = self.last_change("HEAD", name)
        if not told:
            return frozenset()
        shown = self.must("show", "--no-patch", "--no-show-signature", "--format=%an%n%ae%n%cn%n%ce", told)
        return frozenset(filter(None, shown.decode(errors="replace").strip().split("\n")))

    def message(self, commit: str) -> str:
        """The message of a commit."""
        found = self.must("show", "--no-patch", "--no-show-signature", "--format=%B", commit)
        return found.decode(errors="replace").strip()

    def tracks(self, path: Path) -> bool:
        """Whether a file is in the index, and so goes wherever the repository goes."""
        found, root = path.resolve(), self.root.resolve()
        if not found.is_relative_to(root):
            return False
        name = str(found.relative_to(root))
        return self.ask("ls-files", "--error-unmatch", "--", name) is not None

    def export(self, commit: str, target: Path, *folders: str) -> tuple[str, ...]:
        """Write the project's files as of a commit into the folder target, or only those in some folders of
        it. The names of submodules: what is in them is in no commit here.

        target: nothing is in it. PlannerError, before anything is written, for names that lead elsewhere.
        """
        paths = [f"{self.prefix}{folder}" for folder in folders] or [self.prefix or "."]
        listed = self.must("ls-tree", "-r", "-t", "-z", "--full-tree", commit, "--", *paths)
        found = entries(listed, commit)
        files = [entry for entry in found if not entry.is_submodule]
        self._obtain([entry.hash for entry in files], commit)
        asked = "".join(f"{entry.hash}\n" for entry in files).encode()
        with self._asking(("cat-file", "--batch"), asked) as run, run.reading() as stream:
            for entry in files:
                size = _size(stream.readline())
                write(target, entry, entry.name.removeprefix(self.prefix), stream, size)
                stream.read(1)
        return tuple(entry.name.removeprefix(self.prefix) for entry in found if entry.is_submodule)

    def _blob(self, hash_: str) -> bytes | None:
        """What an object holds, None when it is a folder."""
        self._obtain([hash_], hash_)
        told = self.must("cat-file", "--batch", data=f"{hash_}\n".encode())
        head, _, data = told.partition(b"\n")
        return data[:-1] if head.split()[1] == b"blob" else None

    def _obtain(self, hashes: Sequence[str], about: str) -> None:
        """Have the objects here. PlannerError when they are not, or are more than anybody should write."""
        sizes, missing = self._sizes(hashes)
        if missing and self.promisor:
            self.fetch(missing)
            sizes, missing = self._sizes(hashes)
        if missing:
            raise PlannerError(f"the object {missing[0]} is missing in {self.root}", advice=_DAMAGED)
        if sizes > MOST_BYTES:
            raise PlannerError(
                f"the files of commit {about[:12]} hold {sizes:,} bytes, more than {MOST_BYTES:,}",
                advice=SMALLER,
            )

    def _sizes(self, hashes: Sequence[str]) -> tuple[int, list[str]]:
        """The bytes of the objects altogether, and those that are not here, each once."""
        asked = "".join(f"{name}\n" for name in hashes).encode()
        told = self.must("cat-file", "--batch-check", data=asked).splitlines()
        missing = dict.fromkeys(line.split()[0].decode() for line in told if line.endswith(b" missing"))
        return sum(_size(line) for line in told if not line.endswith(b" missing")), [*missing]

    def _resolved(self, name: str) -> str | None:
        """The hash of an object, None when there is no such name here."""
        found = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", name)
        return None if found is None else found.decode().strip()

    def _names(self, *words: str) -> list[str]:
        found = self.must(*words).decode(errors="surrogateescape")
        return [name.removeprefix(self.prefix) for name in found.split("\0") if name]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except OSError:
        return []


def _size(told: bytes) -> int:
    """The size of an object, as `git cat-file --batch` begins with it."""
    return int(told.split()[-1])


def repository_of(folder: Path) -> Repository | None:
    """The repository that a folder lies in; None where there is none.

    PlannerError with git's own words where git does not read it, and where there is no git.
    """
    return Repository.of(folder)


def commit_of(folder: Path) -> str | None:
    """The commit that the project's repository is at; None without one. PlannerError as `repository_of`."""
    repository = repository_of(folder)
    return repository.head() if repository else None
