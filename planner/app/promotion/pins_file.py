"""pins/<env>.yaml as text: as it is, and as it is written, whole and always in the same form."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from stat import S_IMODE

from attrs import frozen

from planner.config.environment_file import Pins, pins_name, read_pins
from planner.config.sources import PlainFile, Sources
from planner.errors import InvalidConfiguration, PlannerError, Refused
from planner.model.diagnostic import Diagnostics
from planner.model.project import TEMPLATES
from planner.model.value import Value
from planner.render.template_text import mapping_lines
from planner.state.files import cause, discard, publish, read_file
from planner.vcs import Repository
from planner.vcs.changing import commit_files
from planner.yaml12.core_schema import plain_value


def pins_text(release: str, templates: str, variables: Mapping[str, Value]) -> str:
    """What is pinned as a file, in which nothing depends on how the former one was written.

    release, templates: "" for none. Refused for a value that cannot be written.
    """
    heads = {"release": release, TEMPLATES: templates}
    lines = [f"{key}: {_word(text)}" for key, text in heads.items() if text]
    if variables:
        try:
            lines += mapping_lines({"variables": _sorted(variables)}, jinja=False)
        except (TypeError, ValueError) as error:
            raise Refused(f"what is to be pinned cannot be written: {error}") from None
    return "".join(f"{line}\n" for line in lines)


def _word(text: str) -> str:
    """Quoted where it reads as a number, as the commit 12e4567 does."""
    return text if isinstance(plain_value(text), str) else f'"{text}"'


def _sorted(value: Value) -> Value:
    if isinstance(value, Mapping):
        return {key: _sorted(item) for key, item in sorted(value.items())}
    return [_sorted(item) for item in value] if isinstance(value, list | tuple) else value


@frozen
class PinsFile:
    """The file of pins of one environment, as a promotion finds it. name: in the project. present: as it is
    on disk, former: what the new one is compared with; None where there is none.
    """

    folder: Path
    environment: str
    name: str
    present: str | None
    former: str | None

    def read(self) -> Pins:
        """What `former` says. InvalidConfiguration when that cannot be read."""
        if self.former is None:
            return Pins(PlainFile(self.name, Sources(self.folder), {}))
        return read_text(self.folder, self.environment, self.former)


def read_text(folder: Path, environment: str, text: str) -> Pins:
    """What the pins of an environment say, if text is what is in them. InvalidConfiguration."""
    diagnostics = Diagnostics()
    found = read_pins(Sources(folder, texts={pins_name(environment): text}), environment, diagnostics)
    if found is None:
        raise InvalidConfiguration(diagnostics.items)
    return found


def find_file(folder: Path, environment: str, repository: Repository | None) -> PinsFile:
    """The file of pins of an environment. repository: where the file is to be committed, None for not at all.
    The former one is from there.
    """
    name = pins_name(environment)
    present = present_text(folder, name)
    former = present
    if repository is not None and name in repository.changed_since("HEAD"):
        committed = repository.content("HEAD", name)
        former = None if committed is None else _decoded(committed, name)
    return PinsFile(folder, environment, name, present, former)


def refuse_other_changes(file: PinsFile, text: str) -> None:
    """Refused when the file was changed since it was committed, and to something else than text."""
    if file.present not in (file.former, text):
        raise Refused(
            f"{file.name} has changes that are not committed, and would be lost with the promotion",
            advice=f"Commit them first, or take them back. They are: git diff HEAD -- {file.name}",
        )


def present_text(folder: Path, name: str) -> str | None:
    """What is on disk, None for nothing. Refused for a link, and for what is no text."""
    path = folder / name
    if path.is_symlink() or path.resolve() != folder.resolve() / name:
        raise Refused(
            f"{name} is reached by a link; refusing to write to what it leads to",
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
        raise Refused(f"{name} cannot be read: it is not UTF-8", advice="Save it as UTF-8.") from None


@contextmanager
def written(folder: Path, name: str, text: str) -> Iterator[None]:
    """The file with text in it. When what is done within fails, it is put back as it was. PlannerError."""
    path = folder / name
    former = read_file(path)
    _write(path, text.encode(), name)
    try:
        yield
    except BaseException:
        if former is None:
            path.unlink(missing_ok=True)
        else:
            _write(path, former, name)
        raise


def _write(path: Path, data: bytes, name: str) -> None:
    """All of it or nothing; its mode stays. A new file is as others that the user makes."""
    staged = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(exist_ok=True)
        with staged.open("xb") as stream:
            stream.write(data)
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


def committed(repository: Repository, names: tuple[str, ...], message: str) -> str:
    """The commit of what was written; PlannerError, where whoever wrote it takes it back."""
    try:
        return commit_files(repository, names, message)
    except PlannerError as error:
        what = f"{names[0]} is as it was" if len(names) == 1 else "the files are as they were"
        raise PlannerError(f"{error.summary}; {what}", advice=error.advice) from error
