"""What the client's log has to hide; and which secrets stand where everybody sees them.

Everybody sees files that git tracks, and names, which are written everywhere: a secret there is refused.
Taking secrets out of what is shown is planner.app.redaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from planner.app.caller import Caller
from planner.config.load import Configuration
from planner.ece.redaction import Discretion
from planner.kinds.registry import KindFile
from planner.model.address import Address
from planner.model.diagnostic import ERROR, Diagnostic, Position
from planner.model.kept import once_names
from planner.model.known_secrets import KnownSecrets
from planner.model.project import PREFIX
from planner.model.redaction import named
from planner.model.resource import Content, Desired
from planner.model.value import Value, is_sensitive, leaves
from planner.state.store import Store
from planner.vcs import repository_of


def discretion(
    caller: Caller, configuration: Configuration, kinds: Mapping[str, KindFile], store: Store
) -> Discretion:
    """A field that is sensitive in the configuration or in the state is hidden by its name, in every body. So
    is one that is shown once: its reply is logged before anybody knows it.

    What was its value before a secret was changed is not known any more, so it cannot be searched for.
    """
    fields: frozenset[str] = frozenset()
    if caller.logs_bodies:
        desired = (dict(resource.attributes) for resource in configuration.resources.values())
        prior = (dict(resource.attributes) for resource in store.load().resources.values())
        once = _shown_once(kinds[name] for name in {address.kind for address in configuration.resources})
        fields = frozenset((*_names((*desired, *prior)), *once))
    return Discretion(texts=lambda: caller.redact.secrets, fields=lambda: fields)


def _names(attributes: Iterable[Mapping[str, Value]]) -> Iterator[str]:
    for values in attributes:
        for path, leaf in leaves(values):
            if is_sensitive(leaf):
                yield next((key for key in reversed(path) if isinstance(key, str)), "")


def _shown_once(kinds: Iterable[KindFile]) -> Iterator[str]:
    """By what names replies have it."""
    for found in kinds:
        for name in once_names(found.kind.once):
            yield found.binding.names.get(name, name)


def exposed(configuration: Configuration, folder: Path) -> Iterator[Diagnostic]:
    """An error for each value that is used, and comes from a tracked file: the environment's or a --var-file.

    The line is named, and not shown. A default in planner.yaml is refused wherever that is.
    """
    found = [
        (variable.name, place)
        for variable in configuration.project.variables.values()
        if variable.sensitive and variable.name in configuration.variables
        if (place := _place(configuration.variables[variable.name].origin)) is not None
    ]
    repository = repository_of(folder) if found else None
    if repository is None:
        return
    for name, place in found:
        if any(repository.tracks(path) for path in {folder / place.file, Path(place.file)} if path.exists()):
            yield Diagnostic(
                ERROR,
                f'variable "{name}" is sensitive, and git tracks the file that sets it',
                position=place,
                advice=f"Take it out, set {PREFIX}{name} instead, and change the secret: history keeps it.",
            )


def exposed_names(
    configuration: Configuration, kinds: Mapping[str, KindFile], known: KnownSecrets
) -> Iterator[Diagnostic]:
    """An error for each name, id and path that holds a known secret: state and plans keep them."""
    if not (known and named(_all_names(configuration, kinds), known)):
        return
    for thing, place in _named_things(configuration, kinds):
        for text in named(thing, known):
            yield Diagnostic(
                ERROR,
                f'"{text}" holds a known secret, and is a name: those are shown, and kept as they are',
                position=place(),
                advice="Choose another name, and change the secret: who reads the templates knows it.",
            )


def _all_names(configuration: Configuration, kinds: Mapping[str, KindFile]) -> object:
    """All that `_named_things` gives, each once: nearly always nothing is found in it."""
    sources = {_source(desired, kinds) for desired in configuration.resources.values()}
    outputs = tuple(Address("output", name) for name in configuration.outputs)
    declared = configuration.declarations
    others = (declared.moves, declared.imports, declared.removals, declared.checks, declared.rollouts)
    return (tuple(configuration.resources), tuple(sources), outputs, others)


def _source(desired: Desired, kinds: Mapping[str, KindFile]) -> Content | None:
    """The file that it names, which is not read yet."""
    facts = kinds[desired.address.kind].kind.content
    source = desired.attributes.get(facts.attribute) if facts else None
    return Content(source, sha256="", size=0) if isinstance(source, str) else None


def _named_things(
    configuration: Configuration, kinds: Mapping[str, KindFile]
) -> Iterator[tuple[object, Callable[[], Position | None]]]:
    """What names something, with its place."""
    for address, desired in configuration.resources.items():
        yield (address, _source(desired, kinds)), partial(configuration.locate, address, ())
    declared = configuration.declarations
    statements = (*declared.moves, *declared.imports, *declared.removals, *declared.checks)
    for item in (*statements, *declared.rollouts):
        yield item, partial(getattr, item, "position")
    for name in configuration.outputs:
        yield Address("output", name), lambda: None


def _place(origin: str) -> Position | None:
    """The file and line that a value comes from; None where it comes from no file."""
    file, _, line = origin.rpartition(":")
    return Position(file, int(line)) if file and line.isdigit() else None
