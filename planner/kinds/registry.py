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
from typing import Any

import yaml
from attrs import evolve, frozen

from planner.errors import PlannerError
from planner.kinds.binding import Binding, read_binding
from planner.kinds.rest import RestDriver
from planner.model.facets import attributes_of, flaws
from planner.model.kind import ContentFacts, Kind
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
    found = KindFile(
        kind=_kind(data),
        binding=read_binding(data["api"]),
        driver=_driver(path, data.get("driver", "")),
        example=data.get("example", ""),
        description=data.get("description", ""),
    )
    _check_upload(path, found)
    return found


def _check(path: Path, data: Any) -> None:
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - only kind files need it this early

    for error in Draft202012Validator(schema("kind.schema.json")).iter_errors(data):
        where = ".".join(map(str, error.instance_path)) or "the file"
        raise PlannerError(f"the kind file {path} is wrong at {where}: {error.message}")
    for keys, flaw in flaws(data["attributes"]):
        where = ".".join(map(str, ("attributes", *keys)))
        raise PlannerError(f"the kind file {path} is wrong at {where}: {flaw}")


def _kind(data: Mapping[str, Any]) -> Kind:
    rules = data["attributes"]
    attributes = attributes_of(rules)
    if "update" not in data["api"]:  # a change of any attribute is a replacement
        attributes = {name: evolve(a, immutable=not a.read_only) for name, a in attributes.items()}
    return Kind(
        name=data["kind"],
        title=data["title"],
        attributes=attributes,
        schema=rules,
        natural_key=tuple(data["natural_key"]),
        content=_content(data["content"]) if "content" in data else None,
        user_id=bool(data["api"].get("user_id")),
    )


def _content(content: Mapping[str, Any]) -> ContentFacts:
    return ContentFacts(content["attribute"], content["marker"], tuple(content.get("fetched", ())))


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
