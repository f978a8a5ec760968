from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from planner.errors import PlannerError, WrongUsage
from planner.forge.client import connect
from planner.forge.kind import Run
from planner.forge.locating import Located, Wanted, job_of, locate
from planner.forge.port import Credentials, ForgeError
from planner.forge.registry import KINDS

GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_REPOSITORY": "acme/search",
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_SHA": "aaa",
    "GITHUB_RUN_ID": "900",
    "GITHUB_RUN_NUMBER": "3",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_TOKEN": "t",
}
GITEA = GITHUB | {"GITEA_ACTIONS": "true", "GITHUB_API_URL": "https://gitea.example/api/v1"}
FORGEJO = GITHUB | {"FORGEJO_ACTIONS": "true", "GITHUB_API_URL": "https://forgejo.example/api/v1"}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_PROJECT_ID": "99",
    "CI_MERGE_REQUEST_PROJECT_ID": "55",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "bbb",
    "CI_COMMIT_SHA": "ccc",
    "CI_PIPELINE_ID": "900",
    "CI_JOB_ID": "12345",
    "CI_JOB_TOKEN": "of the job",
    "GITLAB_TOKEN": "t",
}
BITBUCKET = {
    "BITBUCKET_BUILD_NUMBER": "900",
    "BITBUCKET_STEP_RUN_NUMBER": "2",
    "BITBUCKET_WORKSPACE": "acme",
    "BITBUCKET_REPO_SLUG": "search",
    "BITBUCKET_PR_ID": "7",
    "BITBUCKET_COMMIT": "ddd",
    "BITBUCKET_TOKEN": "t",
}
AZURE = {
    "TF_BUILD": "True",
    "BUILD_REPOSITORY_PROVIDER": "TfsGit",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
    "SYSTEM_TEAMPROJECT": "Search Team",
    "BUILD_REPOSITORY_ID": "1f2e",
    "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
    "SYSTEM_PULLREQUEST_SOURCECOMMITID": "eee",
    "BUILD_BUILDID": "900",
    "SYSTEM_JOBATTEMPT": "2",
    "SYSTEM_ACCESSTOKEN": "t",
}

FOUND = [
    (GITHUB, "github", "https://api.github.com", "acme/search", "aaa", Run(900, 2)),
    (GITEA, "gitea", "https://gitea.example/api/v1", "acme/search", "aaa", Run(900, 2)),
    (FORGEJO, "gitea", "https://forgejo.example/api/v1", "acme/search", "aaa", Run(900, 2)),
    (GITLAB, "gitlab", "https://gitlab.example/api/v4", "55", "bbb", Run(900, 12345)),
    (BITBUCKET, "bitbucket", "https://api.bitbucket.org/2.0", "acme/search", "ddd", Run(900, 2)),
    (AZURE, "azure", "https://dev.azure.com/acme", "Search Team/1f2e", "eee", Run(900, 2)),
]


@pytest.mark.parametrize(("environ", "forge", "api", "repository", "commit", "run"), FOUND)
def test_each_ci_says_all(
    environ: Mapping[str, str], forge: str, api: str, repository: str, commit: str, run: Run
) -> None:
    found = locate(Wanted(), environ)
    target = found.target
    assert (target.forge, target.api, target.repository, target.number) == (forge, api, repository, 7)
    assert target.credentials.token == "t"
    assert (found.commit, found.run) == (commit, run)
    assert connect(target).facts == KINDS[forge].facts


def test_the_event_counts_more_than_the_ref(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"pull_request": {"number": 8, "head": {"sha": "f" * 40}}}))
    found = locate(Wanted(), GITHUB | {"GITHUB_EVENT_PATH": str(path)})
    assert (found.target.number, found.commit) == (8, "f" * 40)


def test_a_repeated_job_without_its_number_is_a_first_attempt() -> None:
    assert locate(Wanted(), without(BITBUCKET, "BITBUCKET_STEP_RUN_NUMBER")).run == Run(900, 1)


@pytest.mark.parametrize(
    ("environ", "name", "value", "disorder"),
    [
        pytest.param(GITHUB, "GITHUB_RUN_ID", "900", "", id="a number"),
        pytest.param(GITHUB, "GITHUB_RUN_ID", "abc", "GITHUB_RUN_ID", id="no number"),
        pytest.param(GITHUB, "GITHUB_RUN_ID", "", "GITHUB_RUN_ID", id="empty"),
        pytest.param(GITEA, "GITHUB_RUN_ID", "-1", "GITHUB_RUN_ID", id="Gitea"),
        pytest.param(GITLAB, "CI_PIPELINE_ID", "0", "CI_PIPELINE_ID", id="GitLab"),
        pytest.param(BITBUCKET, "BITBUCKET_BUILD_NUMBER", "1.5", "BITBUCKET_BUILD_NUMBER", id="Bitbucket"),
        pytest.param(AZURE, "BUILD_BUILDID", "9" * 30, "BUILD_BUILDID", id="Azure"),
    ],
)
def test_a_run_that_its_ci_does_not_number(
    environ: Mapping[str, str], name: str, value: str, disorder: str
) -> None:
    found = locate(Wanted(), {**environ, name: value})
    assert found.disorder == disorder
    assert (found.run is None) == bool(disorder)


def test_who_posts_by_hand_needs_no_number() -> None:
    assert locate(Wanted("github", "a/b", 3), {"GH_TOKEN": "t"}).disorder == ""


def without(environ: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in names}


# --- what the user says -----------------------------------------------------------------------------------

BY_HAND = [
    (Wanted("github", "a/b", 3), {"GH_TOKEN": "t"}, "github", "https://api.github.com"),
    (
        Wanted("github", "a/b", 3, "https://ghe.example"),
        {"GH_TOKEN": "t"},
        "github",
        "https://ghe.example/api/v3",
    ),
    (Wanted("GitLab", "a/b/c", 3), {"GITLAB_TOKEN": "t"}, "gitlab", "https://gitlab.com/api/v4"),
    (
        Wanted("forgejo", "a/b", 3, "https://f.example"),
        {"GITEA_TOKEN": "t"},
        "gitea",
        "https://f.example/api/v1",
    ),
    (Wanted("bitbucket", "a/b", 3), {"BITBUCKET_TOKEN": "t"}, "bitbucket", "https://api.bitbucket.org/2.0"),
    (
        Wanted("azure-devops", "p q/r s", 3, "https://tfs.example/tfs/Default/"),
        {"AZURE_DEVOPS_PAT": "t"},
        "azure",
        "https://tfs.example/tfs/Default",
    ),
]


@pytest.mark.parametrize(("wanted", "environ", "forge", "api"), BY_HAND)
def test_the_user_says_all(wanted: Wanted, environ: Mapping[str, str], forge: str, api: str) -> None:
    target = locate(wanted, environ).target
    assert (target.forge, target.api) == (forge, api)
    assert (target.repository, target.number) == (wanted.repository, 3)


@pytest.mark.parametrize(
    ("wanted", "repository", "number", "commit"),
    [
        (Wanted(number=8), "acme/search", 8, ""),
        (Wanted(number=7), "acme/search", 7, "aaa"),
        (Wanted(repository="Acme/Search"), "Acme/Search", 7, "aaa"),
        (Wanted(repository="acme/other", number=8), "acme/other", 8, ""),
    ],
)
def test_the_user_says_a_part(wanted: Wanted, repository: str, number: int, commit: str) -> None:
    found = locate(wanted, GITHUB)
    assert (found.target.repository, found.target.number) == (repository, number)
    assert found.commit == commit


@pytest.mark.parametrize(
    ("wanted", "environ", "base", "queued"),
    [
        (Wanted(), GITHUB | {"GITHUB_BASE_REF": "main"}, "main", False),
        (Wanted(), GITLAB | {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}, "main", False),
        (Wanted(), GITLAB | {"CI_MERGE_REQUEST_EVENT_TYPE": "merge_train"}, "", True),
        (Wanted(), GITLAB | {"CI_MERGE_REQUEST_EVENT_TYPE": "merged_result"}, "", False),
        (Wanted(number=8), GITLAB | {"CI_MERGE_REQUEST_EVENT_TYPE": "merge_train"}, "", False),
        (Wanted(), BITBUCKET | {"BITBUCKET_PR_DESTINATION_BRANCH": "main"}, "main", False),
        (Wanted(), AZURE | {"SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"}, "refs/heads/main", False),
        (Wanted(), {}, "", False),
    ],
)
def test_what_it_goes_into(wanted: Wanted, environ: Mapping[str, str], base: str, queued: bool) -> None:
    job = job_of(wanted, environ)
    assert (job.base, job.queued) == (base, queued)


def test_a_job_of_one_forge_comments_at_another() -> None:
    found = locate(Wanted("github", "acme/search", 3), GITLAB | {"GITHUB_TOKEN": "g"})
    assert found.target.api == "https://api.github.com"
    assert found.target.credentials.token == "g"
    assert (found.commit, found.run) == ("", Run(900, 12345))


ROOTS = [
    ("github", "https://github.com", "https://api.github.com"),
    ("github", "https://api.github.com/", "https://api.github.com"),
    ("github", "https://acme.ghe.com", "https://api.acme.ghe.com"),
    ("github", "https://ghe.example:8443", "https://ghe.example:8443/api/v3"),
    ("github", "https://ghe.example/api/v3/", "https://ghe.example/api/v3"),
    ("gitlab", "https://gitlab.example", "https://gitlab.example/api/v4"),
    ("gitlab", "https://host.example/gitlab/api/v4/", "https://host.example/gitlab/api/v4"),
    ("gitea", "https://host.example/gitea/", "https://host.example/gitea/api/v1"),
    ("gitea", "http://127.0.0.1:3000/api/v1", "http://127.0.0.1:3000/api/v1"),
    ("bitbucket", "https://api.bitbucket.org", "https://api.bitbucket.org/2.0"),
    ("azure", "https://acme.visualstudio.com/", "https://acme.visualstudio.com"),
]
TOKENS = dict.fromkeys(
    ("GH_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN", "BITBUCKET_TOKEN", "AZURE_DEVOPS_PAT"), "t"
)


@pytest.mark.parametrize(("forge", "url", "root"), ROOTS)
def test_the_root_of_the_api(forge: str, url: str, root: str) -> None:
    assert locate(Wanted(forge, "a/b", 3, url), TOKENS).target.api == root


# --- credentials ------------------------------------------------------------------------------------------

GIVEN = [
    ("github", {"GITHUB_TOKEN": "a", "GH_TOKEN": "b"}, Credentials("b", "GH_TOKEN")),
    ("github", {"GITHUB_TOKEN": " a\n"}, Credentials("a", "GITHUB_TOKEN")),
    ("gitea", {"GITEA_TOKEN": "a", "GITHUB_TOKEN": "b"}, Credentials("a", "GITEA_TOKEN")),
    ("gitea", {"FORGEJO_TOKEN": "a"}, Credentials("a", "FORGEJO_TOKEN")),
    (
        "bitbucket",
        {"BITBUCKET_EMAIL": "a@b", "BITBUCKET_API_TOKEN": "c"},
        Credentials("c", "BITBUCKET_EMAIL and BITBUCKET_API_TOKEN", "a@b"),
    ),
    ("bitbucket", {"BITBUCKET_TOKEN": "a", "BITBUCKET_API_TOKEN": "c"}, Credentials("a", "BITBUCKET_TOKEN")),
    ("azure", {"SYSTEM_ACCESSTOKEN": "a", "AZURE_DEVOPS_PAT": "b"}, Credentials("a", "SYSTEM_ACCESSTOKEN")),
    ("azure", {"AZURE_DEVOPS_PAT": "b"}, Credentials("b", "AZURE_DEVOPS_PAT", "")),
]


@pytest.mark.parametrize(("forge", "environ", "credentials"), GIVEN)
def test_where_the_token_is_from(forge: str, environ: Mapping[str, str], credentials: Credentials) -> None:
    found = locate(Wanted(forge, "a/b", 3, "https://forge.example"), environ)
    assert found.target.credentials == credentials


NO_TOKEN = [
    ("github", {"GITHUB_TOKEN": " "}, "GH_TOKEN or GITHUB_TOKEN"),
    ("gitlab", {"CI_JOB_TOKEN": "a"}, "CI_JOB_TOKEN) cannot comment"),
    # A token for GitHub is not sent to a Gitea unless that runs the job.
    ("gitea", {"GITHUB_TOKEN": "a", "GITHUB_ACTIONS": "true"}, "GITEA_TOKEN or FORGEJO_TOKEN"),
    ("bitbucket", {"BITBUCKET_API_TOKEN": "a"}, "BITBUCKET_EMAIL and BITBUCKET_API_TOKEN"),
    ("azure", {}, "SYSTEM_ACCESSTOKEN or AZURE_DEVOPS_PAT"),
]


@pytest.mark.parametrize(("forge", "environ", "words"), NO_TOKEN)
def test_without_a_token_it_says_which(forge: str, environ: Mapping[str, str], words: str) -> None:
    with pytest.raises(ForgeError, match="there is no token for") as raised:
        locate(Wanted(forge, "a/b", 3, "https://forge.example"), environ)
    assert words in raised.value.advice


@pytest.mark.parametrize("token", ["se cret", "sec\nret", "secr\u00e9t", "sec\0ret", "sec\x7fret"])
def test_what_no_token_can_be_is_not_shown(token: str) -> None:
    with pytest.raises(ForgeError, match="the value of GH_TOKEN is no token") as raised:
        locate(Wanted("github", "a/b", 3), {"GH_TOKEN": token})
    assert "sec" not in raised.value.summary + raised.value.advice


# --- authorities ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "CI_SERVER_TLS_CA_FILE"]
)
def test_the_file_of_authorities(tmp_path: Path, variable: str) -> None:
    path = tmp_path / "ca.pem"
    path.touch()
    assert locate(Wanted(), GITLAB | {variable: str(path)}).target.ca_file == str(path)
    with pytest.raises(ForgeError, match="the CA file /no/such does not exist") as raised:
        locate(Wanted(), GITLAB | {variable: "/no/such"})
    assert variable in raised.value.advice


def test_the_authorities_of_gitlab_are_for_gitlab() -> None:
    environ = GITLAB | {"CI_SERVER_TLS_CA_FILE": "/no/such", "GH_TOKEN": "t"}
    assert locate(Wanted("github", "a/b", 3), environ).target.ca_file is None


# --- what is missing or wrong -----------------------------------------------------------------------------

MISSING = [
    (Wanted(), {}, "this is no job of a CI", ("--forge", "github", "forgejo", "--repo and --pr")),
    (Wanted("sourcehut"), {}, "there is no forge 'sourcehut'", ("--forge one of github, gitlab",)),
    (Wanted("github"), {}, "which pull request", ("Give --repo (owner/name).", "Give --pr N.")),
    (Wanted("gitlab"), {}, "which merge request", ("Give --repo (group/project, or",)),
    (Wanted("gitea", "a/b", 3), {}, "which pull request", ("Give --api-url, the address of Gitea.",)),
    (
        Wanted(),
        GITHUB | {"GITHUB_REF": "refs/heads/main"},
        "which pull request",
        ("Give --pr N; GitHub Actions does not say it in GITHUB_EVENT_PATH and GITHUB_REF.",),
    ),
    (Wanted(), without(GITLAB, "CI_MERGE_REQUEST_IID"), "which merge request", ("CI_MERGE_REQUEST_IID",)),
    (Wanted(), without(BITBUCKET, "BITBUCKET_REPO_SLUG"), "which pull request", ("BITBUCKET_REPO_SLUG",)),
    (Wanted(), without(AZURE, "SYSTEM_COLLECTIONURI"), "which pull request", ("SYSTEM_COLLECTIONURI",)),
    (Wanted(repository="acme/other"), GITHUB, "which pull request", ("Give --pr N",)),
    (Wanted("github"), GITLAB, "which pull request", ("Give --repo (owner/name). Give --pr N.",)),
    (
        Wanted(),
        AZURE | {"BUILD_REPOSITORY_PROVIDER": "GitHub"},
        "Azure Pipelines builds a repository of GitHub here",
        ("--forge", "--repo and --pr"),
    ),
]


@pytest.mark.parametrize(("wanted", "environ", "summary", "advice"), MISSING)
def test_what_is_missing_is_named(
    wanted: Wanted, environ: Mapping[str, str], summary: str, advice: tuple[str, ...]
) -> None:
    with pytest.raises(WrongUsage) as raised:
        locate(wanted, environ)
    assert summary in raised.value.summary
    assert [words for words in advice if words not in raised.value.advice] == []


@pytest.mark.parametrize(
    ("forge", "repository"),
    [
        ("github", "name"),
        ("github", "a/b/c"),
        ("github", "../b"),
        ("github", "a/.."),
        ("github", "a/b?x"),
        ("github", "a/\u0431"),
        ("github", f"a/{'b' * 600}"),
        ("gitlab", "name"),
        ("gitlab", "a/../b"),
        ("gitlab", "-1/"),
        ("gitea", "./b"),
        ("bitbucket", "a/b/c"),
        ("bitbucket", "{a/b"),
        ("azure", "project"),
        ("azure", "project/../x"),
        ("azure", "../repository"),
        ("azure", "a/b\n"),
    ],
)
def test_what_no_repository_is_called(forge: str, repository: str) -> None:
    with pytest.raises(WrongUsage, match="is no repository of") as raised:
        locate(Wanted(forge, repository, 3, "https://forge.example"), TOKENS)
    assert KINDS[forge].example in raised.value.advice


@pytest.mark.parametrize(
    ("forge", "repository"),
    [
        ("github", "a.b/c_d-e"),
        ("github", "a/.github"),
        ("gitlab", "123"),
        ("gitlab", "a/b.c/d/..e"),
        ("bitbucket", "a/{1f-2e}"),
        ("bitbucket", "{1f-2e}/{1f-2e}"),
        ("azure", "Suche & Größe/1f2e"),
    ],
)
def test_what_a_repository_may_be_called(forge: str, repository: str) -> None:
    found = locate(Wanted(forge, repository, 3, "https://forge.example"), TOKENS)
    assert found.target.repository == repository


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("forge.example", "is not an http or https URL"),
        ("ftp://forge.example", "is not an http or https URL"),
        ("https://", "is not an http or https URL"),
        ("https://forge.example/?a=b", "holds more than an address"),
        ("https://forge.example/a b", "holds more than an address"),
        ("https://forge.example\\.evil.example", "is not an http or https URL"),
        ("https://forge.example:x", "is not understood"),
        ("https://[::1", "is not understood"),
        ("https://user:pass@forge.example", "holds credentials"),
        ("http://forge.example", "would be sent unencrypted to forge.example"),
    ],
)
def test_what_no_address_is(url: str, words: str) -> None:
    with pytest.raises(PlannerError, match=words) as raised:
        locate(Wanted("gitea", "a/b", 3, url), TOKENS)
    assert raised.value.advice
    assert "pass" not in raised.value.summary


def test_plain_http_can_be_allowed() -> None:
    environ = TOKENS | {"PLANNER_FORGE_ALLOW_HTTP": "true"}
    target = locate(Wanted("gitea", "a/b", 3, "http://gitea.intern:3000"), environ).target
    assert target.api == "http://gitea.intern:3000/api/v1"


@pytest.mark.parametrize("number", [-1, 2**53])
def test_what_no_number_is(number: int) -> None:
    with pytest.raises(WrongUsage, match="is not the number of a pull request"):
        locate(Wanted("github", "a/b", number), TOKENS)


def test_a_repository_is_enough_to_open_one_in() -> None:
    on_main = GITHUB | {"GITHUB_REF": "refs/heads/main"}
    assert locate(Wanted(), on_main, needs_number=False).target.number is None
    pushed = without(GITLAB, "CI_MERGE_REQUEST_PROJECT_ID", "CI_MERGE_REQUEST_IID")
    assert locate(Wanted(), pushed, needs_number=False).target.repository == "99"


def test_nothing_that_is_found_shows_the_token() -> None:
    found: Located = locate(Wanted(), GITHUB | {"GITHUB_TOKEN": "very-secret"})
    assert "very-secret" not in repr(found)


def test_every_ci_names_its_variables() -> None:
    cis = [kind.ci for kind in KINDS.values()]
    assert [ci.name for ci in cis if set(ci.sources) != {"api", "repository", "number", "run"}] == []
