"""The kinds, of their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planner.kinds.registry import KindFile, load_kinds
from planner.model.facets import Attribute
from planner.render.kinds import facts, holder, type_text

from .markdown import cell, code, table


def made() -> str:
    return "\n".join(part for _, found in sorted(load_kinds().items()) for part in _sections(found))


def errors() -> str:
    """What the API can answer, and what to do then."""
    parts = []
    for name, found in sorted(load_kinds().items()):
        rows = [(code(error), cell(said.advice)) for error, said in found.binding.errors.items()]
        parts.append(f"## {name}\n\n{table(['code', 'what to do'], rows)}")
    return "\n".join(parts)


def _sections(found: KindFile) -> Iterator[str]:
    kind = found.kind
    yield f"## {kind.name}\n"
    yield f"{cell(str(kind.schema.get('description', found.description)))}\n"
    ordered = sorted(kind.attributes.values(), key=lambda one: one.read_only)
    rows = [
        (code(path), cell(", ".join([type_text(one.schema), *facts(one, kind)])), cell(one.description))
        for path, one in _with_those_below(ordered)
    ]
    yield table(["attribute", "value", "meaning"], rows)
    calls = found.binding.calls.items()
    operations = [
        (name, call.operation.name, code(f"{call.operation.method} {call.operation.path}"))
        for name, call in calls
    ]
    yield table(["what planner does", "operation of the API", "request"], operations)
    if found.example:
        yield f"```yaml\n{found.example.rstrip()}\n```\n"


def _with_those_below(
    attributes: Iterable[Attribute], above: str = "", inside: tuple[int, ...] = ()
) -> Iterator[tuple[str, Attribute]]:
    """Each with its path. inside: the mappings that it is in, as a definition may hold itself."""
    for one in attributes:
        yield f"{above}{one.name}", one
        below, mapping = holder(one).properties, id(holder(one).schema.get("properties"))
        if below and mapping not in inside:
            yield from _with_those_below(below.values(), f"{above}{one.name}.", (*inside, mapping))
