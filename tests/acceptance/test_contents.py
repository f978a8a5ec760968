"""What changes inside files: told by a plan, from what the state keeps of the archives that it uploaded."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .chains import WORDS, commit, content, git, make_chain, pin, present
from .runner import Project, small
from .test_damage import resealed

ALPHA = "files/alpha"
NAMES = ("--content", "names")
"""Without their lines."""


@pytest.fixture
def kept(tmp_path: Path) -> Project:
    """The small project in a git repository, with three files in its bundle; committed and applied."""
    made = small(tmp_path / "small")
    for name in ("a.txt", "b.txt", "deep/c.txt"):
        made.write(f"{ALPHA}/{name}", f"{name} says one\n")
    (made.folder / ALPHA / "words.txt").unlink()
    made.write(".gitignore", "state/\n*.log\n*.json\n")
    git(made.folder, "init", "-q")
    commit(made)
    made.apply()
    return made


def edit(project: Project) -> None:
    """One file of the bundle comes, one changes, one moves, one goes."""
    project.write(f"{ALPHA}/b.txt", "b.txt says two, and more\n")
    project.write(f"{ALPHA}/new.txt", "new\n")
    folder = project.folder / ALPHA
    (folder / "deep").rename(folder / "deeper")
    (folder / "a.txt").unlink()


def planned(project: Project, *words: str) -> str:
    return project.ok("plan", *NAMES, *words).out


TOLD = """\
          - a.txt  15 B
          ~ b.txt  15 B -> 25 B
            deep/c.txt -> deeper/c.txt
          + new.txt  4 B
"""


def alpha(project: Project) -> dict[str, Any]:
    return project.resource("extension.alpha")


def as_of_version_1(project: Project) -> None:
    """The state as a former planner wrote it."""
    path = project.folder / "state/dev.json"
    known = {"files", "source"}
    resources = [{k: v for k, v in e.items() if k not in known} for e in project.state()["resources"]]
    path.write_bytes(resealed(format_version=1, resources=resources)(path.read_bytes()))
    shutil.rmtree(project.folder / "state/dev.history")


def test_a_plan_says_which_files_come_go_change_and_move(kept: Project) -> None:
    edit(kept)
    done = kept.ok("plan", *NAMES, "--out", "plan.json")
    assert TOLD in done.out
    assert TOLD in kept.ok("show", "plan.json").out
    events = [json.loads(line) for line in kept.ok("plan", *NAMES, "--json").out.splitlines()]
    (change,) = [event for event in events if event["type"] == "change"]
    assert [(m["action"], m["path"], m.get("from_path")) for m in change["members"]] == [
        ("delete", "a.txt", None),
        ("update", "b.txt", None),
        ("move", "deeper/c.txt", "deep/c.txt"),
        ("create", "new.txt", None),
    ]
    kept.ok("apply", "plan.json")
    kept.settled()
    assert "deeper/c.txt" in alpha(kept)["files"]


def test_what_a_saved_plan_tells_of_files_is_shown_elsewhere_and_never_acted_on(
    kept: Project, tmp_path: Path
) -> None:
    edit(kept)
    kept.ok("plan", *NAMES, "--out", "plan.json")
    elsewhere = small(tmp_path / "elsewhere")
    path = shutil.copy(kept.folder / "plan.json", elsewhere.folder)
    assert TOLD in elsewhere.ok("show", "plan.json").out
    document = json.loads(Path(path).read_text())
    assert document["contents"]
    (kept.folder / "plan.json").write_text(json.dumps({**document, "contents": []}))
    kept.ok("apply", "plan.json")
    assert {"b.txt", "new.txt"} <= {line.split(" ", 2)[2] for line in alpha(kept)["files"].split("\n")}


def test_markdown_and_html_say_it_too(kept: Project) -> None:
    edit(kept)
    assert "!         b.txt  15 B -> 25 B\n" in kept.ok("plan", *NAMES, "--format", "markdown").out
    assert "deep/c.txt -&gt; deeper/c.txt" in kept.ok("plan", *NAMES, "--format", "html").out


def test_an_archive_that_is_given_is_told_as_a_folder_is(kept: Project) -> None:
    def pack(*names: str) -> None:
        with zipfile.ZipFile(kept.folder / "files/a.zip", "w") as archive:
            for name in names:
                archive.writestr(f"dictionaries/{name}", name)

    kept.edit("templates/main.yaml", ALPHA, "files/a.zip")
    pack("x.txt", "y.txt")
    assert "          + dictionaries/x.txt  5 B\n          + dictionaries/y.txt" in planned(kept)
    kept.apply()
    pack("y.txt", "z.txt")
    assert "          - dictionaries/x.txt  5 B\n          + dictionaries/z.txt" in planned(kept)
    pack("y.txt", "x.txt")
    assert "# the same files, packed in another way" in planned(kept)


def test_what_the_installation_fetches_says_that_it_is_not_known(kept: Project) -> None:
    url = "download_url: https://files.example/1.zip"
    kept.edit("templates/main.yaml", "description: Goes", f"{url}\n      description: Goes")
    kept.apply()
    kept.edit("templates/main.yaml", "1.zip", "2.zip")
    assert "# the installation fetches it itself" in planned(kept)


def test_what_somebody_else_uploaded_is_not_known(kept: Project) -> None:
    with zipfile.ZipFile(kept.folder / "other.zip", "w") as archive:
        archive.writestr("by-hand.txt", "by hand")
    with kept.sandbox() as ece:
        ece.upload("alpha", (kept.folder / "other.zip").read_bytes())
    assert "# somebody else replaced the archive: which files it has is not known" in planned(kept)


@pytest.mark.parametrize("offline", [(), ("--offline",)])
def test_a_preview_says_it_of_each_environment(kept: Project, offline: tuple[str, ...]) -> None:
    base = git(kept.folder, "rev-parse", "HEAD")
    edit(kept)
    commit(kept)
    words = ("preview", *NAMES, "--base", base, *offline)
    assert "!         b.txt  15 B -> 25 B\n" in kept.ok(*words, "--format", "markdown").out
    document = json.loads(kept.ok(*words, "--format", "json").out)
    (content,) = document["environments"][0]["plan"]["contents"]
    assert [member["path"] for member in content["members"]] == ["a.txt", "b.txt", "deeper/c.txt", "new.txt"]


def test_a_file_that_is_called_as_a_secret_is_told_without_it(kept: Project) -> None:
    secret = "correct-horse-battery"
    sensitive = "  token: {type: string, sensitive: true}\nenvironments:"
    kept.edit("planner.yaml", "environments:", sensitive)
    known = {"PLANNER_VAR_token": secret}
    kept.write(f"{ALPHA}/{secret}.txt", "one\n")
    done = kept.ok("plan", "--out", "plan.json", env=known)
    assert "+ (sensitive).txt" in done.out
    kept.ok("apply", "plan.json", env=known)
    (kept.folder / ALPHA / f"{secret}.txt").unlink()
    assert "- (sensitive).txt" in kept.ok("plan", "--out", "plan.json", env=known).out
    written = [path for path in (kept.folder / "state").rglob("*.json") if path.is_file()]
    assert written
    assert all(secret not in path.read_text() for path in (*written, kept.folder / "plan.json"))


# The state.


def test_the_state_says_where_each_archive_came_from(kept: Project) -> None:
    head = git(kept.folder, "rev-parse", "HEAD")
    assert alpha(kept)["source"] == f"{head}:{ALPHA}"
    kept.write("README.md", "elsewhere\n")
    kept.apply("--var", "version=9.*")
    assert alpha(kept)["source"] == f"{head}:{ALPHA}"
    later = commit(kept)
    kept.apply("--var", "version=8.*")
    assert alpha(kept)["source"] == f"{later}:{ALPHA}"


@pytest.mark.parametrize(
    "name", ["b.txt", "deep/untracked.txt", "ignored.log"], ids=["changed", "untracked", "ignored"]
)
def test_what_no_commit_has_as_it_was_came_from_none(kept: Project, name: str) -> None:
    before = alpha(kept)
    kept.write(f"{ALPHA}/{name}", "other\n")
    kept.apply()
    assert alpha(kept)["files"] != before["files"]
    assert "source" not in alpha(kept)


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path) -> None:
    project = small(tmp_path / "deep" / "small")
    git(tmp_path, "init", "-q")
    head = commit(Project(tmp_path / "deep"))
    project.apply()
    assert alpha(project)["source"] == f"{head}:deep/small/{ALPHA}"


def test_without_a_repository_there_is_no_commit(applied: Project) -> None:
    assert "source" not in alpha(applied)
    assert alpha(applied)["files"].endswith(" 4 words.txt")


def test_a_pinned_environment_has_it_from_the_commit_of_its_pin(tmp_path: Path) -> None:
    chain = make_chain(tmp_path / "chain")
    first = git(chain.folder, "rev-parse", "HEAD")
    chain.ok("apply", "-e", "dev", "--auto-approve")
    pin(chain, "staging", present(chain, "dev"))
    chain.write("README.md", "later\n")
    commit(chain)
    chain.write(WORDS, "edited\n")
    chain.ok("apply", "-e", "staging", "--auto-approve", "--force", "converged", "--reason", "a test")
    state = json.loads((chain.folder / "state/staging.json").read_text())
    assert [e["source"] for e in state["resources"] if "source" in e] == [f"{first}:files/words"]
    assert content(chain, "staging")


def test_a_state_of_a_former_planner_is_no_change_and_learns_from_the_next_apply(kept: Project) -> None:
    as_of_version_1(kept)
    before = (kept.folder / "state/dev.json").read_bytes()
    kept.settled()
    assert kept.run("drift").code == 0
    assert "state has format_version" not in kept.apply().both, "an apply without changes writes nothing"
    assert (kept.folder / "state/dev.json").read_bytes() == before
    edit(kept)
    assert "# the state does not say which files the present archive has" in planned(kept)
    git(kept.folder, "stash", "-qu")
    done = kept.apply("--var", "version=9.*")
    assert (
        "Note: the state has format_version 2 from now on, which earlier planners do not read." in done.both
    )
    assert {"files", "source"} <= alpha(kept).keys()
    git(kept.folder, "stash", "pop", "-q")
    assert TOLD in planned(kept, "--var", "version=9.*")


@pytest.mark.parametrize(
    "words",
    [
        ("state", "mv", "extension.alpha", "extension.gamma"),
        ("state", "rm", "extension.beta"),
    ],
)
def test_what_applies_nothing_leaves_the_state_to_former_planners(
    kept: Project, words: tuple[str, ...]
) -> None:
    as_of_version_1(kept)
    kept.ok(*words)
    assert kept.state()["format_version"] == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda project: project.ok("state", "mv", "extension.alpha", "extension.gamma"),
        lambda project: project.apply("--var", "version=9.*"),
        lambda project: project.ok("state", "restore", "1"),
    ],
    ids=["moved", "changed", "restored"],
)
def test_what_is_known_stays_with_what_stays(kept: Project, change: Callable[[Project], object]) -> None:
    before = {e["content_sha256"]: e["files"] for e in kept.state()["resources"] if "files" in e}
    change(kept)
    assert {e["content_sha256"]: e["files"] for e in kept.state()["resources"] if "files" in e} == before


def test_what_is_gone_is_not_known(kept: Project) -> None:
    kept.ok("destroy", "--auto-approve", "-e", "dev")
    assert "files" not in json.dumps(kept.state()["resources"])
