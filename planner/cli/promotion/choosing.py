"""Which release is to come into an environment: one that runs or ran upstream, or one of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from planner.cli.commandline import plain_command_line
from planner.cli.promotion.release_names import listed, matching
from planner.errors import Refused, WrongUsage
from planner.model.diagnostic import did_you_mean
from planner.model.project import Environment, Project
from planner.promote.log import Log, Rejection, Run

TEMPLATES = "templates"


@frozen
class Wish:
    """What the command line says. source: "" for a rollback. only: parts of the release, () for all.

    release: the beginning of an id, "" for the usual one.
    """

    target: str
    source: str = ""
    only: tuple[str, ...] = ()
    release: str = ""

    @property
    def is_rollback(self) -> bool:
        return not self.source


@frozen
class Choice:
    """A release, by the run in which it ran in the source, or in the target itself.

    parts: what is taken of it, names of promotable variables and "templates" for their commit. whole: that is
    all of it.
    """

    wish: Wish
    run: Run
    parts: tuple[str, ...]
    whole: bool = True

    @property
    def origin(self) -> str:
        """The environment in which it ran."""
        return self.wish.source or self.wish.target


def choose(project: Project, folder: Path, wish: Wish, parts: tuple[str, ...], log: Log) -> Choice:
    """parts: all that can be promoted. log: of the source, of the target for a rollback. Refused."""
    _check_only(project, wish, parts)
    run = _earlier(wish, log) if wish.is_rollback else _upstream(folder, wish, log)
    chosen = tuple(part for part in parts if part in wish.only) or parts
    return Choice(wish, run, chosen, whole=chosen == parts)


def parts_of(project: Project) -> tuple[str, ...]:
    """What a promotion moves. Refused when that is nothing."""
    promotable = project.promote
    if promotable is None:
        raise Refused(
            "nothing is promoted in this project",
            advice="Say in planner.yaml what a release is made of, as promote: {templates: true}.",
        )
    parts = (*([TEMPLATES] if promotable.templates else []), *promotable.variables)
    if not parts:
        raise Refused(
            "there is nothing to promote: promote in planner.yaml names no variables and no templates",
            advice="Say what a release is made of, as promote: {templates: true}.",
        )
    return parts


def other_source(source: str, target: Environment) -> Refused:
    """Why no release comes into target from source."""
    allowed = target.promote_from
    if not allowed:
        return Refused(
            f"{target.name} accepts no releases from other environments",
            advice=f"Name those that it accepts in planner.yaml, as promote_from: [{source}].",
        )
    return Refused(
        f"{target.name} accepts releases from {' or '.join(allowed)}, not {source}",
        advice=f"Promote what runs there: planner promote {allowed[0]} {target.name}",
    )


def _check_only(project: Project, wish: Wish, parts: Sequence[str]) -> None:
    for name in wish.only:
        if name not in parts:
            near = did_you_mean(name, parts)
            what = "is not promotable" if name in project.variables else "is no variable of this project"
            raise WrongUsage(f'"{name}" {what}', advice=near or f"Promotable are: {', '.join(parts)}.")


def _upstream(folder: Path, wish: Wish, log: Log) -> Run:
    if wish.release:
        return _named(wish.release, [run for run in log.runs if run.whole or run is log.present], wish.source)
    if log.present is None:
        apply = plain_command_line(folder, wish.source, "apply")
        raise Refused(f"{wish.source} runs no release", advice=f"Apply there first: {apply}")
    return log.present


def _earlier(wish: Wish, log: Log) -> Run:
    """The latest release that was whole before the present one, and nobody rejected."""
    whole = [run for run in log.runs if run.whole]
    if wish.release:
        return _named(wish.release, whole, wish.target)
    now = log.present.id if log.present else ""
    earlier = (run for run in reversed(whole) if run.id != now and not log.about(Rejection, run.id))
    found = next(earlier, None)
    if found is None:
        rejected = [run for run in whole if run.id != now]
        raise Refused(
            f"{wish.target} ran no release before {now}" if now else f"{wish.target} ran no release yet",
            advice=f"Those that it ran are rejected: {_listed(rejected)}." if rejected else "",
        )
    return found


def _named(wanted: str, runs: Sequence[Run], where: str) -> Run:
    """The latest run of the release whose id begins so."""
    latest = {run.id: run for run in runs}
    found = matching(wanted, latest)
    if found is None:
        ran = f"It ran: {_listed(runs)}." if runs else ""
        raise Refused(f"{wanted} did not run in {where}, or never whole", advice=ran)
    return latest[found]


def _listed(runs: Sequence[Run]) -> str:
    """The ids, the latest first."""
    return listed(run.id for run in reversed(runs))


def refuse_other_parts(folder: Path, project: Project, choice: Choice) -> None:
    """Refused when the release has other variables than are promotable now: no gate could compare it."""
    promotable = project.promote.variables if project.promote else ()
    release = choice.run.release
    differing = sorted(set(promotable) ^ set(release.variables))
    if differing:
        raise Refused(
            f"{choice.run.id} is from before promote.variables changed: {', '.join(differing)}",
            advice=f"Apply {choice.origin} again: {plain_command_line(folder, choice.origin, 'apply')}",
        )
