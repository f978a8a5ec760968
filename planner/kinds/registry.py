"""The kinds there are: those shipped in schemas/kinds/, and those of other packages.

A package adds kinds by an entry point of the group `planner.kinds` that names a function without arguments
returning paths of kind files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

import yaml
from attrs import evolve, frozen

from planner.errors import PlannerError
from planner.kinds.binding import Binding, read_binding, read_identity
from planner.kinds.contract import problems
from planner.kinds.rest import RestDriver
from planner.model.kind import Attribute, ContentFacts, Kind
from planner.resources import kind_files, schema
from planner.yaml12.core_schema import load

GROUP = "planner.kinds"


@frozen
class KindFile:
    """A kind, how its API is called, and the class that calls it. example: a template for people."""

    kind: Kind
    binding: Binding
    driver: type[RestDriver]
    example: str = ""
    description: str = ""


def load_kinds(extra: Iterable[Path] = ()) -> Mapping[str, KindFile]:
    """All kinds by name. PlannerError for a kind file that does not fit, or a name given twice."""
    found: dict[str, KindFile] = {}
    installed = [(path, _installed(path)) for path in [*kind_files(), *_from_other_packages()]]
    for path, kind_file in [*installed, *((path, read_kind_file(path)) for path in extra)]:
        name = kind_file.kind.name
        if name in found:
            raise PlannerError(f'the kind "{name}" is declared twice, the second time in {path}')
        found[name] = kind_file
    return found


@cache
def _from_other_packages() -> tuple[Path, ...]:
    """What is installed is looked for once a process: it takes as long as a small plan."""
    return tuple(Path(path) for point in entry_points(group=GROUP) for path in point.load()())


@cache
def _installed(path: Path) -> KindFile:
    """The kind file of a package: read once a process."""
    return read_kind_file(path)


def read_kind_file(path: Path) -> KindFile:
    """One kind file. PlannerError when it is not YAML or does not fit schemas/kind.schema.json."""
    try:
        data = load(path.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        raise PlannerError(f"the kind file {path} cannot be read: {error}") from None
    _check(path, data)
    kind = _kind(data)
    found = KindFile(
        kind=kind,
        binding=read_binding(data["api"], kind.identity, user_id=kind.user_id),
        driver=_driver(path, data.get("driver", "")),
        example=data.get("example", ""),
        description=data.get("description", ""),
    )
    _check_upload(path, found)
    for where, what in problems(found.kind, found.binding):
        raise PlannerError(f"the kind file {path} is wrong at {where}: {what}")
    return found


def _check(path: Path, data: Any) -> None:
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - only kind files need it this early

    for error in Draft202012Validator(schema("kind.schema.json")).iter_errors(data):
        where = ".".join(map(str, error.instance_path)) or "the file"
        raise PlannerError(f"the kind file {path} is wrong at {where}: {error.message}")


def _kind(data: Mapping[str, Any]) -> Kind:
    rules = data["attributes"]
    required = rules.get("required", ())
    attributes = {
        name: _attribute(name, body, name in required) for name, body in rules["properties"].items()
    }
    if "update" not in data["api"]:  # a change of any attribute is a replacement
        attributes = {name: evolve(a, immutable=not a.read_only) for name, a in attributes.items()}
    api, identity = data["api"], read_identity(data["kind"], data["api"])
    return Kind(
        name=data["kind"],
        title=data["title"],
        attributes=attributes,
        schema=rules,
        natural_key=tuple(data.get("natural_key", identity.parts)),
        content=_content(data["content"]) if "content" in data else None,
        user_id=not any(attributes[n].read_only for n in identity.parts if n in attributes),
        identity=identity,
        list_shows="less" if api.get("list", {}).get("complete") is False else "all",
        singleton=api.get("singleton", ""),
    )


def _content(content: Mapping[str, Any]) -> ContentFacts:
    return ContentFacts(content["attribute"], content["marker"], tuple(content.get("fetched", ())))


_MARKS: Final = {"read_only": "readOnly", "write_only": "writeOnly"} | {
    mark: f"x-{mark}"
    for mark in ("immutable", "unordered", "local", "stable", "cleared", "echoed", "volatile")
}
"""The fields of an Attribute -> the keywords that set them."""


def _attribute(name: str, body: Mapping[str, Any], required: bool) -> Attribute:
    marks = {mark: body[key] for mark, key in _MARKS.items() if key in body}
    return Attribute(name, body, required, **marks)


def _check_upload(path: Path, kind_file: KindFile) -> None:
    """A kind with an uploaded file needs what uploads it."""
    uploads = "upload" in kind_file.binding.calls and kind_file.driver.upload is not RestDriver.upload
    if kind_file.kind.content is not None and not uploads:
        raise PlannerError(
            f"the kind file {path} is wrong at content: it needs an upload call, and a driver that uploads"
        )


def _driver(path: Path, name: str) -> type[RestDriver]:
    if not name:
        return RestDriver
    module, _, attribute = name.partition(":")
    try:
        driver = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise PlannerError(f"the kind file {path} names the driver {name}: {error}") from None
    if not (isinstance(driver, type) and issubclass(driver, RestDriver)):
        raise PlannerError(f"the kind file {path} names the driver {name}, which is no RestDriver")
    return driver
