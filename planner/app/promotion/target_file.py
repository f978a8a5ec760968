"""environments/<env>.yaml as text: as it is, and as it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE

from attrs import frozen

from planner.config.environment_file import EnvironmentFile, name_of, read_environment_file
from planner.config.sources import Sources
from planner.errors import InvalidConfiguration, PlannerError, Refused
from planner.model.diagnostic import Diagnostics
from planner.state.files import cause, discard, publish, read_file
from planner.vcs import Repository

_MARK = "\ufeff"


@frozen
class TargetFile:
    """name: in the project. present: as it is on disk, former: what is edited; None where there is none."""

    folder: Path
    environment: str
    name: str
    present: str | None
    former: str | None

    def read(self) -> EnvironmentFile:
        """What `former` says. InvalidConfiguration when that cannot be read."""
        diagnostics = Diagnostics()
        sources = Sources(self.folder, texts={self.name: as_source(self.former or "")})
        found = read_environment_file(sources, self.environment, diagnostics)
        if found is None:
            raise InvalidConfiguration(diagnostics.items)
        return found


def as_source(text: str) -> str:
    """As the project's own reader wants it."""
    return text.removeprefix(_MARK)


def find_file(folder: Path, environment: str, repository: Repository | None) -> TargetFile:
    """repository: where the edited file is to be committed, else None.

    Then what is edited is the file as it was committed last: what else changed since would be committed too.
    """
    name = name_of(folder, environment)
    present = _present(folder, name)
    former = present
    if repository is not None and name in repository.changed_since("HEAD"):
        committed = repository.content("HEAD", name)
        former = None if committed is None else _decoded(committed, name)
    return TargetFile(folder, environment, name, present, former)


def refuse_other_changes(file: TargetFile, text: str) -> None:
    """Refused when the file was changed since it was committed, and to something else than text."""
    if file.present not in (file.former, text):
        raise Refused(
            f"{file.name} has changes that are not committed, and would be committed with the promotion",
            advice=f"Commit them first, or take them back. They are: git diff HEAD -- {file.name}",
        )


def _present(folder: Path, name: str) -> str | None:
    path = folder / name
    if path.is_symlink() or path.resolve() != folder.resolve() / name:
        raise Refused(
            f"{name} is reached by a link; refusing to edit what it leads to",
            advice="Put a file of its own in its place.",
        )
    try:
        found = read_file(path)
        return None if found is None else _decoded(found, name)
    except OSError as error:
        raise PlannerError(f"{name} cannot be read: {cause(error)}") from error


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused(f"{name} cannot be edited: it is not UTF-8", advice="Save it as UTF-8.") from None


@contextmanager
def written(file: TargetFile, text: str) -> Iterator[None]:
    """The file with text in it. When what is done within fails, it is put back as it was. PlannerError."""
    path = file.folder / file.name
    _write(path, text, file.name)
    try:
        yield
    except BaseException:
        if file.present is None:
            path.unlink(missing_ok=True)
        else:
            _write(path, file.present, file.name)
        raise


def _write(path: Path, text: str, name: str) -> None:
    """All of it or nothing; its mode stays. A new file is as others that the user makes."""
    staged = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(exist_ok=True)
        with staged.open("xb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            staged.chmod(S_IMODE(path.stat().st_mode))
        publish(staged, path)
    except OSError as error:
        discard(staged)
        raise PlannerError(
            f"{name} cannot be written: {cause(error)}", advice="Nothing was changed."
        ) from error
