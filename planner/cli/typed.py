"""The command as it was typed, for the commands that go on from it."""

from __future__ import annotations

from typing import Any, cast

import click
from click.core import ParameterSource

from planner.app.command_line import Typed, given


def typed(context: click.Context) -> Typed:
    names = [
        str(item.name)
        for item in context.command.params
        if context.get_parameter_source(str(item.name)) is ParameterSource.COMMANDLINE
    ]
    there = [item for item in context.command.params if item.name in names]
    root = context.find_root()
    return Typed(
        str(context.info_name),
        {str(o.name): _words(o, context.params[str(o.name)]) for o in there if isinstance(o, click.Option)},
        tuple(str(context.params[str(a.name)]) for a in there if isinstance(a, click.Argument)),
        "planfile" in names,
        lambda verb: _taken(root, verb),
    )


def _taken(root: click.Context, verb: str) -> frozenset[str]:
    command = cast("click.Group", root.command).get_command(root, verb)
    return frozenset(str(parameter.name) for parameter in command.params) if command else frozenset()


def _words(option: click.Option, value: Any) -> tuple[str, ...]:
    if option.is_flag:
        return ((option.opts if value else option.secondary_opts)[0],)
    values = value if option.multiple else (value,)
    return given(option.opts[0], (f"{item:g}" if isinstance(item, float) else str(item) for item in values))
