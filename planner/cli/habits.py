"""What users of Terraform type by habit, in planner's words.

The line is rewritten as a whole, to be pasted. Nothing is run: what a habit means is near to what planner
does, and whoever typed it should see the difference.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from planner.errors import WrongUsage

_FLAG: Final = re.compile(r"-?-([a-z][a-z-]+)(?:=(.*))?", re.DOTALL)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}

ALONE: Final[Mapping[str, tuple[str, str]]] = {
    **{
        name: (f"--{name}", "")
        for name in ("auto-approve", "destroy", "detailed-exitcode", "help", "json", "no-color")
    },
    "refresh": ("--refresh", "--no-refresh"),
    "refresh-only": ("--refresh-only", ""),
    "version": ("--version", ""),
    **dict.fromkeys(
        ("compact-warnings", "force", "input", "lock", "raw", "reconfigure", "upgrade"), ("", "")
    ),
}
"""A flag -> planner's, and the one for false. Nothing for what planner does anyway, or has no use for."""

VALUED: Final[Mapping[str, str]] = {
    **{name: f"--{name}" for name in ("lock-timeout", "out", "parallelism", "replace", "target", "var")},
    "chdir": "-C",
    "env": "-e",
    "var-file": "--var-file",
}
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


def refuse_habits(typed: Sequence[str]) -> None:
    """WrongUsage with the line for what was typed, where something of it is such a habit."""
    line, why = _with_our_command(list(_with_our_flags(iter(typed))))
    if line != list(typed):
        summary = why or "planner's options have two dashes, or other names than Terraform's"
        raise WrongUsage(summary, advice=shlex.join(["planner", *line]))


def _with_our_flags(typed: Iterator[str]) -> Iterator[str]:
    for word in typed:
        found = _FLAG.fullmatch(word)
        if found is None or not _is_habit(word, found[1], found[2]):
            yield word
        elif found[1] in ALONE:
            on, off = ALONE[found[1]]
            yield from filter(None, [off if found[2] == "false" else on])
        else:
            value = next(typed, "VALUE") if found[2] is None else found[2]
            yield from (VALUED[found[1]], _in_seconds(value) if found[1] == "lock-timeout" else value)
        if word == "--":
            yield from typed


def _is_habit(word: str, name: str, value: str | None) -> bool:
    if not word.startswith("--"):
        return name in ALONE or name in VALUED
    return name in _OTHERWISE or (name in ALONE and value is not None)


def _in_seconds(value: str) -> str:
    found = re.fullmatch(r"(\d+)([smh])", value)
    return str(int(found[1]) * _SECONDS[found[2]]) if found else value


def _with_our_command(words: list[str]) -> tuple[list[str], str]:
    """(words with planner's command, why it is that one), or as they are."""
    begin = _command_at(words)
    for end in (begin + 2, begin + 1):
        name = " ".join(words[begin:end])
        if known := COMMANDS.get(name):
            line, operand, why = known
            rest = words[end:] if operand else []
            missing = [operand] if operand.isupper() and not rest else []
            return [*words[:begin], *line.split(), *rest, *missing], f'there is no command "{name}": {why}'
    return words, ""


def _command_at(words: Sequence[str]) -> int:
    """Where the command is: behind global options, two of which take a value."""
    place = 0
    while place < len(words) and words[place].startswith("-"):
        place += 2 if words[place] in ("-C", "--color") else 1
    return place
