"""A change in the project becomes exactly the calls that it takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .runner import Project, small


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
