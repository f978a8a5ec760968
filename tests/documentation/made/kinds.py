"""The kinds, of their files."""

from __future__ import annotations

from collections.abc import Iterator

from planner.kinds.registry import KindFile, load_kinds
from planner.model.facets import Attribute
from planner.model.kind import Kind
from planner.render.kinds import facts, type_text, with_nested

from .markdown import cell, code, table

FOLDER = "docs/reference/kinds"


def pages() -> dict[str, str]:
    """Whole pages: of each kind."""
    return {f"{FOLDER}/{name}.md": "\n".join(_sections(found)) for name, found in load_kinds().items()}


def index() -> str:
    rows = [
        (f"[{name}]({name}.md)", cell(found.kind.title), found.ece, "yes" if found.cloud else "no")
        for name, found in sorted(load_kinds().items())
    ]
    return table(["kind", "what it is", "ECE", "Elastic Cloud"], rows)


def _sections(found: KindFile) -> Iterator[str]:
    kind = found.kind
    yield f"# {kind.name}\n"
    yield f"{cell(str(kind.schema.get('description', found.description)))}\n"
    attributes = sorted(kind.attributes.values(), key=lambda one: one.read_only)
    rows = [
        (code(".".join(path)), cell(", ".join(_words(a, kind))), cell(a.description))
        for path, a in with_nested(attributes)
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
