"""A change in the project becomes exactly the calls that it takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from .runner import TEMPLATE, Project, small
from .terminal import at_terminal


def set_by_flag(project: Project) -> tuple[list[str], dict[str, str]]:
    return ["--var", "version=9.*"], {}


def set_by_environment_file(project: Project) -> tuple[list[str], dict[str, str]]:
    project.write("environments/dev.yaml", "variables: {version: 9.*}\n")
    return [], {}


def set_by_process_environment(project: Project) -> tuple[list[str], dict[str, str]]:
    return [], {"PLANNER_VAR_version": "9.*"}


def set_by_file(project: Project) -> tuple[list[str], dict[str, str]]:
    project.write("values.yaml", "version: 9.*\n")
    return ["--var-file", "values.yaml"], {}


@pytest.mark.parametrize(
    "change", [set_by_flag, set_by_environment_file, set_by_process_environment, set_by_file]
)
def test_a_changed_variable_updates_what_uses_it(
    applied: Project, change: Callable[[Project], tuple[list[str], dict[str, str]]]
) -> None:
    words, env = change(applied)
    before = applied.resource("extension.alpha")
    plan = applied.run("plan", "--detailed-exitcode", *words, env=env)
    assert plan.code == 2
    assert '~ version = "8.*" -> "9.*"' in plan.out
    assert plan.out.count(" -> ") == 1
    assert "Plan: 0 to create, 1 to update, 0 to replace, 0 to delete." in plan.out

    with applied.sandbox() as ece:
        ece.forget_requests()
        applied.apply(*words, env=env)
        assert ece.writes() == [("POST", f"/{before['id']}")]
        after = applied.resource("extension.alpha")
        assert after["version"] == ece.version(before["id"]) != before["version"]
    assert after["attributes"]["version"] == "9.*"
    assert applied.run("plan", "--detailed-exitcode", *words, env=env).code == 0


def test_the_flag_wins_over_the_others(applied: Project) -> None:
    set_by_environment_file(applied)
    plan = applied.ok("plan", "--var", "version=7.*", env={"PLANNER_VAR_version": "6.*"})
    assert '"8.*" -> "7.*"' in plan.out


def test_one_byte_of_a_file_is_one_upload(applied: Project) -> None:
    applied.edit("files/alpha/words.txt", "one", "one!")
    plan = applied.run("plan", "--detailed-exitcode")
    assert plan.code == 2
    assert "content" in plan.out
    id_ = applied.resource("extension.alpha")["id"]
    with applied.sandbox() as ece:
        ece.forget_requests()
        applied.apply()
        assert ece.writes() == [("PUT", f"/{id_}")]
    applied.settled()


def test_another_type_is_a_replacement_and_says_why(applied: Project) -> None:
    applied.edit(
        "templates/main.yaml",
        'extension_type: bundle\n      version: "*"',
        "extension_type: plugin\n      version: 8.15.3",
    )
    before = applied.resource("extension.beta")["id"]
    plan = applied.run("plan", "--detailed-exitcode")
    assert plan.code == 2
    assert "# forces replacement" in plan.out
    assert "Plan: 0 to create, 0 to update, 1 to replace, 0 to delete." in plan.out
    with applied.sandbox() as ece:
        ece.forget_requests()
        applied.apply()
        assert ece.writes() == [("DELETE", f"/{before}"), ("POST", "")]
        assert ece.extensions()["beta"]["id"] == applied.resource("extension.beta")["id"] != before
    applied.settled()


def test_a_removed_block_is_a_delete(applied: Project) -> None:
    text = (applied.folder / "templates/main.yaml").read_text()
    applied.write("templates/main.yaml", text[: text.index("    beta:")])
    plan = applied.ok("plan")
    assert "extension.beta will be deleted: it is no longer declared" in plan.out
    applied.apply()
    assert applied.addresses() == ["extension.alpha"]


def test_what_depends_is_deleted_first(applied: Project) -> None:
    alpha, beta = (applied.resource(f"extension.{name}")["id"] for name in ("alpha", "beta"))
    applied.write("templates/main.yaml", "resource: {}\n")
    with applied.sandbox() as ece:
        ece.forget_requests()
        applied.apply()
        assert ece.writes() == [("DELETE", f"/{beta}"), ("DELETE", f"/{alpha}")]
    assert applied.state()["resources"] == []


def test_a_change_elsewhere_reaches_what_refers_to_it(project: Project) -> None:
    """beta's description holds alpha's url, which only the installation knows."""
    project.apply()
    with project.sandbox() as ece:
        found = ece.extensions()
    assert found["beta"]["description"] == f"Goes with {found['alpha']['url']}"


def test_drift_is_shown_apart_and_put_right(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.update("alpha", version="7.*")
        drift = applied.run("drift")
        assert drift.code == 2
        assert "extension.alpha" in drift.out
        assert '~ version = "8.*" -> "7.*"' in drift.out
        assert "extension.beta" not in drift.out
        assert "Changed outside of planner:" in applied.ok("plan").out
        applied.apply()
        assert ece.extensions()["alpha"]["version"] == "8.*"
    assert applied.ok("drift").code == 0


def test_what_was_deleted_elsewhere_is_made_again(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.delete("beta")
        assert applied.run("drift").code == 2
        applied.apply()
        assert ece.extensions()["beta"]["id"] == applied.resource("extension.beta")["id"]
    applied.settled()


def test_values_never_become_structure(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = small(tmp_path_factory.mktemp("values"))
    text = 'x", extension_type: plugin, #: {{ 7 * 7 }}\n- [a'
    project.edit("templates/main.yaml", "Goes with {{ resource.extension.alpha.url }}", "{{ var.version }}")
    project.edit("templates/main.yaml", "version: {{ var.version }}", 'version: "8.*"')
    project.apply("--var", f"version={text}")
    with project.sandbox() as ece:
        assert ece.extensions()["beta"]["description"] == text


UPDATED = TEMPLATE.replace("{{ var.version }}", "9.*")
GAMMA = """
    gamma: {name: gamma, extension_type: bundle, version: "*", file: files/alpha}
"""
ACTIONS: Mapping[str, tuple[str, str]] = {
    "create": (TEMPLATE + GAMMA.replace(", file: files/alpha", ""), "one"),
    "create and upload": (TEMPLATE + GAMMA, "one"),
    "update": (UPDATED, "one"),
    "upload": (TEMPLATE, "two"),
    "update and upload": (UPDATED, "two"),
    "delete": (TEMPLATE.partition("    beta:")[0], "one"),
    "replace": (TEMPLATE.replace('bundle\n      version: "*"', "plugin\n      version: 8.15.3"), "one"),
}
"""The template, and what is in the file."""


def at_once(project: Project) -> None:
    project.apply()


def settings(text: str, *words: str) -> Callable[[Project], None]:
    def apply(project: Project) -> None:
        project.edit("planner.yaml", "endpoint: sandbox", f"endpoint: sandbox, {text}")
        project.apply(*words)

    return apply


def saved(project: Project) -> None:
    project.ok("plan", "--out", "plan.json")
    _forgetting(project, "apply", "plan.json")


def by_digest(project: Project) -> None:
    project.ok("plan", "--out", "plan.json")
    digest = json.loads((project.folder / "plan.json").read_text())["digest"]
    _forgetting(project, "apply", "--expect-digest", digest)


def protected(more: str = "") -> Callable[[Project], None]:
    def apply(project: Project) -> None:
        project.edit("planner.yaml", "endpoint: sandbox", f"endpoint: sandbox, protected: true{more}")
        by_digest(project)

    return apply


def asked(project: Project) -> None:
    with at_terminal(project, "apply") as sitting:
        sitting.wait_for("goes on: ")
        sitting.type("yes\n")
        assert sitting.end() == 0, sitting.shown


def _forgetting(project: Project, *words: str) -> None:
    with project.sandbox() as ece:
        ece.forget_requests()
    project.ok(*words)


APPLIES: Mapping[str, Callable[[Project], None]] = {
    "at once": at_once,
    "by digest": by_digest,
    "late": settings("read_again_after: 0"),
    "send_version": settings("read_again_after: 0, send_version: true"),
    "protected": protected(),
    "protected, with a setting": protected(", read_again_after: 5"),
    "saved": saved,
    "asked": asked,
}
FEW = ("at once", "by digest")
CALLS: Mapping[str, Mapping[str, int]] = {  # by action and by how it is applied; "else" all others
    "create": {"else": 1},
    "create and upload": {"else": 2},
    "update": {**dict.fromkeys(FEW, 2), "send_version": 2, "else": 3},
    "upload": {**dict.fromkeys(FEW, 2), "else": 3},
    "update and upload": {**dict.fromkeys(FEW, 3), "send_version": 3, "else": 4},
    "delete": {**dict.fromkeys(FEW, 2), "send_version": 2, "else": 3},
    "replace": {**dict.fromkeys(FEW, 3), "send_version": 3, "else": 4},
}
"""Beside the list."""


@pytest.mark.seldom(apply=["by digest", "protected, with a setting", "asked"])
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("apply", APPLIES)
def test_an_action_takes_so_many_calls(applied: Project, apply: str, action: str) -> None:
    """What this run read or wrote a moment ago, or what the server compares, is not read again."""
    template, words = ACTIONS[action]
    before = applied.state()["serial"]
    applied.write("templates/main.yaml", template)
    applied.write("files/alpha/words.txt", f"{words}\n")
    with applied.sandbox() as ece:
        ece.forget_requests()
        APPLIES[apply](applied)
        calls = [request for request in ece.requests() if request != ("GET", "")]
        assert applied.state()["serial"] == before + 1
    assert len(calls) == CALLS[action].get(apply, CALLS[action]["else"]), calls
