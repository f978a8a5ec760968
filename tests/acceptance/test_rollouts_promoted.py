"""Releases that are rolled out: what an environment runs meanwhile, from when on it runs them, and that one
which went back was never run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from planner.promote.log import Rejection, Run, Verification

from .bound import Scene, deployment, plan
from .chains import REFUSED, ago, applied, apply, begun, commit, git, log_of, present, state
from .command import Done
from .platform import ask
from .runner import Project, wait_until, words
from .test_rollouts import BROKEN, IDS, Shops

PARTLY = 5
LEGACY = "9abbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
"""The id of a deployment that nothing here declares."""

PROJECT = """project: shop
environments:
  dev: {endpoint: sandbox, sandbox: {seed: seed.yaml}}
  prod:
    endpoint: sandbox
    sandbox: {seed: seed.yaml}
    promote_from: [dev]
    gates: {soak: 1h, checks: [smoke]}
promote: {templates: true}
"""
TEMPLATE = """
resource:
  extension:
    synonyms:
      name: synonyms
      extension_type: bundle
      version: 8.*
      file: files/synonyms
      allow: [{rule: synonyms-two-arrows, reason: of this test}]
  extension_binding:
{% for n in range(4) %}
    shop_{{ n }}: {deployment: shop-{{ n }}, extensions: [extension.synonyms]}
{% endfor %}
rollout:
  search:
    of: [extension.synonyms]
    waves: [[extension_binding.shop_0], [extension_binding.shop_1, extension_binding.shop_2], rest]
    on_failure: roll_back
"""


@pytest.fixture(scope="module")
def chain_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(tmp_path_factory.mktemp("rolled") / "p", {"PLANNER_ACTOR": "ci"})
    project.write("planner.yaml", PROJECT)
    project.write("templates/main.yaml", TEMPLATE)
    project.write("files/synonyms/dictionaries/s.txt", "tv, television\n")
    seeds = [deployment(id_, f"shop-{number}", plan()) for number, id_ in enumerate(IDS)]
    seeds.append(deployment(LEGACY, "legacy", plan()))
    project.write("seed.yaml", json.dumps({"deployments": seeds}))
    project.write(".gitignore", "state/\n")
    for name in ("dev", "prod"):
        project.write(f"environments/{name}.yaml", "{}\n")
    git(project.folder, "init", "-q")
    git(project.folder, "config", "user.name", "t")
    git(project.folder, "config", "user.email", "t@example.invalid")
    commit(project, "one")
    applied(project, "dev")
    Shops(project).indexed()
    ready(project)
    project.ok("promote", "dev", "prod", "--commit")
    applied(project, "prod")
    return project.folder


@pytest.fixture
def chain(chain_once: Path, tmp_path: Path) -> Project:
    """The first release runs in dev, where it soaked, and in prod; each has four deployments."""
    shutil.copytree(chain_once, tmp_path / "p", symlinks=True)
    return Project(tmp_path / "p", {"PLANNER_ACTOR": "ci"})


def ready(project: Project) -> None:
    """What dev runs soaked, and was checked."""
    begun(project, "dev", ago(hours=2))
    project.ok("verify", "dev", "--check", "smoke", "--ok")


def change(project: Project, text: str = "phone, telephone\n") -> None:
    project.write("files/synonyms/dictionaries/s.txt", text)
    commit(project)


def next_wave(project: Project, name: str) -> Done:
    done = apply(project, name, "--until", "wave")
    assert done.code == PARTLY, done
    return done


def standing(project: Project, name: str) -> dict[str, Any]:
    found = json.loads(project.ok("env", "status", "--json").out)["environments"]
    return next(item for item in found if item["environment"] == name)


def rolling(project: Project, name: str) -> str:
    """The release that is being brought, by the record of its roll-out."""
    (record,) = state(project, name)["rollouts"]
    return str(record["release"])


def promoted(project: Project) -> Run:
    """The second release is pinned in prod, after it soaked in dev."""
    change(project)
    applied(project, "dev")
    ready(project)
    project.ok("promote", "dev", "prod", "--commit")
    return present(project, "dev")


def test_while_it_is_rolled_out(chain: Project) -> None:
    """It is told, and no gate takes it for what runs there; what ran is kept as it was."""
    before = present(chain, "dev")
    change(chain)
    next_wave(chain, "dev")
    release = rolling(chain, "dev")
    assert present(chain, "dev") == before
    shown = chain.ok("env", "status").out
    assert "no, rolling out" in shown
    assert f"dev is rolling out {release}, wave 2 of 3." in shown
    found = standing(chain, "dev")
    assert (found["release"], found["since"], found["whole"], found["converged"]) == (
        release,
        None,
        False,
        False,
    )
    assert found["rolling"] == [f"{release}, wave 2 of 3"]
    assert "rolling out in dev, wave 2 of 3" in chain.ok("release", "list").out
    assert f"is rolling it out since {ago()[:10]}" in chain.ok("release", "show", release).out
    refused = chain.run("promote", "dev", "prod")
    assert refused.code == REFUSED, refused
    gates = words(refused.both)
    assert f"dev is not converged on {release}: it is being rolled out, wave 2 of 3" in gates
    assert "Run: planner apply -e dev" in gates
    assert f"{release} soaked 0s of 1h in dev, and it is being rolled out, wave 2 of 3" in gates
    next_wave(chain, "dev")
    assert standing(chain, "dev")["rolling"] == [f"{release}, wave 3 of 3"]


def test_it_runs_from_the_end_of_its_last_wave(chain: Project) -> None:
    """Also when a later apply ends the roll-out; what checks found before that does not count."""
    change(chain)
    next_wave(chain, "dev")
    release = rolling(chain, "dev")
    early = chain.ok("verify", "dev", "--check", "smoke", "--ok")
    assert f"{release} is being rolled out, wave 2 of 3; gates count checks from its end on" in early.err
    done = applied(chain, "dev")
    assert f"dev runs {release} now." in done.err
    run = present(chain, "dev")
    assert (run.id, run.whole) == (release, True)
    (check,) = log_of(chain, "dev").about(Verification, release)
    assert check.early
    assert run.since >= check.at
    assert standing(chain, "dev")["converged"]
    begun(chain, "dev", ago(hours=2))
    unchecked = chain.run("promote", "dev", "prod")
    assert unchecked.code == REFUSED
    assert f"smoke was not verified on {release} in dev" in unchecked.both
    ready(chain)
    chain.ok("promote", "dev", "prod", "--commit")
    while apply(chain, "prod", "--until", "wave").code == PARTLY:
        assert present(chain, "prod").id != release
    assert present(chain, "prod").id == release
    assert standing(chain, "prod")["converged"]


def test_a_run_was_cut_off(chain: Project) -> None:
    """In the second wave. It is told while it goes on, and afterwards."""
    before = present(chain, "dev")
    change(chain)
    next_wave(chain, "dev")
    with chain.sandbox() as ece:
        ece.fault(f"PUT /deployments/{IDS[1]} hold")
        with chain.started("apply", "-e", "dev", "--auto-approve") as process:
            wait_until(ece.holds, "the second wave is begun")
            (going,) = standing(chain, "dev")["rolling"]
            process.kill()
            process.wait()
        ece.no_faults()
    release, _, where = going.partition(", ")
    assert where == "wave 2 of 3"
    assert present(chain, "dev") == before
    assert standing(chain, "dev")["rolling"] == [going]
    assert chain.run("promote", "dev", "prod").code == REFUSED
    applied(chain, "dev")
    assert (present(chain, "dev").id, present(chain, "dev").whole) == (release, True)


@pytest.mark.parametrize("approved", ["a saved plan", "its digest"])
def test_what_was_approved_makes_it_whole(chain: Project, approved: str) -> None:
    change(chain)
    chain.ok("plan", "-e", "dev", "--out", "state/p.json")
    digest = json.loads((chain.folder / "state/p.json").read_text())["digest"]
    given = ["state/p.json"] if approved == "a saved plan" else ["--expect-digest", digest]
    assert apply(chain, "dev", *given, "--until", "wave").code == PARTLY
    release = rolling(chain, "dev")
    applied(chain, "dev", *given)
    run = present(chain, "dev")
    assert (run.id, run.whole, run.plan_digest) == (release, True, digest)


def test_what_is_left_of_it(chain: Project) -> None:
    """Its waves are done, and what it replaced is not deleted: it did not come whole yet."""
    change(chain)
    next_wave(chain, "dev")
    release = rolling(chain, "dev")
    chain.ok("rollout", "continue", "search", "-e", "dev", "--auto-approve")
    left = present(chain, "dev")
    assert (left.id, left.whole) == (release, False)
    assert standing(chain, "dev")["rolling"] == []
    applied(chain, "dev")
    assert (present(chain, "dev").id, present(chain, "dev").whole) == (release, True)


def test_who_has_no_binding(chain: Project) -> None:
    """It keeps the old content, is named, and does not keep the release from being run."""
    url = Scene(chain).plan(IDS[0])["elasticsearch"]["user_bundles"][0]["url"]
    entry = {"name": "synonyms", "url": url, "elasticsearch_version": "8.*"}
    es = {"ref_id": "main-elasticsearch", "region": "ece-region", "plan": plan(user_bundles=[entry])}
    body = {"prune_orphans": False, "resources": {"elasticsearch": [es]}}
    assert ask(chain, "PUT", f"/deployments/{LEGACY}", json=body)
    change(chain)
    assert "legacy keeps the old one: no binding of this project" in chain.ok("plan", "-e", "dev").out
    done = applied(chain, "dev")
    assert "Note: legacy keeps what was before: no binding here is for it." in done.err
    assert present(chain, "dev").whole
    assert standing(chain, "dev")["converged"]


def test_one_that_went_back_was_never_run(chain: Project) -> None:
    before = present(chain, "dev")
    change(chain, BROKEN)
    assert apply(chain, "dev").code == PARTLY
    assert present(chain, "dev") == before
    (failure,) = state(chain, "dev")["failures"]
    release = failure["release"]
    assert "partly" not in failure
    found = standing(chain, "dev")
    assert (found["release"], found["since"], found["whole"]) == (before.id, before.since, True)
    assert found["converged"] is False
    assert found["held"][0].startswith("search, shop-0 failed in wave 1: ")
    shown = words(chain.ok("env", "status").out)
    assert "no, held back" in shown
    assert "dev holds back the roll-out search, shop-0 failed in wave 1: " in shown
    assert f"prod runs {before.id} already" in chain.ok("promote", "dev", "prod").out
    named = chain.run("promote", "dev", "prod", "--release", release)
    assert named.code == REFUSED
    assert f"{release} went back in dev: shop-0 failed in wave 1: " in words(named.err)
    head = git(chain.folder, "rev-parse", "HEAD")
    chain.write("pins/prod.yaml", f"templates: {head}\n")
    pinned = apply(chain, "prod")
    assert pinned.code == REFUSED
    assert f"{release} went back in dev: shop-0 failed in wave 1: " in words(pinned.err)
    assert "went back in dev" in chain.ok("release", "list").out
    assert "shop-0 failed in wave 1" in words(chain.ok("release", "show", release).out)
    chain.ok("release", "reject", release, "--reason", "two arrows")
    assert apply(chain, "dev").code == REFUSED
    assert present(chain, "dev") == before
    change(chain)
    applied(chain, "dev")
    assert present(chain, "dev").whole
    assert standing(chain, "dev")["converged"]


def test_a_part_of_it_stays(chain: Project) -> None:
    """The first wave keeps what the second one gave back: what ran before is not whole any more."""
    before = present(chain, "dev")
    change(chain)
    with chain.sandbox() as ece:
        ece.fault(f"PUT /deployments/{IDS[1]} fail-plan times=1")
    assert apply(chain, "dev").code == PARTLY
    (failure,) = state(chain, "dev")["failures"]
    assert failure["partly"]
    found = standing(chain, "dev")
    assert (found["release"], found["whole"], found["converged"]) == (before.id, False, False)
    applied(chain, "dev", "--retry-rollout", "search")
    assert present(chain, "dev").id == failure["release"]
    assert standing(chain, "dev")["converged"]


def test_it_is_left_as_it_is(chain: Project) -> None:
    """Neither release runs as a whole then."""
    change(chain)
    next_wave(chain, "dev")
    release = rolling(chain, "dev")
    chain.ok("rollout", "abandon", "search", "-e", "dev", "--auto-approve")
    run = present(chain, "dev")
    assert (run.id, run.whole) == (release, False)
    assert [bool(item.until) for item in log_of(chain, "dev").runs] == [False, False]
    assert standing(chain, "dev")["whole"] is False


def test_rejected_in_between(chain: Project) -> None:
    """No further wave begins. It goes back, and what ran before still runs."""
    run, before = promoted(chain), present(chain, "prod")
    next_wave(chain, "prod")
    told = chain.ok("release", "reject", run.id, "--reason", "wrong phones")
    assert "prod is rolling it out, and begins no further wave" in told.err
    assert log_of(chain, "prod").about(Rejection, run.id)
    assert present(chain, "prod") == before
    stopped = apply(chain, "prod")
    assert stopped.code == PARTLY, stopped
    assert f"{run.id} was rejected by ci: wrong phones" in stopped.out
    assert standing(chain, "prod")["rolling"] == [f"{run.id}, wave 2 of 3"]
    chain.ok("rollout", "back", "search", "-e", "prod", "--auto-approve")
    assert present(chain, "prod") == before
    found = standing(chain, "prod")
    assert (found["release"], found["whole"], found["rolling"]) == (before.id, True, [])
