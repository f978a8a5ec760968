"""Options of the commands that gates may stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from planner.app.promotion.admission import Forcing
from planner.errors import WrongUsage
from planner.promote.question import NAMES

F = TypeVar("F", bound=Callable[..., Any])


def force_options(command: F) -> F:
    command = click.option("--reason", default="", metavar="TEXT", help="Why --force is given.")(command)
    return click.option(
        "--force",
        "forces",
        type=click.Choice(NAMES),
        multiple=True,
        metavar="GATE",
        help="Set a gate aside; recorded, with --reason. May be repeated.",
    )(command)


def make_forcing(forces: tuple[str, ...], reason: str) -> Forcing:
    if forces and not reason.strip():
        raise WrongUsage("--force needs --reason TEXT: it is kept in the state, and shown")
    if reason and not forces:
        raise WrongUsage("--reason goes with --force GATE")
    return Forcing(forces, reason.strip())
