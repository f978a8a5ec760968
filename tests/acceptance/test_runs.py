"""What planner apply records of releases in an environment's state, and what it takes for the same."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from planner.promote.log import Force, Source

from .chains import (
    REFUSED,
    applied,
    apply,
    change,
    commit,
    content,
    gate_of,
    gates,
    log_of,
    make_chain,
    pin,
    present,
    refused,
    sandbox,
    state,
)
from .runner import Project, finished, wait_until

PARTLY = 5


# what is recorded


def test_a_release_goes_through_all_environments_with_its_proof(chain: Project) -> None:
    chain.environ["GITHUB_ACTOR"] = "nobody"
    done = applied(chain, "prod")
    run, upstream = present(chain, "prod"), present(chain, "staging")
    assert f"prod runs {run.id} now." in done.err
    assert run.release == upstream.release == present(chain, "dev").release
    assert content(chain, "prod") == content(chain, "staging") == content(chain, "dev")
    assert run.release.archives == {"files/words": content(chain, "prod")}
    where = state(chain, "staging")
    assert run.source == Source("staging", where["lineage"], where["serial"])
    assert (run.by, run.whole, run.until) == ("ci", True, "")
    last = state(chain, "prod")["applied"]
    assert (run.commit, run.plan_digest, run.since) == (last["commit"], last["plan_digest"], last["at"])
    assert [gate.name for gate in run.gates] == ["promote_from", "archives", "converged"]
    assert gate_of(run, "archives") == f"1 with the content that ran in staging on {run.id}"
    assert gate_of(run, "converged") == "staging has nothing pending and no drift"
    assert present(chain, "dev").source is None


def test_the_pull_request_is_recorded(chain: Project) -> None:
    commit(chain, "Prod at last (#12)", "--allow-empty")
    applied(chain, "prod")
    assert present(chain, "prod").pull_request == "#12"


def test_the_same_once_more_records_nothing(chain: Project) -> None:
    before = state(chain, "staging")
    done = applied(chain, "staging")
    assert state(chain, "staging") == before
    assert "runs" not in done.err


def test_a_release_that_changes_nothing_is_recorded(chain: Project) -> None:
    chain.edit("templates/main.yaml", "resource:\n", "resource:  # of all\n")
    commented = commit(chain)
    for name in ("dev", "staging"):
        serial = state(chain, name)["serial"]
        assert "runs r-" in applied(chain, name).err
        assert present(chain, name).release.templates == commented
        assert state(chain, name)["serial"] == serial + 1
        assert len(log_of(chain, name).runs) == 2
        assert log_of(chain, name).runs[0].until == present(chain, name).since


def test_a_release_that_changes_nothing_asks_nobody(chain: Project) -> None:
    """There is nothing to approve."""
    chain.edit("templates/main.yaml", "resource:\n", "resource:  # of all\n")
    commit(chain)
    assert "runs r-" in chain.ok("apply", "-e", "dev").err


def test_a_project_without_promotion_records_nothing(chain: Project, tmp_path: Path) -> None:
    project = make_chain(tmp_path / "plain")
    project.edit("planner.yaml", "promote: {variables: [version], templates: true}\n", "")
    project.edit("planner.yaml", ", gates: {}", "")
    for name in ("prod", "dev"):
        done = applied(project, name)
        assert "runs" not in done.err
        assert state(project, name)["promotions"] == []
    assert project.run("apply", "-e", "dev", "--force", "soak", "--reason", "x").code == 0


def test_when_promotion_is_taken_out_of_the_project_the_run_ends(chain: Project) -> None:
    chain.edit("planner.yaml", "promote: {variables: [version], templates: true}\n", "")
    chain.edit("planner.yaml", ", gates: {}", "")
    change(chain)
    applied(chain, "staging")
    assert log_of(chain, "staging").present is None
    assert [run.until for run in log_of(chain, "staging").runs] == [state(chain, "staging")["applied"]["at"]]


def test_a_destroy_ends_the_run(chain: Project) -> None:
    before = present(chain, "staging")
    chain.ok("destroy", "-e", "staging", "--auto-approve")
    assert log_of(chain, "staging").present is None
    assert len(log_of(chain, "staging").runs) == 1
    assert apply(chain, "prod").code == 0, "it ran there"
    assert "staging was, until" in gate_of(present(chain, "prod"), "converged")
    applied(chain, "staging")
    again = present(chain, "staging")
    assert again.release == before.release
    assert gate_of(again, "promote_from") == f"{before.id} ran in staging before"


def test_a_refresh_leaves_the_log_alone(chain: Project) -> None:
    change(chain)
    with sandbox(chain, "staging") as ece:
        ece.update("staging-labels", description="by hand")
    before = state(chain, "staging")
    applied(chain, "staging", "--refresh-only")
    after = state(chain, "staging")
    assert (after["serial"], after["promotions"]) == (before["serial"] + 1, before["promotions"])


def test_a_part_that_has_nothing_to_change_leaves_the_log_alone(chain: Project) -> None:
    change(chain)
    before = state(chain, "dev")
    applied(chain, "dev", "--target", "extension.labels")
    assert state(chain, "dev") == before


# not whole


def test_a_part_of_a_release_is_not_whole(chain: Project) -> None:
    first = present(chain, "dev")
    chain.edit("templates/main.yaml", "of size", "size")
    change(chain)
    applied(chain, "dev", "--target", "extension.labels")
    part = present(chain, "dev")
    assert (part.whole, part.release.templates != first.release.templates) == (False, True)
    refused = apply(chain, "staging")
    assert refused.code == REFUSED
    assert f"dev is not converged on {part.id}: its last apply was not whole, 1 pending change" in refused.err
    applied(chain, "dev")
    whole = present(chain, "dev")
    assert (whole.id, whole.whole) == (part.id, True)
    applied(chain, "staging")


def test_an_apply_that_fails_is_not_whole_and_keeps_its_proof(chain: Project) -> None:
    change(chain)
    applied(chain, "dev")
    with sandbox(chain, "staging") as ece:
        ece.fault("PUT /deployments/extensions/* 400")
    failed = apply(chain, "staging")
    assert failed.code in (1, PARTLY), failed
    broken = present(chain, "staging")
    assert not broken.whole
    refused = apply(chain, "prod")
    assert refused.code == REFUSED
    assert "its last apply was not whole" in refused.err
    with sandbox(chain, "staging") as ece:
        ece.no_faults()
    assert f"staging runs {broken.id} now." in applied(chain, "staging").err
    whole = present(chain, "staging")
    assert (whole.id, whole.whole, whole.since >= broken.since) == (broken.id, True, True)
    assert whole.source == broken.source
    assert whole.source is not None
    assert whole.gates == broken.gates
    assert len(whole.gates) == 3


REFRESH = ("apply", "-e", "staging", "--refresh-only", "--auto-approve")


@pytest.mark.seldom(after=[(), ("plan", "-e", "staging")])
@pytest.mark.parametrize(
    "after",
    [(), ("plan", "-e", "staging"), REFRESH],
    ids=["nothing looked after it", "a plan did", "a refresh did"],
)
def test_an_apply_that_was_killed_is_not_whole(chain: Project, after: tuple[str, ...]) -> None:
    before = present(chain, "staging")
    change(chain)
    applied(chain, "dev")
    with sandbox(chain, "staging") as ece:
        ece.fault("PUT /deployments/extensions/* hold")
        with chain.started("apply", "-e", "staging", "--auto-approve") as process:
            wait_until(ece.holds, "a call was begun")
            process.send_signal(signal.SIGKILL)
            finished(process)
        ece.no_faults()
        ece.update("staging-labels", description="by hand")
    if after:
        chain.ok(*after)
    pin(chain, "prod", before)
    refused(chain, f"staging is not converged on {before.id}: its last apply was not whole")
    applied(chain, "staging")
    assert present(chain, "staging").whole
    assert [run.id for run in log_of(chain, "staging").runs if run.whole] == [
        before.id,
        present(chain, "staging").id,
    ]


# the ways in


def test_back_to_what_ran_there_needs_no_proof(chain: Project) -> None:
    applied(chain, "prod")
    first = present(chain, "prod").id
    before = present(chain, "prod")
    change(chain)
    for name in ("dev", "staging", "prod"):
        applied(chain, name)
    gates(chain, "{soak: 48h, checks: [smoke], approvals: 3}")
    pin(chain, "prod", before)
    applied(chain, "prod")
    assert present(chain, "prod").id == first
    assert gate_of(present(chain, "prod"), "promote_from") == f"{first} ran in prod before"
    assert content(chain, "prod") != content(chain, "staging")


def test_one_variable_alone(chain: Project) -> None:
    applied(chain, "prod")
    before = present(chain, "prod").release
    change(chain)
    chain.write("environments/dev.yaml", "variables: {version: 8.15.*}\n")
    chain.write("pins/staging.yaml", "variables: {version: 8.15.*}\n")
    for name in ("dev", "staging"):
        applied(chain, name)
    pins = f"templates: {before.templates}\nvariables: {{version: 8.15.*}}\n"
    chain.write("pins/prod.yaml", pins)
    applied(chain, "prod")
    run, upstream = present(chain, "prod"), present(chain, "staging")
    assert run.id not in (upstream.id, before.id)
    assert run.release.variables == upstream.release.variables
    assert run.source is not None
    assert gate_of(run, "archives") == "1 with the content that runs in prod"
    chain.edit("pins/prod.yaml", "8.15.*", "8.16.*")
    assert apply(chain, "prod").code == REFUSED


OWN = """
{% if env.name == "prod" %}
    own: {name: own, extension_type: bundle, version: "*", file: files/own}
{% endif %}
"""


def test_a_target_with_archives_of_its_own(chain: Project) -> None:
    chain.edit("templates/main.yaml", "    labels:\n", f"{OWN}    labels:\n")
    chain.write("files/own/o.txt", "own\n")
    commit(chain)
    for name in ("dev", "staging", "prod"):
        applied(chain, name)
    run, upstream = present(chain, "prod"), present(chain, "staging")
    assert run.id == upstream.id
    assert run.release.id != upstream.release.id
    assert gate_of(run, "archives") == f"1 with the content that ran in staging on {run.id}; 1 not there"
    before = state(chain, "prod")
    applied(chain, "prod")
    assert state(chain, "prod") == before


def test_several_upstreams(chain: Project) -> None:
    chain.edit("planner.yaml", "promote_from: [staging], gates", "promote_from: [staging, dev], gates")
    change(chain)
    applied(chain, "dev")
    applied(chain, "prod")
    source = present(chain, "prod").source
    assert source is not None
    assert source.environment == "dev"
    assert gate_of(present(chain, "prod"), "converged") == "dev has nothing pending and no drift"


# secrets


def test_no_secret_is_recorded(chain: Project) -> None:
    chain.edit("planner.yaml", "variables:\n", "variables:\n  token: {type: string, sensitive: true}\n")
    chain.environ["PLANNER_VAR_token"] = "hunter2-hunter2"
    gates(chain, "{checks: [smoke]}")
    commit(chain)
    words = ("--force", "checks", "--reason", "because of hunter2-hunter2")
    assert apply(chain, "prod", *words).code == 0
    for name in ("dev", "staging", "prod"):
        assert "hunter2" not in (chain.folder / f"state/{name}.json").read_text()
    assert "because of" in log_of(chain, "prod").of(Force)[0].reason
