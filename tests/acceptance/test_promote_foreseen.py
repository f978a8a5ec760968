"""planner env status says of a promotion what planner promote says."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from .runner import Project
from .shop import git, told


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
