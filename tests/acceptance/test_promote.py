"""planner promote: what it writes and commits, and the way back."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from .runner import Project
from .shop import (
    FORCED,
    PLANNER,
    TEMPLATE,
    add_gates,
    apply,
    commit_all,
    commits,
    following,
    git,
    hook,
    pin_before,
    pin_of,
    pins_of,
    records,
    release_in,
    release_of,
    run_id,
    told,
    trailers,
)

SIZE = "output: {size: '{{ var.size }}'}\n"

# What it writes


def test_it_writes_the_pins_and_nothing_else(shop: Project) -> None:
    before, pinned = pins_of(shop, "prod"), pin_of(shop, "prod")
    former = release_of(before)
    done = shop.ok("promote", "staging", "prod")
    pin, release = pin_of(shop, "staging"), release_in(shop, "staging")
    assert pins_of(shop, "prod") == before.replace(pinned, pin).replace("8.15.*", "8.16.*").replace(
        former, release
    )
    assert git(shop.folder, "status", "--porcelain") == "M pins/prod.yaml"
    assert done.out.split("\n\n")[1].splitlines() == [
        f"pins/prod.yaml: release {former} -> {release}",
        f"pins/prod.yaml: templates {pinned} -> {pin}",
        'pins/prod.yaml: variables.bundle_version "8.15.*" -> "8.16.*"',
    ]
    assert 'version = "8.15.*" -> "8.16.*"' in " ".join(done.out.split())
    assert "Wrote pins/prod.yaml." in done.out
    assert "Next: commit it, then run planner apply -e prod" in told(done)
    apply(shop, "prod")
    assert run_id(records(shop, "prod")[-1]) == run_id(records(shop, "staging")[-1])


def test_the_same_release_is_pinned_in_the_same_words(shop: Project) -> None:
    """So that the diff of a promotion is the promotion, and the last environment's pins say what it runs."""
    shop.ok("promote", "staging", "prod")
    assert pins_of(shop, "prod") == pins_of(shop, "staging")
    lines = (shop.folder / "pins/prod.yaml").read_text().splitlines()
    shop.write("pins/prod.yaml", "# written by hand\n" + "\r\n".join(lines))
    git(shop.folder, "commit", "-qam", "by hand")
    shop.ok("promote", "staging", "prod", "--only", "languages")
    assert "nothing was written" in shop.ok("promote", "staging", "prod").out


@pytest.mark.long
def test_a_number_is_pinned_as_it_is_written(shop: Project) -> None:
    shop.write(
        "planner.yaml",
        PLANNER.replace("  owner:", "  size: {default: 1}\n  owner:").replace("les: [", "les: [size, "),
    )
    shop.write("templates/main.yaml", TEMPLATE.replace("{{ var.owner }}", "{{ var.size }}") + SIZE)
    shop.write("environments/dev.yaml", "variables: {bundle_version: 8.16.*, size: 8.10}\n")
    commit_all(shop, "a size")
    apply(shop, "dev")
    for source, target in (("dev", "staging"), ("staging", "prod")):
        shop.ok("promote", source, target, "--commit")
        assert "size: 8.10\n" in pins_of(shop, target)
        apply(shop, target)
        assert shop.ok("output", "size", "-e", target).out == "8.10\n"
        assert "runs" in shop.ok("promote", source, target).out
    state = json.loads((shop.folder / "state/prod.json").read_text())
    assert state["resources"][0]["attributes"]["description"] == "8.10: de"
    assert run_id(records(shop, "prod")[-1]) == run_id(records(shop, "dev")[-1])


def test_a_file_that_is_not_there_is_made(shop: Project) -> None:
    git(shop.folder, "rm", "-q", "pins/staging.yaml")
    git(shop.folder, "commit", "-qm", "unpinned")
    shop.ok("promote", "dev", "staging", "--commit")
    assert pins_of(shop, "staging").endswith(
        'variables:\n  bundle_version: "8.16.*"\n  languages:\n    - de\n'
    )
    assert git(shop.folder, "status", "--porcelain") == ""
    assert "runs" in shop.ok("promote", "dev", "staging").out


def test_the_mode_of_the_file_stays(shop: Project) -> None:
    path = shop.folder / "pins/prod.yaml"
    path.chmod(0o640)
    shop.ok("promote", "staging", "prod")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [item.name for item in path.parent.iterdir() if item.name.startswith(".")] == []


def test_a_dry_run_writes_nothing(shop: Project) -> None:
    add_gates(shop, "{checks: [smoke]}")
    commit_all(shop, "gates")
    state = (shop.folder / "state/prod.json").read_bytes()
    done = shop.ok("promote", "staging", "prod", "--dry-run", "--commit", *FORCED)
    assert "checks        forced" in done.out
    assert "Nothing was written" in told(done)
    assert git(shop.folder, "status", "--porcelain") == ""
    assert commits(shop)[0] == "gates"
    assert (shop.folder / "state/prod.json").read_bytes() == state


def test_a_dry_run_shows_the_plan_behind_a_closed_gate(shop: Project) -> None:
    add_gates(shop, "{checks: [smoke]}")
    for words, shown in (((), False), (("--dry-run",), True)):
        done = shop.run("promote", "staging", "prod", *words)
        assert done.code == 3
        assert ("1 to update" in done.out) is shown
        assert "smoke was not verified" in told(done)


@pytest.mark.seldom(has=["templates"])
@pytest.mark.parametrize(
    ("only", "has", "has_not"),
    [
        (["bundle_version"], "bundle_version", "templates"),
        (["templates"], "templates", "bundle_version"),
        (["templates", "languages"], "templates", "bundle_version"),
    ],
)
def test_only_a_part_of_a_release(shop: Project, only: list[str], has: str, has_not: str) -> None:
    words = [word for name in only for word in ("--only", name)]
    done = shop.ok("promote", "staging", "prod", "--commit", *words)
    edits = done.out.partition("Gates of prod")[0]
    assert f"{has} " in edits
    assert f"{has_not} " not in edits.partition("\n")[2]
    subject = commits(shop)[0]
    parts = "templates, languages" if len(only) > 1 else only[0]
    assert subject == f"Promote {parts} of {release_in(shop, 'staging')} from staging to prod"
    apply(shop, "prod")


def test_all_parts_are_the_whole(shop: Project) -> None:
    words = [w for name in ("languages", "bundle_version", "templates") for w in ("--only", name)]
    assert shop.ok("promote", "staging", "prod", "--dry-run", *words).out.startswith("Promote r-")


def test_a_release_that_ran_there_before(shop: Project) -> None:
    first, second = (run_id(run) for run in records(shop, "staging"))
    shop.ok("promote", "staging", "prod", "--commit")
    apply(shop, "prod")
    done = shop.ok("promote", "staging", "prod", "--release", first[:6], "--dry-run")
    assert f"Promote {first} from staging to prod" in done.out
    assert second not in done.out.splitlines()[0]


def test_what_runs_already(shop: Project) -> None:
    done = shop.ok("promote", "dev", "staging", "--commit")
    assert f"staging runs {release_in(shop, 'staging')} already; there is nothing to edit." in done.out
    assert "Gates" not in done.out


def test_what_is_pinned_already_and_not_applied_yet(shop: Project) -> None:
    shop.ok("promote", "staging", "prod", "--commit")
    before = git(shop.folder, "rev-parse", "HEAD")
    done = shop.ok("promote", "staging", "prod", "--commit")
    assert "pins/prod.yaml says so already; nothing was written." in done.out
    assert "1 to update" in done.out
    assert git(shop.folder, "rev-parse", "HEAD") == before


def test_what_is_promotable_no_more_is_not_pinned_any_more(shop: Project) -> None:
    shop.edit("planner.yaml", "[bundle_version, languages]", "[bundle_version]")
    commit_all(shop, "languages are each one's own")
    done = shop.run("plan", "-e", "staging")
    assert done.code == 1
    assert '"languages" is pinned, and no promotable variable' in told(done)
    apply(shop, "dev")
    done = shop.ok("promote", "dev", "staging", "--commit")
    assert 'pins/staging.yaml: variables.languages ["de"] is not pinned any more' in done.out
    assert pins_of(shop, "staging").endswith('variables:\n  bundle_version: "8.16.*"\n')
    apply(shop, "staging")


def test_two_promotions_that_git_cannot_merge(shop: Project) -> None:
    """One is taken as it is, and the other made again."""
    for part in ("templates", "bundle_version"):
        git(shop.folder, "checkout", "-qb", part, "main")
        shop.ok("promote", "staging", "prod", "--only", part, "--commit")
    with pytest.raises(subprocess.CalledProcessError):
        git(shop.folder, "merge", "-q", "templates")
    for words in ("plan -e prod", "promote staging prod", "preview --base main"):
        done = shop.run(*words.split())
        assert done.code == 1, done
        assert "a merge that git could not make is not resolved: <<<<<<<" in told(done) + done.out
    assert "pins/prod.yaml:1" in shop.run("validate", "-e", "prod").err
    git(shop.folder, "checkout", "HEAD", "--", "pins/prod.yaml")
    git(shop.folder, "commit", "-qm", "merged")
    shop.ok("promote", "staging", "prod", "--commit")
    assert pins_of(shop, "prod") == pins_of(shop, "staging")


# What it commits


def test_the_commit(shop: Project) -> None:
    release = release_in(shop, "staging")
    shop.write("README.md", "staged\n")
    git(shop.folder, "add", "README.md")
    done = shop.ok("promote", "staging", "prod", "--commit")
    message = git(shop.folder, "log", "-1", "--format=%B")
    assert message.splitlines()[0] == f"Promote {release} from staging to prod"
    assert f"- pins/prod.yaml: templates {pin_before(shop)} -> {pin_of(shop, 'prod')}" in message
    assert f"- promote_from: met: {release} runs in staging since " in message
    assert trailers(shop) == [f"Planner-Release: {release}", "Planner-From: staging"]
    assert git(shop.folder, "log", "-1", "--format=%an <%ae>") == "Ann Other <ann@example.invalid>"
    assert git(shop.folder, "show", "--format=", "--name-only", "HEAD") == "pins/prod.yaml"
    assert git(shop.folder, "status", "--porcelain") == "A  README.md"
    assert f"Committed pins/prod.yaml as {git(shop.folder, 'rev-parse', 'HEAD')[:12]}." in done.out


def test_the_users_hooks_run_with_the_users_environment(shop: Project) -> None:
    hook(shop, "pre-commit", 'echo "$SHOP_SETTING" > state/hook.txt')
    shop.ok("promote", "staging", "prod", "--commit", env={"SHOP_SETTING": "of the user"})
    assert (shop.folder / "state/hook.txt").read_text() == "of the user\n"


@pytest.mark.parametrize("source", ["dev", "staging"])
def test_a_commit_that_fails_leaves_all_as_it_was(shop: Project, source: str) -> None:
    """Also where the file is a new one."""
    if source == "dev":
        git(shop.folder, "rm", "-q", "pins/staging.yaml")
        git(shop.folder, "commit", "-qm", "unpinned")
    before = git(shop.folder, "rev-parse", "HEAD")
    hook(shop, "pre-commit", "echo pins are checked on Mondays only >&2; exit 1")
    done = shop.run("promote", source, following(source), "--commit")
    assert done.code == 1
    assert f"git commit failed; pins/{following(source)}.yaml is as it was" in told(done)
    assert "pins are checked on Mondays only" in done.err
    assert git(shop.folder, "status", "--porcelain") == ""
    assert git(shop.folder, "rev-parse", "HEAD") == before


def test_other_changes_of_the_file_are_not_lost(shop: Project) -> None:
    shop.edit("pins/prod.yaml", "- de", "- fr")
    before = pins_of(shop, "prod")
    done = shop.run("promote", "staging", "prod", "--commit")
    assert done.code == 3
    assert "pins/prod.yaml has changes that are not committed" in told(done)
    assert pins_of(shop, "prod") == before
    done = shop.ok("promote", "staging", "prod")
    assert 'variables.languages ["fr"] -> ["de"]' in done.out


def test_changes_of_other_files_stay_where_they_are(shop: Project) -> None:
    shop.edit("environments/prod.yaml", "owner: ops", "owner: nobody")
    shop.ok("promote", "staging", "prod", "--commit")
    assert git(shop.folder, "status", "--porcelain") == "M environments/prod.yaml"


def test_first_a_look_then_the_commit(shop: Project) -> None:
    shop.ok("promote", "staging", "prod")
    shop.ok("promote", "staging", "prod", "--commit")
    assert commits(shop)[0].startswith("Promote r-")
    assert git(shop.folder, "status", "--porcelain") == ""


def test_a_commit_that_only_a_branch_has_is_warned_of(shop: Project) -> None:
    git(shop.folder, "checkout", "-q", "-b", "feature")
    shop.write("files/synonyms/words.txt", "on a branch\n")
    commit_all(shop, "words")
    apply(shop, "dev")
    done = shop.ok("promote", "dev", "staging")
    assert (
        f"{git(shop.folder, 'rev-parse', 'HEAD')[:12]}, the commit of the templates, is not in main yet."
        in told(done)
    )
    git(shop.folder, "checkout", "-q", "main")
    git(shop.folder, "merge", "-q", "--ff-only", "feature")
    assert "is not in main yet" not in told(shop.ok("promote", "dev", "staging"))


# Going back


@pytest.fixture
def both(shop: Project) -> Project:
    """Both releases ran in prod."""
    shop.ok("promote", "staging", "prod", "--commit")
    apply(shop, "prod")
    return shop


def test_a_rollback(both: Project) -> None:
    first, second = (run_id(run) for run in records(both, "prod"))
    add_gates(both, "{soak: 48h, checks: [smoke]}")
    commit_all(both, "gates that a way back does not need")
    done = both.ok("promote", "prod", "--rollback", "--commit")
    assert commits(both)[0] == f"Roll prod back to {first}"
    assert trailers(both) == [f"Planner-Release: {first}", "Planner-From: prod"]
    before = git(both.folder, "show", "HEAD~2~1:pins/prod.yaml") + "\n"
    assert pins_of(both, "prod") == before.replace('templates: "', "templates: ").replace('"\nvar', "\nvar")
    assert "ran in prod before" in done.out
    apply(both, "prod")
    assert run_id(records(both, "prod")[-1]) == first
    both.ok("promote", "prod", "--rollback", "--to", second[:7], "--commit")
    assert commits(both)[0] == f"Roll prod back to {second}"


def test_a_rollback_needs_no_other_environment(both: Project) -> None:
    for path in (both.folder / "state").glob("*staging*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (both.folder / "state/staging.json").write_text("damaged")
    both.ok("promote", "prod", "--rollback")


def test_back_to_what_runs_while_another_is_pinned(shop: Project) -> None:
    before = pins_of(shop, "prod")
    [first] = (run_id(run) for run in records(shop, "prod"))
    shop.ok("promote", "staging", "prod", "--commit")
    shop.ok("promote", "prod", "--rollback", "--to", first)
    assert pins_of(shop, "prod") == before


def test_a_first_environment_is_pinned_by_a_rollback(shop: Project) -> None:
    done = shop.ok("promote", "dev", "--rollback")
    assert "To go on with what is checked out, delete pins/dev.yaml again." in told(done)
    assert 'bundle_version: "8.15.*"' in pins_of(shop, "dev")
    apply(shop, "dev")
    assert run_id(records(shop, "dev")[-1]) == run_id(records(shop, "dev")[0])


def test_archives_that_pins_do_not_fix(tmp_path: Path) -> None:
    project = Project(tmp_path / "plain")
    project.write("planner.yaml", PLANNER.replace(", templates: true", ""))
    project.write("templates/main.yaml", TEMPLATE)
    for words in ("one\n", "two\n"):
        project.write("files/synonyms/words.txt", words)
        apply(project, "dev")
    done = project.run("promote", "dev", "--rollback")
    assert done.code == 3
    assert "files/synonyms is not as it ran in dev on r-" in told(done)
    project.write("files/synonyms/words.txt", "one\n")
    project.ok("promote", "dev", "--rollback")


def test_a_rejected_release_is_no_way_back(both: Project) -> None:
    first, _ = (run_id(run) for run in records(both, "prod"))
    both.ok("release", "reject", first, "--reason", "slow", env={"PLANNER_ACTOR": "ann"})
    done = both.run("promote", "prod", "--rollback")
    assert done.code == 3
    assert f"those that prod ran are rejected: {first}" in told(done)
    named = ("promote", "prod", "--rollback", "--to", first)
    done = both.run(*named)
    assert done.code == 3
    assert f"{first} was rejected by ann: slow" in told(done)
    both.ok(*named, "--force", "rejected", "--reason", "the other one is worse")


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path) -> None:
    project = Project(tmp_path / "all/deploy/shop")
    project.write("planner.yaml", PLANNER)
    project.write("templates/main.yaml", TEMPLATE)
    project.write("files/synonyms/words.txt", "one\n")
    project.write(".gitignore", "state/\n")
    git(tmp_path / "all", "init", "-q", "-b", "main")
    git(tmp_path / "all", "config", "user.name", "Ann Other")
    git(tmp_path / "all", "config", "user.email", "ann@example.invalid")
    commit_all(project, "the first release")
    apply(project, "dev")
    project.ok("promote", "dev", "staging", "--commit")
    assert git(project.folder, "show", "--format=", "--name-only") == "deploy/shop/pins/staging.yaml"
    apply(project, "staging")
    assert "already" in project.ok("promote", "dev", "staging", "--commit").out


# Pins where they were before


def in_the_former_way(project: Project) -> str:
    """With the pins in environments/, as a promotion wrote them there; the commit."""
    for name, more in (
        ("staging", ""),
        ("prod", "# The shop's production.\nvariables:\n  owner: ops # whom\n"),
    ):
        pin = pin_of(project, name)
        text = f"{more}pins:\n  bundle_version: {version_of(project, name)}\n  templates: '{pin}'\n"
        project.write(f"environments/{name}.yaml", f"{text}  languages: [de]\n")
        git(project.folder, "rm", "-q", f"pins/{name}.yaml")
    project.edit("environments/prod.yaml", "  bundle_version: 8.15.*\n", "")
    project.edit("environments/prod.yaml", "owner: ops", "bundle_version: 8.15.*\n  owner: ops")
    return commit_all(project, "in the former way")


def version_of(project: Project, name: str) -> str:
    return pins_of(project, name).partition("bundle_version: ")[2].split()[0].strip('"')


def test_pins_are_moved_by_one_command(shop: Project) -> None:
    pins = {name: pins_of(shop, name).partition("\n")[2] for name in ("staging", "prod")}
    former = in_the_former_way(shop)
    for words in ("validate", "plan -e prod", "promote staging prod", "preview --base HEAD~1"):
        done = shop.run(*words.split())
        assert done.code == 1, done
        assert "planner promote --move-pins" in told(done) + done.out
    done = shop.ok("promote", "--move-pins", "--dry-run")
    assert "Nothing was written" in told(done)
    assert git(shop.folder, "status", "--porcelain") == ""
    git(shop.folder, "checkout", "-qb", "move")
    done = shop.ok("promote", "--move-pins")
    assert done.out.splitlines()[:2] == [
        "environments/staging.yaml: pins -> pins/staging.yaml",
        "environments/prod.yaml: pins -> pins/prod.yaml",
    ]
    assert git(shop.folder, "rev-list", "--count", f"{former}..HEAD") == "1"
    assert commits(shop)[0] == "Move the pins into files of their own"
    assert git(shop.folder, "status", "--porcelain") == ""
    assert {name: pins_of(shop, name) for name in pins} == pins
    text = (shop.folder / "environments/prod.yaml").read_text()
    assert text == "# The shop's production.\nvariables:\n  owner: ops # whom\n"
    for more in ([], ["--offline"]):
        found = json.loads(shop.ok("preview", "--base", "main", "--format", "json", *more).out)
        assert found["environments"] == []
    for name in ("staging", "prod"):
        assert shop.run("plan", "-e", name, "--detailed-exitcode").code == 0
    assert "there is nothing to move" in shop.ok("promote", "--move-pins").out


def test_after_the_move_a_promotion_completes_the_pins(shop: Project) -> None:
    in_the_former_way(shop)
    shop.ok("promote", "--move-pins")
    done = shop.ok("promote", "dev", "staging", "--commit")
    release = release_in(shop, "staging")
    assert done.out.split("\n\n")[1] == f"pins/staging.yaml: release = {release}"
    assert "there is nothing to edit" in shop.ok("promote", "dev", "staging").out


def test_a_branch_of_before_the_move(shop: Project) -> None:
    """It still has the former pins, and its preview compares it with where it left the target."""
    in_the_former_way(shop)
    git(shop.folder, "checkout", "-qb", "work")
    shop.edit("environments/prod.yaml", "owner: ops", "owner: others")
    commit_all(shop, "others")
    shop.ok("promote", "--move-pins")
    found = json.loads(shop.ok("preview", "--base", "main", "--format", "json").out)["environments"]
    assert [item["environment"] for item in found] == ["prod"]
    assert "var.owner" in found[0]["why"]


def test_a_move_that_would_commit_something_else(shop: Project) -> None:
    in_the_former_way(shop)
    shop.edit("environments/prod.yaml", "owner: ops", "owner: others")
    done = shop.run("promote", "--move-pins")
    assert done.code == 3
    assert "environments/prod.yaml: there are changes that are not committed" in told(done)
    git(shop.folder, "checkout", "HEAD", "--", "environments")
    hook(shop, "pre-commit", "echo not today >&2; exit 1")
    done = shop.run("promote", "--move-pins")
    assert done.code == 1
    assert "git commit failed; the files are as they were not today" in told(done)
    assert git(shop.folder, "status", "--porcelain") == ""


def test_a_move_without_git(shop: Project) -> None:
    in_the_former_way(shop)
    shutil.rmtree(shop.folder / ".git")
    assert "commit it" in told(shop.ok("promote", "--move-pins"))
    assert "templates: " in pins_of(shop, "prod")


@pytest.mark.parametrize(
    "words", [("staging", "prod"), ("--commit",), ("--only", "languages"), ("--open-pr",)]
)
def test_a_move_goes_with_nothing_else(shop: Project, words: tuple[str, ...]) -> None:
    done = shop.run("promote", "--move-pins", *words)
    assert done.code == 64
    assert "goes with --dry-run alone" in told(done)
