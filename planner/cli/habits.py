"""What users of Terraform type by habit, in planner's words.

The line is rewritten as a whole, to be pasted: it holds no option that its command does not take. Nothing is
run: what a habit means is near to what planner does, and whoever typed it should see the difference.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Final

import click

from planner.config.project import open_project
from planner.errors import PlannerError, WrongUsage
from planner.model.diagnostic import nearest

_ONE_DASH: Final = re.compile(r"-[a-z][a-z-]+")
_FLAG: Final = re.compile(r"-?-([a-z][a-z-]+)(?:=(.*))?", re.DOTALL)
_DURATION: Final = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")

ALONE: Final[Mapping[str, tuple[str, str]]] = {
    **{
        name: (f"--{name}", "")
        for name in ("auto-approve", "destroy", "detailed-exitcode", "help", "json", "no-color")
    },
    "refresh": ("--refresh", "--no-refresh"),
    "refresh-only": ("--refresh-only", ""),
    "version": ("--version", ""),
    **dict.fromkeys(
        (
            *(
                "allow-missing",
                "check",
                "compact-warnings",
                "diff",
                "draw-cycles",
                "force",
                "force-copy",
                "get",
            ),
            *("ignore-remote-version", "input", "lock", "lockfile", "migrate-state", "no-tests", "raw"),
            *("reconfigure", "recursive", "upgrade", "write"),
        ),
        ("", ""),
    ),
}
"""A flag -> planner's, and the one for false. Nothing for what planner does anyway, or has no use for."""

VALUED: Final[Mapping[str, str]] = {
    **{name: f"--{name}" for name in ("lock-timeout", "out", "parallelism", "replace", "target", "var")},
    **dict.fromkeys(
        (
            *("backend-config", "backup", "config", "filter", "from-module", "generate-config-out", "id"),
            *("module-depth", "plan", "plugin-dir", "state", "state-out", "test-directory", "type"),
        ),
        "",
    ),
    "chdir": "-C",
    "env": "-e",
    "var-file": "--var-file",
}
_WITH_VALUE: Final = frozenset(
    {*filter(None, VALUED.values()), "--color", "--environment", "--exclude", "--format"}
)
_OTHERWISE: Final = frozenset({"chdir", "env", "input", "lock", "compact-warnings", "upgrade"})
"""Flags that mean nothing to planner with two dashes either."""

COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "fmt": ("validate", "", "templates stay as they are written; validate checks them"),
    "force-unlock": ("lock break", "LOCK_ID", "a lock is broken"),
    "get": ("init", "", "there are no modules to fetch"),
    "login": ("env list", "", "there is no login: EC_API_KEY says who calls"),
    "logout": ("env list", "", "there is no login: EC_API_KEY says who calls"),
    "modules": ("render", "", "there are no modules; render prints what the templates become"),
    "providers": ("kinds list", "", "there are kinds in place of providers"),
    "query": ("export", "", "export writes what the installation holds, as templates"),
    "refresh": ("apply --refresh-only", "...", "an apply brings the state up to date"),
    "state replace-provider": ("kinds list", "", "there are kinds in place of providers"),
    "taint": ("apply --replace", "ADDRESS", "nothing is marked: apply is told what to replace"),
    "test": ("validate", "", "checks stand in the templates; validate reads them"),
    "untaint": ("plan", "", "nothing is marked, and there is nothing to take back"),
    "workspace": ("env list", "", "there are environments in place of workspaces"),
    "workspace delete": ("destroy -e", "ENV", "there are environments in place of workspaces"),
    "workspace list": ("env list", "", "there are environments in place of workspaces"),
    "workspace new": ("env list", "", "planner.yaml declares environments, in place of workspaces"),
    "workspace select": ("plan -e", "ENV", "nothing is selected: a command takes the environment with -e"),
    "workspace show": ("env list", "", "nothing is selected: a command takes the environment with -e"),
}
"""A command -> planner's; what it is to be followed by, "" for nothing, "..." for anything; why."""


def refuse_habits(typed: Sequence[str], planner: click.Command, error: click.UsageError | None) -> None:
    """WrongUsage with the line for what was typed, where something of it is such a habit.

    error: what click has against it, where it was asked. Where an argument too many may be meant as an
    environment, that is said.
    """
    ours, _ = _with_our_command(list(_with_our_flags(iter(typed), None, [])))
    known, left_out = _options_of(planner, ours[_command_at(ours) :]), list[str]()
    flags = list(_with_our_flags(iter(typed), known, left_out))
    command, why = _with_our_command(flags)
    line = _with_options_behind(command, known - _options_of(planner, ()))
    if line != list(typed):
        named = "planner's options have two dashes, or other names than Terraform's"
        summary = why or (named if flags != list(typed) else "what a command takes stands behind it")
        without = f"; left out: {', '.join(left_out)}" if left_out else ""
        raise WrongUsage(summary + without, advice=shlex.join(["planner", *_untold(line)]))
    if error:
        _explain(error, typed)


def _explain(error: click.UsageError, typed: Sequence[str]) -> None:
    """UsageError that says more than click does: of a word with one dash it names a letter."""
    takes = error.ctx.command.params if error.ctx else ()
    if "extra argument" in error.message and any("-e" in option.opts for option in takes):
        raise click.UsageError(f"{error.message}. An environment is named with -e.", error.ctx) from None
    letter = error.option_name if isinstance(error, click.NoSuchOption) else ""
    word = next((word for word in typed if _ONE_DASH.match(word) and letter[1:] in word), "")
    if len(letter) == 2 and word:
        name = word.strip("-").partition("=")[0]
        known = [way[2:] for option in takes for way in option.opts if way.startswith("--")]
        near = nearest(name, known)
        meant = f" Did you mean '--{near}'?" if near else ""
        told = f"No such option '-{name}'. Those of planner have two dashes.{meant}"
        raise click.UsageError(told, error.ctx) from None


def _with_our_flags(typed: Iterator[str], known: Set[str] | None, left_out: list[str]) -> Iterator[str]:
    """typed in our words, without what is not known: that is added to left_out. None knows everything."""
    for word in typed:
        found = _FLAG.fullmatch(word)
        if found is None or not _is_habit(word, found[1], found[2], known or ()):
            yield word
        else:
            ours = _ours(found[1], found[2], typed)
            if ours and (known is None or ours[0] in known):
                yield from ours
            else:
                left_out.append(word.partition("=")[0])
        if word == "--":
            yield from typed


def _ours(name: str, value: str | None, more: Iterator[str]) -> list[str]:
    """Our words for a flag; more: what follows it, of which its value is taken."""
    if name in ALONE:
        on, off = ALONE[name]
        return list(filter(None, [off if value == "false" else on]))
    if name not in VALUED:
        return [f"--{name}"] if value is None else [f"--{name}", value]
    given = next(more, "VALUE") if value is None else value
    ours = VALUED[name]
    return [ours, _in_seconds(given) if name == "lock-timeout" else given] if ours else []


def _is_habit(word: str, name: str, value: str | None, known: Set[str] | tuple[()]) -> bool:
    if not word.startswith("--"):
        return name in ALONE or name in VALUED or f"--{name}" in known
    lasts = name == "lock-timeout" and value is not None and _in_seconds(value) != value
    return name in _OTHERWISE or (name in ALONE and value is not None) or lasts


def _in_seconds(value: str) -> str:
    found = _DURATION.fullmatch(value) if value else None
    if found is None:
        return value
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return str(hours * 3600 + minutes * 60 + seconds)


def _with_our_command(words: list[str]) -> tuple[list[str], str]:
    """(words with planner's command, why it is that one), or as they are."""
    begin = _command_at(words)
    asked = words[begin : begin + 1] == ["help"]
    first = begin + asked
    for end in (first + 2, first + 1):
        name = " ".join(words[first:end])
        if known := COMMANDS.get(name):
            line, operand, why = known
            rest = words[end:] if operand and not asked else []
            missing = [operand] if operand.isupper() and not rest and not asked else []
            ours = [word for word in line.split() if not (asked and word.startswith("-"))]
            return [*words[:first], *ours, *rest, *missing], f'there is no command "{name}": {why}'
    return words, ""


def _command_at(words: Sequence[str]) -> int:
    """Where the command is: behind options, some of which take a value."""
    place = 0
    while place < len(words) and words[place].startswith("-"):
        place += 2 if words[place] in _WITH_VALUE else 1
    return place


def _with_options_behind(words: list[str], own: Set[str]) -> list[str]:
    """words with what stands before the command and is its own behind it."""
    begin = _command_at(words)
    before, moved, place = list[str](), list[str](), 0
    while place < begin:
        end = place + (2 if words[place] in _WITH_VALUE else 1)
        (moved if words[place].partition("=")[0] in own else before).extend(words[place:end])
        place = end
    command = words[begin:]
    end = next((index for index, word in enumerate(command) if word.startswith("-")), len(command))
    return [*before, *command[:end], *moved, *command[end:]]


def _untold(line: Sequence[str]) -> Iterator[str]:
    """line, with `...` for each value of a variable that may be a secret: this may go to a log."""
    folder = next((line[place + 1] for place, word in enumerate(line[:-1]) if word == "-C"), "")
    for before, word in zip(("", *line), line, strict=False):
        flag = "--var=" if word.startswith("--var=") else ""
        name, equals, _ = word.removeprefix(flag).partition("=")
        if (flag or before == "--var") and word != "VALUE" and not _is_no_secret(folder, name):
            yield f"{flag}{name}=..." if equals else "..."
        else:
            yield word


def _options_of(command: click.Command, words: Sequence[str]) -> frozenset[str]:
    """The options of the command that words begin with, below command."""
    context = click.Context(command, resilient_parsing=True)
    for word in words:
        found = command.get_command(context, word) if isinstance(command, click.Group) else None
        if found is None:
            break
        command = found
    options = [option for option in command.params if isinstance(option, click.Option)]
    return frozenset({"-h", "--help"}).union(*((*each.opts, *each.secondary_opts) for each in options))


def _is_no_secret(folder: str, name: str) -> bool:
    """Whether planner.yaml in folder declares the variable, and not as sensitive."""
    try:
        variables = open_project(Path(folder)).variables
    except PlannerError:
        return False
    return name in variables and not variables[name].sensitive
