"""`planner kinds`."""

from __future__ import annotations

from collections.abc import Iterable

import click

from planner.cli.handed import KindFile
from planner.cli.main import Verbs, make_console
from planner.errors import WrongUsage
from planner.model.diagnostic import did_you_mean


@click.group("kinds", cls=Verbs)
def command() -> None:
    """The kinds of resources, and their attributes."""


@command.command("list")
@click.pass_context
def list_command(context: click.Context, /) -> None:
    """List the kinds."""
    from planner.kinds.registry import load_kinds
    from planner.render.kinds import render_kind_list

    console = make_console(context)
    kinds = [kind_file.kind for _, kind_file in sorted(load_kinds().items())]
    console.out(render_kind_list(kinds, style=console.style()))


@command.command("show")
@click.argument("kind")
@click.pass_context
def show_command(context: click.Context, /, kind: str) -> None:
    """Show a KIND: attributes, types, what a change does, API operations, an example.

    \b
    planner kinds show extension
    """
    from planner.kinds.registry import load_kinds
    from planner.render.kinds import render_kind

    console = make_console(context)
    kinds = load_kinds()
    require_kind(kind, kinds)
    found = kinds[kind]
    text = render_kind(
        found.kind,
        str(found.kind.schema.get("description", found.description)),
        _operations(found),
        found.example,
        width=console.width(),
        style=console.style(),
    )
    console.out(text)


def require_kind(name: str, kinds: Iterable[str]) -> None:
    if name not in kinds:
        near = did_you_mean(name, kinds)
        raise WrongUsage(f'there is no kind "{name}"', advice=near or "See planner kinds list.")


def _operations(kind_file: KindFile) -> dict[str, str]:
    calls = kind_file.binding.calls
    return {
        name: f"{call.operation.name}: {call.operation.method} {call.operation.path}"
        for name, call in calls.items()
    }
