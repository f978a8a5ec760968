"""planner preview of a branch that has what its target does not have, or the other way round."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from . import chains
from .runner import TEMPLATE, Project
from .team import environments, git

Edit = Callable[[Project], None]


@pytest.fixture
def branched(applied: Project) -> Project:
    """The small project, applied, and a branch of it where one file was changed."""
    git(applied.folder, "init", "-q", "-b", "main")
    applied.write(".gitignore", "state/\npreview/\nagain/\n")
    commit(applied, "what there is")
    git(applied.folder, "checkout", "-qb", "branch")
    applied.write("files/alpha/words.txt", "two\n")
    commit(applied, "the change")
    return applied


def commit(project: Project, message: str) -> None:
    git(project.folder, "add", "--all", ".")
    git(project.folder, "commit", "-qm", message)


def goes_on(project: Project, *edits: Edit) -> None:
    """The target, with a commit for each edit, applied."""
    git(project.folder, "checkout", "-q", "main")
    for edit in edits:
        edit(project)
        commit(project, "somebody else's")
    project.apply()
    git(project.folder, "checkout", "-q", "branch")


def declare(name: str) -> Edit:
    text = f"    {name}: {{name: {name}, extension_type: bundle, version: '*', file: files/alpha}}\n"
    return lambda project: project.write(f"templates/{name}.yaml", f"resource:\n  extension:\n{text}")


def change_type(project: Project) -> None:
    text = "name: beta\n      extension_type: "
    project.edit("templates/main.yaml", f"{text}bundle", f"{text}plugin")
    project.edit("templates/main.yaml", 'version: "*"', "version: 8.0.0")


def forget_beta(project: Project) -> None:
    project.write("templates/main.yaml", TEMPLATE[: TEMPLATE.index("    beta:")])


def describe(project: Project) -> None:
    project.edit("templates/main.yaml", "Goes with", "Belongs to")


def nothing(project: Project) -> None:
    project.write("README", "more\n")


@pytest.mark.parametrize(
    ("theirs", "mine", "undone"),
    [
        pytest.param([declare("gamma")], None, ["deleting `extension.gamma`"], id="one that is new there"),
        pytest.param(
            [declare("gamma"), declare("delta")],
            None,
            ["deleting `extension.delta`, deleting `extension.gamma`"],
            id="two of two commits",
        ),
        pytest.param([change_type], None, ["replacing `extension.beta`"], id="one that was replaced there"),
        pytest.param([describe], forget_beta, [], id="one that the branch deletes"),
        pytest.param(
            [declare("gamma")], forget_beta, ["deleting `extension.gamma`"], id="one of each: theirs alone"
        ),
        pytest.param([describe], None, [], id="an update"),
        pytest.param([nothing], forget_beta, [], id="nothing that is planned"),
    ],
)
def test_which_losses_come_only_from_the_target(
    branched: Project, theirs: list[Edit], mine: Edit | None, undone: list[str]
) -> None:
    if mine:
        mine(branched)
        commit(branched, "mine")
    goes_on(branched, *theirs)
    document = json.loads(branched.ok("preview", "--format", "json").out)
    assert (document["target"], document["ahead"]) == ("main", len(theirs))
    [found] = document["environments"]
    assert [text.split(" would only undo what `main` has got")[0] for text in found["cautions"]] == undone
    shown = branched.ok("preview", "--out", "preview").out
    ahead = f"is {'1 commit' if len(theirs) == 1 else '2 commits'} ahead of"
    assert f"; `main` {ahead} that." in shown
    page = (branched.folder / "preview/preview.html").read_text()
    assert f"main {ahead} what this is compared with" in page
    assert branched.ok("preview", "--from", "preview/preview.json", "--out", "again").out == shown


def test_it_goes_away_with_a_merge(branched: Project) -> None:
    goes_on(branched, declare("gamma"))
    git(branched.folder, "merge", "-q", "--no-edit", "main")
    assert "ahead" not in branched.ok("preview").out
    [found] = environments(branched).values()
    assert (found["cautions"], found["summary"]["delete"]) == ([], 0)  # type: ignore[index]


def test_a_target_that_cannot_be_rendered_says_nothing(branched: Project) -> None:
    goes_on(branched, declare("gamma"))
    git(branched.folder, "checkout", "-q", "main")
    branched.write("templates/wrong.yaml", "resource: [")
    commit(branched, "wrong")
    git(branched.folder, "checkout", "-q", "branch")
    [found] = environments(branched).values()
    assert (found["cautions"], found["summary"]["delete"]) == ([], 1)  # type: ignore[index]


def test_offline_nothing_is_undone(branched: Project) -> None:
    """What the target has got is in no comparison of the branch with where it began."""
    goes_on(branched, declare("gamma"))
    [found] = environments(branched, "--offline").values()
    assert (found["cautions"], found["summary"]["delete"]) == ([], 0)  # type: ignore[index]
    assert "`main` is 1 commit ahead of that" in branched.ok("preview", "--offline").out


def promoted(chain: Project) -> None:
    chain.ok("promote", "dev", "staging")
    chains.commit(chain)


def of_the_branch(chain: Project) -> None:
    chains.change(chain)
    chains.applied(chain, "dev")
    promoted(chain)


def of_the_target(chain: Project) -> None:
    """Promoted on the branch, and committed before."""
    git(chain.folder, "checkout", "-q", "main")
    chains.change(chain)
    chains.applied(chain, "dev")
    git(chain.folder, "checkout", "-q", "-B", "branch")
    promoted(chain)


def merged_meanwhile(chain: Project) -> None:
    of_the_branch(chain)
    git(chain.folder, "branch", "-f", "main", "HEAD~1")


def squashed_meanwhile(chain: Project) -> None:
    """The target has the same files by another commit."""
    of_the_branch(chain)
    git(chain.folder, "checkout", "-q", "main")
    git(chain.folder, "merge", "-q", "--squash", "branch~1")
    git(chain.folder, "commit", "-qm", "squashed")
    git(chain.folder, "checkout", "-q", "branch")


@pytest.mark.seldom(how=[squashed_meanwhile, merged_meanwhile])
@pytest.mark.parametrize(
    ("how", "warned"),
    [(of_the_branch, True), (squashed_meanwhile, True), (of_the_target, False), (merged_meanwhile, False)],
)
def test_a_pin_that_a_squashed_merge_would_lose(chain: Project, how: Edit, warned: bool) -> None:
    git(chain.folder, "checkout", "-qb", "branch")
    how(chain)
    found = environments(chain, "-e", "staging")["staging"]
    cautions = [str(text) for text in found["cautions"]]  # type: ignore[attr-defined]
    pin = git(chain.folder, "rev-parse", "--short=12", "HEAD~1")
    told = (
        f"it is pinned to `{pin}`, which `main` does not have. A merge by squash or rebase loses that commit"
    )
    assert [told in text for text in cautions] == [True] * warned
    assert str(found["on_merge"]).endswith("can be applied" + ", where the merge keeps its pin" * warned)
    assert (told in chain.ok("preview").out) == warned
