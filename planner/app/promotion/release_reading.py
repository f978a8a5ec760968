"""What all environments of a project know of releases, read from their states."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from planner.app.caller import Caller
from planner.app.opening import Request
from planner.app.promotion.release_catalogue import catalogue, id_of
from planner.app.promotion.upstreams import remembered
from planner.errors import Refused
from planner.model.catalogue import KnownRelease
from planner.model.project import Project
from planner.promote.log import Log
from planner.vcs import repository_of


@frozen
class Logs:
    """by_environment: those that could be read, as planner.yaml orders them. problems: why not the others."""

    project: Project
    by_environment: Mapping[str, Log]
    problems: Mapping[str, str]

    @property
    def releases(self) -> tuple[KnownRelease, ...]:
        return catalogue(self.by_environment)

    def ids(self, environment: str) -> tuple[str, ...]:
        """The releases that an environment knows, the latest first."""
        records = self.by_environment[environment].records if environment in self.by_environment else ()
        return tuple(dict.fromkeys(id_of(record) for record in reversed(records)))

    def running(self, release: str) -> tuple[str, ...]:
        """The environments that run a release."""
        present = {name: log.present for name, log in self.by_environment.items()}
        return tuple(name for name, run in present.items() if run is not None and run.id == release)


def read_logs(request: Request, caller: Caller) -> Logs:
    """Refused where nothing is promoted."""
    project = promoting_project(request)
    found = remembered(request, caller, tuple(project.environments))
    return Logs(
        project=project,
        by_environment={item.environment: item.log for item in found if not item.problem},
        problems={item.environment: item.problem for item in found if item.problem},
    )


def promoting_project(request: Request) -> Project:
    """The project. Refused where nothing is promoted."""
    project = request.project
    if project.promote is None:
        raise Refused(
            "nothing is promoted in this project, so that there are no releases",
            advice="Say in planner.yaml what a release is made of, as promote: {templates: true}.",
        )
    return project


def subjects_of(folder: Path, item: KnownRelease) -> dict[str, str]:
    """commit -> the first line of its message, for each commit of a release that is in this clone."""
    commits = [item.release.templates if item.release else "", *(stay.commit for stay in item.stays)]
    repository = repository_of(folder)
    if repository is None:
        return {}
    here = {commit: repository.find(commit) for commit in dict.fromkeys(filter(None, commits))}
    return {
        commit: repository.message(found).split("\n", 1)[0]
        for commit, found in here.items()
        if found is not None
    }
