"""Command lines that a user can run next."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from planner.engine.selection import Selection
from planner.model.address import Address
from planner.model.ledger import APPLIED, Ledger
from planner.model.plan import DESTROY, Action, Plan
from planner.model.rollout import GOING

if TYPE_CHECKING:
    from planner.app.opening import Opened

_OF_THIS_RUN: Final = frozenset(
    {"auto_approve", "expect_digest", "as_events", "out", "form", "detailed_exitcode"}
)
"""Options that are not given again: what was approved was this plan, and the others are how it was shown."""
_SELECTING: Final = {"targets": "--target", "excludes": "--exclude", "replaces": "--replace"}
SAID_BY_A_PLAN: Final = frozenset({"destroy", "refresh_only", "retried", *_SELECTING})

Options = Mapping[str, tuple[str, ...]]
"""The words by which each option is given, by its name in the program."""


@frozen
class Typed:
    """The command as it was typed. takes: the names of the options of any command."""

    verb: str = "apply"
    options: Options = field(factory=dict)
    arguments: tuple[str, ...] = ()
    is_of_plan: bool = False
    takes: Callable[[str], frozenset[str]] = lambda _verb: frozenset()


def given(flag: str, texts: Iterable[str]) -> tuple[str, ...]:
    """The words that give flag each of texts, once."""
    return tuple(word for text in dict.fromkeys(texts) for word in (flag, text))


def command_line(here: Opened, verb: str, *rest: str) -> str:
    """planner VERB for the same environment, with all that was given and that it takes, and rest.

    Of variables sensitive ones are left out: who runs it again sets a secret again, and a stand-in would be
    applied. With a file of a plan, what that says.
    """
    options, takes = here.request.typed.options, here.request.typed.takes(verb)
    without = SAID_BY_A_PLAN if verb == "apply" else frozenset()
    return _line(here, verb, {name: options[name] for name in options if name in takes - without}, rest)


def apply_again(here: Opened) -> str:
    """planner apply with all that was given to any command, and that it takes; without a saved plan."""
    typed = here.request.typed
    takes = typed.takes("apply")
    return _line(here, "apply", {name: words for name, words in typed.options.items() if name in takes}, ())


def typed_again(here: Opened, *rest: str) -> str:
    """The command as it was typed, and rest."""
    typed = here.request.typed
    return _line(here, typed.verb, typed.options, (*typed.arguments, *rest))


def way_on(here: Opened, plan: Plan, ledger: Ledger) -> str:
    """The command that does what is left of an apply, as it was given, or as its saved plan says.

    What a roll-out that has begun carries is replaced already; naming it again would replace it once more,
    and start every deployment anew. Its saved plan goes on with it.
    """
    typed = here.request.typed
    begun = {rolled.name for rolled in ledger.rollouts}
    carried = {address for rollout in plan.rollouts if rollout.name in begun for address in rollout.of}
    given_again = _without_waves_done(typed.options, ledger)
    if typed.is_of_plan and any(rolled.result == GOING for rolled in ledger.rollouts):
        return _line(here, typed.verb, given_again, typed.arguments)
    undone = {entry.address for entry in ledger.entries if entry.result != APPLIED}
    done = {entry.address for entry in ledger.entries} - undone
    left = [change.address for change in plan.changes if change.address not in done]
    if typed.is_of_plan:
        replaced = {change.address for change in plan.changes if change.action is Action.REPLACE} - carried
        options = {
            **given_again,
            "destroy": ("--destroy",) if plan.mode == DESTROY else (),
            "targets": given("--target", map(str, left)) if plan.partial else (),
            "replaces": given("--replace", (str(address) for address in left if address in replaced)),
        }
        return _line(here, typed.verb, options, ())
    selection = here.request.selection
    still = _Still(here, plan, frozenset(left), carried)
    targets = [glob for glob in selection.targets if not still.is_gone(glob)]
    again = {
        "targets": targets or (map(str, left) if selection.targets else ()),
        "excludes": [glob for glob in selection.excludes if not still.is_gone(glob)],
        "replaces": [name for glob in selection.replaces for name in still.to_replace(glob)],
    }
    options = {**given_again, **{name: given(_SELECTING[name], again[name]) for name in again}}
    return _line(here, typed.verb, options, typed.arguments)


def _without_waves_done(options: Options, ledger: Ledger) -> Options:
    """options without --wave where that wave is done: it would end at once, again and again."""
    going = [rolled.wave for rolled in ledger.rollouts if rolled.result == GOING]
    last = options.get("wave", ())[-1:]
    ends = bool(going and last) and all(done >= int(last[0]) for done in going)
    return {name: words for name, words in options.items() if not (ends and name == "wave")}


@frozen(eq=False, repr=False)
class _Still:
    """What globs name after an apply that did not do all of its plan. left: what it did not do. carried: what
    roll-outs that have begun replaced.
    """

    here: Opened
    plan: Plan
    left: Collection[Address]
    carried: Collection[Address] = ()

    def is_gone(self, glob: str) -> bool:
        """Whether all that it named was deleted: it would match nothing any more."""
        gone = (Action.DELETE, Action.FORGET)
        named = self._named(glob, {c.address for c in self.plan.changes if c.action in gone})
        return bool(named) and not self._named(glob, {*self.here.configuration.resources, *self.left})

    def to_replace(self, glob: str) -> list[str]:
        """What is to be replaced still: not what was, which would be once more."""
        named = self._named(glob, {change.address for change in self.plan.changes})
        left = [str(address) for address in named if address in self.left and address not in self.carried]
        return [glob] if len(left) == len(named) else left

    @staticmethod
    def _named(glob: str, addresses: Iterable[Address]) -> list[Address]:
        return sorted(address for address in addresses if Selection().named(address, (glob,)))


def _line(here: Opened, verb: str, options: Options, rest: Iterable[str]) -> str:
    """A command line with the folder, environment and variables of this one."""
    fresh = ("environment", "assignments", "files", *_OF_THIS_RUN)
    again = (word for name, words in options.items() if name not in fresh for word in words)
    words = (verb, "-e", here.environment.name, *_inputs(here), *again, *rest)
    return with_folder(shlex.join(["planner", *words]), here.request.folder, (verb,))


def _inputs(here: Opened) -> Iterator[str]:
    declared = here.configuration.project.variables
    for name in here.request.inputs.files:
        yield from ("--var-file", name)
    for name, text in here.request.inputs.assignments:
        if not declared[name].sensitive:
            yield from ("--var", f"{name}={text}")


def left_to_set(here: Opened) -> tuple[str, ...]:
    """The sensitive variables that --var set, which a command line for the same leaves out."""
    declared = here.configuration.project.variables
    return tuple(dict.fromkeys(n for n, _ in here.request.inputs.assignments if declared[n].sensitive))


def plain_command_line(folder: Path, environment: str, *words: str) -> str:
    """planner WORDS for an environment of the project in folder."""
    return with_folder(shlex.join(["planner", *words, "-e", environment]), folder, words[:1])


def with_folder(text: str, folder: Path, verbs: Iterable[str]) -> str:
    """text with the folder in each command of planner, as -C: whoever wrote it need not know of that."""
    if folder == Path():
        return text
    where = shlex.join(["planner", "-C", str(folder)])
    return re.sub(rf"\bplanner(?= (?:{'|'.join(verbs)})\b)", lambda _: where, text)


_OF_ONE: Final = re.compile(
    r"\bplanner (?:(?:state|lock|sandbox|rollout) [a-z]+|plan|apply|destroy|drift|who-uses|show|output|graph"
    r"|import|export|render|validate|console)\b(?![^\n`]* -e )"
)
"""A command for one environment that does not say which; what is meant stands in the same line."""


def with_environment(text: str, environment: str) -> str:
    """text with the environment in each command that takes one and names none, as -e; as it is for ""."""
    named = f" -e {shlex.quote(environment)}"
    return _OF_ONE.sub(lambda found: found[0] + named, text) if environment else text
