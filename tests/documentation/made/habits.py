"""Words of Terraform and of planner side by side, of what is answered when the former are typed."""

from __future__ import annotations

from planner.cli.habits import ALONE, COMMANDS, VALUED

from .markdown import cell, code, table


def made() -> str:
    commands = [
        (code(name), code(f"planner {ours} {behind}".strip()), cell(why))
        for name, (ours, behind, why) in sorted(COMMANDS.items())
    ]
    options = {name: ours for name, (ours, _) in ALONE.items()} | dict(VALUED)
    renamed = [(code(f"-{name}"), code(ours)) for name, ours in sorted(options.items()) if ours]
    left_out = ", ".join(code(f"-{name}") for name, ours in sorted(options.items()) if not ours)
    return (
        f"## Commands\n\n{table(['Terraform', 'planner', 'why'], commands)}\n"
        f"## Options\n\n{table(['Terraform', 'planner'], renamed)}\n"
        f"Left out, as planner does so anyway, or has no use for it: {left_out}.\n"
    )
