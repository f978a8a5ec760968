"""What a command is handed for its options: a request, and values made of several of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import click
from attrs import evolve
from click.core import ParameterSource

from planner.app.command_line import Typed, given
from planner.app.opening import Request
from planner.cli.environments import environment_of
from planner.cli.handed import Destination, Forcing, Reach, Wanted
from planner.cli.verbs import folder_of, make_console
from planner.config.variables import Inputs
from planner.engine.selection import Selection
from planner.errors import WrongUsage


def make_request(context: click.Context, environment: str | None, **given: Any) -> Request:
    """What the options of a command ask for."""
    inputs = Inputs(given.pop("assignments", ()), given.pop("files", ()), os.environ)
    selection = Selection(given.pop("targets", ()), given.pop("excludes", ()), given.pop("replaces", ()))
    if given.get("refresh_only") and (given.get("destroy") or not given.get("refresh", True)):
        raise WrongUsage("--refresh-only does not go with --destroy or --no-refresh")
    if given.get("retried") and (given.get("destroy") or given.get("refresh_only")):
        raise WrongUsage("--retry-rollout does not go with --destroy or --refresh-only")
    if selection.replaces and (given.get("destroy") or given.get("refresh_only")):
        raise WrongUsage("--replace does not go with --destroy or --refresh-only")
    console = make_console(context)
    request = Request(
        folder_of(context), environment, inputs, console, selection=selection, typed=typed(context), **given
    )
    console.redact.watch(request.given_secrets)
    chosen = environment_of(context, environment, lambda: request.project, console.tell)
    context.call_on_close(request.trees.close)
    context.call_on_close(request.workspace.close)
    return evolve(request, environment=chosen)


def typed(context: click.Context) -> Typed:
    there = {
        str(item.name): item
        for item in context.command.params
        if item.expose_value and context.get_parameter_source(str(item.name)) is ParameterSource.COMMANDLINE
    }
    root, values = context.find_root(), context.params
    return Typed(
        str(context.info_name),
        {n: _words(item, values[n]) for n, item in there.items() if isinstance(item, click.Option)},
        tuple(str(values[n]) for n, item in there.items() if isinstance(item, click.Argument)),
        "planfile" in there,
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


def _forcing(forces: tuple[str, ...], reason: str) -> Forcing:
    from planner.app.promotion.admission import Forcing  # noqa: PLC0415 - of two commands

    if forces and not reason.strip():
        raise WrongUsage("--force needs --reason TEXT: it is kept in the state, and shown")
    if reason and not forces:
        raise WrongUsage("--reason goes with --force GATE")
    return Forcing(forces, reason.strip())


def _reach(until: str | None, wave: int | None) -> Reach:
    from planner.app.carrying import Reach  # noqa: PLC0415 - of one command

    one, seconds = until == "wave", None
    if until is not None and not one:
        seconds = _seconds(until)
    return Reach(one, seconds, wave or 0)


def _seconds(text: str) -> float:
    from planner.model.times import parse_duration  # noqa: PLC0415 - of one command

    try:
        return parse_duration(f"{text}s" if text.isdecimal() else text).total_seconds()
    except ValueError as error:
        raise WrongUsage(f"--until takes wave, or how long: {error}") from None


def _credentials(file: Path | None, to_command: str | None) -> Destination | None:
    from planner.app import credentials  # noqa: PLC0415 - of one command

    if file is not None and to_command is not None:
        raise WrongUsage("--credentials and --credentials-command do not go together")
    if to_command is not None:
        return credentials.to_command(to_command)
    return credentials.to_file(file) if file is not None else None


def _wanted(forge: str, repo: str, api_url: str) -> Wanted:
    from planner.forge.locating import Wanted  # noqa: PLC0415 - of two commands

    return Wanted(forge, repo, api_url=api_url)


AS_ONE: Final[Mapping[str, tuple[tuple[str, ...], Callable[..., Any]]]] = {
    "forcing": (("forces", "reason"), _forcing),
    "credentials": (("credentials_file", "credentials_command"), _credentials),
    "reach": (("until", "wave"), _reach),
    "wanted": (("forge", "repo", "api_url"), _wanted),
}
"""Options that a command takes as one value: its parameter, the options, what makes it of them."""
