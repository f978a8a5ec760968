"""state pull, push, migrate, rotate: a state on its way."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from tests.contract.http_state_server import PLAIN, Answer, StateServer

from .runner import Project, words

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
ENCRYPTED = {"PLANNER_STATE_KEY": KEY}


@pytest.fixture
def movable(applied: Project) -> Project:
    """The small project, applied, whose installation stays where it is when the state moves."""
    applied.edit("planner.yaml", "{endpoint: sandbox}", "{endpoint: sandbox, sandbox: state/sandbox-dev.db}")
    return applied


def state_at(project: Project, place: str) -> None:
    project.edit("planner.yaml", "sandbox: state/", f"state: '{place}', sandbox: state/")


def test_pull_prints_what_push_takes(movable: Project, tmp_path: Path) -> None:
    pulled = movable.ok("state", "pull")
    assert json.loads(pulled.out) == movable.state()
    movable.ok("state", "pull", "--out", "kept.json")
    kept = movable.folder / "kept.json"
    assert kept.read_text() == pulled.out
    assert kept.stat().st_mode & 0o777 == 0o600
    shutil.rmtree(movable.folder / "state/dev.history")
    (movable.folder / "state/dev.json").unlink()
    assert "2 to create" in movable.ok("plan").out
    assert "Wrote serial 1, with 2 resources" in movable.ok("state", "push", "kept.json").out
    movable.settled()


def test_push_of_the_present_state_changes_nothing(movable: Project) -> None:
    movable.ok("state", "pull", "--out", "kept.json")
    movable.ok("state", "push", "kept.json")
    assert movable.state()["serial"] == 1


@pytest.mark.parametrize(
    ("spoil", "code", "problem"),
    [
        ("older", 3, "is at serial 2, what comes is older: serial 1"),
        ("lineage", 3, "it is the state of other resources"),
        ("edited", 1, "was altered"),
        (
            "missing",
            1,
            "cannot be read: no such file or directory Name a file that holds what `planner state",
        ),
        ("plan", 1, "it has no format_version Name a file that holds what `planner state pull -e dev`"),
        ("noise", 1, "Name a file that holds what `planner state pull -e dev` printed."),
        ("environment", 1, "is the state of the environment prod, not dev"),
    ],
)
def test_push_refuses(movable: Project, tmp_path: Path, spoil: str, code: int, problem: str) -> None:
    movable.ok("state", "pull", "--out", "kept.json")
    if spoil == "older":
        movable.apply("--var", "version=9.*")
    if spoil == "lineage":
        other = Project(tmp_path / "other")
        for name in ("planner.yaml", "templates/main.yaml", "files/alpha/words.txt"):
            other.write(name, (movable.folder / name).read_text())
        other.apply()
        other.ok("state", "pull", "--out", str(movable.folder / "kept.json"))
    if spoil == "edited":
        movable.edit("kept.json", '"alpha"', '"beta"')
    if spoil in ("plan", "noise"):
        movable.write("kept.json", "{}" if spoil == "plan" else "no JSON")
    if spoil == "missing":
        (movable.folder / "kept.json").unlink()
    if spoil == "environment":
        movable.edit("planner.yaml", "  dev:", "  prod: {endpoint: sandbox, state: 'kept.json'}\n  dev:")
        movable.edit("planner.yaml", "kept.json", "state/prod.json")
        movable.ok("apply", "-e", "prod", "--auto-approve")
        movable.ok("state", "pull", "-e", "prod", "--out", "kept.json")
    before = (movable.folder / "state/dev.json").read_bytes()
    done = movable.run("state", "push", "kept.json", "-e", "dev")
    assert done.code == code, done
    assert problem in " ".join(done.err.split())
    assert (movable.folder / "state/dev.json").read_bytes() == before


def test_migrate_there_and_back(movable: Project) -> None:
    there = movable.ok("state", "migrate", "--to", "elsewhere/dev.json")
    assert "Wrote serial 1, with 2 resources, to elsewhere/dev.json." in there.out
    assert "Now set `state: elsewhere/dev.json` for dev in planner.yaml" in there.err
    state_at(movable, "elsewhere/dev.json")
    movable.settled()
    movable.apply("--var", "version=9.*")
    movable.edit("planner.yaml", "state: 'elsewhere/dev.json', ", "")
    back = movable.ok("state", "migrate", "--from", "elsewhere/dev.json")
    assert "Wrote serial 2" in back.out
    assert "elsewhere/dev.json stays as it is; nothing looks at it any more." in back.err
    assert movable.run("plan", "--detailed-exitcode", "--var", "version=9.*").code == 0


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        ([], 64, "say where the state comes from or goes to"),
        (["--to", "state/dev.json"], 64, "both places are state/dev.json"),
        (["--from", "nowhere/dev.json"], 1, "there is no state at nowhere/dev.json"),
        (["--to", "ftp://example/dev.json"], 1, "ftp: is not known"),
    ],
)
def test_migrate_refuses(movable: Project, words: list[str], code: int, problem: str) -> None:
    done = movable.run("state", "migrate", *words)
    assert done.code == code, done
    assert problem in " ".join(done.err.split())


def test_a_later_state_is_not_overwritten(movable: Project) -> None:
    movable.ok("state", "migrate", "--to", "elsewhere/dev.json")
    state_at(movable, "elsewhere/dev.json")
    movable.apply("--var", "version=9.*")
    refused = movable.run("state", "migrate", "--from", "state/dev.json")
    assert refused.code == 3
    assert "elsewhere/dev.json is at serial 2, what comes is older: serial 1" in " ".join(refused.err.split())


def test_encrypting_rotating_and_decrypting(movable: Project) -> None:
    movable.edit("planner.yaml", "sandbox: state/", "encrypted: true, sandbox: state/")
    assert "no key to it is set" in movable.run("plan").err
    movable.environ.update(ENCRYPTED)
    refused = movable.run("apply", "--auto-approve")
    assert refused.code == 1
    assert "is not encrypted, though planner.yaml says" in refused.err
    assert "encrypted." in movable.ok("state", "rotate").out
    movable.settled()
    movable.apply("--var", "version=9.*")
    kept = (movable.folder / "state/dev.json").read_text()
    assert "alpha" not in kept
    assert json.loads(movable.ok("state", "pull").out)["serial"] == 3
    movable.environ = {"PLANNER_STATE_PASSPHRASE_DEV": "new words", "PLANNER_STATE_KEY_OLD": KEY}
    movable.ok("state", "rotate")
    movable.environ = {"PLANNER_STATE_PASSPHRASE": "new words"}
    assert movable.run("plan", "--detailed-exitcode", "--var", "version=9.*").code == 0
    movable.edit("planner.yaml", "encrypted: true, ", "")
    assert "is encrypted" in movable.run("plan").err
    assert "not encrypted." in movable.ok("state", "rotate").out
    movable.environ = {}
    assert movable.run("plan", "--detailed-exitcode", "--var", "version=9.*").code == 0


def test_init_tells_where_each_state_is_kept(movable: Project) -> None:
    told = movable.ok("init").out
    assert "dev: state in state/dev.json\n  a file on this machine, which can be written\n" in told
    movable.edit("planner.yaml", "sandbox: state/", "encrypted: true, sandbox: state/")
    assert "encrypted with PLANNER_STATE_KEY" in movable.ok("init", env=ENCRYPTED).out
    unset = movable.run("init")
    assert unset.code == 1
    assert "no key to it is set" in unset.err
    movable.edit("planner.yaml", "{endpoint", "{state: 'ftp://example/x', endpoint")
    assert "ftp: is not known" in movable.run("init", "-e", "dev").err


@pytest.fixture
def server() -> Iterator[StateServer]:
    """Of the protocol of Terraform's http backend."""
    server = StateServer()
    yield server
    server.close()


def test_a_server_that_keeps_one_document_is_refused_before_anything_is_made(
    project: Project, server: StateServer
) -> None:
    """As one that tells states apart by the query of the URL."""
    url = server.url("/?type=git&ref=main&state=prod.json")
    project.edit("planner.yaml", "{endpoint: sandbox", f"{{state: '{url}', endpoint: sandbox")
    server.fault = lambda asked, do: do(evolve(asked, path="/"))
    with project.sandbox() as ece:
        for command in (("init",), ("apply", "--auto-approve")):
            done = project.run(*command)
            assert done.code == 1, done
            assert "at an address where none was written" in words(done.err)
            assert "keep the state elsewhere" in words(done.err)
        assert ece.writes() == []
    assert "2 to create" in project.ok("plan").out


def test_lock_show_asks_the_server(project: Project, server: StateServer) -> None:
    path = server.new_path(PLAIN)
    project.edit("planner.yaml", "{endpoint: sandbox", f"{{state: '{server.url(path)}', endpoint: sandbox")
    project.apply()
    assert project.ok("lock", "show").out == "dev is free.\n"
    terraforms = {"ID": "0c1a", "Who": "carol@laptop", "Operation": "OperationTypeApply"}
    server.states[path].lock = terraforms
    assert project.ok("lock", "show").out == (
        "dev is held by carol@laptop, OperationTypeApply. Lock id: 0c1a\n"
    )
    server.states[path].lock = {"ID": ""}
    said = "dev is held by something else. The server does not tell the lock's id.\n"
    assert project.ok("lock", "show").out == said
    server.fault = lambda asked, do: Answer(403) if asked.method == "LOCK" else do(asked)
    done = project.run("lock", "show")
    assert (done.code, done.out) == (1, "")
    assert "cannot be told: the server answered 403 Forbidden" in words(done.err)
    assert "planner wrote there that nobody holds it" in words(done.err)


@pytest.mark.parametrize("command", ["plan", "state list", "state pull"])
def test_what_is_sent_again_is_told(project: Project, server: StateServer, command: str) -> None:
    url = server.url(server.new_path(PLAIN))
    project.edit("planner.yaml", "{endpoint: sandbox", f"{{state: '{url}', endpoint: sandbox")
    project.apply()
    answers = iter([Answer(503)])
    server.fault = lambda asked, do: next(answers, None) or do(asked)
    told = project.ok(*command.split()).err.splitlines()
    assert told[0] == f"{url}: the server answered 503 Service Unavailable; attempt 2 of 5 in 1 s"


@pytest.mark.parametrize("command", ["plan", "plan --destroy", "drift"])
def test_the_state_is_read_once(project: Project, server: StateServer, command: str) -> None:
    """By what takes no lock, with as many requests as whatever only lists it."""
    url = server.url(server.new_path(PLAIN))
    project.edit("planner.yaml", "{endpoint: sandbox", f"{{state: '{url}', endpoint: sandbox")
    project.apply()
    asked = []
    for line in ("state list", command):
        server.asked.clear()
        project.run(*line.split())
        asked.append([(item.method, item.path) for item in server.asked])
    assert asked[0]
    assert asked[0] == asked[1]
