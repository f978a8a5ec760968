"""`planner completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from planner.cli.main import cli

VARIABLE = "_PLANNER_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script of a SHELL. It completes commands, options, environments and addresses.

    \b
    bash:  eval "$(planner completion bash)"         in ~/.bashrc
    zsh:   eval "$(planner completion zsh)"          in ~/.zshrc
    fish:  planner completion fish | source          in ~/.config/fish/config.fish
    """
    completion = get_completion_class(shell)
    assert completion is not None  # noqa: S101 - click knows these three
    click.echo(completion(cli, {}, "planner", VARIABLE).source())
