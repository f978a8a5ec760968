"""`planner sandbox`: an ECE for other clients."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest
import requests

from .ece import EXTENSIONS, LOGIN
from .runner import PATIENCE, Project, signalled


class Served(NamedTuple):
    url: str
    told: str
    process: subprocess.Popen[str]


@contextmanager
def served(project: Project, *words: str) -> Iterator[Served]:
    """A sandbox that listens."""
    with project.started("sandbox", "serve", "--port", "0", *words) as process:
        assert process.stderr is not None
        told = "".join(process.stderr.readline() for _ in range(3))
        found = re.search(r"listens on (http://127\.0\.0\.1:\d+) ", told)
        assert found is not None
        yield Served(found[1], told, process)


def test_it_serves_the_file_of_an_environment(applied: Project) -> None:
    with served(applied, "-e", "dev") as (url, _, process):
        found = requests.get(url + EXTENSIONS, headers=LOGIN, timeout=PATIENCE).json()["extensions"]
        assert {item["name"] for item in found} == {"alpha", "beta"}
        changed = {"name": "alpha", "extension_type": "bundle", "version": "7.*"}
        id_ = applied.resource("extension.alpha")["id"]
        at = f"{url}{EXTENSIONS}/{id_}"
        requests.post(at, json=changed, headers=LOGIN, timeout=PATIENCE).raise_for_status()
        drift = applied.run("drift")
        assert (drift.code, '"8.*" -> "7.*"' in drift.out) == (2, True)
        log = requests.get(f"{url}/sandbox/requests", timeout=PATIENCE).json()["requests"]
        assert log[-1]["method"] == "GET"
        done = signalled(process, signal.SIGTERM)
    assert done.code == 0


def test_it_tells_a_line_to_try(project: Project) -> None:
    with served(project, "--data", "ece.db") as (url, told, process):
        assert signalled(process, signal.SIGINT).code == 0
    assert f"curl -H 'Authorization: ApiKey any' {url}/api/v1/deployments/extensions\n" in told
    assert (project.folder / "ece.db").exists()


def test_planner_works_against_it(project: Project) -> None:
    with served(project, "--fault", "POST /deployments/extensions 429 times=1 retry-after=0") as (url, _, _):
        project.edit("planner.yaml", "endpoint: sandbox", f"endpoint: '{url}'")
        project.environ["EC_API_KEY"] = "any"
        project.apply()
        project.settled()
    assert (project.folder / "state/sandbox.db").exists()


CREDENTIALS = """
api_keys:
  ann's: ann
  1234567890: bob     # a text, however it looks
  nobody's: null
users: {ann: 8.10}
"""


def test_it_tells_users_apart(project: Project) -> None:
    (project.folder / "users.yaml").write_text(CREDENTIALS)
    body = {"name": "words", "extension_type": "bundle", "version": "*"}
    with served(project, "--data", "ece.db", "--credentials", "users.yaml") as (url, told, _):

        def answer(method: str, path: str, key: str) -> tuple[int, str]:
            login = {"Authorization": key}
            reply = requests.request(method, url + path, headers=login, json=body, timeout=PATIENCE)
            return reply.status_code, reply.headers.get("x-cloud-error-codes") or reply.json().get("id", "")

        made, id_ = answer("POST", EXTENSIONS, "ApiKey ann's")
        at = f"{EXTENSIONS}/{id_}"
        assert (made, answer("GET", at, "ApiKey wrong")) == (201, (401, "root.unauthenticated"))
        assert answer("DELETE", at, "ApiKey 1234567890") == (401, "extensions.unauthorised")
        assert answer("DELETE", at, "ApiKey nobody's") == (401, "extensions.no_user_id")
        assert answer("POST", EXTENSIONS, "ApiKey nobody's") == (404, "extensions.no_user_id")
        assert requests.delete(url + at, auth=("ann", "8.10"), timeout=PATIENCE).status_code == 200
    assert "The API keys of" in told
    assert "ann's" not in told


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff\xfe", "holds no credentials"),
        (b"", "holds no credentials: credentials are api_keys, users or both"),
        (b"api_keys: [ann]", "api_keys gives each key the name of its user, or null"),
        (b"api_keys: {a: b}\n---\nusers: {a: b}", "holds no credentials"),
        (b"users: {a: b\n", "users.yaml:"),
        (b'{"users": {"ann": {"password": "x"}}}', "users gives each name a password"),
    ],
)
def test_credentials_that_are_none(project: Project, content: bytes | None, fault: str) -> None:
    if content is not None:
        (project.folder / "users.yaml").write_bytes(content)
    done = project.run("sandbox", "serve", "--port", "0", "--credentials", "users.yaml")
    assert (done.code, fault in " ".join(done.err.split())) == (1, True), done
    assert "Traceback" not in done.err


def test_a_port_in_use(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = project.run("sandbox", "serve", "--port", port)
    assert done.code == 1
    assert f"127.0.0.1:{port} is in use by another program" in done.err
    assert "--port" in done.err


def test_a_host_that_is_not_here(project: Project) -> None:
    done = project.run("sandbox", "serve", "--host", "203.0.113.1", "--port", "0")
    assert (done.code, "cannot run at 203.0.113.1:0" in done.err) == (1, True), done


def test_a_file_that_is_something_else(project: Project) -> None:
    done = project.run("sandbox", "serve", "--data", "planner.yaml")
    assert (done.code, "the sandbox cannot run" in done.err) == (1, True), done


def test_reset_empties_it(applied: Project) -> None:
    applied.ok("sandbox", "reset", "-e", "dev")
    with applied.sandbox() as ece:
        assert ece.extensions() == {}
    assert "2 to create" in applied.ok("plan").out


@pytest.mark.parametrize("words", [[], ["--data", "other.db"], ["-e", "dev"]])
def test_reset_of_what_is_not_there_says_so(project: Project, words: list[str]) -> None:
    told = project.ok("sandbox", "reset", *words).err
    assert told.startswith("Nothing was emptied: ")
    assert ("-e names the sandbox of an environment" in told) is (words == [])


@pytest.mark.long
def test_it_is_as_elastic_cloud_where_it_is_told_so(applied: Project) -> None:
    def gone(*words: str) -> tuple[int, str]:
        with served(applied, *words) as (url, _, _):
            reply = requests.get(f"{url}{EXTENSIONS}/1234567890", headers=LOGIN, timeout=PATIENCE)
            return reply.status_code, reply.headers["x-cloud-error-codes"]

    not_found, forbidden = (404, "extensions.not_found"), (403, "root.permission_denied")
    assert gone("--data", "ece.db") == not_found
    assert gone("--data", "ece.db", "--platform", "cloud") == forbidden
    applied.edit("planner.yaml", "{endpoint: sandbox}", "{endpoint: sandbox, platform: cloud}")
    assert gone("-e", "dev") == forbidden
    assert gone("-e", "dev", "--platform", "ece") == not_found


SEED = """
deployments:
  - {id: shop, name: shop, version: 8.10}
users:
  - user_name: ann
    security: {roles: [ece_platform_viewer]}
"""


def seeded(project: Project, text: str = SEED) -> Project:
    (project.folder / "seed.yaml").write_text(text)
    project.edit("planner.yaml", "endpoint: sandbox", "endpoint: sandbox, sandbox: {seed: seed.yaml}")
    return project


def test_a_seed_is_there_before_the_first_call(project: Project) -> None:
    seeded(project).apply()
    with served(project, "-e", "dev") as (url, _, _):
        for path, name in (("users/ann", "user_name"), ("deployments/shop", "name")):
            found = requests.get(f"{url}/api/v1/{path}", headers=LOGIN, timeout=PATIENCE).json()
            assert found[name] == path.rpartition("/")[2]
    project.settled()


@pytest.mark.parametrize(("words", "key"), [((), "key"), (("--mask-secrets",), "********")])
def test_secrets_come_back_masked_where_that_is_asked_for(
    project: Project, words: tuple[str, ...], key: str
) -> None:
    with served(project, "--data", "ece.db", *words) as (url, _, _):
        path = f"{url}/api/v1/platform/configuration/snapshots/repositories/daily"
        body = {"type": "s3", "settings": {"bucket": "b", "secret_key": "key"}}
        shown = requests.put(path, json=body, headers=LOGIN, timeout=PATIENCE).json()["config"]["settings"]
    assert shown == {"bucket": "b", "secret_key": key}


def test_a_seed_may_be_named_on_the_command_line(project: Project) -> None:
    (project.folder / "other.yaml").write_text(SEED.replace("ann", "bob"))
    with served(seeded(project), "-e", "dev", "--seed", "other.yaml") as (url, _, _):
        users = requests.get(f"{url}/api/v1/users", headers=LOGIN, timeout=PATIENCE).json()["users"]
    assert {user["user_name"] for user in users} == {"admin", "bob", "readonly"}


@pytest.mark.parametrize(
    ("right", "wrong", "line", "told"),
    [
        ("user_name:", "name:", 5, 'unknown key "name"'),
        ("user_name: ann", "user_name: [ann]", 5, "users[0].user_name"),
        ("[ece_platform_viewer]", "admin", 6, "security.roles"),
        ("users:", "user:", 4, 'Did you mean "users"'),
        ("{roles:", "{roles", 6, ""),
    ],
)
def test_what_is_wrong_with_a_seed_is_told_with_its_line(
    project: Project, right: str, wrong: str, line: int, told: str
) -> None:
    seeded(project, SEED.replace(right, wrong))
    for words in (("plan",), ("sandbox", "serve", "-e", "dev", "--port", "0")):
        done = project.run(*words)
        assert (done.code, f"seed.yaml:{line}" in done.err, told in done.err) == (1, True, True), done.err


def test_a_seed_that_is_not_there_is_told(project: Project) -> None:
    (seeded(project).folder / "seed.yaml").unlink()
    done = project.run("plan")
    assert (done.code, "seed.yaml" in done.err, "no such file" in done.err) == (1, True, True)


@pytest.mark.parametrize(
    ("words", "speed"),
    [((), 1), (("--speed", "7"), 7), (("-e", "dev"), 5), (("-e", "dev", "--speed", "7"), 7)],
)
def test_how_fast_time_passes(project: Project, words: tuple[str, ...], speed: float) -> None:
    project.edit("planner.yaml", "endpoint: sandbox", "endpoint: sandbox, sandbox: {speed: 5}")
    with served(project, *words) as (url, _, _):
        turned = requests.post(f"{url}/sandbox/clock", json={"advance": 60}, timeout=PATIENCE).json()
    assert (turned["speed"], turned["turned"]) == (speed, 60)


def test_a_speed_that_is_none(project: Project) -> None:
    refused = project.run_apart("sandbox", "serve", "--port", "0", "--speed", "0")
    assert (refused.code, "it is a number above 0" in refused.err) == (64, True)
