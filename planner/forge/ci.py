"""What a CI says in its environment about the run and the pull request it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen

from planner.forge.event import pull_request
from planner.forge.marker import Run
from planner.forge.reading import number_at

Environ = Mapping[str, str]


@frozen
class Job:
    """forge: a name of the registry. Texts are "" and numbers None where the CI does not say.

    commit: the head of the pull request, and what is built where there is none. base: what it goes into, a
    commit or a branch. queued: a merge queue asks, where nobody reads comments any more. elsewhere: what is
    built is at another forge, named here.
    """

    forge: str = ""
    api: str = ""
    repository: str = ""
    number: int | None = None
    commit: str = ""
    base: str = ""
    queued: bool = False
    run: Run | None = None
    elsewhere: str = ""


@frozen
class Ci:
    """name: as people write it. sources: the variables that say what, for messages. job: read from them."""

    name: str
    forge: str
    is_here: Callable[[Environ], bool]
    job: Callable[[Environ], Job]
    sources: Mapping[str, str]


def running(environ: Environ) -> Ci | None:
    return next((ci for ci in CIS if ci.is_here(environ)), None)


def _actions(forge: str) -> Callable[[Environ], Job]:
    def job(environ: Environ) -> Job:
        given = (environ.get(name, "") for name in ("GITHUB_EVENT_PATH", "GITHUB_REF", "GITHUB_SHA"))
        found = pull_request(*given)
        return Job(
            forge=forge,
            api=environ.get("GITHUB_API_URL", ""),
            repository=environ.get("GITHUB_REPOSITORY", ""),
            number=found.number,
            commit=found.commit,
            base=found.base or environ.get("GITHUB_BASE_REF", ""),
            queued=found.queued,
            # The id grows over all workflows of a repository, GITHUB_RUN_NUMBER in each by itself.
            run=_run(environ, "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"),
        )

    return job


def _gitlab(environ: Environ) -> Job:
    commit = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "") or environ.get("CI_COMMIT_SHA", "")
    return Job(
        forge="gitlab",
        api=environ.get("CI_API_V4_URL", ""),
        # CI_PROJECT_ID is the fork's in a merge request pipeline of a fork.
        repository=environ.get("CI_MERGE_REQUEST_PROJECT_ID", "") or environ.get("CI_PROJECT_ID", ""),
        number=number_at(environ.get("CI_MERGE_REQUEST_IID")),
        commit=commit,
        base=environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""),
        queued=environ.get("CI_MERGE_REQUEST_EVENT_TYPE", "") == "merge_train",
        # CI_PIPELINE_IID counts in the fork; a job that is repeated gets another id in the same pipeline.
        run=_run(environ, "CI_PIPELINE_ID", "CI_JOB_ID"),
    )


def _bitbucket(environ: Environ) -> Job:
    names = [environ.get(name, "") for name in ("BITBUCKET_WORKSPACE", "BITBUCKET_REPO_SLUG")]
    return Job(
        forge="bitbucket",
        repository="/".join(names) if all(names) else "",
        number=number_at(environ.get("BITBUCKET_PR_ID")),
        commit=environ.get("BITBUCKET_COMMIT", ""),
        base=environ.get("BITBUCKET_PR_DESTINATION_BRANCH", ""),
        run=_run(environ, "BITBUCKET_BUILD_NUMBER", "BITBUCKET_STEP_RUN_NUMBER"),
    )


def _azure(environ: Environ) -> Job:
    names = [environ.get(name, "") for name in ("SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_ID")]
    provider = environ.get("BUILD_REPOSITORY_PROVIDER", "TfsGit")
    run, base = _run(environ, "BUILD_BUILDID", "SYSTEM_JOBATTEMPT"), "SYSTEM_PULLREQUEST_TARGETBRANCH"
    if provider.lower() != "tfsgit":
        return Job(elsewhere=provider, base=environ.get(base, ""), run=run)
    return Job(
        forge="azure",
        api=environ.get("SYSTEM_COLLECTIONURI", ""),
        repository="/".join(names) if all(names) else "",
        number=number_at(environ.get("SYSTEM_PULLREQUEST_PULLREQUESTID")),
        commit=environ.get("SYSTEM_PULLREQUEST_SOURCECOMMITID", ""),
        base=environ.get(base, ""),
        run=run,
    )


def _run(environ: Environ, number: str, attempt: str) -> Run | None:
    found = number_at(environ.get(number))
    return Run(found, number_at(environ.get(attempt)) or 1) if found else None


def _says(name: str, value: str) -> Callable[[Environ], bool]:
    return lambda environ: environ.get(name, "").lower() == value


_EVENT: Final = {
    "number": "GITHUB_EVENT_PATH and GITHUB_REF",
    "repository": "GITHUB_REPOSITORY",
    "api": "GITHUB_API_URL",
    "run": "GITHUB_RUN_ID",
}
CIS: Final = (
    # These set GITHUB_ACTIONS as well, so they come first.
    Ci(
        "Gitea Actions",
        "gitea",
        lambda environ: any(_says(name, "true")(environ) for name in ("GITEA_ACTIONS", "FORGEJO_ACTIONS")),
        _actions("gitea"),
        _EVENT,
    ),
    Ci("GitHub Actions", "github", _says("GITHUB_ACTIONS", "true"), _actions("github"), _EVENT),
    Ci(
        "GitLab CI",
        "gitlab",
        _says("GITLAB_CI", "true"),
        _gitlab,
        {
            "number": "CI_MERGE_REQUEST_IID (of a merge request pipeline)",
            "repository": "CI_MERGE_REQUEST_PROJECT_ID",
            "api": "CI_API_V4_URL",
            "run": "CI_PIPELINE_ID",
        },
    ),
    Ci(
        "Bitbucket Pipelines",
        "bitbucket",
        lambda environ: bool(environ.get("BITBUCKET_BUILD_NUMBER")),
        _bitbucket,
        {
            "number": "BITBUCKET_PR_ID (of a pull-requests pipeline)",
            "repository": "BITBUCKET_WORKSPACE and BITBUCKET_REPO_SLUG",
            "api": "",
            "run": "BITBUCKET_BUILD_NUMBER",
        },
    ),
    Ci(
        "Azure Pipelines",
        "azure",
        _says("TF_BUILD", "true"),
        _azure,
        {
            "number": "SYSTEM_PULLREQUEST_PULLREQUESTID (of a build validation)",
            "repository": "SYSTEM_TEAMPROJECT and BUILD_REPOSITORY_ID",
            "api": "SYSTEM_COLLECTIONURI",
            "run": "BUILD_BUILDID",
        },
    ),
)
