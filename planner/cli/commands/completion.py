"""`planner completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from planner.cli.main import cli

VARIABLE = "_PLANNER_COMPLETE"
_WITHOUT_SPACE = {
    "            COMPREPLY+=($value)\n": """\
            COMPREPLY+=($value)
            [[ $value == *= ]] && compopt -o nospace
""",
    "        compadd -U -V unsorted -a completions\n": """\
        local -a whole=("${(@)completions:#*=}") names=("${(@M)completions:#*=}")
        compadd -U -V unsorted -a whole
        compadd -U -V unsorted -S '' -a names
""",
}
"""Where the scripts for bash and zsh take words: behind NAME= a value follows at once. fish knows that."""


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
    for taken, without_space in _WITHOUT_SPACE.items():
        script = script.replace(taken, without_space)
    click.echo(script)
