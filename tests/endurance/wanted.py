"""A made-up project: what its templates want, and the files that say so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from attrs import evolve, field, frozen

PROJECT = """
project: endurance
variables:
  token: {type: string, sensitive: true}
  loop: {type: array, items: {type: string}, default: []}
environments:
  dev: {endpoint: sandbox}
"""
BUNDLE, PLUGIN = "bundle", "plugin"
REFERABLE = ("id", "url", "name")


@frozen
class Extension:
    """One resource. text: of its description, None for none; refers: (address, attribute) put behind it.

    content: a number that makes the words of its file, None without one. after: depends_on. first:
    create_before_destroy. guarded: prevent_destroy. looped: made by a loop of the template.
    """

    name: str
    extension_type: str = BUNDLE
    version: str = "8.*"
    text: str | None = None
    refers: tuple[tuple[str, str], ...] = ()
    secret: bool = False
    content: int | None = None
    zipped: bool = False
    after: tuple[str, ...] = ()
    first: bool = False
    guarded: bool = False
    ignores: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    looped: bool = False

    @property
    def needs(self) -> frozenset[str]:
        """The addresses that have to be there before it."""
        triggers = (trigger.partition(".")[0] for trigger in self.triggers)
        return frozenset({*(address for address, _ in self.refers), *self.after, *triggers})

    def members(self) -> dict[str, str]:
        """The files in its archive."""
        found = {"words.txt": f"{self.content}\n"}
        if self.extension_type == PLUGIN:
            found["plugin-descriptor.properties"] = descriptor(self.version)
        return found


def descriptor(version: str) -> str:
    """Of a plugin that Elasticsearch loads."""
    keys = {"name": "made", "description": "", "version": "1", "classname": "Made", "java.version": "17"}
    return "".join(f"{key}={value}\n" for key, value in {**keys, "elasticsearch.version": version}.items())


@frozen
class Wanted:
    """A whole project. resources: by the name in their address, each after those it needs.

    moves: (from, to). made: how many addresses were ever made, so that each new one is new.
    """

    resources: Mapping[str, Extension] = field(factory=dict)
    moves: tuple[tuple[str, str], ...] = ()
    secret: str = "top-secret-0"
    made: int = 0

    def put(self, address: str, extension: Extension) -> Wanted:
        return evolve(self, resources={**self.resources, address: extension})

    def write(self, folder: Path) -> None:
        for name in ("templates", "files"):
            shutil.rmtree(folder / name, ignore_errors=True)
        _write(folder / "planner.yaml", PROJECT.encode())
        _write(folder / "templates" / "main.yaml", "\n".join(self._template()).encode())
        _write(folder / "environments" / "dev.yaml", self._variables().encode())
        for address, extension in self.resources.items():
            if extension.content is not None:
                _write_file(folder / "files", address, extension)

    def _variables(self) -> str:
        loop = ", ".join(address for address, extension in self.resources.items() if extension.looped)
        return f"variables:\n  token: {self.secret}\n  loop: [{loop}]\n"

    def _template(self) -> Iterator[str]:
        yield "resource:\n  extension:"
        for address, extension in self.resources.items():
            if not extension.looped:
                yield f"    {address}:"
                yield from (f"      {line}" for line in _attributes(address, extension))
        yield "{% for x in var.loop %}\n    {{ x }}:\n      name: of-a-loop\n      extension_type: bundle"
        yield '      version: "8.*"\n      description: number {{ x }}\n{% endfor %}'
        yield "output:"
        for address, extension in self.resources.items():
            if not extension.looped:
                yield f"  {address}: {{{{ resource.extension.{address}.url }}}}"
        if self.moves:
            yield "moved:"
            yield from (f"  - {{from: extension.{a}, to: extension.{b}}}" for a, b in self.moves)


def looped(address: str) -> Extension:
    """What the loop in the template makes."""
    return Extension("of-a-loop", text=f"number {address}", looped=True)


def _attributes(address: str, extension: Extension) -> Iterator[str]:
    yield f"name: {extension.name}"
    yield f"extension_type: {extension.extension_type}"
    yield f'version: "{extension.version}"'
    parts = [extension.text] if extension.text is not None else []
    parts += [f"{{{{ resource.extension.{other}.{name} }}}}" for other, name in extension.refers]
    parts += ["{{ var.token }}"] if extension.secret else []
    if parts:
        yield f'description: "{" ".join(parts)}"'
    if extension.content is not None:
        yield f"file: files/{address}" + (".zip" if extension.zipped else "")
    if extension.after:
        yield f"depends_on: [{', '.join(f'extension.{other}' for other in extension.after)}]"
    triggers = ", ".join(f"extension.{trigger}" for trigger in extension.triggers)
    yield (
        f"lifecycle: {{create_before_destroy: {_word(extension.first)}, "
        f"prevent_destroy: {_word(extension.guarded)}, ignore_changes: [{', '.join(extension.ignores)}], "
        f"replace_triggered_by: [{triggers}]}}"
    )


def _word(value: bool) -> str:
    return "true" if value else "false"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_file(folder: Path, address: str, extension: Extension) -> None:
    if extension.zipped:
        _write(folder / f"{address}.zip", zipped(extension.members()))
        return
    for name, text in extension.members().items():
        _write(folder / address / name, text.encode())


def zipped(members: Mapping[str, str]) -> bytes:
    data = BytesIO()
    with ZipFile(data, "w") as archive:
        for name, text in members.items():
            archive.writestr(ZipInfo(name), text)  # the same bytes at any time
    return data.getvalue()
