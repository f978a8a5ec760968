"""moved, removed, check and lifecycle."""

from __future__ import annotations

import json

import pytest

from .runner import TEMPLATE, Project, small

GAMMA = TEMPLATE.replace("alpha:", "gamma:", 1).replace(
    "resource.extension.alpha", "resource.extension.gamma"
)


def test_moved_makes_no_call(applied: Project) -> None:
    id_ = applied.resource("extension.alpha")["id"]
    applied.write("templates/main.yaml", GAMMA + "moved: {from: extension.alpha, to: extension.gamma}\n")
    plan = applied.run("plan", "--detailed-exitcode")
    assert "extension.alpha has moved to extension.gamma" in plan.out
    assert "Plan: 0 to create, 0 to update, 0 to replace, 0 to delete." in plan.out
    with applied.sandbox() as ece:
        ece.forget_requests()
        applied.apply()
        assert ece.writes() == []
    assert applied.resource("extension.gamma")["id"] == id_
    assert applied.resource("extension.beta")["dependencies"] == ["extension.gamma"]
    applied.settled()


def test_moved_and_changed_at_once(applied: Project) -> None:
    applied.write(
        "templates/main.yaml",
        GAMMA.replace("name: alpha", "name: omega") + "moved: {from: extension.alpha, to: extension.gamma}\n",
    )
    applied.apply()
    assert applied.resource("extension.gamma")["attributes"]["name"] == "omega"
    applied.settled()


def test_moving_what_is_still_declared_is_refused(applied: Project) -> None:
    applied.write("templates/main.yaml", TEMPLATE + "moved: {from: extension.alpha, to: extension.beta}\n")
    refused = applied.run("plan")
    assert refused.code == 1
    assert "extension.alpha was moved, and is still declared" in refused.err


def test_a_swap_says_how_and_its_commands_do_it(applied: Project) -> None:
    ids = {name: applied.resource(f"extension.{name}")["id"] for name in ("alpha", "beta")}
    there, back = "from: extension.alpha, to: extension.beta", "from: extension.beta, to: extension.alpha"
    applied.write("templates/moves.yaml", f"moved: [{{{there}}}, {{{back}}}]\n")
    refused = applied.run("plan")
    assert refused.code == 1
    assert "moves go in a circle: extension.alpha -> extension.beta -> extension.alpha" in refused.err
    commands = [line.split()[1:] for line in refused.err.splitlines() if "planner state mv" in line]
    assert len(commands) == 3
    for command in commands:
        applied.ok(*command)
    assert applied.resource("extension.alpha")["id"] == ids["beta"]
    assert applied.resource("extension.beta")["id"] == ids["alpha"]


def test_removed_forgets_and_leaves_the_resource_there(applied: Project) -> None:
    id_ = applied.resource("extension.beta")["id"]
    applied.write(
        "templates/main.yaml", TEMPLATE[: TEMPLATE.index("    beta:")] + "removed: {from: extension.beta}\n"
    )
    plan = applied.ok("plan")
    assert "extension.beta will be forgotten" in plan.out
    with applied.sandbox() as ece:
        ece.forget_requests()
        applied.apply()
        assert ece.writes() == []
        assert ece.version(id_)
    assert applied.addresses() == ["extension.alpha"]
    applied.settled()


def test_removed_with_destroy_deletes(applied: Project) -> None:
    applied.write(
        "templates/main.yaml",
        TEMPLATE[: TEMPLATE.index("    beta:")] + "removed: {from: extension.beta, destroy: true}\n",
    )
    applied.apply()
    assert applied.addresses() == ["extension.alpha"]
    with applied.sandbox() as ece:
        assert len(ece.extensions()) == 1


@pytest.mark.parametrize(
    ("condition", "severity", "code", "told"),
    [
        ("resource.extension.alpha.version == '9.*'", "error", 3, "Error: check versions failed"),
        ("resource.extension.alpha.version == '9.*'", "warning", 0, "Warning: check versions failed"),
        ("resource.extension.alpha.version == '8.*'", "error", 0, ""),
        ("resource.extension.nothing.version == '8.*'", "error", 3, "extension.nothing is not declared"),
    ],
)
def test_checks_stop_or_warn(applied: Project, condition: str, severity: str, code: int, told: str) -> None:
    check = (
        f'check: {{versions: {{condition: "{condition}", message: Ours is old., severity: {severity}}}}}\n'
    )
    applied.write("templates/main.yaml", TEMPLATE + check)
    done = applied.run("apply", "--auto-approve")
    assert done.code == code, done
    assert told in done.err
    if told.endswith("failed"):
        assert "Ours is old." in done.err
        assert "templates/main.yaml:" in done.err


def test_a_check_on_what_is_not_known_is_made_after_the_apply(project: Project) -> None:
    check = 'check: {{there: {{condition: "{}", message: No file came.}}}}\n'
    met = check.format("resource.extension.alpha.file_metadata.size > 0")
    project.write("templates/main.yaml", TEMPLATE + met)
    plan = project.ok("plan")
    assert "check there: known after apply" in plan.out
    project.apply()
    unmet = check.format("resource.extension.alpha.file_metadata.size > 1000000")
    project.write("templates/main.yaml", TEMPLATE + unmet)
    project.write("files/alpha/words.txt", "two\n")
    done = project.run("apply", "--auto-approve")
    assert done.code == 5
    assert "check there failed" in done.err


def test_prevent_destroy_outlives_its_block(applied: Project) -> None:
    kept = TEMPLATE.replace(
        "      file: files/alpha\n", "      file: files/alpha\n      lifecycle: {prevent_destroy: true}\n"
    )
    applied.write("templates/main.yaml", kept)
    applied.apply()
    without = "output: {nothing: 1}\n"
    for template, words in (
        (without, ["plan"]),
        (kept, ["plan", "--destroy"]),
        (
            kept.replace("extension_type: bundle", "extension_type: plugin", 1),
            ["plan", "--var", "version=8.15.3"],
        ),
    ):
        applied.write("templates/main.yaml", template.replace("      file: files/alpha\n", ""))
        refused = applied.run(*words)
        assert refused.code == 3, refused
        assert "extension.alpha must not be destroyed" in refused.err
    assert len(applied.addresses()) == 2


def test_create_before_destroy_goes_through_the_graph(project: Project) -> None:
    """beta depends on alpha and creates first: so alpha has to as well, or old beta would lose it."""
    template = TEMPLATE.replace("      file: files/alpha\n", "").replace(
        "      description: Goes with {{ resource.extension.alpha.url }}\n",
        "      depends_on: [extension.alpha]\n"
        "      lifecycle: {create_before_destroy: true, replace_triggered_by: [extension.alpha]}\n",
    )
    project.write("templates/main.yaml", template)
    project.apply()
    project.write(
        "templates/main.yaml", template.replace("extension_type: bundle", "extension_type: plugin", 1)
    )
    with project.sandbox() as ece:
        ece.forget_requests()
        project.apply("--var", "version=8.15.3", "--parallelism", "1")
        assert [method for method, _ in ece.writes()] == ["POST", "POST", "DELETE", "DELETE"]
        assert len(ece.extensions()) == 2


def test_ignore_changes(applied: Project) -> None:
    applied.write(
        "templates/main.yaml",
        TEMPLATE.replace(
            "      file: files/alpha\n",
            "      file: files/alpha\n      lifecycle: {ignore_changes: [version]}\n",
        ),
    )
    plan = applied.run("plan", "--var", "version=9.*", "--detailed-exitcode")
    assert plan.code == 0, plan


REPLACED = """
resource:
  extension:
    alpha:
      name: alpha
      extension_type: bundle
      version: 8.15.0
      description: one
      lifecycle: {{ignore_changes: [{ignored}]}}
"""


@pytest.mark.parametrize(
    ("ignored", "edits", "told"),
    [
        (
            "description, extension_type",
            [("bundle", "plugin"), ("one", "two")],
            ['~ description    = "one" -> "two"', '~ extension_type = "bundle" -> "plugin"'],
        ),
        ("version", [("8.15.0", "8.16.0")], ['~ version       = "8.15.0" -> "8.16.0"']),
        ("description", [("      description: one\n", "")], ['- description   = "one"']),
        (
            "file",
            [("      description", "      file: files/alpha\n      description")],
            ["+ content       = sha256"],
        ),
    ],
)
def test_a_replacement_tells_what_is_ignored_otherwise(
    tmp_path_factory: pytest.TempPathFactory, ignored: str, edits: list[tuple[str, str]], told: list[str]
) -> None:
    project = small(tmp_path_factory.mktemp("replaced"), template=REPLACED.format(ignored=ignored))
    project.apply()
    for old, new in edits:
        project.edit("templates/main.yaml", old, new)
    project.settled()
    plan = project.ok("plan", "--replace", "extension.alpha").out
    assert [line for line in told if line not in plan] == []
    project.apply("--replace", "extension.alpha")
    project.settled()
    found = project.resource("extension.alpha")
    wanted = {"plugin", "two"} if len(edits) > 1 else {"8.16.0"} if ignored == "version" else set()
    assert wanted <= {*map(str, found["attributes"].values())}
    assert ("description" in found["attributes"]) == (ignored != "description")
    assert ("content_sha256" in found) == (ignored == "file")


def test_a_chain_of_moves_is_one_move(applied: Project) -> None:
    id_ = applied.resource("extension.alpha")["id"]
    chain = (
        "moved:\n"
        "  - {from: extension.alpha, to: extension.between}\n"
        "  - {from: extension.between, to: extension.gamma}\n"
    )
    applied.write("templates/main.yaml", GAMMA + chain)
    applied.apply()
    assert applied.resource("extension.gamma")["id"] == id_
    applied.settled()


def test_a_move_that_is_not_chosen_waits(applied: Project) -> None:
    moved = (
        "moved: [{from: extension.alpha, to: extension.gamma}, {from: extension.beta, to: extension.delta}]\n"
    )
    applied.write("templates/main.yaml", GAMMA.replace("    beta:", "    delta:") + moved)
    applied.apply("--target", "extension.gamma")
    assert applied.addresses() == ["extension.beta", "extension.gamma"]
    applied.apply()
    applied.settled()


@pytest.mark.parametrize(
    ("block", "code", "message"),
    [
        (
            "check: {c: {condition: 'true', message: '{{ var.token }}'}}",
            1,
            "its message must be a plain text",
        ),
        (
            "check: {c: {condition: 'true', message: '{{ resource.extension.alpha.name }}'}}",
            1,
            "its message must be a plain text",
        ),
        (
            "check: {c: {condition: resource.extension.alpha.nam == 1, message: m}}",
            3,
            'extension has no attribute "nam" to check',
        ),
        ("removed: [{from: extension.x}, {from: extension.x, destroy: true}]", 1, "has two removed blocks"),
        (
            "moved: [{from: extension.x, to: extension.y}, {from: extension.x, to: extension.z}]",
            1,
            "two moved",
        ),
    ],
)
def test_blocks_that_make_no_sense(applied: Project, block: str, code: int, message: str) -> None:
    applied.edit("planner.yaml", "environments:", "  token: {type: string, sensitive: true}\nenvironments:")
    applied.write("templates/more.yaml", block + "\n")
    done = applied.run("plan", env={"PLANNER_VAR_token": "s3cret-token"})
    assert done.code == code, done
    assert message in done.err
    assert "templates/more.yaml:1" in done.err


def test_a_tightened_check_makes_a_saved_plan_stale(applied: Project) -> None:
    check = "check: {{c: {{condition: {}, message: m}}}}\n"
    applied.write("templates/more.yaml", check.format("'true'"))
    applied.ok("plan", "--var", "version=9.*", "--out", "p.json")
    applied.write("templates/more.yaml", check.format("1 == 2"))
    refused = applied.run("apply", "--var", "version=9.*", "p.json")
    assert refused.code == 3
    assert "the plan is stale" in refused.err


MISTAKEN = """rollout:
  search:
    of: [extension.alhpa]
    mode: switch
    waves: [extension_binding.shop, rest]
  words:
    of: [extension.beta]
    mode: swich
    at_onec: 2
    waves:
      - 25
      - {tag: canary}
      - rest
      - [25%, 80%]
    pause: 10
  all: {of: [extension.*], mode: restart, on_failure: roll_bak}
  again: {of: ["*"], waves: [extension.beta]}
  other: {of: [extension.beta]}
"""
TOLD = [
    (3, 'rollout search: of names "extension.alhpa", which no resource is'),
    (5, "rollout search: extension_binding.shop is not declared"),
    (8, 'rollout words: mode must be one of "switch", "restart", "none", not "swich"'),
    (9, 'rollout words: unknown argument "at_onec"'),
    (10, "rollout words: waves take 105% of all"),
    (11, "rollout words: waves[0] is 25, which is no share"),
    (12, 'rollout words: waves[1].tag does not match ^[^=]+=.: "canary"'),
    (13, "rollout words: waves[2] takes the rest, and leaves nobody for the waves after it"),
    (15, "rollout words: '10' is not a duration; write it as 24h, 90m or 2d12h"),
    (16, 'rollout all: on_failure must be one of "stop", "roll_back", "roll_back_all", not "roll_bak"'),
    (17, "rollout again: extension.beta is no binding, so it is in no wave"),
    (18, "rollout other: extension.beta is carried by rollout again already"),
]


def test_all_that_is_wrong_with_rollouts_is_told_at_once(applied: Project) -> None:
    applied.write("templates/rollouts.yaml", MISTAKEN)
    found = applied.run("validate", "--format", "json")
    assert found.code == 1
    told = json.loads(found.out)["diagnostics"]
    assert sorted((item["line"], item["summary"]) for item in told) == TOLD
    assert {item["file"] for item in told} == {"templates/rollouts.yaml"}
    shown = applied.run("validate")
    assert shown.code == 1
    for advice in ("extension.alpha", "switch", "at_once", "25%"):
        assert f'Did you mean "{advice}"?' in shown.err
    refused = applied.run("plan")
    assert (refused.code, "12 errors." in refused.err) == (1, True)


def test_a_plan_of_before_a_roll_out_is_stale(applied: Project) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: omega")
    applied.ok("plan", "--out", "plan.json")
    applied.write("templates/rollouts.yaml", "rollout: {words: {of: [extension.*], mode: none}}\n")
    refused = applied.run("apply", "plan.json")
    assert (refused.code, "templates, files or variables are not those" in refused.both) == (3, True), refused
    (applied.folder / "templates/rollouts.yaml").unlink()
    applied.ok("apply", "plan.json", "--auto-approve")
