"""show, graph, render, kinds, --json, init, completion."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from planner.resources import kind_files, schema

from .runner import Project


def lines_of(text: str) -> list[dict[str, Any]]:
    validator = jsonschema_rs.Draft202012Validator(schema("events.schema.json"))
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        validator.validate(line)
    return lines


def test_plan_and_apply_stream_events(project: Project) -> None:
    planned = lines_of(project.ok("plan", "--json").out)
    assert [line["type"] for line in planned] == ["begin", "change", "change", "plan"]
    applied = lines_of(project.ok("apply", "--auto-approve", "--json").out)
    kinds = [line["type"] for line in applied]
    assert kinds[0] == "begin"
    assert kinds.count("started") == kinds.count("finished") == 3
    assert kinds[-1] == "ledger"
    assert applied[-1]["complete"] is True


def test_errors_are_events_too(project: Project) -> None:
    project.write("templates/more.yaml", "resource: {extension: {alpha: {nam: x}}}\n")
    done = project.run("plan", "--json")
    assert done.code == 1
    kinds = [line["type"] for line in lines_of(done.out)]
    assert "diagnostic" in kinds
    assert kinds[-1] == "error"


def test_show_the_state_and_a_plan(applied: Project) -> None:
    shown = applied.ok("show").out
    assert "small/dev: serial 1, 2 resources" in shown
    assert 'name             = "alpha"' in shown
    assert json.loads(applied.ok("show", "--json").out)["serial"] == 1
    applied.ok("plan", "--var", "version=9.*", "--out", "p.json")
    assert '"8.*" -> "9.*"' in applied.ok("show", "p.json").out
    assert json.loads(applied.ok("show", "p.json", "--json").out)["format_version"] == 4


LOOP = """
resource:
  extension:
{% for n in range(12) %}
    e{{ n }}: {name: "e{{ n }}", extension_type: bundle, version: "*"}
{% endfor %}
output:
{% for n in range(12) %}
  o{{ n }}: {{ n }}
{% endfor %}
"""


def test_a_loop_is_shown_as_it_counts_and_digested_as_before(project: Project) -> None:
    """What programs read, and what a digest is of, is in the order of the texts."""
    project.write("templates/main.yaml", LOOP)
    counted = [f"e{n}" for n in range(12)]
    planned = project.ok("plan", "--out", "p.json").out
    plan = json.loads((project.folder / "p.json").read_text())
    for listed in (plan["changes"], plan["steps"]):
        assert [item["address"] for item in listed] == sorted(f"extension.{name}" for name in counted)
    project.ok("apply", "--auto-approve", "p.json")
    for shown in (
        planned,
        *(project.ok(*words).out for words in (["show"], ["state", "list"], ["render"], ["graph"])),
        project.ok("plan", "--destroy").out,
        project.ok("plan", "--format", "markdown", "--destroy").out,
    ):
        assert list(dict.fromkeys(re.findall(r"\be\d+\b", shown))) == counted
        assert list(dict.fromkeys(re.findall(r"\bo\d+\b", shown))) in ([], [f"o{n}" for n in range(12)])


def test_graph(project: Project) -> None:
    assert '"extension.beta" -> "extension.alpha";' in project.ok("graph").out
    assert "n1 --> n0" in project.ok("graph", "--format", "mermaid").out


def test_render_and_origins(project: Project) -> None:
    project.write("environments/dev.yaml", "variables:\n  version: 9.*\n")
    rendered = project.ok("render").out
    assert yaml.safe_load(rendered)["resource"]["extension"]["alpha"]["version"] == "9.*"
    assert 'description: "Goes with ${resource.extension.alpha.url}"' in rendered
    origins = project.ok("render", "--origins").out
    assert "# var.version, environments/dev.yaml:2" in origins


def test_the_plan_names_where_a_changed_value_comes_from(applied: Project) -> None:
    applied.write("environments/dev.yaml", "variables:\n  version: 9.*\n")
    assert '"8.*" -> "9.*"  # var.version, environments/dev.yaml:2' in applied.ok("plan").out
    assert "# var.version, --var version" in applied.ok("plan", "--var", "version=7.*").out


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("{{ var.version }}", "7.*", '"8.*" -> "7.*"  # templates/main.yaml:7'),
        ("{{ var.version }}", '"1{{ var.version }}"', '"8.*" -> "18.*"  # templates/main.yaml:7'),
        ("name: beta", "name: delta", '"beta" -> "delta"  # templates/main.yaml:10'),
        ("description: Goes", "# {# why #}\n      description: It goes", "# templates/main.yaml:14"),
    ],
)
def test_the_plan_names_the_line_where_no_variable_changed(
    applied: Project, old: str, new: str, shown: str
) -> None:
    applied.edit("templates/main.yaml", old, new)
    told = applied.ok("plan").out
    assert shown in told
    assert "# var." not in told


def test_the_plan_blames_no_variable_for_drift(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.update("alpha", version="7.*")
    assert '"7.*" -> "8.*"  # templates/main.yaml:7' in applied.ok("plan").out


def test_kinds(project: Project) -> None:
    assert "extension" in project.ok("kinds", "list").out
    shown = project.ok("kinds", "show", "extension").out
    assert "extension_type (plugin or bundle, required, a change is a replacement)" in shown
    assert "create-extension: POST /deployments/extensions" in shown
    assert "file: files/synonyms" in shown
    wrong = project.run("kinds", "show", "extention")
    assert wrong.code == 64
    assert 'Did you mean "extension"?' in wrong.err


OUTPUT = "output: {it: '{{ resource.extension.alpha.%s }}'}\n"
CHECK = "check: {it: {condition: 'resource.extension.alpha.%s != 1', message: m}}\n"


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("id", ""),
        ("url", ""),
        ("file_metadata", ""),
        ("file_metadata.size", ""),
        ("file_metadata.url", 'extension has no attribute "file_metadata.url" to'),
        ("deployments", 'extension has no attribute "deployments" to'),
    ],
)
def test_a_kind_is_shown_with_what_can_be_referred_to(project: Project, path: str, problem: str) -> None:
    before, _, beyond = project.ok("kinds", "show", "extension").out.partition(
        "Set by the server, and not kept"
    )
    name, _, below = path.partition(".")
    start = f"      {below} (" if below else f"  {name} ("
    line = next(line for line in f"{before}{beyond}".splitlines() if line.startswith(start))
    told = line not in beyond and "not kept" not in line
    assert told == (not problem)
    for template in (OUTPUT,) if below else (OUTPUT, CHECK):  # a condition looks into a mapping by itself
        project.write("templates/more.yaml", template % path)
        done = project.run("plan")
        assert problem in done.err, done
        assert (done.code == 0) == (not problem), done


def test_the_example_of_a_kind_is_one(project: Project) -> None:
    _, _, example = project.ok("kinds", "show", "extension").out.partition("Example:\n\n")
    project.write("templates/main.yaml", example)
    project.write("files/synonyms/words.txt", "one\n")
    project.ok("validate")
    project.apply()
    project.settled()


def test_init_gives_a_project_that_applies(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.ok("-C", "my search!", "init")
    made = Project(tmp_path / "my search!")
    assert "project: my-search" in (made.folder / "planner.yaml").read_text()
    made.ok("validate")
    made.apply()
    made.settled()
    again = made.ok("init")
    assert "Wrote planner.yaml" not in again.out
    ignored = ["/state/", "/preview/", "*plan.json"]  # the schemas are committed
    assert (made.folder / ".gitignore").read_text().split() == ignored
    for name in ("planner.yaml", "environments/dev.yaml", "templates/extensions.yaml"):
        text = (made.folder / name).read_text()
        pointer = text.splitlines()[0].partition("$schema=")[2]
        rules = json.loads(((made.folder / name).parent / pointer).read_text())
        jsonschema_rs.Draft202012Validator(rules).validate(yaml.safe_load(text))


def test_schemas_are_of_the_project_as_it_is(project: Project) -> None:
    refused = project.run("schemas", "--check")
    assert refused.code == 1, refused
    assert ".schemas/environment.schema.json" in refused.err
    assert "Run planner schemas" in refused.err
    assert not (project.folder / ".schemas").exists()
    assert "Wrote .schemas/" in project.ok("schemas").out
    assert "up to date" in project.ok("schemas", "--check").out
    project.edit("planner.yaml", "version: {type: string", "edition: {type: string")
    refused = project.run("schemas", "--check")
    assert refused.code == 1, refused
    assert "Error: .schemas/environment.schema.json: not what" in refused.err
    project.ok("schemas")
    rules = json.loads((project.folder / ".schemas/environment.schema.json").read_text())
    assert list(rules["properties"]["variables"]["properties"]) == ["edition"]


@pytest.mark.parametrize(
    "spoil",
    [lambda file: file.write_bytes(b"\xff"), lambda file: file.unlink(), lambda file: file.write_text("")],
)
def test_a_damaged_schema_is_renewed(project: Project, spoil: Callable[[Path], object]) -> None:
    project.ok("schemas")
    spoil(project.folder / ".schemas/template.schema.json")
    assert ".schemas/template.schema.json" in project.run("schemas", "--check").err
    project.ok("schemas")
    project.ok("schemas", "--check")


def test_a_wrong_project_keeps_its_schemas(project: Project) -> None:
    project.ok("schemas")
    before = (project.folder / ".schemas/environment.schema.json").read_text()
    project.edit("planner.yaml", "type: string", "type: text")
    for command in ("schemas", "init"):
        done = project.run(command)
        assert done.code == 1, done
        assert "planner.yaml:4" in done.err
    assert (project.folder / ".schemas/environment.schema.json").read_text() == before


COMPLETED = {
    "planner ap": ["apply"],
    "planner plan -e d": ["dev"],
    "planner state show -e dev extension.a": ["extension.alpha"],
    "planner plan --var ": ["version="],
    "planner plan --var v": ["version="],
    "planner plan --var x": [],
    "planner plan --var version=9.": [],
    "planner kinds show e": ["enrollment_token", "extension", "extension_binding", "extra_certificate"],
    "planner export ": sorted([*(path.stem for path in kind_files()), "own"]),
    "planner export extension o": ["own"],
    "planner apply --force so": ["soak"],
    "planner verify dev --check ": ["smoke", "load"],
    "planner promote dev prod --only ": ["version", "templates"],
    "planner plan --color a": ["auto", "always"],
}


def test_completion(applied: Project) -> None:
    applied.edit("planner.yaml", "variables:", "variables:\n  token: {type: string, sensitive: true}")
    applied.edit(
        "planner.yaml",
        "dev: {endpoint: sandbox}",
        "dev: {endpoint: sandbox}\n"
        "  prod: {endpoint: sandbox, promote_from: [dev], gates: {checks: [smoke, load]}}\n"
        "promote: {variables: [version], templates: true}",
    )
    applied.write(
        ".schemas/template.schema.json", '{"properties": {"resource": {"properties": {"own": {}}}}}'
    )
    for shell in ("bash", "zsh", "fish"):
        assert "_PLANNER_COMPLETE" in applied.ok("completion", shell).out

    def completed(words: str) -> str:
        count = str(len(words.split(" ")) - 1)
        env = {"_PLANNER_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": count}
        done = applied.ok(env=env)
        assert done.err == ""
        return done.out

    for line, expected in COMPLETED.items():
        assert completed(line).split() == [f"plain,{word}" for word in expected], line
    completed("planner nothing -")


@pytest.mark.parametrize("shell", ["bash", "bash --posix"])
def test_a_value_follows_its_name_at_once(applied: Project, shell: str) -> None:
    script = applied.ok("completion", "bash").out
    told = subprocess.run([*shell.split(), "-n", "-c", script], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
    assert script.count("[[ $value == *= ]] && compopt -o nospace") == 1


def test_a_value_follows_its_name_at_once_in_zsh(applied: Project) -> None:
    """Names that end with = are added with no suffix, the others with zsh's."""
    script = applied.ok("completion", "zsh").out
    added = [line.strip() for line in script.splitlines() if "compadd" in line]
    assert added == ["compadd -U -V unsorted -a whole", "compadd -U -V unsorted -S '' -a names"]
    assert "compopt" not in script + applied.ok("completion", "fish").out


def test_events_of_moves_checks_and_what_is_left_out(applied: Project) -> None:
    template = (applied.folder / "templates/main.yaml").read_text()
    applied.write(
        "templates/main.yaml",
        template.replace("    beta:", "    gamma:")
        + "moved: {from: extension.beta, to: extension.gamma}\n"
        + "check: {c: {condition: resource.extension.gamma.version == '*', message: m}}\n",
    )
    lines = lines_of(applied.ok("plan", "--json").out)
    assert [line["moved_from"] for line in lines if line["type"] == "change"] == ["extension.beta"]
    assert [line["status"] for line in lines if line["type"] == "check"] == ["passed"]
    lines = lines_of(applied.ok("plan", "--json", "--exclude", "extension.gamma").out)
    assert [(line["address"], line["action"]) for line in lines if line["type"] == "left_out"] == [
        ("extension.gamma", "move")
    ]


def test_a_plan_as_markdown(project: Project) -> None:
    printed = project.ok("plan", "--format", "markdown").out
    assert "```diff\n" in printed
    assert "+ extension.alpha" in printed
    assert "sha256:" in printed
    both = project.run("plan", "--format", "markdown", "--json")
    assert both.code == 64
    assert "are two things" in both.err
