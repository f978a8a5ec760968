"""--json of every command that reports: one document, as its schema says."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from planner.resources import schema
from tests.unit.app.test_command_line import COMMANDS

from .runner import Project
from .test_exit_codes import locked

REPORTS = schema("reports.schema.json")

SAYS_NOTHING = {
    *("completion", "export", "help", "init", "kinds scaffold", "schemas", "state pull"),  # for a file
    "console",  # a line for each line
    *("lock break", "release approve", "release reject", "rollout abandon", "sandbox reset", "sandbox serve"),
    *("state adopt", "state discard", "state migrate", "state mv", "state push", "state rename"),
    *("state restore", "state rm", "state rotate", "verify"),
}
"""Commands that do something, and say that it is done."""


def test_every_command_that_reports_takes_it() -> None:
    without = {
        words.removeprefix("planner ")
        for words, command in COMMANDS.items()
        if not any("--json" in item.opts for item in command.params)
    }
    assert without == SAYS_NOTHING


def document(text: str, form: str) -> Any:
    found = json.loads(text)
    jsonschema_rs.Draft202012Validator({**REPORTS["$defs"][form], "$defs": REPORTS["$defs"]}).validate(found)
    return found


@pytest.mark.parametrize(
    ("words", "form", "has"),
    [
        (["render", "--json"], "render", '"name": "alpha"'),
        (["render", "--json", "--origins"], "render", "var.version"),
        (["graph", "--json"], "graph", '"depends_on": [\n        "extension.alpha"'),
        (["graph", "--format", "json"], "graph", "extension.beta"),
        (["kinds", "list", "--json"], "kinds", '"kind": "extension"'),
        (["kinds", "show", "extension", "--json"], "kind", '"download_url"'),
        (["lock", "show", "--json"], "lock", '"locked": false'),
        (["state", "list", "--json"], "entries", '"left_over": false'),
        (["state", "list", "--json", "extension.b*"], "entries", "extension.beta"),
        (["state", "history", "--json"], "history", '"serial": 1'),
        (["version", "--json"], "version", '"planner"'),
        (["who-uses", "extension.*", "--json"], "usage", '"address": "extension.beta"'),
    ],
)
def test_a_document(applied: Project, words: list[str], form: str, has: str) -> None:
    done = applied.ok(*words)
    document(done.out, form)
    assert (has in done.out, done.err) == (True, "")


def test_who_holds_the_lock(applied: Project) -> None:
    with locked(applied) as holder:
        found = document(applied.ok("lock", "show", "--json").out, "lock")
    assert (found["locked"], found["holder"]["id"], found["holder"]["pid"]) == (True, holder.id, holder.pid)


def test_a_resource_of_the_state_is_a_list(applied: Project) -> None:
    one = json.loads(applied.ok("state", "show", "extension.alpha").out)
    assert json.loads(applied.ok("state", "show", "extension.alpha", "--json").out) == [one]


def test_no_secret_is_in_a_document(applied: Project) -> None:
    applied.edit("planner.yaml", "variables:", "variables:\n  token: {type: string, sensitive: true}")
    applied.edit(
        "templates/main.yaml", "name: beta", "name: beta\n      download_url: 'https://x/{{ var.token }}'"
    )
    env = {"PLANNER_VAR_token": "s3cr3t-of-somebody"}
    for words in (["render"], ["render", "--origins"], ["graph"], ["validate"], ["state", "list"]):
        done = applied.ok(*words, "--json", env=env)
        assert "s3cr3t-of-somebody" not in done.both


MISTAKES = {
    "planner.yaml": ("project: small", "project: small\nlocls: {}", "", "planner.yaml", 3),
    "templates/main.yaml": ("file: files/alpha", "fil: files/alpha", "dev", "templates/main.yaml", 8),
}


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.parametrize("folder", [".", "small"])
def test_what_is_wrong_in_every_form(project: Project, name: str, folder: str) -> None:
    before, after, environment, file, line = MISTAKES[name]
    project.edit(name, before, after)
    if folder != ".":
        project.folder.rename(project.folder.parent / "here")
        project.folder.mkdir()
        (project.folder.parent / "here").rename(project.folder / folder)
    here = "" if folder == "." else f"{folder}/"

    def said(form: str) -> str:
        done = project.run("-C", folder, "validate", "--format", form)
        assert (done.code, done.err) == (1, "")
        return done.out

    found = json.loads(said("json"))
    jsonschema_rs.Draft202012Validator(schema("validation.schema.json")).validate(found)
    first = found["diagnostics"][0]
    assert (found["valid"], first["environment"] or "", first["file"]) == (False, environment, file)
    assert first["line"] == line
    assert said("github").startswith(f"::error file={here}{file},line={line},title=configuration-error::")
    place = json.loads(said("sarif"))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": f"{here}{file}"}, "region": {"startLine": line}}


def test_what_is_right_in_every_form(project: Project) -> None:
    assert project.ok("validate", "--format", "github").out == ""
    assert json.loads(project.ok("validate", "--format", "sarif").out)["runs"][0]["results"] == []
    found = json.loads(project.ok("validate", "--json").out)
    assert (found["valid"], found["environments"]) == (True, [{"environment": "dev", "valid": True}])
