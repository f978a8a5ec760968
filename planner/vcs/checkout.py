"""A work tree whose configuration is not trusted, and git asked about it.

A configuration names programs in more ways than anybody lists: filters, hooks, remotes, helpers, and whatever
it includes. So git is shown another one, in a folder that lasts for one question: of the checkout's own only
what is known to be data is taken over, and everything else git keeps there is linked. What the user's own
configuration says stays.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from attrs import evolve, field, frozen

from planner.errors import PlannerError
from planner.vcs.running import GitError, Run, environment

_FOR_GIT: Final = (
    *("PATH", "HOME", "SYSTEMROOT"),
    *("XDG_CONFIG_HOME", "GIT_CONFIG", "GIT_CEILING", "GIT_DISCOVERY"),
)
"""No credentials, and no GIT_DIR of another repository."""
_FOR_REMOTES: Final = (
    *("SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSL_", "SSL_CERT_", "GIT_ASKPASS", "SSH_ASKPASS"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
)
_QUIET: Final = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false"),
    "--literal-pathspecs",
)
_ANSWERS: Final = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
}
_DATA: Final = re.compile(
    r"core\.(?:repositoryformatversion|filemode|ignorecase|precomposeunicode|symlinks|autocrlf|eol|checkstat"
    r"|trustctime|sparsecheckout|sparsecheckoutcone|excludesfile|attributesfile)"
    r"|extensions\.(?!worktreeconfig|partialclone)[a-z]+"
)
"""What of a checkout's configuration says how to read it, and is never run."""
_DATA_OF_BRANCHES: Final = re.compile(r"branch\..*\.(?:remote|merge)|remote\..*\.(?:url|fetch)", re.DOTALL)
_DATA_OF_REMOTES: Final = re.compile(
    r"url\..*\.insteadof|http\.(?:.*\.)?(?:extraheader|sslcainfo)", re.DOTALL
)
_REMOTE: Final = "promisor"
"""What the remote is called in a fetch: its own name might be taken for an option."""
_PROTOCOLS: Final = "file:git:http:https:ssh"
_SHARED: Final = ("refs", "packed-refs", "reftable", "logs", "objects", "info", "shallow")
_FETCH_SECONDS: Final = 600.0
_PARTIAL: Final = "This clone is partial. Where it lacks folders: git fetch --refetch --filter=blob:none"
_UNFETCHED: Final = (
    "This clone is partial, and its remote was asked for what is missing, without any program that the "
    "clone's own configuration names. Name it in yours (git config --global), or clone without --filter."
)

_OWN: Final = ("local", "worktree")
_READ_BESIDE: Final = (".git", ".gitattributes", ".gitignore", ".gitmodules", ".mailmap")
_READ_WITHIN: Final = (
    *("HEAD", "config", "config.worktree", "index", "packed-refs", "shallow", "commondir"),
    *("info/attributes", "info/exclude", "info/grafts", "info/sparse-checkout", "objects/info/alternates"),
)
_FALSE: Final = ("false", "no", "off", "0", "")

Setting = tuple[str, str, str]
"""scope, name, value: as `git config --list --show-scope` says."""


@frozen
class Checkout:
    """A work tree whose configuration is not trusted. root: of the work tree. prefix: the folder that was
    asked for below it, "" or "a/b/".
    """

    root: Path
    prefix: str
    git_dir: Path
    common_dir: Path
    settings: tuple[Setting, ...] = field(repr=False)

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """The one that a folder lies in; None where there is none. PlannerError with git's words where there
        is one, and git does not read it, or is not there.
        """
        _refuse_endless(folder.resolve())
        environ = environment(*_FOR_GIT, **_ANSWERS)
        what = f"git does not read the repository of {folder.resolve()}"
        find = ("rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir", "--show-prefix")
        begin = [*_QUIET, "-C", str(folder)]
        try:
            found = Run([*begin, *find], environ, what).output()
        except PlannerError:
            if _is_below_one(folder.resolve()):
                raise
            return None
        lines = found.decode(errors="surrogateescape").split("\n")
        if len(lines) != 5:
            raise PlannerError(f"{what}: the name of a folder holds a line end", advice="Rename the folder.")
        root, git_dir, common_dir, prefix, _ = lines
        told = Run([*begin, "config", "--list", "--show-scope", "--includes", "-z"], environ, what).output()
        return cls(Path(root), prefix, Path(git_dir), (folder / common_dir).resolve(), _settings(told))

    def setting(self, name: str) -> str:
        """What holds of all that is said of it, "" for nothing. name: in git's own case."""
        return next((value for _, key, value in reversed(self.settings) if key == name), "").strip()

    def remotes(self) -> tuple[str, ...]:
        """The remotes that have an address."""
        found = (re.fullmatch(r"remote\.(.*)\.url", name, re.DOTALL) for _, name, _ in self.settings)
        return tuple(sorted({match[1] for match in found if match}))

    @property
    def promisor(self) -> str:
        """The remote that has what a partial clone lacks; "" for a clone that is whole."""
        for _, name, value in self.settings:
            found = re.fullmatch(r"remote\.(.*)\.promisor", name, re.DOTALL)
            if found and value.lower() not in _FALSE:
                return found[1]
        return self.setting("extensions.partialclone")

    def must(self, *words: str, data: bytes = b"") -> bytes:
        """What git prints. GitError when it fails."""
        with self._asking(words, data) as run:
            return run.output()

    def ask(self, *words: str) -> bytes | None:
        """As `must`; None when git ends with 1, which is how it answers no."""
        try:
            return self.must(*words)
        except GitError as error:
            if error.status == 1:
                return None
            raise

    def fetch(self, objects: Iterable[str]) -> None:
        """Take over objects that a partial clone lacks, all in one request."""
        words = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
        more = ("--no-auto-maintenance", "--filter=blob:none", "--stdin", _REMOTE)
        quick = ("-c", "fetch.negotiationAlgorithm=noop")
        wanted = "".join(f"{name}\n" for name in objects).encode()
        with self._asking((*words, *more), wanted, remote=self.promisor) as run:
            evolve(run, words=[*quick, *run.words], seconds=_FETCH_SECONDS).output()

    @contextmanager
    def _asking(self, words: Sequence[str], data: bytes, remote: str = "") -> Iterator[Run]:
        """git about this checkout. remote: one that may be asked."""
        with tempfile.TemporaryDirectory(prefix="planner-git-") as folder:
            self._link(Path(folder), remote)
            environ = environment(
                *_FOR_GIT,
                *(_FOR_REMOTES if remote else ()),
                **_ANSWERS,
                GIT_DIR=str(self.git_dir),
                GIT_COMMON_DIR=folder,
                GIT_WORK_TREE=str(self.root),
                GIT_ALLOW_PROTOCOL=_PROTOCOLS if remote else "",
            )
            command = [*_QUIET, "-C", str(self.root), *words]
            try:
                yield Run(command, environ, f"git {words[0]} failed in {self.root}", data)
            except GitError as error:
                if self.promisor:
                    error.advice = "\n".join(filter(None, (error.advice, _UNFETCHED if remote else _PARTIAL)))
                raise

    def _link(self, folder: Path, remote: str) -> None:
        """The common folder of the repository as git is to see it."""
        for name in _SHARED:
            (folder / name).symlink_to(self.common_dir / name)
        lines = [_line("core.bare", "false"), *self._data(remote)]
        (folder / "config").write_text("".join(lines), encoding="utf-8", errors="surrogateescape")

    def _data(self, remote: str) -> Iterator[str]:
        """What is taken over of the checkout's own configuration."""
        for scope, name, value in self.settings:
            if scope not in _OWN:
                continue
            if (_DATA_OF_REMOTES if remote else _DATA_OF_BRANCHES).fullmatch(name) or _DATA.fullmatch(name):
                yield _line(name, value)
        if remote:
            urls = (value for _, name, value in self.settings if name == f"remote.{remote}.url")
            yield from (_line(f"remote.{_REMOTE}.url", url) for url in urls)
            yield _line(f"remote.{_REMOTE}.promisor", "true")


def _line(name: str, value: str) -> str:
    """One setting as git's configuration has it."""
    section, _, rest = name.partition(".")
    inner, _, key = rest.rpartition(".")
    head = f'[{section} "{_escaped(inner)}"]' if inner else f"[{section}]"
    text = _escaped(value).replace("\n", "\\n").replace("\t", "\\t")
    return f'{head}\n\t{key} = "{text}"\n'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _refuse_endless(folder: Path) -> None:
    """PlannerError for a pipe or device in the place of a file that git opens, and would wait for."""
    for path in (folder, *folder.parents):
        for name in _READ_BESIDE:
            _refuse_pipe(path / name)
        if (path / ".git").is_dir():
            for name in _READ_WITHIN:
                _refuse_pipe(path / ".git" / name)
        if os.path.lexists(path / ".git"):
            return


def _refuse_pipe(path: Path) -> None:
    try:
        found = path.stat()
    except (OSError, ValueError):  # git says itself what is wrong with it
        return
    ends = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    if not (ends or os.path.samestat(found, Path(os.devnull).stat())):
        raise PlannerError(f"{path} is no file: git would wait for it", advice="Remove what is in its place.")


def _is_below_one(folder: Path) -> bool:
    """Whether git would look for a repository there, or above on the same device."""
    if not folder.is_dir():
        return False
    device = folder.stat().st_dev
    for path in (folder, *folder.parents):
        if path.stat().st_dev != device:
            return False
        if os.path.lexists(path / ".git"):
            return True
    return False


def _settings(told: bytes) -> tuple[Setting, ...]:
    """A name without a value is true, as git has it."""
    fields = told.decode(errors="surrogateescape").split("\0")
    pairs = zip(fields[::2], fields[1::2], strict=False)
    split = ((scope, *text.partition("\n")) for scope, text in pairs)
    return tuple((scope, name, value if is_set else "true") for scope, name, is_set, value in split)
