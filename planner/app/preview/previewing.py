"""A preview from the command line: which environments a change affects, and the plan of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from planner.app.pinned import converted
from planner.app.preview.cautions import moved, removed, undoing_told, unmerged_pin
from planner.app.preview.comparison import (
    Branch,
    Order,
    Read,
    as_of,
    changed_since,
    folder_in,
    links_in,
    project_in,
    read_environment,
    target_of,
)
from planner.app.preview.environment import Planned, Task, advice_of, foresee, told_of
from planner.app.promotion.chain import standings
from planner.app.promotion.provenance import overrides
from planner.config.load import Projects
from planner.config.project import PROJECT_FILE, choose_environment
from planner.config.sources import Sources, UnreadableSource
from planner.engine.offline import ABSENT, followed, why_affected
from planner.engine.refresh import Asking
from planner.errors import PlannerError, WrongUsage
from planner.model.chain import Standing
from planner.model.preview import EnvironmentPreview, Preview
from planner.model.project import PINNED
from planner.state.locks import utc_now
from planner.state.saved import Previewed
from planner.vcs import Repository, repository_of

AT_ONCE: Final = 8
"""How many environments are planned at the same time."""
_NAMED: Final = 3
"""How many files are named that are not on disk as a commit has them."""


def preview(order: Order) -> Previewed:
    """What the change between base and the work tree does to each environment.

    What fails as a whole is told, and is a preview too, that says why: no older one is to be taken for valid.
    It is a PlannerError only where not even the project's name is known, and for WrongUsage.
    """
    try:
        return _made(order)
    except WrongUsage:
        raise
    except PlannerError as error:
        failed = _failed(order, error)
        if failed is None:
            raise
        order.request.caller.error(error)
        return Previewed(order.request.caller.redact.inside(failed), {})


def _made(order: Order) -> Previewed:
    folder = order.request.folder
    repository = repository_of(folder)
    if repository is None:
        raise PlannerError(
            f"{folder.resolve()} is in no git repository: there is nothing to compare with",
            advice="A preview shows what a change does; planner plan shows what apply would do.",
        )
    branch = Branch(order, order.request.project, repository, repository.commit("HEAD"))
    try:
        target = target_of(repository, order)
    except PlannerError as error:
        if order.base or order.offline:
            raise
        return _previewed(branch, _everything(branch), fallback=error.summary)
    with as_of(repository, target.left) as (former, elsewhere):
        branch = evolve(
            branch,
            target=target,
            former=project_in(order.request.projects, former),
            folder=former,
            files=changed_since(repository, target.left, order),
            unkept=(*elsewhere, *converted(repository.converted(*PINNED))),
            links=dict(links_in(repository, folder)),
        )
        planned, unaffected = _compared(branch)
    uncommitted = bool(changed_since(repository, "HEAD", order))
    return _previewed(branch, planned, unaffected=unaffected, uncommitted=uncommitted)


def _everything(branch: Branch) -> list[Planned]:
    """All environments, where it cannot be known which are affected."""
    names, nothing = _chosen(branch), (Read(ABSENT), Read(ABSENT))
    return _side_by_side(branch, dict.fromkeys(names, ()), dict.fromkeys(names, nothing))


def _compared(branch: Branch) -> tuple[list[Planned], tuple[str, ...]]:
    """The environments that the change affects or removes, and the names of the others."""
    pairs = {name: _read(branch, name) for name in _chosen(branch)}
    whys = {
        name: why_affected(was.reading, followed(now.reading, branch.links), branch.files)
        for name, (was, now) in pairs.items()
    }
    affected = {name: why for name, why in whys.items() if why}
    planned = undoing_told(branch, _side_by_side(branch, affected, pairs), pairs)
    return [*planned, *_removed(branch)], tuple(name for name in whys if name not in affected)


def _chosen(branch: Branch) -> list[str]:
    """The environments to look at. WrongUsage for one that is not there, and never was."""
    for name in branch.order.names:
        if name not in branch.gone:
            choose_environment(branch.project, name)
    return [name for name in branch.project.environments if branch.is_asked_for(name)]


def _read(branch: Branch, name: str) -> tuple[Read, Read]:
    """The environment before and after the change."""
    now = branch.order.request.folder
    return read_environment(branch, branch.folder, name), read_environment(branch, now, name)


def _foreseen(branch: Branch, name: str, pair: tuple[Read, Read], why: tuple[str, ...]) -> Planned:
    environment, before = branch.project.environments[name], branch.before.get(name)
    lost = tuple(unmerged_pin(branch, pair[1].reading.pin))
    cautions = (
        *(moved(branch.states, before, environment, offline=branch.order.offline) if before else ()),
        *_unkept(branch, pair[1]),
        *_overridden(pair[1]),
        *lost,
    )
    found = EnvironmentPreview(name, why, protected=environment.protected, cautions=cautions)
    order = branch.order
    request = evolve(order.request, environment=name)
    item, data = foresee(Task(request, *pair, offline=order.offline), found)
    if lost and item.on_merge:
        item = evolve(item, on_merge=f"{item.on_merge}, where the merge keeps its pin")
    return item, data


def _unkept(branch: Branch, now: Read) -> Iterator[str]:
    """What an environment reads that is not on disk as a commit has it; one that is pinned reads commits."""
    reads = () if now.reading.pin else tuple(f"{name.rstrip('/')}/" for name in now.reading.reads)
    found = [item for item in branch.unkept if f"{item.name}/".startswith(reads)]
    for item in found[:_NAMED]:
        yield f"`{item.name}` {item.why}: what there was before the change is not compared. {item.advice}"
    if (more := len(found) - _NAMED) > 0:
        yield f"{more} more files are not on disk as their commit has them."


def _overridden(now: Read) -> Iterator[str]:
    for item in overrides(now.configuration) if now.configuration else ():
        yield f"a pin is overridden: `{item}`."


def _removed(branch: Branch) -> list[Planned]:
    before = branch.before
    new = [name for name in branch.project.environments if name not in before]
    names = [name for name in branch.gone if branch.is_asked_for(name)]
    offline = branch.order.offline
    return [(removed(branch.states, before[name], new, offline=offline), None) for name in names]


def _chain(branch: Branch) -> tuple[Standing, ...]:
    """The environments as their states say; nothing where none is promoted, and offline."""
    if branch.project.promote is None or branch.order.offline:
        return ()
    found = standings(evolve(branch.order.request, refresh=False), utc_now())
    # nobody asked the installations: where the change promotes, this gate is told with the plan
    return tuple(evolve(item, gates=tuple(g for g in item.gates if g.name != "converged")) for item in found)


def _side_by_side(
    branch: Branch, whys: Mapping[str, tuple[str, ...]], pairs: Mapping[str, tuple[Read, Read]]
) -> list[Planned]:
    asking = Asking(AT_ONCE, branch.order.counted)
    return asking.each(lambda name: _foreseen(branch, name, pairs[name], whys[name]), [*whys])


def _previewed(branch: Branch, planned: Sequence[Planned], **facts: Any) -> Previewed:
    order, target = branch.order, branch.target
    names = (*branch.project.environments, *branch.gone)
    found = Preview(
        project=branch.project.name,
        base=target.left,
        head=branch.head,
        target=target.name,
        ahead=target.commits,
        folder=folder_in(branch.repository),
        chain=_chain(branch),
        environments=tuple(item for item, _ in planned),
        offline=order.offline,
        reproduce=order.reproduce,
        left_out=tuple(name for name in names if not branch.is_asked_for(name)),
        **facts,
    )
    found = order.request.caller.redact.inside(found)
    return Previewed(found, {item.environment: data for item, data in planned if data is not None})


_NAME: Final = re.compile(r"^project:[ \t]*[\"']?([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)


def _failed(order: Order, error: PlannerError) -> Preview | None:
    """One that says so, so that nobody takes an older one for valid.

    None where not even the project's name is known.
    """
    redact = order.request.caller.redact
    repository, head, base, folder, uncommitted = None, "", "", "", False
    with suppress(PlannerError):
        repository = repository_of(order.request.folder)
        if repository is not None:
            folder = folder_in(repository)
            head = repository.commit("HEAD")
            uncommitted = bool(changed_since(repository, head, order))
            base = target_of(repository, order).left
    name = _name_in(order.request.folder) or _name_at(repository, base)
    if not name:
        return None
    return Preview(
        name,
        base,
        head,
        offline=order.offline,
        reproduce=order.reproduce,
        uncommitted=uncommitted,
        error=redact(told_of(error)),
        advice=redact(advice_of(error)),
        folder=folder,
    )


def _name_in(folder: Path) -> str:
    """The project's name, also where planner.yaml is wrong elsewhere; "" when it cannot be found there."""
    project = project_in(Projects(), folder)
    if project is not None:
        return project.name
    try:
        found = _NAME.search(Sources(folder).text(PROJECT_FILE))
    except UnreadableSource:
        return ""
    return found[1] if found else ""


def _name_at(repository: Repository | None, commit: str) -> str:
    """As `_name_in`, as of a commit."""
    if repository is None or not commit:
        return ""
    with suppress(PlannerError), as_of(repository, commit) as (folder, _):
        return _name_in(folder)
    return ""
