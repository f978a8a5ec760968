"""planner preview where something is wrong, or is left behind: it says so, and what it can of the rest."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable

import pytest

from .runner import Project
from .team import environments, git, remove, without_ranking


def test_one_that_cannot_be_planned_is_shown_beside_the_others(team: Project) -> None:
    some = next(path for path in (team.folder / "files").rglob("*.txt"))
    some.write_text(some.read_text() + "more\n")
    (team.folder / "state/staging.json").write_text("")
    done = team.run("preview", "--format", "json", "--detailed-exitcode")
    assert done.code == 1
    found = {item["environment"]: item for item in json.loads(done.out)["environments"]}
    assert "is empty" in found["staging"]["error"]
    assert found["dev"]["error"] == ""
    assert found["dev"]["digest"].startswith("v2:sha256:")


def test_an_environment_that_is_removed_is_warned_of(team: Project) -> None:
    remove(team, "prod")
    done = team.ok("preview", "--detailed-exitcode")
    assert "no changes; 1 environment removed" in done.out
    assert "> - `prod`: removed from `planner.yaml`, which deletes nothing" in done.out
    assert "its state in `state/prod.json` holds (4 resources) stays where it is" in done.out
    assert "run `planner destroy -e prod` on the target branch" in done.out
    assert "| `prod` (protected, **removed**) | it is removed from `planner.yaml` | - | - |" in done.out
    [found] = environments(team, "-e", "prod").values()
    assert (found["removed"], found["plan"], found["error"]) == (True, None, "")
    (team.folder / "state/prod.json").write_text("")
    assert "`state/prod.json` holds stays where it is" in team.ok("preview").out
    shutil.rmtree(team.folder / "state")
    assert (
        "`prod`: removed from `planner.yaml`; there is no state in `state/prod.json`."
        in team.run("preview").out
    )


def test_an_environment_with_another_name_is_a_new_one(team: Project) -> None:
    text = (team.folder / "planner.yaml").read_text()
    begin = text.index("  prod:\n")
    team.write("planner.yaml", text[:begin] + text[begin:].replace("prod", "production"))
    (team.folder / "environments/prod.yaml").rename(team.folder / "environments/production.yaml")
    found = environments(team)
    assert [*found] == ["production", "prod"]
    assert found["production"]["why"] == ["it is new"]
    rename = "planner state rename --from-environment prod -e production"
    assert rename in str(found["production"]["advice"])
    assert "If it is called `production` now" in found["prod"]["cautions"][0]  # type: ignore[index]
    assert f"`{rename}`" in found["prod"]["cautions"][0]  # type: ignore[index]
    assert found["production"]["plan"] is None


def test_a_state_that_moves_is_warned_of_until_it_is_there(team: Project) -> None:
    team.edit("planner.yaml", "state/prod.json", "state/production.json")
    done = team.run("preview")
    assert done.code == 1
    assert "> - `prod`: its state moves from `state/prod.json` to `state/production.json`, where" in done.out
    assert "what the former one holds (4 resources) stays" in done.out
    assert "state/production.json holds no state of prod" in done.out
    assert "to create" not in done.out
    assert "what the former one holds stays" in team.ok("preview", "--offline").out
    command = re.search(r"`planner (state migrate [^`]*)`", done.out)
    assert command is not None
    team.ok(*command[1].split())
    assert environments(team)["prod"]["cautions"] == []
    assert "no changes" in team.ok("preview").out


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("environments:", "environments: [", [": not YAML: "], id="not YAML"),
        pytest.param(
            "minLength: 1",
            "minLenth: 1",
            ['planner.yaml:17: unknown key "minLenth"', 'Did you mean "minLength"?'],
            id="an unknown key",
        ),
        pytest.param("project: team-search\n", "", ['missing required key "project"'], id="without the name"),
    ],
)
def test_a_project_that_is_wrong_fails_aloud(team: Project, old: str, new: str, told: list[str]) -> None:
    team.edit("planner.yaml", old, new)
    done = team.run("preview", "--out", "preview")
    assert done.code == 1
    assert "### `team-search`: the preview failed" in done.out
    assert "planner.yaml:" in done.err
    written = {path.name: path.read_text() for path in (team.folder / "preview").iterdir()}
    assert set(written) == {"preview.md", "preview.html", "preview.json", "terraform.json"}
    document = json.loads(written["preview.json"])
    assert [words for words in told if words not in document["error"]] == []
    assert (document["project"], document["environments"]) == ("team-search", [])
    assert team.ok("--version").out
    again = team.run("preview", "--from", "preview/preview.json", "--out", "again")
    assert (again.code, again.out) == (1, done.out)


def test_every_problem_of_a_template_is_told_once_with_its_place(team: Project) -> None:
    team.edit("templates/dictionaries.yaml", "{{ language }}", "{{ languag }}")
    done = team.run("preview")
    assert done.code == 1
    assert "**`dev`, `staging`, `prod` could not be planned.**" in done.out
    assert done.out.count('templates/dictionaries.yaml:5: "languag" is not defined') == 1


@pytest.mark.parametrize("words", [(), ("--offline",)], ids=["asked", "offline"])
def test_a_plan_that_would_be_refused_is_shown_with_the_reason(team: Project, words: tuple[str, ...]) -> None:
    without_ranking(team)
    found = environments(team, *words)
    assert (found["dev"]["error"], found["dev"]["summary"]["delete"]) == ("", 1)  # type: ignore[index]
    refused = found["prod"]
    assert str(refused["error"]).startswith(
        "templates/dictionaries.yaml:13: extension.ranking must not be destroyed\n  It was declared there "
    )
    assert "Keep its block, or apply prevent_destroy: false first." in str(refused["error"])
    assert refused["summary"]["delete"] == 1  # type: ignore[index]
    assert refused["digest"] == ""
    done = team.run("preview", "--out", "preview", *words)
    assert "**Apply would refuse the plan of `prod`.**" in done.out
    assert "(not asked)" not in done.out
    assert not (team.folder / "preview/prod.plan.json").exists()
    assert team.run("preview", "--from", "preview/preview.json", "--out", "again").out == done.out


def test_without_git(team: Project) -> None:
    shutil.rmtree(team.folder / ".git")
    done = team.run("preview")
    assert done.code == 1
    assert "is in no git repository" in " ".join(done.err.split())
    assert os.sep in done.err


def in_git(project: Project) -> None:
    """What there is as the commit that a preview compares with, and a change that reaches nothing."""
    git(project.folder, "add", "--all", ".")
    git(project.folder, "commit", "-qm", "what there is")
    git(project.folder, "branch", "--force", "base")
    git(project.folder, "commit", "-qm", "a change", "--allow-empty")


def converted(project: Project) -> None:
    project.write(".gitattributes", "*.txt text eol=crlf\n")
    (project.folder / "files/alpha/words.txt").write_bytes(b"one\r\ntwo\r\n")
    in_git(project)


def not_converted(project: Project) -> None:
    project.write(".gitattributes", "*.txt text eol=crlf\nfiles/alpha/words.txt -text\n")
    git(project.folder, "add", "--renormalize", "files/alpha/words.txt")


def a_submodule(project: Project) -> None:
    inner = project.folder.parent / "inner"
    shutil.move(project.folder / "files/alpha", inner)
    git(inner, "init", "-q")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "inner")
    git(
        project.folder,
        *("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "files/alpha"),
    )
    in_git(project)


def no_submodule(project: Project) -> None:
    git(project.folder, "rm", "-q", "--cached", "files/alpha")
    (project.folder / "files/alpha/.git").unlink()
    git(project.folder, "rm", "-q", "--force", ".gitmodules")


def in_lfs(project: Project) -> None:
    """As git lfs has it: a pointer in the commit, and a filter of the user's that makes it of the content."""
    home, pointer = project.folder.parent / "home", "version https://git-lfs.github.com/spec/v1\n"
    home.mkdir()
    git(
        home,
        "config",
        "--file",
        ".gitconfig",
        "filter.lfs.clean",
        f"cat > /dev/null; echo '{pointer.strip()}'",
    )
    project.environ["HOME"] = str(home)
    project.write(".gitattributes", "files/** filter=lfs -text\n")
    project.write("files/alpha/words.txt", pointer)
    in_git(project)
    project.write("files/alpha/words.txt", "one\n")


def not_in_lfs(project: Project) -> None:
    project.write(".gitattributes", "")
    git(project.folder, "add", "--renormalize", "files/alpha/words.txt")


@pytest.mark.parametrize(
    ("how", "mended", "told"),
    [
        (converted, not_converted, "`files/alpha/words.txt` has other line ends on disk than in its commit"),
        (a_submodule, no_submodule, "`files/alpha` is a submodule, and its files are not in the history"),
        (in_lfs, not_in_lfs, "`files/alpha/words.txt` is kept in git LFS"),
    ],
)
def test_what_is_on_disk_as_no_commit_has_it_is_told(
    applied: Project, how: Callable[[Project], None], mended: Callable[[Project], None], told: str
) -> None:
    """Else it is shown as a change that nobody made; and what is advised helps."""
    git(applied.folder, "init", "-q")
    applied.write(".gitignore", "state/\n")
    how(applied)
    [found] = environments(applied, "--base", "base").values()
    [caution] = [str(item) for item in found["cautions"]]  # type: ignore[attr-defined]
    assert told in caution
    assert told in applied.run("preview", "--base", "base").out
    mended(applied)
    in_git(applied)
    assert environments(applied, "--base", "base") == {}
