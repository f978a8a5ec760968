"""Which environment a command is about, where -e does not say it."""

from __future__ import annotations

import os
from collections.abc import Callable

import click

from planner.cli.verbs import ABOUT_ALL, IN_FILE, NAMED_ALWAYS, VARIABLE, Invocation, command_of
from planner.config.project import choose_environment
from planner.errors import WrongUsage
from planner.model.project import Project


def environment_of(
    context: click.Context, named: str | None, project: Callable[[], Project], tell: Callable[[str], None]
) -> str | None:
    """named, or the default, which is told; None where the only environment is meant, or all of them.

    WrongUsage where there are several, and the command takes no default.
    """
    command = command_of(context)
    if named is not None or not _asks(context) or command in ABOUT_ALL:
        return named
    if command in NAMED_ALWAYS:
        return _only_one(project(), command)
    name, origin = _default(project())
    if not name:
        return None
    context.ensure_object(Invocation).environment = name
    tell(f"Environment: {name}, from {origin}.")
    return name


def _asks(context: click.Context) -> bool:
    """Whether the command has -e, and no plan that says what it is for."""
    options = [item.name for item in context.command.params if isinstance(item, click.Option)]
    return "environment" in options and context.params.get("planfile") is None


def _only_one(project: Project, command: str) -> str:
    if len(project.environments) > 1:
        names = ", ".join(project.environments)
        raise WrongUsage(
            f"which environment? {command} takes no default",
            advice=f"Name one with -e: {names}. Neither {VARIABLE} nor default_environment counts here.",
        )
    only = choose_environment(project, None).name
    if _variable() not in ("", only):
        raise WrongUsage(
            f'which environment? {VARIABLE} names "{_variable()}", and {only} is the only one',
            advice=f"Name it, if it is meant: -e {only}.",
        )
    return only


def _variable() -> str:
    """An empty one counts as none: it is how a shell or a job switches one off."""
    return os.environ.get(VARIABLE, "").strip()


def _default(project: Project) -> tuple[str, str]:
    """(environment, where it is from), "" for none."""
    if name := _variable():
        return choose_environment(project, name, said_by=VARIABLE).name, VARIABLE
    return project.default_environment, IN_FILE
