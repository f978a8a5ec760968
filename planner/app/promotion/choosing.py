"""Which release is to come into an environment: one that runs or ran upstream, or one of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import frozen

from planner.app.command_line import plain_command_line
from planner.app.opening import Request
from planner.app.promotion.admission import NO_FORCING, Forcing
from planner.app.promotion.release_reading import listed, matching, promotable_in
from planner.errors import Refused, WrongUsage
from planner.forge.locating import Wanted
from planner.model.diagnostic import did_you_mean
from planner.model.project import TEMPLATES, Environment, Project
from planner.promote.gates import Upstream
from planner.promote.log import Log, Rejection, Run


@frozen
class Promotion:
    """From where a release goes to where, as the command line says.

    source: "" for a rollback. only: parts of the release, () for all. release: the beginning of an id, "" for
    the usual one.
    """

    target: str
    source: str = ""
    only: tuple[str, ...] = ()
    release: str = ""

    @property
    def is_rollback(self) -> bool:
        return not self.source


@frozen
class Order:
    """A promotion that somebody asks for. request: of the target. upstreams: see `admission`.

    pull_request: where to open one, None for none. base: the branch that it goes into, "" for the usual one.
    lock_timeout: seconds to wait for the lock where a force is recorded.
    """

    request: Request
    promotion: Promotion
    forcing: Forcing = NO_FORCING
    upstreams: tuple[Upstream, ...] | None = None
    dry_run: bool = False
    commit: bool = False
    pull_request: Wanted | None = None
    base: str = ""
    lock_timeout: float = 0.0

    @property
    def commits(self) -> bool:
        """Whether the target's pins are to be committed."""
        return self.commit or self.pull_request is not None


@frozen
class Choice:
    """A release, by the run in which it ran in the source, or in the target itself.

    parts: what is taken of it, names of promotable variables and "templates" for their commit. whole: that is
    all of it.
    """

    promotion: Promotion
    run: Run
    parts: tuple[str, ...]
    whole: bool = True

    @property
    def origin(self) -> str:
        """The environment in which it ran."""
        return self.promotion.source or self.promotion.target

    @property
    def commit(self) -> str:
        """That of the templates, "" where they are not taken."""
        return self.run.release.templates if TEMPLATES in self.parts else ""


def choose(
    project: Project,
    folder: Path,
    promotion: Promotion,
    parts: tuple[str, ...],
    log: Log,
    brings: Callable[[Run], bool] | None = None,
) -> Choice:
    """The release that is wished for. parts: all that can be promoted. log: of the source, of the target for
    a rollback. Refused.

    brings: whether the target's pins bring the release of a run; without it, what runs is what is brought.
    """
    _check_only(project, promotion, parts)
    if promotion.is_rollback:
        now = log.present.id if log.present else ""
        run = _earlier(promotion, log, brings or (lambda run: run.id == now))
    else:
        run = _upstream(folder, promotion, log)
    chosen = tuple(part for part in parts if part in promotion.only) or parts
    return Choice(promotion, run, chosen, whole=chosen == parts)


def parts_of(project: Project) -> tuple[str, ...]:
    """What a promotion moves. Refused when that is nothing."""
    promotable = promotable_in(project)
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


def _check_only(project: Project, promotion: Promotion, parts: Sequence[str]) -> None:
    for name in promotion.only:
        if name not in parts:
            near = did_you_mean(name, parts)
            what = "is not promotable" if name in project.variables else "is no variable of this project"
            raise WrongUsage(f'"{name}" {what}', advice=near or f"Promotable are: {', '.join(parts)}.")


def _upstream(folder: Path, promotion: Promotion, log: Log) -> Run:
    if promotion.release:
        runs = [run for run in log.runs if run.whole or run is log.present]
        return _named(promotion.release, runs, promotion.source, log)
    if log.present is None:
        apply = plain_command_line(folder, promotion.source, "apply")
        raise Refused(f"{promotion.source} runs no release", advice=f"Apply there first: {apply}")
    return log.present


def _earlier(promotion: Promotion, log: Log, brings: Callable[[Run], bool]) -> Run:
    """The release that came before the one that the target's pins bring, and that nobody rejected.

    In the order in which they came first: going back twice goes back two releases, and not to and fro.
    Where they bring what never ran whole, it is the last one that did.
    """
    whole = [run for run in log.runs if run.whole]
    if promotion.release:
        return _named(promotion.release, whole, promotion.target, log)
    came = list({run.id: run for run in whole}.values())
    now = log.present.id if log.present else ""
    brought = sorted((run.id == now, index) for index, run in enumerate(came) if brings(run))
    at = brought[-1][1] if brought else None
    earlier = reversed(whole if at is None else came[:at])
    found = next((run for run in earlier if not log.about(Rejection, run.id)), None)
    if found is None:
        raise _no_earlier(promotion, came, at)
    return found


def _no_earlier(promotion: Promotion, came: Sequence[Run], at: int | None) -> Refused:
    before = came if at is None else came[:at]
    others = came if at is None else [*came[:at], *came[at + 1 :]]
    advice = f"Name another that it ran: --to, of {_listed(others)}." if others else ""
    if before:
        return Refused(f"those that {promotion.target} ran are rejected: {_listed(before)}", advice=advice)
    if at is None:
        return Refused(f"{promotion.target} ran no release yet, or none whole")
    return Refused(f"{promotion.target} ran no release before {came[at].id}", advice=advice)


def _named(wanted: str, runs: Sequence[Run], where: str, log: Log) -> Run:
    """The latest run of the release whose id begins so."""
    latest = {run.id: run for run in runs}
    found = matching(wanted, latest)
    if found is None:
        back = matching(wanted, log.ids)
        if back and (failure := log.went_back(back)):
            raise Refused(f"{back} went back in {where}: {failure.told}")
        ran = f"It ran: {_listed(runs)}." if runs else ""
        raise Refused(f"{wanted} did not run in {where}, or never whole", advice=ran)
    return latest[found]


def _listed(runs: Sequence[Run]) -> str:
    """The ids, the latest first."""
    return listed(run.id for run in reversed(runs))


def refuse_other_parts(folder: Path, project: Project, choice: Choice) -> None:
    """Refused when the release has other variables than are promotable now: no gate could compare it."""
    differing = sorted(set(project.promoted_variables) ^ set(choice.run.release.variables))
    if differing:
        raise Refused(
            f"{choice.run.id} is from before promote.variables changed: {', '.join(differing)}",
            advice=f"Apply {choice.origin} again: {plain_command_line(folder, choice.origin, 'apply')}",
        )
