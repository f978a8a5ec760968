"""The state as text: each resource with what the API last said of it, and outputs, `name = value`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from planner.model.address import as_read
from planner.model.resource import Prior
from planner.model.state import State
from planner.model.value import Value, is_sensitive
from planner.render.escaping import cells, escape, pad, wrap
from planner.render.rows import Row
from planner.render.style import BOLD, DIM, Style
from planner.render.text.rows import render_rows
from planner.render.values import SENSITIVE, expanded, wrapped


def render_state(state: State, *, width: int, style: Style) -> str:
    """Resources by address, left-overs, intents in doubt, outputs, and where it all comes from."""
    parts = ["\n".join(_head(state, width, style))]
    priors = (state.resources[address] for address in sorted(state.resources, key=as_read))
    parts += ["\n".join(_resource(prior, width, style)) for prior in priors]
    told = [f"{d.address} ({d.id}) is left over from a replacement" for d in state.deposed]
    told += [f"{i.address}: the {i.operation} begun at {i.at} is in doubt" for i in state.in_doubt]
    parts += ["\n".join(wrap(text, width)) for text in told]
    if state.outputs:
        parts.append("Outputs:\n\n" + render_outputs(state.outputs, width=width))
    return "\n\n".join(parts)


def _head(state: State, width: int, style: Style) -> Iterator[str]:
    count = len(state.resources)
    text = f"{state.project}/{state.environment}: serial {state.serial}, {count} resource{'s' * (count != 1)}"
    yield from wrap(text, width)
    if state.applied is not None:
        commit = f", commit {state.applied.commit[:12]}" if state.applied.commit else ""
        whole = "" if state.applied.complete else ", not complete"
        lines = wrap(f"last applied at {state.applied.at}{commit}{whole}", width)
        yield from (style.paint(DIM, line) for line in lines)


def _resource(prior: Prior, width: int, style: Style) -> Iterator[str]:
    yield style.paint(BOLD, str(prior.address))
    rows = [Row(name, after=value) for name, value in _facts(prior)]
    yield from render_rows(rows, indent=2, width=width, style=style)


def _facts(prior: Prior) -> Iterator[tuple[str, Value]]:
    """Attributes in the order of their names, then what the state knows beside them."""
    yield from sorted({"id": prior.id, **prior.attributes}.items())
    if prior.version is not None:
        yield "resource version", prior.version
    if prior.content_sha256 is not None:
        yield "content sha256", prior.content_sha256
    if prior.dependencies:
        yield "depends on", [str(address) for address in prior.dependencies]
    if prior.prevent_destroy:
        yield "prevent_destroy", True


def render_outputs(outputs: Mapping[str, Value], *, width: int) -> str:
    """One output after the other, sorted by name; long values go on below, indented."""
    names = sorted(outputs, key=as_read)
    column = max((cells(escape(name)) for name in names), default=0)
    lines = []
    for name in names:
        head = f"{pad(escape(name), column)} = "
        shown = SENSITIVE if is_sensitive(outputs[name]) else None
        first, *rest = [shown] if shown else expanded(outputs[name], width - column - 3, wrapped)
        lines += [head + first, *(" " * (column + 3) + line for line in rest)]
    return "\n".join(lines)
