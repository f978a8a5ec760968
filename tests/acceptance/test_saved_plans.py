"""A saved plan is applied as it was reviewed, or not at all."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable

import jsonschema_rs
import pytest

from planner.resources import schema

from .command import Done
from .runner import Project, small

CHANGE = ("--var", "version=9.*")


@pytest.fixture
def planned(applied: Project) -> Project:
    """plan.json updates alpha."""
    applied.ok("plan", *CHANGE, "--out", "plan.json")
    return applied


def refused(project: Project, *words: str) -> Done:
    """What apply says; it wrote nothing to the installation and nothing to the state."""
    before = project.state()
    with project.sandbox() as ece:
        ece.forget_requests()
        done = project.run("apply", *words)
        assert done.code == 3, done
        assert ece.writes() == []
    assert project.state() == before
    return done


def test_it_is_applied_without_a_question(planned: Project) -> None:
    done = planned.ok("apply", "plan.json", *CHANGE)
    assert "Applied: 0 created, 1 updated" in done.out
    assert planned.resource("extension.alpha")["attributes"]["version"] == "9.*"


def test_it_tells_the_command_that_applies_it(applied: Project) -> None:
    done = applied.ok("plan", *CHANGE, "--out", "plan.json")
    command = re.search(r"Apply it: planner (.*)", done.err)
    assert command is not None
    assert command[1] == "apply -e dev --var 'version=9.*' plan.json"


def test_only_its_owner_may_read_it(planned: Project) -> None:
    assert stat.S_IMODE((planned.folder / "plan.json").stat().st_mode) == 0o600


def test_it_follows_the_schema_as_the_printed_one_does(planned: Project) -> None:
    printed = json.loads(planned.ok("plan", *CHANGE, "--format", "json").out)
    saved = json.loads((planned.folder / "plan.json").read_text())
    validator = jsonschema_rs.Draft202012Validator(schema("plan.schema.json"))
    validator.validate(printed)
    validator.validate(saved)
    assert printed == saved


def test_an_edit_behind_its_back_is_shown_three_ways(planned: Project) -> None:
    with planned.sandbox() as ece:
        ece.update("alpha", version="7.*")
    done = refused(planned, "plan.json", *CHANGE)
    assert "extension.alpha" in done.out
    assert "changed by somebody else" in done.out
    assert re.search(r"desired +prior +observed", done.out)
    assert re.search(r'version +"9\.\*" +"8\.\*" +"7\.\*"', done.out)
    assert "1 of its resources moved since; nothing was changed" in done.err


def test_an_edit_of_what_it_does_not_touch_is_no_matter(planned: Project) -> None:
    with planned.sandbox() as ece:
        ece.update("beta", version="7.*")
    planned.ok("apply", "plan.json", *CHANGE)


def test_another_apply_makes_it_stale(planned: Project) -> None:
    planned.apply("--var", "version=7.*")
    done = refused(planned, "plan.json", *CHANGE)
    assert "made from serial 1 of the state, now at 2" in done.err


ALREADY = "the plan is stale: it was applied already, at 2"


def test_it_is_applied_once(planned: Project) -> None:
    planned.ok("apply", "plan.json", *CHANGE)
    assert ALREADY in refused(planned, "plan.json", *CHANGE).err
    planned.ok("state", "mv", "extension.beta", "extension.gamma")
    assert ALREADY in refused(planned, "plan.json", *CHANGE).err


def test_the_first_plan_is_applied_once(project: Project) -> None:
    project.ok("plan", "--out", "plan.json")
    project.ok("apply", "plan.json")
    assert ALREADY in refused(project, "plan.json").err
    project.ok("destroy", "--auto-approve")
    assert "it was made when there was no state, now at serial 2" in refused(project, "plan.json").err


@pytest.mark.parametrize("template", ["output: {one: 1}\n", "output: {}\n"], ids=["outputs", "nothing"])
def test_a_plan_without_resources_is_applied_once(
    tmp_path_factory: pytest.TempPathFactory, template: str
) -> None:
    project = small(tmp_path_factory.mktemp("outputs"), template=template)
    project.ok("plan", "--out", "plan.json")
    project.ok("apply", "plan.json")
    assert ALREADY in refused(project, "plan.json").err


def test_a_plan_that_was_applied_in_part_tells_so(planned: Project) -> None:
    planned.edit("templates/main.yaml", "name: beta", "name: gamma")
    planned.ok("plan", *CHANGE, "--out", "plan.json")
    with planned.sandbox() as ece:
        ece.fault("POST /deployments/extensions/* 400 nth=2")
        assert planned.run("apply", "plan.json", *CHANGE).code == 5
    done = refused(planned, "plan.json", *CHANGE)
    assert "it was applied already, in part, at" in done.err
    assert "Plan again for what is left." in done.err


def test_another_environments_plan(planned: Project) -> None:
    planned.edit(
        "planner.yaml", "dev: {endpoint: sandbox}", "dev: {endpoint: sandbox}\n  test: {endpoint: sandbox}"
    )
    done = refused(planned, "-e", "test", "plan.json", *CHANGE)
    assert "the plan is for small/dev, not for small/test" in done.err


@pytest.mark.parametrize("change", ["templates/main.yaml", "files/alpha/words.txt", "variable"])
def test_changed_inputs_make_it_stale(planned: Project, change: str) -> None:
    words = CHANGE
    if change == "variable":
        words = ("--var", "version=7.*")
    elif change.startswith("files"):
        planned.write(change, "two\n")
    else:
        planned.edit(change, "name: beta", "name: gamma")
    assert "templates, files or variables are not those" in refused(planned, "plan.json", *words).err


def test_an_altered_file_is_refused(planned: Project) -> None:
    planned.edit("plan.json", '"9.*"', '"10.*"')
    done = planned.run("apply", "plan.json", *CHANGE)
    assert done.code == 1
    assert "plan.json was altered" in done.err
    assert "planner plan --out plan.json" in done.err


@pytest.mark.parametrize(
    ("content", "problem"),
    [("", "is empty"), ("{", "is truncated"), ("hello", "is not JSON"), ("{}", "is not a planner plan")],
)
def test_what_is_no_plan(applied: Project, content: str, problem: str) -> None:
    applied.write("plan.json", content)
    done = applied.run("apply", "plan.json")
    assert (done.code, f"plan.json {problem}" in done.err) == (1, True), done


@pytest.mark.parametrize(
    ("name", "may_be"), [("gone.json", False), ("plans/gone.plan", False), ("staging", True)]
)
def test_a_missing_file(applied: Project, name: str, may_be: bool) -> None:
    """A name without an ending may be that of an environment."""
    done = applied.run("apply", name)
    assert done.code == 1
    assert f"{name} cannot be read: no such file" in done.err
    assert f"`planner plan --out {name}` writes one." in done.err
    assert ("-e staging" in done.err) is may_be


def test_a_digest_approves_exactly_one_plan(applied: Project) -> None:
    found = re.search(r"Digest: (v2:sha256:[0-9a-f]{64})", applied.ok("plan", *CHANGE).err)
    assert found is not None
    other = refused(applied, "--expect-digest", found[1], "--var", "version=7.*")
    assert "the plan is not the approved one" in other.err
    done = applied.ok("apply", "--expect-digest", found[1], *CHANGE)
    assert "Applied: 0 created, 1 updated" in done.out


def test_a_plan_says_it_all(planned: Project) -> None:
    done = planned.run("apply", "plan.json", "--destroy")
    assert done.code == 64


def test_a_plan_is_not_written_over_another_file(applied: Project) -> None:
    for name in ("planner.yaml", "templates/main.yaml", "state/dev.json"):
        before = (applied.folder / name).read_bytes()
        refused = applied.run("plan", "--out", name, "--var", "version=9.*")
        assert refused.code == 1
        assert "is no saved plan: it is not overwritten" in refused.err
        assert (applied.folder / name).read_bytes() == before


def test_the_digest_in_the_json_is_the_one_to_approve(applied: Project) -> None:
    words = ("--var", "version=9.*")
    digest = json.loads(applied.ok("plan", "--format", "json", *words).out)["digest"]
    applied.apply("--expect-digest", digest, *words)


GAMMA, DELTA = "{from: extension.gamma, to: extension.alpha}", "{from: extension.delta, to: extension.beta}"
NAMED = """named: {condition: "resource.extension.alpha.id != ''", message: it has an id}"""
ALONE = """alone: {condition: "true", message: it is alone}"""
MORE = f"""
moved: [{GAMMA}, {DELTA}]
check: {{{NAMED}, {ALONE}}}
"""


def digest_of_the_plan(project: Project, *words: str) -> str:
    document = json.loads(project.ok("plan", "--format", "json", *words).out)
    assert document["changes"]
    return str(document["digest"])


@pytest.fixture
def approved(applied: Project) -> tuple[Project, str]:
    """A version of its own, a check and moves that are done; and the digest of the plan."""
    applied.write("templates/more.yaml", MORE)
    applied.write("environments/dev.yaml", "variables:\n  version: 9.*\n")
    return applied, digest_of_the_plan(applied)


def comment(project: Project) -> None:
    project.write("environments/dev.yaml", "# why\n\nvariables:\n  # what\n  version: 9.*\n")
    project.edit("templates/main.yaml", "\nresource:", "{# what it is #}\n# more\nresource:")


def set_the_default(project: Project) -> None:
    (project.folder / "environments/dev.yaml").unlink()
    project.edit("planner.yaml", '"8.*"', '"9.*"')


def write_it_in_another_way(project: Project) -> None:
    project.write("environments/dev.yaml", '{"variables": {"version": "9.*"}}')
    project.edit("templates/main.yaml", "{{ var.version }}", '"{{ var.version }}"')


def move_the_templates(project: Project) -> None:
    text = (project.folder / "templates/main.yaml").read_text()
    alpha, _, beta = text.partition("    beta:")
    project.write("templates/z.yaml", alpha)
    project.write("templates/a.yaml", "resource:\n  extension:\n    beta:" + beta)
    (project.folder / "templates/main.yaml").unlink()


def turn_the_blocks(project: Project) -> None:
    text = f"moved: [{DELTA}, {GAMMA}]\ncheck: {{{ALONE}, {NAMED}}}\n"
    project.write("templates/more.yaml", text)


def say_it_in_other_words(project: Project) -> None:
    project.edit("templates/more.yaml", "it has an id", "alpha needs an id")


def make_and_rename_a_user(project: Project) -> None:
    with project.sandbox() as ece:
        ece.rename_deployment(ece.deploy("shop", "alpha"), "another shop")


@pytest.mark.parametrize(
    "edit",
    [
        comment,
        set_the_default,
        write_it_in_another_way,
        move_the_templates,
        turn_the_blocks,
        say_it_in_other_words,
        make_and_rename_a_user,
    ],
)
def test_what_apply_does_not_act_on_moves_no_digest(
    approved: tuple[Project, str], edit: Callable[[Project], None]
) -> None:
    project, digest = approved
    edit(project)
    assert digest_of_the_plan(project) == digest
    project.apply("--expect-digest", digest)


def test_a_value_from_elsewhere_moves_no_digest(approved: tuple[Project, str]) -> None:
    project, digest = approved
    project.write("environments/dev.yaml", "")
    project.write("values.json", '{"version": "9.*"}')
    assert digest_of_the_plan(project, "--var", "version=9.*") == digest
    assert digest_of_the_plan(project, "--var-file", "values.json") == digest


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("environments/dev.yaml", "9.*", "9.1.*"),
        ("templates/main.yaml", "name: beta", "name: gamma"),
        (
            "templates/main.yaml",
            "file: files/alpha",
            "file: files/alpha\n      lifecycle: {prevent_destroy: true}",
        ),
        ("templates/more.yaml", "!= ''", "!= 'x'"),
        ("templates/more.yaml", "message:", "severity: warning, message:"),
        ("files/alpha/words.txt", "one", "two"),
    ],
)
def test_what_apply_acts_on_does(approved: tuple[Project, str], name: str, old: str, new: str) -> None:
    project, digest = approved
    project.edit(name, old, new)
    done = refused(project, "--expect-digest", digest)
    assert "the plan is not the approved one" in done.err


@pytest.mark.parametrize(("version", "prefix"), [(1, ""), (3, "v3:")])
def test_a_digest_of_another_version(approved: tuple[Project, str], version: int, prefix: str) -> None:
    project, digest = approved
    done = refused(project, "--expect-digest", digest.replace("v2:", prefix))
    assert f"is of version {version}; this planner compares version 2" in " ".join(done.err.split())
