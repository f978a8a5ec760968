"""What all environments of a project know of releases, read from their states."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from attrs import frozen

from planner.app.opening import Request
from planner.app.promotion.admission import remembered
from planner.errors import PlannerError, Refused, WrongUsage
from planner.model.project import Project, Promotable
from planner.model.release import APPROVED, FORCED, REJECTED, VERIFIED, WENT_BACK, KnownRelease, Remark, Stay
from planner.promote.log import Approval, Force, Log, Record, Rejection, Run, Source, Verification, id_of


@frozen
class Logs:
    """The logs of all environments. by_environment: those that could be read, as planner.yaml orders them.
    problems: why not the others.
    """

    project: Project
    by_environment: Mapping[str, Log]
    problems: Mapping[str, str]

    @property
    def releases(self) -> tuple[KnownRelease, ...]:
        return catalogue(self.by_environment)

    def ids(self, environment: str) -> tuple[str, ...]:
        """The releases that an environment knows, the latest first."""
        return self.by_environment[environment].ids[::-1] if environment in self.by_environment else ()


def read_logs(request: Request) -> Logs:
    """The logs of all environments. Refused where nothing is promoted."""
    project = promoting_project(request)
    found = remembered(request, tuple(project.environments))
    return Logs(
        project=project,
        by_environment={item.environment: item.log for item in found if not item.problem},
        problems={item.environment: item.problem for item in found if item.problem},
    )


def promoting_project(request: Request) -> Project:
    """The project. Refused where nothing is promoted."""
    promotable_in(request.project, ", so that there are no releases")
    return request.project


def promotable_in(project: Project, so: str = "") -> Promotable:
    """What a release is made of. Refused where nothing is promoted. so: what comes of that."""
    if project.promote is None:
        raise Refused(
            f"nothing is promoted in this project{so}",
            advice="Say in planner.yaml what a release is made of, as promote: {templates: true}.",
        )
    return project.promote


def subjects_of(request: Request, item: KnownRelease) -> dict[str, str]:
    """commit -> the first line of its message, for each commit of a release that is in this clone; none where
    git cannot be asked, which is told.
    """
    commits = [item.release.templates if item.release else "", *(stay.commit for stay in item.stays)]
    try:
        repository = request.trees.repository
        if repository is None:
            return {}
        return {
            commit: repository.message(found).split("\n", 1)[0]
            for commit in dict.fromkeys(filter(None, commits))
            if (found := repository.find(commit)) is not None
        }
    except PlannerError as error:
        request.caller.tell(f"Note: the messages of the commits are not shown: {error.summary}")
        return {}


def catalogue(logs: Mapping[str, Log]) -> tuple[KnownRelease, ...]:
    """All releases that are known. logs: environment -> its log, in the order of planner.yaml. The release
    seen last comes first.

    Times are full seconds: what a log noted later in the same one was seen later.
    """
    ids = dict.fromkeys(release for log in logs.values() for release in log.ids)
    found = [_known(release, logs) for release in reversed(ids)]
    return tuple(sorted(found, key=lambda item: item.first_seen, reverse=True))


def _known(release: str, logs: Mapping[str, Log]) -> KnownRelease:
    records = [(name, r) for name, log in logs.items() for r in log.records if id_of(r) == release]
    runs = [record for _, record in records if isinstance(record, Run)]
    backs = [(name, failure) for name, log in logs.items() if (failure := log.went_back(release))]
    seen = [r.since if isinstance(r, Run) else r.at for _, r in records]
    itself = [run for run in runs if run.release.id == release]  # elsewhere archives may be left out or added
    return KnownRelease(
        id=release,
        release=next((run.release for run in (*itself, *runs)), None),
        first_seen=min([*seen, *(failure.at for _, failure in backs)]),
        stays=tuple(_stay(name, r, logs[name]) for name, r in records if isinstance(r, Run)),
        remarks=(
            *(remark for name, record in records for remark in _remark(name, record)),
            *(Remark(name, WENT_BACK, "", f.at, f.rollout, ok=False, text=f.told) for name, f in backs),
        ),
    )


def _stay(environment: str, run: Run, log: Log) -> Stay:
    source = run.source or Source("")
    return Stay(
        environment=environment,
        since=run.since,
        until=run.until,
        whole=run.whole,
        by=run.by,
        commit=run.commit,
        plan_digest=run.plan_digest,
        pull_request=run.pull_request,
        source=source.environment,
        lineage=source.lineage,
        serial=source.serial,
        gates=run.gates,
        overrides=run.overrides,
        archives=run.release.archives,
        rolling=log.rolling if run is log.coming else "",
    )


def _remark(environment: str, record: Record) -> Iterator[Remark]:
    if isinstance(record, Verification):
        yield Remark(environment, VERIFIED, record.by, record.at, record.check, record.ok, record.url)
    elif isinstance(record, Approval):
        yield Remark(environment, APPROVED, record.by, record.at)
    elif isinstance(record, Rejection):
        yield Remark(environment, REJECTED, record.by, record.at, text=record.reason)
    elif isinstance(record, Force):
        yield Remark(environment, FORCED, record.by, record.at, record.gate, text=record.reason)


_SHAPE: Final = re.compile(r"r-[0-9a-f]{4,10}")
_SHOWN: Final = 8


def matching(beginning: str, known: Iterable[str]) -> str | None:
    """The one known id that begins so, None for none.

    WrongUsage for what no id begins with, or is shorter than four digits; Refused for more than one.
    """
    if not _SHAPE.fullmatch(beginning):
        raise WrongUsage(
            f"{beginning[:40]!r} is no release",
            advice="Write its id, or at least four digits of it, as r-4f2c. See planner release list.",
        )
    found = sorted({name for name in known if name.startswith(beginning)})
    if len(found) > 1:
        raise Refused(f"{beginning} is not one release: {listed(found)}", advice="Give more digits.")
    return found[0] if found else None


def known_as(beginning: str, known: Collection[str]) -> str:
    """As `matching`; Refused for what no environment knows."""
    found, names = matching(beginning, known), listed(known)
    if found is None:
        raise Refused(
            f"no environment knows a release that begins with {beginning}",
            advice=f"Known are: {names}." if names else "No release is known yet: an apply makes one known.",
        )
    return found


def listed(ids: Iterable[str]) -> str:
    found = list(dict.fromkeys(ids))
    return ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
