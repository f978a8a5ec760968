"""planner promote: what it refuses, and what the gates hold back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from planner.app.redaction import Redactor
from planner.app.stores import States
from planner.model.project import Environment

from .runner import Project
from .shop import (
    FORCED,
    PLANNER,
    TEMPLATE,
    add_gates,
    apply,
    commit_all,
    commits,
    git,
    pin_of,
    pins_of,
    promote_all_the_way,
    records,
    release_in,
    release_of_title,
    told,
    trailers,
)

# What it refuses

REFUSED = {
    "another source": (
        ["dev", "prod"],
        "prod accepts releases from staging, not dev Promote what runs there: planner promote staging prod",
    ),
    "the first environment": (["staging", "dev"], "dev accepts no releases from other environments"),
    "the environment itself": (["prod", "prod"], "prod accepts releases from staging, not prod"),
    "an unknown release": (["staging", "prod", "--release", "r-0000"], "r-0000 did not run in staging"),
    "an unknown one of its own": (["prod", "--rollback", "--to", "r-0000"], "r-0000 did not run in prod"),
    "nothing before": (["prod", "--rollback"], "prod ran no release before r-"),
}


@pytest.mark.parametrize(("words", "why"), REFUSED.values(), ids=REFUSED)
def test_what_it_refuses(shop: Project, words: list[str], why: str) -> None:
    done = shop.run("promote", *words)
    assert done.code == 3, done
    assert why in told(done)
    assert git(shop.folder, "status", "--porcelain") == ""


WRONG = {
    "one environment": (["prod"], "which environments?"),
    "three": (["dev", "staging", "prod"], "which environments?"),
    "an empty one": (["", "prod"], "which environments?"),
    "two for a rollback": (["staging", "prod", "--rollback"], "a rollback is of one environment"),
    "no such environment": (["staging", "prodd"], 'there is no environment "prodd" Did you mean "prod"?'),
    "no such source": (["stagin", "prod"], 'there is no environment "stagin" Did you mean "staging"?'),
    "no such variable": (["staging", "prod", "--only", "bundel_version"], 'Did you mean "bundle_version"?'),
    "not promotable": (["staging", "prod", "--only", "owner"], '"owner" is not promotable'),
    "to without rollback": (["staging", "prod", "--to", "r-0000"], "--to goes with --rollback"),
    "release of a rollback": (["prod", "--rollback", "--release", "r-0000"], "does not go with --rollback"),
    "a part of a rollback": (["prod", "--rollback", "--only", "languages"], "does not go with --rollback"),
    "force without reason": (["staging", "prod", "--force", "soak"], "--force needs --reason TEXT"),
    "reason without force": (["staging", "prod", "--reason", "x"], "--reason goes with --force"),
    "no gate": (["staging", "prod", "--force", "sok", "--reason", "x"], "sok"),
    "forge without pull request": (["staging", "prod", "--forge", "github"], "go with --open-pr"),
}


@pytest.mark.parametrize(("words", "why"), WRONG.values(), ids=WRONG)
def test_wrong_usage(shop: Project, words: list[str], why: str) -> None:
    done = shop.run("promote", *words)
    assert done.code == 64, done
    assert why in told(done)


def test_a_project_that_promotes_nothing(shop: Project) -> None:
    shop.edit("planner.yaml", "promote: {variables: [bundle_version, languages], templates: true}\n", "")
    git(shop.folder, "rm", "-q", "-r", "environments")
    done = shop.run("promote", "staging", "prod")
    assert done.code == 3
    assert "nothing is promoted in this project" in told(done)


def test_a_source_that_runs_nothing(shop: Project) -> None:
    (shop.folder / "state/staging.json").unlink()
    shutil.rmtree(shop.folder / "state/staging.history", ignore_errors=True)
    for path in (shop.folder / "state").glob("staging*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    done = shop.run("promote", "staging", "prod")
    assert done.code == 3
    assert "staging runs no release Apply there first: planner apply -e staging" in told(done)


def test_templates_that_no_commit_has(shop: Project) -> None:
    shop.write("files/synonyms/words.txt", "not committed\n")
    apply(shop, "dev")
    done = shop.run("promote", "dev", "staging")
    assert done.code == 3
    assert "was applied to dev with templates/ and files/ that no commit has" in told(done)
    assert "Commit them, apply dev (planner apply -e dev), and promote again." in told(done)
    commit_all(shop, "committed now")
    apply(shop, "dev")
    shop.ok("promote", "dev", "staging")


def test_a_commit_that_is_not_in_this_clone(shop: Project, tmp_path: Path) -> None:
    git(shop.folder, "checkout", "-q", "-b", "work")
    shop.write("files/synonyms/words.txt", "elsewhere\n")
    commit_all(shop, "elsewhere")
    apply(shop, "dev")
    git(shop.folder, "checkout", "-q", "main")
    done = shop.run("promote", "dev", "staging")
    assert done.code == 3
    assert "is not in the history of what is checked out" in told(done)
    assert f"git merge {git(shop.folder, 'rev-parse', 'work')[:12]}" in told(done)
    git(tmp_path, "clone", "-q", "--single-branch", "--branch", "main", f"file://{shop.folder}", "clone")
    shutil.copytree(shop.folder / "state", tmp_path / "clone/state")
    done = Project(tmp_path / "clone").run("promote", "dev", "staging")
    assert done.code == 3
    assert "is not in this clone Fetch it: git fetch origin." in told(done)
    git(shop.folder, "merge", "-q", "work")
    shop.ok("promote", "dev", "staging")


def test_a_branch_that_was_squashed(shop: Project) -> None:
    """The commit that dev ran is in no history then: dev has to run the one that took its place."""
    git(shop.folder, "checkout", "-q", "-b", "work")
    shop.write("files/synonyms/words.txt", "three\n")
    commit_all(shop, "of a branch")
    apply(shop, "dev")
    git(shop.folder, "checkout", "-q", "main")
    git(shop.folder, "merge", "-q", "--squash", "work")
    git(shop.folder, "commit", "-qm", "squashed (#12)")
    done = shop.run("promote", "dev", "staging")
    assert done.code == 3
    assert "If it was squashed into another commit, apply dev from here (planner apply -e dev)" in told(done)
    apply(shop, "dev")
    shop.ok("promote", "dev", "staging", "--commit")
    assert pin_of(shop, "staging") == git(shop.folder, "rev-parse", "HEAD~1")[:12]


CONFLICT = "<<<<<<< HEAD\ntemplates: 3f9c1ab\n=======\ntemplates: 4f9c1ab\n>>>>>>> other\ntemplates:"
AGAIN = "It is written whole: take the one in git (git checkout HEAD -- pins/prod.yaml), and promote again."
UNREADABLE = {
    "a merge conflict": ("templates:", CONFLICT, "a merge that git could not make is not resolved: <<<<<<<"),
    "two documents": ("variables:", "---\nvariables:", "must hold one mapping, not 2 documents"),
    "an unknown key": ("templates:", "owner: ops\ntemplates:", 'unknown key "owner"'),
    "a duplicate": ("variables:", "templates: 3f9c1ab\nvariables:", 'the key "templates" is given twice'),
    "not YAML": ("variables:", "variables: [", "not YAML"),
}


@pytest.mark.parametrize(("old", "new", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_pins_that_it_does_not_write_over(shop: Project, old: str, new: str, why: str) -> None:
    shop.edit("pins/prod.yaml", old, new)
    before = pins_of(shop, "prod")
    for words in (("promote", "staging", "prod"), ("plan", "-e", "prod")):
        done = shop.run(*words)
        assert done.code == 1, done
        assert why in told(done)
        assert AGAIN in told(done)
        assert re.search(r"pins/prod\.yaml:\d", done.err)
    assert pins_of(shop, "prod") == before
    git(shop.folder, "checkout", "HEAD", "--", "pins/prod.yaml")
    shop.ok("promote", "staging", "prod")


@pytest.mark.parametrize("place", ["pins/prod.yaml", "pins"])
def test_a_link_is_not_followed(shop: Project, place: str) -> None:
    path = shop.folder / place
    path.rename(shop.folder / "shared")
    path.symlink_to("../shared" if place == "pins/prod.yaml" else "shared")
    done = shop.run("promote", "staging", "prod")
    assert done.code == 3
    assert "pins/prod.yaml is reached by a link" in told(done)
    assert path.is_symlink()


def test_a_promoted_variable_in_the_environments_own_file(shop: Project) -> None:
    shop.edit("environments/prod.yaml", "variables:\n", "variables:\n  bundle_version: 8.15.*\n")
    done = shop.run("promote", "staging", "prod")
    assert done.code == 1
    assert 'environments/prod.yaml:3: "bundle_version"' not in told(done)
    assert '"bundle_version" is promoted: it is pinned in pins/prod.yaml, and not set here' in told(done)
    assert "environments/prod.yaml:3" in done.err


def test_a_value_that_the_pins_do_not_decide(shop: Project) -> None:
    done = shop.run("promote", "staging", "prod", env={"PLANNER_VAR_bundle_version": "9.*"})
    assert done.code == 3
    assert 'bundle_version would be "9.*" in prod, and not "8.16.*"' in told(done)
    assert "it is set by PLANNER_VAR_bundle_version" in told(done)
    assert git(shop.folder, "status", "--porcelain") == ""


def test_a_target_that_cannot_be_rendered(shop: Project) -> None:
    shop.edit("environments/prod.yaml", "owner: ops", "owner: [ops]")
    before = pins_of(shop, "prod")
    done = shop.run("promote", "staging", "prod")
    assert done.code == 1
    assert "prod cannot run r-" in told(done)
    assert "nothing was written" in told(done)
    assert "environments/prod.yaml:3" in done.err
    assert pins_of(shop, "prod") == before


@pytest.mark.long
def test_a_plan_that_apply_would_refuse(shop: Project) -> None:
    """The release deletes what prod still protects."""
    shop.edit(
        "templates/main.yaml",
        "      file: files/synonyms\n",
        "      file: files/synonyms\n"
        "{% if env.name == 'prod' %}\n    kept: {name: kept, extension_type: bundle, version: '8.*', "
        "lifecycle: {prevent_destroy: true}}\n{% endif %}\n",
    )
    commit_all(shop, "kept")
    apply(shop, "dev")
    promote_all_the_way(shop)
    shop.write("templates/main.yaml", TEMPLATE)
    commit_all(shop, "not kept")
    apply(shop, "dev")
    shop.ok("promote", "dev", "staging", "--commit")
    apply(shop, "staging")
    done = shop.run("promote", "staging", "prod", "--commit")
    assert done.code == 3
    assert "the plan of prod has errors; nothing was written" in told(done)
    assert git(shop.folder, "status", "--porcelain") == ""
    status = " ".join(shop.ok("env", "status").out.split())
    assert "promotion the plan of prod has errors Run: planner promote staging prod --dry-run" in status


def test_a_release_with_other_variables(shop: Project) -> None:
    shop.edit("planner.yaml", "[bundle_version, languages]", "[bundle_version, owner]")
    shop.edit("pins/prod.yaml", "  languages:\n    - de\n", "")
    done = shop.run("promote", "staging", "prod")
    assert done.code == 3
    assert "is from before promote.variables changed: languages, owner" in told(done)
    assert "Apply staging again: planner apply -e staging" in told(done)


def test_without_git(shop: Project) -> None:
    shutil.rmtree(shop.folder / ".git")
    done = shop.run("promote", "staging", "prod")
    assert done.code == 3
    assert "the project is in no git repository" in told(done)
    assert shop.run("promote", "staging", "prod", "--commit").code == 3


def test_variables_alone_need_no_git(tmp_path: Path) -> None:
    project = Project(tmp_path / "plain")
    project.write("planner.yaml", PLANNER.replace(", templates: true", ""))
    project.write("templates/main.yaml", TEMPLATE)
    project.write("files/synonyms/words.txt", "one\n")
    apply(project, "dev")
    project.ok("promote", "dev", "staging")
    head, _, values = pins_of(project, "staging").partition("\n")
    assert head == f"release: {release_in(project, 'dev')}"
    assert values == 'variables:\n  bundle_version: "8.*"\n  languages:\n    - de\n'
    apply(project, "staging")
    assert "staging runs r-" in project.ok("promote", "dev", "staging").out


def test_an_installation_that_cannot_be_asked(shop: Project) -> None:
    shop.edit(
        "planner.yaml", "prod: {endpoint: sandbox,", 'prod: {endpoint: "https://127.0.0.1:1", timeout: 1,'
    )
    done = shop.ok("promote", "staging", "prod")
    assert "Note: prod was not planned:" in told(done)
    assert "planner plan -e prod" in told(done)
    assert "Wrote pins/prod.yaml." in done.out


# Gates


def test_a_gate_that_is_closed(shop: Project) -> None:
    add_gates(shop, "{soak: 48h}")
    before = pins_of(shop, "prod")
    done = shop.run("promote", "staging", "prod")
    assert done.code == 3
    assert f"Error: {release_of_title(done)} soaked " in told(done)
    assert "in staging; eligible 20" in told(done)
    assert "To set it aside: --force soak --reason TEXT." in told(done)
    assert "soak          closed" in done.out
    assert pins_of(shop, "prod") == before


def test_several_closed_gates_are_told_together(shop: Project) -> None:
    add_gates(shop, "{soak: 48h, checks: [smoke]}")
    done = shop.run("promote", "staging", "prod")
    assert done.code == 3
    assert "2 gates of prod hold" in told(done)
    assert "To set them aside: --force soak --force checks --reason TEXT." in told(done)
    assert (done.out + done.err).count("soak          closed") == 1


def test_a_source_that_is_not_converged(shop: Project) -> None:
    """Something is pending there since."""
    shop.write("environments/staging.yaml", "variables: {owner: somebody}\n")
    done = shop.run("promote", "staging", "prod")
    assert done.code == 3
    release = release_of_title(done)
    assert f"staging is not converged on {release}: 1 pending change Run: planner plan -e staging" in told(
        done
    )


def test_a_gate_that_is_set_aside(shop: Project) -> None:
    add_gates(shop, "{checks: [smoke]}")
    commit_all(shop, "gates")
    done = shop.ok("promote", "staging", "prod", "--commit", *FORCED, env={"PLANNER_ACTOR": "ann"})
    release = release_of_title(done)
    assert "checks        forced" in done.out
    assert f"Recorded in the state of prod: checks set aside for {release}." in told(done)
    [force] = records(shop, "prod", "force")
    assert (force["gate"], force["release"], force["reason"]) == ("checks", release, "tested by hand")
    assert force["by"] == "ann"
    assert "Planner-Forced: checks: tested by hand" in trailers(shop)
    apply(shop, "prod")
    assert records(shop, "prod")[-1]["gates"][-1]["forced"].startswith("tested by hand (ann")


def test_a_gate_that_is_not_closed_is_not_set_aside(shop: Project) -> None:
    done = shop.ok("promote", "staging", "prod", "--force", "soak", "--reason", "x")
    assert "soak is not closed; there is nothing to set aside" in told(done)
    assert records(shop, "prod", "force") == []


def test_a_reason_of_several_lines_is_one_trailer(shop: Project) -> None:
    add_gates(shop, "{checks: [smoke]}")
    commit_all(shop, "gates")
    reason = "by hand\n\nPlanner-Release: r-0000000000"
    shop.ok("promote", "staging", "prod", "--commit", "--force", "checks", "--reason", reason)
    assert trailers(shop)[2:] == ["Planner-Forced: checks: by hand Planner-Release: r-0000000000"]
    assert len(trailers(shop)) == 3


def test_what_only_holds_back_the_apply(shop: Project) -> None:
    add_gates(shop, "{approvals: 1}")
    commit_all(shop, "gates")
    done = shop.ok("promote", "staging", "prod", "--commit")
    release = release_of_title(done)
    waits = f"The apply waits for approvals: {release} has 0 of 1 approvals for prod."
    assert f"{waits} Run: planner release approve {release} prod" in told(done)
    assert shop.run("apply", "-e", "prod", "--auto-approve").code == 3


def test_an_emergency_past_the_chain(shop: Project) -> None:
    """From an environment that prod takes no releases from: with force, recorded as any other."""
    shop.write("environments/dev.yaml", "variables: {bundle_version: 8.17.*}\n")
    commit_all(shop, "urgent")
    apply(shop, "dev")
    words = ("--force", "promote_from", "--reason", "the shop is down")
    done = shop.ok("promote", "dev", "prod", "--commit", *words)
    assert "promote_from  forced" in done.out
    assert "Planner-From: dev" in trailers(shop)
    apply(shop, "prod")
    assert records(shop, "prod")[-1]["gates"][0]["forced"].startswith("the shop is down")


def test_an_emergency_does_not_bring_what_was_rejected(shop: Project) -> None:
    """The gates of prod do not ask dev, where the rejection is recorded."""
    shop.write("environments/dev.yaml", "variables: {bundle_version: 8.17.*}\n")
    commit_all(shop, "urgent")
    apply(shop, "dev")
    release = release_in(shop, "dev")
    shop.ok("release", "reject", release, "--reason", "worse", env={"PLANNER_ACTOR": "ann"})
    done = shop.run("promote", "dev", "prod", "--force", "promote_from", "--reason", "the shop is down")
    assert done.code == 3
    assert f"{release} was rejected by ann: worse" in told(done)
    assert git(shop.folder, "status", "--porcelain") == ""


def test_a_rejected_release(shop: Project) -> None:
    release = release_in(shop, "staging")
    shop.ok("release", "reject", release, "--reason", "slow", env={"PLANNER_ACTOR": "ann"})
    done = shop.run("promote", "staging", "prod")
    assert done.code == 3
    assert f"{release} was rejected by ann: slow" in told(done)
    shop.ok("promote", "staging", "prod", "--force", "rejected", "--reason", "it is needed")


def test_a_force_that_cannot_be_recorded(shop: Project) -> None:
    add_gates(shop, "{checks: [smoke]}")
    commit_all(shop, "gates")
    environment = Environment("prod", state="state/prod.json")
    with States(shop.folder, "shop", {}, Redactor()).open(environment).lock("apply"):
        done = shop.run("promote", "staging", "prod", "--commit", *FORCED)
    assert done.code == 4
    assert commits(shop)[0] == "gates"
    assert git(shop.folder, "status", "--porcelain") == ""
