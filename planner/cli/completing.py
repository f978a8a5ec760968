"""What the shell completes from the project: environments and addresses. Never an error, at worst nothing."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from planner.app.discretion import given_credentials, given_values
from planner.app.redaction import Redactor
from planner.app.stores import States
from planner.config.load import choose_environment, open_project
from planner.errors import PlannerError


def environments(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    try:
        names = open_project(_folder(context)).environments
    except PlannerError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def addresses(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Addresses in the state of the environment that the command line names so far.

    Not those that hold a known secret: with a mark in its place they would be no addresses.
    """
    redactor = Redactor()
    try:
        folder = _folder(context)
        project = open_project(folder)
        redactor.watch(lambda: (*given_credentials(os.environ), *given_values(project, os.environ)))
        environment = choose_environment(project, context.params.get("environment"))
        state = States(folder, project.name, os.environ, redactor).open(environment, alone=True).load()
    except (PlannerError, OSError):
        return []
    known = redactor.known()
    held = sorted({str(prior.address) for prior in state.entries})
    shown = (address for address in held if known.redact_key(address) == address)
    return [CompletionItem(address) for address in shown if address.startswith(incomplete)]


def _folder(context: click.Context) -> Path:
    """-C, which stands before the command."""
    found = context.find_root().params.get("folder")
    return found if isinstance(found, Path) else Path()
