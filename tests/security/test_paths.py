"""Nothing outside the project is read by what the project says, and no device or pipe is waited for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from planner.app.promotion.pins_file import find_file
from planner.cli.main import run
from planner.errors import PlannerError
from tests.acceptance.runner import Project, small

SECRET = "not-of-this-project"
HEAD = "resource:\n  extension:\n    it:\n      name: it\n      extension_type: bundle\n      version: '*'\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = small(tmp_path / "small")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.yaml").write_text(f"output: {{o: {SECRET}}}\n")
    (tmp_path / "outside/a.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    return made


def file(source: str, arrange: Callable[[Path], None] = lambda _: None) -> Callable[[Project], None]:
    def change(project: Project) -> None:
        arrange(project.folder)
        project.write("templates/main.yaml", f"{HEAD}      file: '{source}'\n")

    return change


def link(name: str, to: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(to)

    return make


def pipe(name: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return make


def placed(arrange: Callable[[Path], None]) -> Callable[[Project], None]:
    return lambda project: arrange(project.folder)


OUTSIDE: dict[str, tuple[Callable[[Project], None], str]] = {
    "a file above": (file("../outside/a.zip"), "is outside the project"),
    "a folder above": (file("../outside"), "is outside the project"),
    "an absolute path": (file("/etc"), "is outside the project"),
    "a path that comes back": (file("files/../../small/../outside"), "is outside the project"),
    "a link to an archive": (file("x.zip", link("x.zip", "../outside/a.zip")), "is outside the project"),
    "a link to a folder": (file("files/x", link("files/x", "../../outside")), "is outside the project"),
    "a link in a folder": (
        file("files/alpha", link("files/alpha/x", "../../../outside/secret.yaml")),
        "leads out of the project",
    ),
    "a link to a folder in a folder": (
        file("files/alpha", link("files/alpha/x", "../../../outside")),
        "leads out of the project",
    ),
    "a device": (file("/dev/zero"), "is outside the project"),
    "a link to a device": (file("x.zip", link("x.zip", "/dev/zero")), "is outside the project"),
    "a pipe": (file("x.zip", pipe("x.zip")), "neither a .zip file nor a folder"),
    "a pipe in a folder": (file("files/alpha", pipe("files/alpha/x")), "neither a file nor a folder"),
    "a template that is a link": (placed(link("templates/b.yaml", "../../outside/secret.yaml")), "outside"),
    "a template that is a pipe": (placed(pipe("templates/b.yaml")), "not a regular file"),
    "a template that is a device": (placed(link("templates/b.yaml", "/dev/zero")), "outside"),
    "a project file that is a link": (placed(link("planner.yaml", "../outside/secret.yaml")), "outside"),
    "a project file that is a pipe": (placed(pipe("planner.yaml")), "not a regular file"),
    "an environment that is a link": (
        placed(link("environments/dev.yaml", "../../outside/secret.yaml")),
        "outside",
    ),
    "an environment that is a pipe": (placed(pipe("environments/dev.yaml")), "not a regular file"),
    "pins that are a pipe": (placed(pipe("pins/dev.yaml")), "not a regular file"),
}


@pytest.mark.parametrize("way", OUTSIDE)
def test_it_is_an_error(project: Project, way: str, capsys: pytest.CaptureFixture[str]) -> None:
    change, words = OUTSIDE[way]
    change(project)
    code, said = in_process(project, capsys, "plan")
    assert code == 1, said
    assert words in " ".join(said.split()), said
    assert SECRET not in said
    assert not (project.folder / "state").exists()


def in_process(project: Project, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """A command line, without the start of an interpreter."""
    code = run(["-C", str(project.folder), *words])
    streams = capsys.readouterr()
    assert "Traceback" not in streams.err
    assert "a defect in planner" not in streams.err, streams.err
    return code, streams.out + streams.err


@pytest.mark.parametrize(
    "name", ["../../x", "/etc/passwd", "dev/../dev", "", ".", "dev\0", "..", "dev/", "\x1b[31mdev", "-"]
)
def test_an_environment_is_a_name_and_no_path(
    project: Project, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = in_process(project, capsys, "plan", "-e", name)
    assert code == 64
    assert "there is no environment" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("name", ["../x", "a/b", ".", "..", "a\0b", "-x", "a b", "a\u202eb", ""])
def test_nor_can_one_be_declared(project: Project, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    escaped = "".join(f"\\U{ord(char):08x}" for char in name)
    project.write("planner.yaml", f'project: p\nenvironments: {{"{escaped}": {{endpoint: sandbox}}}}\n')
    code, said = in_process(project, capsys, "plan")
    assert code == 1
    assert "planner.yaml:2" in said


DEVICES = ["/dev/zero", "/dev/full", "PIPE"]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "words",
    [["plan", "--out"], ["show"], ["apply"], ["plan", "--var-file"], ["state", "show", "-e"]],
    ids=" ".join,
)
def test_devices_and_pipes_are_not_waited_for(
    project: Project, device: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(project.folder / "pipe")
    path = str(project.folder / "pipe") if device == "PIPE" else device
    code, _ = in_process(project, capsys, *words, path)
    assert code in (1, 64)


@pytest.mark.parametrize("device", DEVICES)
def test_nor_for_credentials(project: Project, device: str, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(project.folder / "pipe")
    path = str(project.folder / "pipe") if device == "PIPE" else device
    code, said = in_process(project, capsys, "sandbox", "serve", "--credentials", path)
    assert code == 1
    assert "not a regular file" in said


def test_nor_for_what_a_promotion_writes(project: Project) -> None:
    pipe("pins/dev.yaml")(project.folder)
    with pytest.raises(PlannerError, match="it is not a regular file"):
        find_file(project.folder, "dev", None)


@pytest.mark.parametrize("name", ["dev.json", "dev.journal", "dev.lock.json"])
def test_nor_in_the_place_of_the_state(
    project: Project, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.folder / "state").mkdir()
    os.mkfifo(project.folder / "state" / name)
    code, said = in_process(project, capsys, "apply", "--auto-approve")
    assert code == 1, said
    assert "not a regular file" in said


def test_a_plan_is_not_written_over_another_file(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    other = project.folder.parent / "outside/secret.yaml"
    (project.folder / "plan.json").symlink_to(other)
    code, said = in_process(project, capsys, "plan", "--out", str(project.folder / "plan.json"))
    assert code == 1
    assert "is not overwritten" in said
    assert SECRET in other.read_text()


def test_a_plan_that_nests_too_deep(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for depth in (500, 1000, 100_000):
        plan = '{"config_digest":1,"lineage":1,"mode":' + "[" * depth + "]" * depth + "}"
        project.write("p.json", plan)
        code, _ = in_process(project, capsys, "show", str(project.folder / "p.json"))
        assert code == 1


@pytest.mark.parametrize("name", [".schemas", ".gitignore", "planner.yaml", ".schemas/project.schema.json"])
def test_init_writes_through_no_link(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run in a checkout of somebody else's, it would change another file of the user."""
    (tmp_path / "home").mkdir()
    folder = tmp_path / "checkout"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).symlink_to(tmp_path / "home/file")
    code, said = in_process(Project(folder), capsys, "init")
    assert code == 1, said
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize("name", ["templates", "environments", "files", "files/synonyms"])
def test_nor_below_one(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "home").mkdir()
    folder = tmp_path / "checkout"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).symlink_to(tmp_path / "home")
    code, said = in_process(Project(folder), capsys, "init")
    assert code == 1, said
    assert "nothing is written through it" in said
    assert list((tmp_path / "home").iterdir()) == []


def _second_name(file: Path) -> None:
    other = file.parent.parent / "other"
    other.write_text("theirs", encoding="utf-8")
    file.hardlink_to(other)


@pytest.mark.parametrize("stands", [os.mkfifo, _second_name])
def test_schemas_give_way_to_what_stands_there(
    project: Project, stands: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    file = project.folder / ".schemas/template.schema.json"
    file.parent.mkdir()
    stands(file)
    assert in_process(project, capsys, "schemas", "--check")[0] == 1
    code, said = in_process(project, capsys, "schemas")
    assert code == 0, said
    assert in_process(project, capsys, "schemas", "--check")[0] == 0
    other = project.folder / "other"
    assert not other.exists() or other.read_text(encoding="utf-8") == "theirs"
