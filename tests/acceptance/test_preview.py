"""planner preview in a git repository: what a branch does to each environment."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from planner.resources import schema

from .runner import Project
from .team import change_prod, environments, git, without_ranking


def test_nothing_changed(team: Project) -> None:
    done = team.ok("preview", "--detailed-exitcode")
    assert "dev" in done.out
    assert environments(team) == {}


def test_a_variable_of_one_environment(team: Project) -> None:
    change_prod(team)
    found = environments(team)
    assert list(found) == ["prod"]
    assert "and uncommitted changes compared with" in team.ok("preview").out
    assert found["prod"]["why"] == ["var.bundle_version", "environments/prod.yaml"]
    assert found["prod"]["summary"]["update"] > 0  # type: ignore[index]
    assert team.run("preview", "--detailed-exitcode").code == 2


def test_a_file_of_a_bundle_reaches_all_that_use_it(team: Project) -> None:
    some = next(path for path in (team.folder / "files").rglob("*.txt"))
    some.write_text(some.read_text() + "more\n")
    git(team.folder, "commit", "-qam", "more")
    found = environments(team)
    name = some.relative_to(team.folder).as_posix()
    assert found
    assert all(name in item["why"] for item in found.values())  # type: ignore[operator]


@pytest.mark.parametrize(
    ("link", "to"),
    [
        ("files/synonyms/linked.txt", "../../shared/words.txt"),
        ("files/synonyms/linked", "../../shared"),
    ],
)
def test_what_a_link_leads_to_is_named(team: Project, link: str, to: str) -> None:
    team.write("shared/words.txt", "one\n")
    (team.folder / link).symlink_to(to)
    git(team.folder, "add", ".")
    git(team.folder, "commit", "-qm", "a link")
    git(team.folder, "branch", "-f", "main")
    team.write("shared/words.txt", "two\n")
    found = environments(team)
    assert [item["why"] for item in found.values()] == [["shared/words.txt"]] * 3


def test_a_comment_in_a_template_reaches_none(team: Project) -> None:
    template = next((team.folder / "templates").glob("*.y*ml"))
    template.write_text("# a comment\n" + template.read_text())
    assert environments(team) == {}


def test_offline_needs_no_installation_and_no_secret(team: Project) -> None:
    shutil.rmtree(team.folder / "state")
    change_prod(team)
    team.environ.clear()
    found = environments(team, "--offline")
    assert list(found) == ["prod"]
    assert found["prod"]["plan"]["outputs"] == []  # type: ignore[index]
    assert found["prod"]["error"] == ""
    assert found["prod"]["summary"]["update"] > 0  # type: ignore[index]
    assert found["prod"]["digest"] == ""
    assert not (team.folder / "state").exists()


def test_offline_after_a_change_that_all_environments_see(team: Project) -> None:
    some = next(path for path in (team.folder / "files").rglob("*.txt"))
    some.write_text(some.read_text() + "more\n")
    team.environ.clear()
    found = environments(team, "--offline")
    assert list(found) == ["dev", "staging", "prod"]
    assert [item["error"] for item in found.values()] == ["", "", ""]


def test_the_files_it_writes(team: Project) -> None:
    change_prod(team)
    done = team.ok("preview", "--out", "preview")
    written = {path.name for path in (team.folder / "preview").iterdir()}
    assert written == {"preview.md", "preview.html", "preview.json", "terraform.json", "prod.plan.json"}
    assert (team.folder / "preview/preview.md").read_text() == done.out
    (found,) = environments(team).values()
    summary: dict[str, int] = found["summary"]  # type: ignore[assignment]
    assert json.loads((team.folder / "preview/terraform.json").read_text()) == {
        "create": summary["create"] + summary["replace"],
        "update": summary["update"],
        "delete": summary["delete"] + summary["replace"],
    }
    assert "hunter2-token" not in "".join(path.read_text() for path in (team.folder / "preview").iterdir())
    team.ok("apply", "-e", "prod", "--auto-approve", "preview/prod.plan.json")
    assert "No changes" in team.ok("plan", "-e", "prod").out


def test_its_document_follows_the_schema(team: Project) -> None:
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415

    change_prod(team)
    printed = json.loads(team.ok("preview", "--format", "json").out)
    Draft202012Validator(schema("preview.schema.json")).validate(printed)
    plan = printed["environments"][0]["plan"]
    Draft202012Validator(schema("plan.schema.json")).validate(plan)
    assert plan["digest"] == printed["environments"][0]["digest"]


def test_what_it_wrote_before_is_no_change(team: Project) -> None:
    team.write(".gitignore", "state/\n")
    git(team.folder, "commit", "-qam", "ignore less")
    assert "uncommitted" not in team.ok("preview", "--out", "preview").out
    assert git(team.folder, "status", "--short") == "?? preview/"
    assert "uncommitted" not in team.ok("preview", "--out", "preview").out
    team.write("preview/other.txt", "mine")
    assert "uncommitted changes" in team.ok("preview", "--out", "preview", "--format", "markdown").out


def test_what_did_not_change_is_not_blamed(team: Project) -> None:
    team.edit("environments/prod.yaml", "8.14.*", "8.15.*")
    team.edit("templates/macros/extension.j2", "(owner: ", "(ask: ")
    done = team.ok("preview", "-e", "prod")
    assert "# var.bundle_version, environments/prod.yaml:" in done.out
    assert "# var.owner" not in done.out


def test_the_others_are_named_where_only_some_are_looked_at(team: Project) -> None:
    change_prod(team)
    done = team.ok("preview", "-e", "prod")
    assert "Only looked at: `prod`; not looked at: `dev`, `staging`." in done.out


def test_the_digest_is_the_one_that_apply_expects(team: Project) -> None:
    change_prod(team)
    digest = str(environments(team)["prod"]["digest"])
    git(team.folder, "commit", "-qam", "merged")
    refused = team.run("apply", "-e", "prod", "--auto-approve", "--expect-digest", digest[:-4] + "0000")
    assert refused.code == 3
    team.ok("apply", "-e", "prod", "--auto-approve", "--expect-digest", digest)
    again = team.ok("apply", "-e", "prod", "--auto-approve", "--expect-digest", digest)
    assert "This plan was applied already: nothing of it is left to do." in again.err
    other = team.run("apply", "-e", "prod", "--auto-approve", "--expect-digest", digest[:-4] + "0000")
    assert other.code == 3
    team.edit("environments/prod.yaml", "8.15.*", "8.16.*")
    stale = team.run("apply", "-e", "prod", "--auto-approve", "--expect-digest", digest)
    assert (stale.code, "is not the approved one" in stale.err) == (3, True)


def test_the_job_page(team: Project, tmp_path: Path) -> None:
    change_prod(team)
    page, outputs = tmp_path / "summary", tmp_path / "outputs"
    env = {"GITHUB_STEP_SUMMARY": str(page), "GITHUB_OUTPUT": str(outputs)}
    team.ok("preview", env={**team.environ, **env})
    assert "prod" in page.read_text()
    assert "changes<<" in outputs.read_text()


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (["--base", "nowhere"], 1, "there is no commit nowhere"),
        (["-e", "nowhere"], 64, 'there is no environment "nowhere"'),
        (["--comment"], 64, "it is not known where the pull request is"),
    ],
)
def test_what_it_refuses(team: Project, words: list[str], code: int, problem: str) -> None:
    done = team.run("preview", *words)
    assert done.code == code, done
    assert problem in " ".join(done.err.split())


def test_a_plan_as_a_page(team: Project) -> None:
    change_prod(team)
    done = team.ok("plan", "-e", "prod", "--format", "html")
    assert done.out.startswith("<!DOCTYPE html>")
    assert "<title>team-search: plan</title>" in done.out
    assert "Applying would change prod." in done.out
    assert "hunter2-token" not in done.out
    without_ranking(team)
    refused = team.run("plan", "-e", "prod", "--format", "html")
    assert refused.code == 3
    assert "Apply would refuse this plan" in refused.out
    assert "must not be destroyed" in refused.err


def test_where_it_cannot_be_known_all_are_planned(team: Project) -> None:
    """As in a shallow clone of a branch: what it began from is not there."""
    git(team.folder, "branch", "-D", "main")
    change_prod(team)
    done = team.ok("preview", "--format", "json")
    document = json.loads(done.out)
    assert [item["environment"] for item in document["environments"]] == ["dev", "staging", "prod"]
    assert document["fallback"] == "there is no branch to compare with"
    assert "All environments were planned" in team.ok("preview").out
    assert team.run("preview", "--offline").code == 1
    team.environ |= {"GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "release"}
    document = json.loads(team.ok("preview", "--format", "json").out)
    assert document["fallback"] == "the pull request's target, release, is not in this clone"
    assert team.run("preview", "--base", "main").code == 1
