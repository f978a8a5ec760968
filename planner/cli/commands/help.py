"""`planner help`."""

from __future__ import annotations

import click


@click.command("help")
@click.argument("words", metavar="[COMMAND]...", nargs=-1)
@click.pass_context
def command(context: click.Context, /, words: tuple[str, ...]) -> None:
    """Show how a COMMAND is used, as --help behind it does. Without one, list all.

    \b
    planner help state restore
    """
    here = context.find_root()
    for word in words:
        if not isinstance(here.command, click.Group):
            raise click.UsageError(f'"{here.command_path}" has no commands: there is no "{word}"', here)
        _, found, _ = here.command.resolve_command(here, [word])
        assert found is not None  # noqa: S101 - else it is an error
        here = click.Context(found, info_name=word, parent=here)
    click.echo(here.get_help())
