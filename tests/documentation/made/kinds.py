"""The kinds, of their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planner.kinds.registry import KindFile, load_kinds
from planner.model.facets import Attribute
from planner.model.kind import Kind
from planner.render.kinds import facts, holder, type_text

from .markdown import cell, code, table

FOLDER = "docs/reference/kinds"


def pages() -> dict[str, str]:
    """Whole pages: of each kind."""
    return {f"{FOLDER}/{name}.md": "\n".join(_sections(found)) for name, found in load_kinds().items()}


def index() -> str:
    rows = [(f"[{name}]({name}.md)", cell(found.kind.title)) for name, found in sorted(load_kinds().items())]
    return table(["kind", "what it is"], rows)


def _sections(found: KindFile) -> Iterator[str]:
    kind = found.kind
    yield f"# {kind.name}\n"
    yield f"{cell(str(kind.schema.get('description', found.description)))}\n"
    ordered = sorted(kind.attributes.values(), key=lambda one: one.read_only)
    rows = [
        (code(path), cell(", ".join(_words(one, kind))), cell(one.description))
        for path, one in _with_those_below(ordered)
    ]
    yield table(["attribute", "value", "meaning"], rows)
    if found.example:
        yield f"```yaml\n{found.example.rstrip()}\n```\n"
    calls = found.binding.calls.items()
    operations = [
        (name, call.operation.name, code(f"{call.operation.method} {call.operation.path}"))
        for name, call in calls
    ]
    yield table(["what planner does", "operation of the API", "request"], operations)
    errors = [(code(error), cell(said.advice)) for error, said in found.binding.errors.items()]
    if errors:
        yield table(["what the API may answer", "what to do"], errors)


def _words(attribute: Attribute, kind: Kind) -> Iterator[str]:
    yield type_text(attribute.schema)
    if attribute.read_only and not attribute.nested:
        yield "set by the server"
    yield from facts(attribute, kind)


def _with_those_below(
    attributes: Iterable[Attribute], above: str = "", inside: tuple[int, ...] = ()
) -> Iterator[tuple[str, Attribute]]:
    """Each with its path. inside: the mappings that it is in, as a definition may hold itself."""
    for one in attributes:
        yield f"{above}{one.name}", one
        below, mapping = holder(one).properties, id(holder(one).schema.get("properties"))
        if below and mapping not in inside:
            yield from _with_those_below(below.values(), f"{above}{one.name}.", (*inside, mapping))
