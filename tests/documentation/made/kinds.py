"""The kinds, of their files."""

from __future__ import annotations

from collections.abc import Iterator

from planner.kinds.registry import KindFile, load_kinds
from planner.render.kinds import facts, type_text, with_nested

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
    attributes = sorted(kind.attributes.values(), key=lambda one: one.read_only)
    rows = [
        (code(".".join(path)), cell(", ".join([type_text(a.schema), *facts(a, kind)])), cell(a.description))
        for path, a in with_nested(attributes)
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
