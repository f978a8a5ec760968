"""`planner completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from planner.cli.main import cli

VARIABLE = "_PLANNER_COMPLETE"
_TAKEN = "            COMPREPLY+=($value)\n"
"""Where click's script for bash takes a word. Behind NAME= the value follows at once."""
_WITHOUT_SPACE = "            [[ $value == *= ]] && compopt -o nospace\n"


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a SHELL. It completes commands, options, and what there is.

    That is environments, addresses, variables for --var, kinds, gates, checks.

    \b
    bash:  eval "$(planner completion bash)"         in ~/.bashrc
    zsh:   eval "$(planner completion zsh)"          in ~/.zshrc
    fish:  planner completion fish | source          in ~/.config/fish/config.fish
    """
    completion = get_completion_class(shell)
    assert completion is not None  # noqa: S101 - click knows these three
    script = completion(cli, {}, "planner", VARIABLE).source()
    click.echo(script.replace(_TAKEN, _TAKEN + _WITHOUT_SPACE))
