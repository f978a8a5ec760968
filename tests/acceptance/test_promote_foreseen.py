"""planner promote --json; and planner env status says of a promotion what planner promote says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from planner.resources import schema

from .command import Done
from .runner import Project
from .shop import (
    FORCED,
    add_gates,
    apply,
    commit_all,
    commits,
    git,
    pin_of,
    pins_of,
    release_in,
    release_of,
    told,
)


def other_variables(shop: Project) -> None:
    shop.edit("planner.yaml", "[bundle_version, languages]", "[bundle_version, owner]")
    shop.edit("pins/prod.yaml", "  languages:\n    - de\n", "")


def not_rendered(shop: Project) -> None:
    shop.edit("environments/prod.yaml", "owner: ops", "owner: [ops]")


def set_elsewhere(shop: Project) -> None:
    shop.environ["PLANNER_VAR_bundle_version"] = "9.*"


def a_link(shop: Project) -> None:
    path = shop.folder / "pins/prod.yaml"
    path.symlink_to(path.rename(shop.folder / "elsewhere.yaml"))


def another_history(shop: Project) -> None:
    """The commit that staging runs is on a branch."""
    git(shop.folder, "checkout", "-q", "HEAD~3")


def nothing(_: Project) -> None:
    pass


@pytest.mark.parametrize(
    ("what", "told_by_both"),
    [
        pytest.param(other_variables, "is from before promote.variables changed", id="other variables"),
        pytest.param(not_rendered, "must be a text, not a list", id="a target that cannot be rendered"),
        pytest.param(
            set_elsewhere, 'bundle_version would be "9.*" in prod', id="set elsewhere", marks=pytest.mark.long
        ),
        pytest.param(a_link, "pins/prod.yaml is reached by a link", id="a link", marks=pytest.mark.long),
        pytest.param(another_history, "is not in the history of what is checked out", id="another history"),
        pytest.param(nothing, "", id="nothing"),
    ],
)
def test_env_status_says_what_promote_says(
    shop: Project, what: Callable[[Project], None], told_by_both: str
) -> None:
    what(shop)
    done = shop.run("promote", "staging", "prod", "--dry-run")
    assert (done.code == 0) == (not told_by_both), done
    assert told_by_both in told(done)
    status = shop.run("env", "status")
    assert told_by_both in " ".join(status.out.split())
    assert ("Run: planner promote staging prod\n" in status.out) == (not told_by_both)
    found = json.loads(shop.run("env", "status", "--json").out)["environments"]
    [coming] = [item["next"] for item in found if item["environment"] == "prod"]
    assert ("promotion" in coming["blocked_by"]) == bool(told_by_both)
    assert bool(coming["blocked_by"]) == bool(told_by_both)
    assert status.err == ""


def promoted(done: Done) -> Any:
    found = json.loads(done.out)
    Draft202012Validator(schema("standings.schema.json")).validate(found)
    if found["plan"] is not None:
        Draft202012Validator(schema("plan.schema.json")).validate(found["plan"])
    return found


def gates_of(shop: Project) -> Any:
    """As env status has them."""
    found = json.loads(shop.ok("env", "status", "--json").out)["environments"]
    return next(item["next"]["gates"] for item in found if item["environment"] == "prod")


def test_a_dry_run_as_a_document(shop: Project) -> None:
    former, release = release_of(pins_of(shop, "prod")), release_in(shop, "staging")
    done = shop.ok("promote", "staging", "prod", "--dry-run", "--commit", "--json")
    found = promoted(done)
    assert [change["action"] for change in found.pop("plan")["changes"]] == ["update"]
    assert (found, done.err) == (
        {
            "format_version": 1,
            "environment": "prod",
            "source": "staging",
            "release": release,
            "file": "pins/prod.yaml",
            "pins": [
                {"name": "release", "before": former, "after": release},
                {"name": "templates", "before": pin_of(shop, "prod"), "after": pin_of(shop, "staging")},
                {"name": "variables.bundle_version", "before": "8.15.*", "after": "8.16.*"},
            ],
            "gates": gates_of(shop),
            "written": False,
            "commit": None,
            "pull_request": None,
            "next": None,
        },
        "",
    )
    assert git(shop.folder, "status", "--porcelain") == ""
    assert release_of(pins_of(shop, "prod")) == former


def test_what_was_done_as_a_document(shop: Project) -> None:
    foreseen = promoted(shop.ok("promote", "staging", "prod", "--dry-run", "--json"))
    written = promoted(shop.ok("promote", "staging", "prod", "--json"))
    assert written == {**foreseen, "written": True, "next": "commit it, then run planner apply -e prod"}
    committed = promoted(shop.ok("promote", "staging", "prod", "--commit", "--json"))
    commit = git(shop.folder, "rev-parse", "HEAD")
    assert committed == {**written, "commit": commit, "next": "push it, then run planner apply -e prod"}
    again = promoted(shop.ok("promote", "staging", "prod", "--commit", "--json"))
    assert (again["pins"], again["written"], again["commit"]) == ([], False, None)
    assert again["next"] == "run planner apply -e prod"
    apply(shop, "prod")
    there = promoted(shop.ok("promote", "staging", "prod", "--json"))
    assert (there["pins"], there["plan"], there["next"]) == ([], None, None)
    back = promoted(shop.ok("promote", "prod", "--rollback", "--json"))
    assert (back["environment"], back["source"]) == ("prod", "prod")
    assert [pin["after"] for pin in back["pins"]] == [pin["before"] for pin in foreseen["pins"]]


def test_a_closed_gate_as_a_document(shop: Project) -> None:
    """What is wrong is told as without --json."""
    add_gates(shop, "{checks: [smoke]}")
    commit_all(shop, "gates")
    gates = gates_of(shop)
    for words, is_planned in (((), False), (("--dry-run",), True)):
        plain = shop.run("promote", "staging", "prod", *words)
        done = shop.run("promote", "staging", "prod", "--json", *words)
        assert (done.code, done.err) == (3, plain.err)
        found = promoted(done)
        assert [gate["name"] for gate in gates if gate["state"] == "closed"] == ["checks"]
        assert found["gates"] == gates
        assert (found["plan"] is not None, found["written"], found["commit"]) == (is_planned, False, None)
    assert commits(shop)[0] == "gates"
    forced = promoted(shop.ok("promote", "staging", "prod", "--json", *FORCED))
    [gate] = [gate for gate in forced["gates"] if gate["name"] == "checks"]
    assert (forced["written"], gate["state"], gate["forced"][:14]) == (True, "forced", "tested by hand")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["prod"], 64, id="usage"),
        pytest.param(["dev", "prod"], 3, id="no source"),
        pytest.param(["staging", "prod", "--release", "r-0"], 64, id="no release"),
        pytest.param(["--move-pins"], 64, id="a move"),
    ],
)
def test_what_is_wrong_is_no_document(shop: Project, words: list[str], code: int) -> None:
    done = shop.run("promote", "--json", *words)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("Error: ")


def test_an_installation_that_cannot_be_asked(shop: Project) -> None:
    shop.edit("planner.yaml", "prod: {endpoint: sandbox", 'prod: {endpoint: "http://127.0.0.1:9"')
    done = shop.ok("promote", "staging", "prod", "--json", env={"EC_API_KEY": "any"})
    assert "Note: prod was not planned" in told(done)
    found = promoted(done)
    assert (found["plan"], found["written"]) == (None, True)


def test_a_pin_that_is_a_secret_now(shop: Project) -> None:
    """It is in git, and is not shown once more: not in a commit or a pull request either."""
    shop.edit("planner.yaml", "[bundle_version, languages]", "[languages]")
    shop.edit("planner.yaml", '{type: string, default: "8.*"}', "{type: string, sensitive: true}")
    shop.environ["PLANNER_VAR_bundle_version"] = "9.*"
    commit_all(shop, "the version is a secret")
    apply(shop, "dev")
    done = shop.ok("promote", "dev", "staging", "--commit", "--json")
    assert promoted(done)["pins"][-1] == {
        "name": "variables.bundle_version",
        "before": "(sensitive)",
        "after": None,
    }
    message = git(shop.folder, "log", "-1", "--format=%B")
    assert "variables.bundle_version (sensitive) is not pinned any more" in message
    assert "8.16" not in message
