"""Projects of so many extensions, and what their commands cost.

The same resources in two forms: one template with a loop, or many templates with a hundred resources each,
written out. One more, `changing`, has a template of its own and follows a variable.

`python -m tests.benchmarks.projects FOLDER COUNT` writes one of the second form.
"""

from __future__ import annotations

import os
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from attrs import evolve, field, frozen

from .measure import Cost, cost_of
from .server.process import Installation

PROJECT = """
project: search
variables:
  version: {type: string, default: "8.*"}
environments:
  dev: {}
"""
CHANGING = """
resource:
  extension:
    changing:
      name: changing
      extension_type: bundle
      version: {{ var.version }}
"""
HEAD = "resource:\n  extension:\n"
WORDS = """
    words_NUMBER:
      name: words-NUMBER
      extension_type: bundle
      version: "8.*"
      description: Words NUMBER
"""
FORMER, NEXT = "8.*", "9.*"
TO_NEXT = ("--var", f"version={NEXT}")
PER_FILE = 100
MEGABYTE = 1_000_000
ARCHIVE = "files/words.zip"
WITH_ARCHIVE = f"""
resource:
  extension:
    words:
      name: words
      extension_type: bundle
      version: "8.*"
      file: {ARCHIVE}
"""
SANDBOX = "sandbox"


@frozen
class Project:
    """A project to measure. at: the installation; None: the embedded sandbox."""

    folder: Path
    at: Installation | None = None
    environ: Mapping[str, str] = field(factory=dict)

    def reaching(self, installation: Installation) -> Project:
        return evolve(self, at=installation)

    def cost(self, *words: str, codes: tuple[int, ...] = (0,)) -> Cost:
        """Of `planner WORDS`. Raises Failed for another exit code than codes."""
        before = self.at.requests() if self.at else 0
        endpoint = self.at.url if self.at else SANDBOX
        environ = {"EC_ENDPOINT": endpoint, "EC_API_KEY": "benchmarks", **self.environ}
        cost = cost_of(*words, folder=self.folder, environ=environ, codes=codes)
        return evolve(cost, requests=self.at.requests() - before if self.at else None)

    def apply(self, *words: str) -> Cost:
        return self.cost("apply", "--auto-approve", *words)

    def files(self) -> list[Path]:
        """What planner has to read: project, templates, state."""
        found = [self.folder / "planner.yaml", *sorted((self.folder / "templates").glob("**/*.*"))]
        state = self.folder / "state" / "dev.json"
        return [*found, state] if state.exists() else found

    def forget(self) -> None:
        """The state is as if nothing had been applied."""
        for path in sorted((self.folder / "state").glob("**/*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


Form = Callable[[Path, int], Project]


def looped(folder: Path, count: int) -> Project:
    """One template with a loop."""
    return _project(folder, {"words": loop(count - 1)})


def written_out(folder: Path, count: int) -> Project:
    """A template for each hundred resources, without jinja."""
    return _project(folder, dict(_files(count - 1)))


def loop(count: int, more: str = "") -> str:
    """A template of so many resources. more: lines of each, in which NUMBER is its number."""
    body = (WORDS + more).replace("NUMBER", "{{ n }}")
    return f"{HEAD}{{% for n in range({count}) %}}{body}{{% endfor %}}\n"


def archive_project(folder: Path, size: int) -> Project:
    """One extension with an archive. size: MB of content, which does not compress."""
    for name, text in {"planner.yaml": PROJECT, "templates/words.yaml": WITH_ARCHIVE}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / ARCHIVE).parent.mkdir()
    with zipfile.ZipFile(folder / ARCHIVE, "w") as archive, archive.open("words.bin", "w") as member:
        for _ in range(size):
            member.write(os.urandom(MEGABYTE))
    return Project(folder)


def _files(count: int) -> Iterator[tuple[str, str]]:
    for start in range(0, count, PER_FILE):
        numbers = range(start, min(start + PER_FILE, count))
        yield f"words_{start}", HEAD + "".join(WORDS.replace("NUMBER", str(n)) for n in numbers)


def _project(folder: Path, templates: Mapping[str, str]) -> Project:
    (folder / "templates").mkdir(parents=True)
    (folder / "planner.yaml").write_text(PROJECT)
    for name, text in {**templates, "changing": CHANGING}.items():
        (folder / "templates" / f"{name}.yaml").write_text(text)
    return Project(folder)


FORMS: dict[str, Form] = {"loop": looped, "files": written_out}

if __name__ == "__main__":
    written_out(Path(sys.argv[1]), int(sys.argv[2]))
