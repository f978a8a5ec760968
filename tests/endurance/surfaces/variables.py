"""Surfaces of what a process is given: variables of its environment, and words on its command line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from tests.endurance.commands import call
from tests.endurance.mutations import as_json, mutated, mutated_value

from .odd_trees import odd_file
from .site import NOWHERE, PREVIEW, Site

EVENT = {
    "pull_request": {"number": 7, "head": {"sha": "a" * 40}, "base": {"ref": "main"}},
    "action": "opened",
}


def _variables(text: str) -> Mapping[str, str]:
    return dict(word.split("=", 1) for word in text.split())


HASH = "a" * 40
JOBS = {
    "github": _variables(f"""
        GITHUB_ACTIONS=true GITHUB_EVENT_PATH=event.json GITHUB_REPOSITORY=acme/search
        GITHUB_API_URL={NOWHERE} GITHUB_TOKEN=t GITHUB_BASE_REF=main GITHUB_REF=refs/pull/7/merge
        GITHUB_SHA={HASH} GITHUB_RUN_ID=7 GITHUB_RUN_ATTEMPT=1 GITHUB_OUTPUT=output
        GITHUB_STEP_SUMMARY=summary GITHUB_ACTOR=ann
    """),
    "gitlab": _variables(f"""
        GITLAB_CI=true CI_API_V4_URL={NOWHERE}/api/v4 CI_PROJECT_ID=3 CI_MERGE_REQUEST_PROJECT_ID=3
        CI_MERGE_REQUEST_IID=7 CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main
        CI_MERGE_REQUEST_SOURCE_BRANCH_SHA={HASH} CI_MERGE_REQUEST_EVENT_TYPE=detached
        CI_COMMIT_SHA={HASH} CI_PIPELINE_ID=5 CI_JOB_ID=6 CI_SERVER_HOST=127.0.0.1
        CI_SERVER_TLS_CA_FILE=ca.pem GITLAB_TOKEN=t GITLAB_USER_LOGIN=ann
    """),
    "bitbucket": _variables("""
        BITBUCKET_BUILD_NUMBER=4 BITBUCKET_WORKSPACE=acme BITBUCKET_REPO_SLUG=search
        BITBUCKET_PR_ID=7 BITBUCKET_PR_DESTINATION_BRANCH=main BITBUCKET_COMMIT=aaaaaaaaaaaa
        BITBUCKET_STEP_RUN_NUMBER=1 BITBUCKET_STEP_TRIGGERER_UUID={u}
        BITBUCKET_EMAIL=ann@example.org BITBUCKET_API_TOKEN=t
    """),
    "azure": _variables(f"""
        TF_BUILD=True SYSTEM_COLLECTIONURI={NOWHERE}/acme/ SYSTEM_TEAMPROJECT=Search
        BUILD_REPOSITORY_ID=plans BUILD_REPOSITORY_PROVIDER=TfsGit
        BUILD_REQUESTEDFOREMAIL=ann@example.org SYSTEM_PULLREQUEST_PULLREQUESTID=7
        SYSTEM_PULLREQUEST_SOURCECOMMITID={HASH} SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main
        BUILD_BUILDID=9 SYSTEM_JOBATTEMPT=1 SYSTEM_ACCESSTOKEN=t
    """),
}
OTHERS = _variables(f"""
    EC_ENDPOINT={NOWHERE} EC_ENDPOINT_DEV=sandbox EC_REGION=ece-region EC_TIMEOUT=2
    EC_INSECURE=false EC_CA_FILE=ca.pem EC_API_KEY=key EC_USER=ann EC_PASS=secret
    PLANNER_VAR_v=8.1.* PLANNER_VAR_list=[a,{{b:1}}] PLANNER_VAR_token=secret PLANNER_ACTOR=ann
    PLANNER_STATE_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
    PLANNER_STATE_PASSPHRASE=a-long-enough-passphrase TF_HTTP_ADDRESS={NOWHERE}
    TF_HTTP_LOCK_ADDRESS={NOWHERE} TF_HTTP_UNLOCK_METHOD=DELETE TF_HTTP_USERNAME=ann
    TF_HTTP_PASSWORD=secret AWS_ENDPOINT_URL_S3={NOWHERE} AWS_REGION=us-east-1 AWS_PROFILE=default
    AWS_CONFIG_FILE=ca.pem AWS_ACCESS_KEY_ID=AKIA AWS_SECRET_ACCESS_KEY=x AWS_MAX_ATTEMPTS=1
    REQUESTS_CA_BUNDLE=ca.pem SSL_CERT_FILE=ca.pem HTTPS_PROXY={NOWHERE}
    NO_PROXY=localhost,10.0.0.0/8 GIT_DIR=.git GIT_INDEX_FILE=.git/index GIT_CONFIG_COUNT=1
    GIT_CONFIG_KEY_0=user.name GIT_CONFIG_PARAMETERS='user.name=x' GIT_CEILING_DIRECTORIES=/
    TMPDIR=/tmp HOME=/root LANG=C.UTF-8 LC_ALL=C COLUMNS=80 TERM=xterm NO_COLOR=1 TZ=UTC USER=ann
""")
ENDPOINTS = ("https://ece.invalid:12443", "http://127.0.0.1:1", "sandbox")
STATES = (
    "state/dev.json",
    f"{NOWHERE}/x",
    f"s3://bucket?endpoint={NOWHERE}&region=x",
    "https://gitlab.invalid/x",
)
SURROGATE = "\udcff"
"""What a byte becomes that is no UTF-8."""
ODD_URLS = (
    *(
        "http://",
        "http://[",
        "http://[::1",
        "//x",
        "http://a:b:c",
        "http://127.0.0.1:99999",
        "HTTP://127.1:1",
    ),
    *(f"http://{SURROGATE}/", "file:///etc/passwd", "http://127.0.0.1:1/?#", "http://a:b@127.0.0.1:1"),
    *("http://0:1/", "http://127.0.0.1:\uff11", "http://\uff41/", "socks5://127.0.0.1:1"),
)
ODD_TEXTS = (
    "",
    " ",
    "\n",
    "0",
    "-1",
    "1e999",
    "nan",
    "²",
    "true",
    "null",
    "[",
    "{",
    SURROGATE,
    "../..",
    "~",
    "x" * 10**5,
)


def text(valid: str, random: Random) -> str:
    """As the system can pass it: any bytes without NUL."""
    raw = (mutated(os.fsencode(valid), random), os.fsencode(random.choice((*ODD_TEXTS, *ODD_URLS))))
    return os.fsdecode(random.choice(raw).replace(b"\0", b""))[:120_000]


def job_variables(site: Site) -> None:
    """Of a job of a CI, whose pull request is to get a comment."""
    folder = site.copy("chain")
    event = as_json(mutated_value(EVENT, site.random) if site.random.random() < 0.6 else EVENT)
    (folder / "event.json").write_bytes(event if site.random.random() < 0.8 else mutated(event, site.random))
    _run(site.random, folder, site.random.choice(list(JOBS.values())), JOB_USES)


def own_variables(site: Site) -> None:
    folder = site.copy("plain")
    environment = {"endpoint": site.random.choice(ENDPOINTS), "state": site.random.choice(STATES)}
    if site.random.random() < 0.6:
        project = {"project": "noise", "environments": {"dev": environment}}
        (folder / "planner.yaml").write_text(json.dumps(project))
    _run(site.random, folder, dict(site.random.sample(list(OTHERS.items()), 8)), OWN_USES)


def _run(random: Random, folder: Path, given: Mapping[str, str], uses: Sequence[str]) -> None:
    """With up to two of the variables that are given, and one of the files that they name, made hostile."""
    os.chdir(folder)
    names = random.sample(list(given), random.choice((0, 1, 1, 2)))
    spoiled = {name: text(given[name], random) for name in names}
    path = folder / random.choice(("ca.pem", "output", "summary"))
    if random.random() < 0.3:
        odd_file(path, random)
    else:
        path.write_bytes(random.randbytes(9))
    os.environ.update({**given, **spoiled})
    call(folder, *random.choice(uses).split())


JOB_USES = (
    f"preview --from {PREVIEW} --comment",
    f"preview --from {PREVIEW} --comment",
    "preview --offline --comment",
    "verify staging --check smoke --ok",
    "promote staging prod --dry-run",
    "apply -e dev --auto-approve",
)
OWN_USES = (
    "plan",
    "plan --no-refresh",
    "apply --auto-approve",
    "state list",
    "validate",
    "lock show",
    "export extension",
)

LINES = """
plan --target ?, plan --exclude ?, plan --replace ?, plan --var ?, plan --var v=?,
plan --var-file ?, plan --out ?, plan --parallelism ?, plan --format ?, plan -e ?, -C ? plan,
? plan, ?, apply ?, apply --expect-digest ? --auto-approve, apply --lock-timeout ?, show ?,
state show ?, state list ?, state mv ? ?, state mv extension.a ?, state rm ?, state restore ?,
state push ?, state migrate --from ?, state adopt ? ?, state discard ?,
state rename --from-project ?, lock break ?, import ? ?, export ?, export extension --out ?,
kinds show ?, output ?, completion ?, init ?, preview --base ?, preview --from ?, preview --out ?,
promote ? ?, env diff ? ?, release show ?, release approve ? ?, verify ? --check ? --ok,
graph --format ?, destroy --target ? --auto-approve, sandbox reset --data ?
"""


def words(site: Site) -> None:
    folder = site.copy(site.random.choice(("plain", "chain")))
    os.chdir(folder)
    valid = ("extension.a", "dev", "8.*", "a=b", "state/dev.json", "HEAD", "1", "v2:sha256:" + "0" * 64)
    line = site.random.choice(LINES.split(",")).split()
    call(folder, *(text(site.random.choice(valid), site.random) if word == "?" else word for word in line))
