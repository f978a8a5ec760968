"""The kinds there are: those shipped in schemas/kinds/, of other packages, and of a project.

A package adds kinds by an entry point of the group `planner.kinds` that names a function without arguments
returning paths of kind files; a project by files in its `kinds/`. A kind has the name of its file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property, partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from attrs import define, evolve, field, frozen

from planner.errors import PlannerError
from planner.kinds.binding import Binding, Conventions, read_binding, read_identity
from planner.kinds.contract import problems
from planner.kinds.rest import RestDriver
from planner.links import open_regular
from planner.model.facets import attributes_of
from planner.model.flaws import flaws
from planner.model.kind import ContentFacts, Kind, Settles
from planner.model.lazily import Lazily
from planner.resources import kind_files, schema
from planner.yaml12.core_schema import load

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

    from planner.ece.client import Client

_LARGEST: Final = 1 << 20
"""Bytes of a kind file that are read."""

GROUP = "planner.kinds"


@define(slots=False, frozen=True)
class KindFile:
    """A kind, and how its API is called. load: gives the class that calls it. example: a template for people.
    ece: the version by whose description it was written; cloud: whether Elastic Cloud has it; unsaid, "" and
    None.
    """

    kind: Kind
    binding: Binding
    load: Callable[[], type[RestDriver]] = field(eq=False)
    example: str = ""
    description: str = ""
    ece: str = ""
    cloud: bool | None = None

    @cached_property
    def driver(self) -> type[RestDriver]:
        """Loaded when it is first asked for: whoever looks at kinds needs no code of theirs."""
        return self.load()

    def at(self, client: Client, conventions: Conventions | None = None) -> RestDriver:
        """The kind at the installation that client asks."""
        return self.driver(self.kind, self.binding, client, conventions or Conventions())


@frozen
class Broken:
    """A package whose kinds nobody knows. stem: the name of its entry point, which stands for theirs."""

    stem: str
    why: str


Place = Path | Broken


def load_kinds(extra: Iterable[Path] = ()) -> Mapping[str, KindFile]:
    """All kinds by name, each read when it is first asked for: one that is broken stops only who uses it.

    extra: further kind files, as of a project; they name no code. Asking raises PlannerError for a file that
    does not fit, or a name given twice.
    """
    places: dict[str, list[Place]] = defaultdict(list)
    for place in dict.fromkeys((*kind_files(), *_from_other_packages(), *extra)):
        places[place.stem].append(place)
    return Lazily(places, lambda name: _only(name, places[name]))


def project_kinds(folder: Path) -> list[Path]:
    """The kind files of a project, in order of their names."""
    return sorted((folder / "kinds").glob("*.yaml"))


def read_all(kinds: Mapping[str, KindFile]) -> tuple[list[KindFile], list[PlannerError]]:
    """Those that can be read, in order of their names, and what is wrong with the others."""
    found, problems = [], []
    for name in sorted(kinds):
        try:
            found.append(kinds[name])
        except PlannerError as error:
            problems.append(error)
    return found, problems


def _only(name: str, places: Sequence[Place]) -> KindFile:
    first, *more = places
    if isinstance(first, Broken):
        raise PlannerError(f"the kinds of the package {name} cannot be used: {first.why}")
    if more:
        raise PlannerError(
            f'the kind "{name}" is declared twice: in {first} and in {more[0]}',
            advice="Rename the kind and its file, or take one of them away.",
        )
    found = _installed(first) if first in _shipped() else read_kind_file(first, code=False)
    if found.kind.name != name:
        raise PlannerError(
            f"the kind file {first} is wrong at kind: it declares {found.kind.name}",
            advice=f"A kind has the name of its file: write {name}, or rename the file.",
        )
    return found


@cache
def _shipped() -> frozenset[Place]:
    return frozenset((*kind_files(), *_from_other_packages()))


@cache
def _from_other_packages() -> tuple[Place, ...]:
    """What is installed is looked for once a process: it takes as long as a small plan."""
    return tuple(place for point in entry_points(group=GROUP) for place in _places_of(point))


def _places_of(point: EntryPoint) -> list[Place]:
    try:
        return [Path(path) for path in point.load()()]
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not ours, and must not stop the others
        return [Broken(point.name, f"{type(error).__name__}: {error}")]


@cache
def _installed(path: Path) -> KindFile:
    """The kind file of a package: read once a process. What planner ships is tried by its tests."""
    return read_kind_file(path, tried=path in kind_files())


def read_kind_file(path: Path, *, code: bool = True, tried: bool = False) -> KindFile:
    """One kind file. PlannerError when it is not YAML or does not fit schemas/kind.schema.json.

    code: whether it may name a driver. What a pull request can bring must not run code. tried: its driver is
    known to be one that does what the file needs.
    """
    try:
        with open_regular(path) as file:
            data = load(file.read(_LARGEST))
    except (OSError, yaml.YAMLError) as error:
        raise PlannerError(f"the kind file {path} cannot be read: {error}") from None
    _check(path, data)
    if "driver" in data and not code:
        raise PlannerError(
            f"the kind file {path} is wrong at driver: a file of a project names no code",
            advice="Bring the kind in a package, by an entry point of the group planner.kinds.",
        )
    kind = _kind(data)
    found = KindFile(
        kind=kind,
        binding=read_binding(data["api"], kind.identity, user_id=kind.user_id),
        load=partial(_driver, path, data.get("driver", "")),
        example=data.get("example", ""),
        description=data.get("description", ""),
        **data.get("available", {}),
    )
    if not tried:
        _check_upload(path, found)
        _check_wait(path, found)
    for where, what in problems(found.kind, found.binding):
        raise PlannerError(f"the kind file {path} is wrong at {where}: {what}")
    return found


def _check(path: Path, data: Any) -> None:
    for error in _validator().iter_errors(data):
        where = ".".join(map(str, error.instance_path)) or "the file"
        raise PlannerError(f"the kind file {path} is wrong at {where}: {error.message}")
    for keys, flaw in flaws(data["attributes"]):
        where = ".".join(map(str, ("attributes", *keys)))
        raise PlannerError(f"the kind file {path} is wrong at {where}: {flaw}")


@cache
def _validator() -> Draft202012Validator:
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - only kind files need it this early

    return Draft202012Validator(schema("kind.schema.json"))


def _kind(data: Mapping[str, Any]) -> Kind:
    rules = data["attributes"]
    attributes = attributes_of(rules)
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
        resets="delete" in api or "reset" in api,
        user=api.get("user", ""),
        settles=_settles(api["wait"]) if "wait" in api else None,
        one_at_a_time=api.get("one_at_a_time", ""),
        by_name=api.get("by_name", ""),
        changeable="update" in api,
    )


def _settles(wait: Mapping[str, Any]) -> Settles:
    return Settles(wait.get("every", 5), wait.get("timeout", 1800))


def _content(content: Mapping[str, Any]) -> ContentFacts:
    return ContentFacts(**{**content, "fetched": tuple(content.get("fetched", ()))})


def _check_upload(path: Path, kind_file: KindFile) -> None:
    """There is a driver, and a kind with an uploaded file needs one that uploads it."""
    content, driver = kind_file.kind.content, kind_file.driver
    called = "upload" in kind_file.binding.calls or (content is not None and content.at_once)
    if content is not None and not (called and driver.upload is not RestDriver.upload):
        raise PlannerError(
            f"the kind file {path} is wrong at content: it needs an upload call, and a driver that uploads"
        )


def _check_wait(path: Path, kind_file: KindFile) -> None:
    """Somebody has to tell when a wait is over."""
    wait = kind_file.binding.wait
    if wait and not wait.until and kind_file.driver.settled is RestDriver.settled:
        raise PlannerError(f"the kind file {path} is wrong at api.wait: it says until when, or a driver does")


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
