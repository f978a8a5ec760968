"""--target, --exclude, --replace, --refresh-only."""

from __future__ import annotations

import json

import pytest

from .runner import Project, words

CHANGED = ("--var", "version=9.*")


def test_a_target_brings_what_it_needs_and_names_the_rest(project: Project) -> None:
    plan = project.ok("plan", "--target", "extension.beta")
    assert "extension.alpha is taken too: extension.beta needs it" in plan.out
    assert "Plan: 2 to create" in plan.out
    one = project.ok("plan", "--target", "extension.alpha")
    assert "Plan: 1 to create" in one.out
    assert "Left out: extension.beta (create)" in one.out
    project.apply("--target", "extension.alpha")
    assert project.addresses() == ["extension.alpha"]
    project.apply()
    project.settled()


def test_an_exclusion_keeps_out_what_needs_it(project: Project) -> None:
    plan = project.ok("plan", "--exclude", "extension.alpha")
    assert "No changes" not in plan.out
    assert "extension.beta (create): extension.alpha is excluded" in plan.out
    assert "Plan: 0 to create" in plan.out


def test_globs_that_match_nothing_are_wrong_usage(applied: Project) -> None:
    done = applied.run("plan", "--target", "extension.alfa")
    assert done.code == 64
    assert 'Did you mean "extension.alpha"?' in done.err


def test_replace_is_forced_and_says_so(applied: Project) -> None:
    before = applied.resource("extension.beta")["id"]
    plan = applied.ok("plan", "--replace", "extension.b*")
    assert "extension.beta must be replaced: --replace asks for it" in plan.out
    applied.apply("--replace", "extension.b*")
    assert applied.resource("extension.beta")["id"] != before
    applied.settled()


def test_refresh_only_takes_over_and_calls_nothing_that_writes(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.update("beta", name="elsewhere")
        ece.forget_requests()
        plan = applied.ok("plan", "--refresh-only", *CHANGED)
        assert "name" in plan.out
        assert "elsewhere" in plan.out
        assert "Plan: 0 to create, 0 to update" in plan.out
        applied.apply("--refresh-only", *CHANGED)
        assert ece.writes() == []
    assert applied.resource("extension.beta")["attributes"]["name"] == "elsewhere"
    assert applied.run("plan", "--detailed-exitcode").code == 2


def test_part_of_a_destroy_keeps_the_outputs(applied: Project) -> None:
    applied.write("templates/more.yaml", "output: {alpha_id: '{{ resource.extension.alpha.id }}'}\n")
    applied.apply()
    applied.apply("--destroy", "--target", "extension.beta")
    assert applied.addresses() == ["extension.alpha"]
    assert applied.ok("output", "alpha_id").out.strip() == applied.resource("extension.alpha")["id"]


@pytest.mark.parametrize(
    ("selection", "left"),
    [
        (["--target", "extension.beta"], ["extension.alpha"]),
        (["--target", "extension.alpha"], []),  # with what needs it
        (["--exclude", "extension.alpha"], ["extension.alpha"]),
        (["--target", "extension.*"], []),
    ],
)
def test_destroy_takes_a_selection(applied: Project, selection: list[str], left: list[str]) -> None:
    lines = applied.ok("destroy", "--auto-approve", "--json", *selection).out.splitlines()
    events = [json.loads(line) for line in lines]
    assert (events[0]["type"], events[0]["command"]) == ("begin", "destroy")
    assert applied.addresses() == left


def test_part_of_a_destroy_drops_its_outputs(applied: Project) -> None:
    applied.write("templates/more.yaml", "output: {beta_id: '{{ resource.extension.beta.id }}'}\n")
    applied.apply()
    plan = applied.apply("--destroy", "--target", "extension.beta")
    assert "- beta_id" in plan.out
    gone = applied.run("output", "beta_id")
    assert (gone.code, gone.out) == (1, "")


def test_outputs_follow_a_refresh(applied: Project) -> None:
    applied.write(
        "templates/more.yaml",
        "output:\n  alpha_id: '{{ resource.extension.alpha.id }}'\n"
        "  beta_name: '{{ resource.extension.beta.name }}'\n",
    )
    applied.apply()
    with applied.sandbox() as ece:
        ece.update("beta", name="elsewhere")
        ece.delete("alpha")
    said = applied.apply("--refresh-only").out
    assert "- alpha_id" in said
    assert applied.ok("output", "beta_name").out == "elsewhere\n"
    assert applied.run("output", "alpha_id").code == 1
    again = applied.ok("plan", "--refresh-only")
    assert "the configuration was not compared with it" in words(again.out)
    assert "matches the configuration" not in again.both


MOVED = """
resource:
  extension:
    gamma: {name: renamed, extension_type: plugin, version: "8.15.0"}
moved:
  - {from: extension.alpha, to: extension.gamma}
"""


def test_a_selection_follows_what_moved(applied: Project) -> None:
    """Before the move is applied, and after it."""
    applied.write("templates/main.yaml", MOVED)
    out = applied.ok("plan", "--exclude", "extension.alpha").out
    assert "Left out: extension.gamma (replace)" in out
    assert "1 to move" not in out
    assert "extension.gamma must be replaced" in applied.ok("plan", "--target", "extension.alpha").out
    applied.edit("templates/main.yaml", "plugin", "bundle")
    applied.apply("--target", "extension.alpha")
    forced = applied.ok("plan", "--replace", "extension.alpha", "--target", "extension.alpha").out
    assert "extension.gamma must be replaced: --replace asks for it" in forced
    wrong = applied.run("plan", "--target", "extension.delta")
    assert wrong.code == 64


def test_what_was_not_asked_is_said(applied: Project) -> None:
    assert "by its state; the installation was not asked" in words(applied.ok("plan", "--no-refresh").out)
    assert "What was selected of the dev environment" in applied.ok("plan", "--target", "extension.alpha").out


def test_options_that_contradict_each_other(applied: Project) -> None:
    for given in (
        ("plan", "--destroy", "--replace", "extension.alpha"),
        ("plan", "--refresh-only", "--destroy"),
        ("plan", "--json", "--format", "json"),
    ):
        assert applied.run(*given).code == 64


def test_a_digest_that_does_not_fit_is_refused_even_when_nothing_is_to_do(applied: Project) -> None:
    assert applied.run("apply", "--auto-approve", "--expect-digest", "sha256:00").code == 3
