"""A state that is damaged or cannot be read: never "no state", always an error that names the way back."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.model.codec import digest

from .ece import Ece
from .runner import Project, wait_until

STATE, JOURNAL = "state/dev.json", "state/dev.journal"
Damage = Callable[[bytes], bytes]


def resealed(**changes: object) -> Damage:
    """The document changed, with a digest that fits."""

    def change(data: bytes) -> bytes:
        document = {**json.loads(data), **changes}
        del document["digest"]
        return json.dumps({**document, "digest": digest(document)}).encode()

    return change


SNAPSHOTS: dict[str, tuple[Damage, str]] = {
    "empty": (lambda _: b"", "state/dev.json is empty"),
    "blank, as some file systems leave it": (lambda data: b"\0" * len(data), "holds nothing but blanks"),
    "truncated": (lambda data: data[:-200], "is truncated: it breaks off after"),
    "altered": (lambda data: data.replace(b'"8.*"', b'"7.*"'), "was altered"),
    "one bit": (lambda data: data.replace(b"alpha", b"alphc", 1), "was altered"),
    "not JSON": (lambda _: b"nonsense", "is not JSON"),
    "another program's": (lambda _: b'{"version": 4, "resources": []}', "is not a planner state"),
    "an unknown older format": (resealed(format_version=0), "has the unknown format_version 0"),
    "a format that nobody wrote": (resealed(serial="one"), "does not follow the format"),
    "another environment's": (
        resealed(environment="prod", lineage="of another"),
        "is the state of the environment prod, not dev",
    ),
    "another project's": (
        resealed(project="other", lineage="of another"),
        "is the state of the project other, not small",
    ),
}


@pytest.fixture(scope="session")
def applied_thrice(applied_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project with three snapshots, to be copied."""
    folder = tmp_path_factory.mktemp("thrice") / "small"
    shutil.copytree(applied_once, folder)
    made = Project(folder)
    made.apply("--var", "version=9.*")
    made.apply()
    return folder


@pytest.fixture
def thrice(applied_thrice: Path, tmp_path: Path) -> Project:
    shutil.copytree(applied_thrice, tmp_path / "small")
    return Project(tmp_path / "small")


def files(project: Project) -> dict[str, bytes]:
    """What is kept of the state."""
    folder = project.folder / "state"
    kept = [folder / "dev.json", folder / "dev.journal", *folder.glob("dev.history/*.json")]
    return {path.name: path.read_bytes() for path in kept if path.exists()}


COMMANDS = ["plan", "destroy --auto-approve", "drift", "state rm extension.alpha", "show", "output"]


@pytest.mark.parametrize(
    ("damage", "command"),
    [*((damage, "apply --auto-approve") for damage in SNAPSHOTS), *(("empty", other) for other in COMMANDS)],
)
def test_a_damaged_snapshot_stops_everything(thrice: Project, damage: str, command: str) -> None:
    spoil, problem = SNAPSHOTS[damage]
    path = thrice.folder / STATE
    path.write_bytes(spoil(path.read_bytes()))
    before = files(thrice)
    with thrice.sandbox() as ece:
        ece.forget_requests()
        done = thrice.run(*command.split())
        assert ece.requests() == []
    assert done.code == 1, done
    said = " ".join(done.err.split())
    assert problem in said
    assert "`planner state restore 3 -e dev`" in said
    assert files(thrice) == before


@pytest.mark.parametrize("damage", SNAPSHOTS)
def test_the_command_that_is_named_repairs_it(thrice: Project, damage: str) -> None:
    path = thrice.folder / STATE
    path.write_bytes(SNAPSHOTS[damage][0](path.read_bytes()))
    assert "2 resources" in thrice.ok("state", "restore", "3").out
    thrice.settled()


def test_a_missing_snapshot_with_a_history(thrice: Project) -> None:
    (thrice.folder / STATE).unlink()
    done = thrice.run("plan")
    assert done.code == 1
    assert "state/dev.json is missing, though it has a history" in done.err
    assert "planner state restore 3 -e dev" in " ".join(done.err.split())


def test_the_newest_snapshot_in_the_history_is_damaged_too(thrice: Project) -> None:
    (thrice.folder / STATE).write_bytes(b"")
    (thrice.folder / "state/dev.history/00000003.json").write_bytes(b"{}")
    assert "planner state restore 2 -e dev" in " ".join(thrice.run("plan").err.split())
    refused = thrice.run("state", "restore", "3")
    assert refused.code == 1
    assert "serial 3 in the history of state/dev.json is not a planner state" in " ".join(refused.err.split())
    thrice.ok("state", "restore", "2")
    assert thrice.run("plan").code == 0


@pytest.fixture
def cut_off(thrice: Project, tmp_path: Path) -> tuple[Project, bytes]:
    """A run that was killed when it had changed one of two resources, and its journal."""
    with thrice.sandbox() as ece:
        ece.fault("POST /deployments/extensions/* hold nth=2")
        changed = ("--var", "version=9.*", "--parallelism", "1")
        thrice.edit("templates/main.yaml", 'version: "*"', "version: {{ var.version }}")
        with thrice.started("apply", "--auto-approve", *changed) as process:
            wait_until(ece.holds, "the second change is begun")
            process.kill()
            process.wait()
        ece.no_faults()
    return thrice, (thrice.folder / JOURNAL).read_bytes()


def settled(project: Project) -> None:
    project.apply("--var", "version=9.*")
    plan = project.run("plan", "--var", "version=9.*", "--detailed-exitcode")
    assert plan.code == 0, plan
    assert not (project.folder / JOURNAL).exists()


@pytest.mark.seldom(cut=[1, 40])
@pytest.mark.parametrize("cut", [1, 9, 40])
def test_a_journal_with_a_torn_last_line(cut_off: tuple[Project, bytes], cut: int) -> None:
    """A line that lacks no more than its end of line is whole, and there is nothing to tell."""
    project, data = cut_off
    (project.folder / JOURNAL).write_bytes(data[:-cut])
    told = [project.ok("plan").err for _ in range(2)]
    assert ("Note: " in told[0]) == (cut > 1)
    assert told[0] == told[1]
    settled(project)


JOURNALS: dict[str, tuple[Damage, str]] = {
    "a line altered": (lambda data: data.replace(b'"9.*"', b'"6.*"', 1), "is damaged at line"),
    "no header": (lambda data: b"\n".join(data.splitlines()[2:]) + b"\n", "is not understood at line"),
    "noise": (lambda _: b"noise\n" * 3, "is damaged at line 1"),
}


@pytest.mark.seldom(damage=["no header"])
@pytest.mark.parametrize("damage", JOURNALS)
def test_a_damaged_journal(cut_off: tuple[Project, bytes], damage: str) -> None:
    project, data = cut_off
    spoil, problem = JOURNALS[damage]
    spoiled = spoil(data)
    assert spoiled != data
    (project.folder / JOURNAL).write_bytes(spoiled)
    before = files(project)
    done = project.run("apply", "--auto-approve")
    assert done.code == 1, done
    said = " ".join(done.err.split())
    assert problem in said
    assert "planner state restore 3 -e dev" in said
    assert files(project) == before
    project.ok("state", "restore", "3")
    settled(project)


def test_another_states_journal(cut_off: tuple[Project, bytes], tmp_path: Path) -> None:
    """As after a copy of the wrong file: it continues another lineage."""
    project, data = cut_off
    stranger = Project(tmp_path / "stranger")
    for name in ("planner.yaml", "templates/main.yaml", "files/alpha/words.txt"):
        stranger.write(name, (project.folder / name).read_text())
    stranger.apply()
    stranger.write(JOURNAL, data.decode())
    done = stranger.run("plan")
    assert done.code == 1
    assert "belongs to another state: its lineage is" in " ".join(done.err.split())


@pytest.mark.parametrize(
    "change",
    [resealed(format_version=99), lambda data: data.replace(b'"format_version": 2', b'"format_version": 3')],
    ids=["as ours", "sealed otherwise"],
)
@pytest.mark.parametrize(
    "command",
    ["plan", "apply --auto-approve", "state restore 1", "state restore 1 --dry-run", "state push old"],
)
def test_a_state_of_a_newer_planner_is_left_to_it(thrice: Project, change: Damage, command: str) -> None:
    thrice.ok("state", "pull", "--out", "old")
    path = thrice.folder / STATE
    path.write_bytes(change(path.read_bytes()))
    before = files(thrice)
    done = thrice.run(*command.split())
    assert done.code == 1, done
    said = " ".join(done.err.split())
    assert "state/dev.json has format_version" in said
    assert "A newer planner wrote it: use that version, or a later one" in said
    assert "state restore" not in said
    assert files(thrice) == before


Spoil = Callable[[Path], object]


def dangling(path: Path) -> None:
    """As when a share is not mounted."""
    share = path.parent / "share"
    share.mkdir()
    path.rename(share / path.name)
    path.symlink_to(share / path.name)
    shutil.rmtree(share)


def dangling_folder(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.symlink_to("/mnt/not-mounted/state")


def replaced(make: Spoil) -> Spoil:
    def spoil(path: Path) -> None:
        path.unlink()
        make(path)

    return spoil


def file_for_folder(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.write_bytes(b"")


OUT_OF_REACH: dict[str, tuple[Spoil, str]] = {
    "a link to what is not there": (dangling, "which is not there"),
    "a folder that is such a link": (dangling_folder, "the folder state is a link to /mnt/not-mounted/state"),
    "a link in a circle": (replaced(lambda path: path.symlink_to(path.name)), "too many levels of symbolic"),
    "a folder": (replaced(Path.mkdir), "it is not a regular file"),
    "a pipe": (replaced(os.mkfifo), "it is not a regular file"),
    "a device": (replaced(lambda path: path.symlink_to("/dev/null")), "it is not a regular file"),
    "a file on the way": (file_for_folder, "not a directory"),
}
READING = [
    "plan",
    "apply --auto-approve",
    "destroy --auto-approve",
    "drift",
    "state list",
    "state pull",
    "state history",
    "state push kept.json",
    "output",
    "init -e dev",
]


@pytest.fixture
def apart(thrice: Project) -> Project:
    """The installation is not where the state is, so that this alone is out of reach."""
    (thrice.folder / "state/sandbox-dev.db").rename(thrice.folder / "sandbox.db")
    thrice.edit("planner.yaml", "{endpoint: sandbox}", "{endpoint: sandbox, sandbox: sandbox.db}")
    thrice.ok("state", "pull", "--out", "kept.json")
    return thrice


@pytest.mark.parametrize(
    ("reason", "command"),
    [
        *((reason, "apply --auto-approve") for reason in OUT_OF_REACH),
        *(("a link to what is not there", command) for command in READING),
        *(("a file on the way", command) for command in READING),
    ],
)
def test_a_state_out_of_reach_is_not_no_state(apart: Project, reason: str, command: str) -> None:
    spoil, why = OUT_OF_REACH[reason]
    spoil(apart.folder / STATE)
    with Ece.of(apart.folder / "sandbox.db") as ece:
        ece.forget_requests()
        done = apart.run(*command.split())
        assert ece.requests() == []
    assert done.code == 1, done
    said = " ".join(done.err.split())
    assert "state/dev.json cannot be" in said
    assert why in said
    assert "to create" not in done.out
    assert not (apart.folder / "state/share").exists(), "nothing is made where the link leads"


@pytest.mark.parametrize(
    ("name", "command", "what"),
    [
        (JOURNAL, "plan", "the journal of state/dev.json"),
        (JOURNAL, "apply --auto-approve", "the journal of state/dev.json"),
        ("state/dev.history", "plan", "the history of state/dev.json"),
        ("state/dev.history", "state history", "the history of state/dev.json"),
        ("state/dev.history/00000002.json", "state restore 2", "the history of state/dev.json"),
        ("state/dev.lock.json", "lock show", "the lock of state/dev.json"),
        ("state/dev.lock.json", "apply --auto-approve --lock-timeout 1", "the lock of state/dev.json"),
        ("old.json", "state push old.json", "old.json"),
        ("plan.json", "apply plan.json", "plan.json"),
        ("plan.json", "show plan.json", "plan.json"),
    ],
)
def test_what_belongs_to_a_state_and_is_out_of_reach_is_not_taken_for_nothing(
    apart: Project, name: str, command: str, what: str
) -> None:
    path = apart.folder / name
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to("away")
    done = apart.run(*command.split())
    assert done.code == 1, done
    said = " ".join(done.err.split())
    assert f"{what} cannot be" in said
    assert "is a link to away, which is not there" in said
