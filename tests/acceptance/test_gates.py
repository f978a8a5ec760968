"""planner apply in an environment with gates: what it lets in, and how it refuses."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from planner.promote.log import Approval, Force, Rejection, Verification

from .chains import (
    REFUSED,
    WORDS,
    ago,
    applied,
    apply,
    begun,
    change,
    commit,
    content,
    gate_of,
    gates,
    git,
    log_of,
    pin,
    present,
    record,
    refused,
    sandbox,
    state,
)
from .runner import Project

USAGE = 64


# gates


def test_what_did_not_run_upstream(chain: Project) -> None:
    change(chain)
    refused(chain, "prod accepts releases from staging; r-", advice="planner promote staging prod")


def test_what_is_in_no_commit(chain: Project) -> None:
    for name in ("dev", "staging"):
        chain.write(WORDS, "not committed\n")
        done = apply(chain, name)
        assert done.code == (0 if name == "dev" else REFUSED)
    assert "are in no commit" in done.err
    assert present(chain, "dev").release.templates == ""


def test_upstream_has_changes_pending(chain: Project) -> None:
    chain.edit("environments/staging.yaml", "size: 2", "size: 9")
    release = present(chain, "staging").id
    message = f"staging is not converged on {release}: 1 pending change"
    refused(chain, message, advice="Run: planner plan -e staging")


def test_upstream_drifted(chain: Project) -> None:
    with sandbox(chain, "staging") as ece:
        ece.update("staging-labels", description="by hand")
    release = present(chain, "staging").id
    refused(chain, f"staging is not converged on {release}: 1 drifted (extension.labels)")


def test_both_at_once(chain: Project) -> None:
    chain.edit("environments/staging.yaml", "size: 2", "size: 9")
    with sandbox(chain, "staging") as ece:
        ece.update("staging-words", description="by hand")
    release = present(chain, "staging").id
    told = "1 pending change, 1 drifted (extension.words)"
    refused(chain, f"staging is not converged on {release}: {told}", advice="Run: planner plan -e staging")


def test_upstream_cannot_be_asked(chain: Project) -> None:
    nobody = "staging: {endpoint: 'https://127.0.0.1:9', timeout: 1,"
    chain.edit("planner.yaml", "staging: {endpoint: sandbox,", nobody)
    refused(chain, "whether staging is converged on r-")


def test_the_state_upstream_cannot_be_read(chain: Project) -> None:
    (chain.folder / "state/staging.json").write_text("")
    refused(chain, "ran in staging is not known: ", advice="planner show -e staging")


def test_the_templates_upstream_are_wrong(chain: Project) -> None:
    """Those of prod are pinned."""
    release = present(chain, "staging")
    pin(chain, "prod", release)
    chain.write("templates/main.yaml", "resource: {extension: {words: {nme: x}}}\n")
    refused(chain, f"whether staging is converged on {release.id} is not known: ")


def test_soak(chain: Project) -> None:
    gates(chain, "{soak: 48h}")
    release = present(chain, "staging").id
    begun(chain, "staging", ago(hours=18, minutes=2))
    refused(chain, f"{release} soaked 18h", advice="m of 48h in staging; eligible 20")
    begun(chain, "staging", ago(hours=48))
    applied(chain, "prod")
    proof = gate_of(present(chain, "prod"), "soak")
    assert re.fullmatch(rf"{release} soaked 48h(\d\dm)? of 48h in staging", proof)


def test_a_release_that_left_upstream_can_still_come(chain: Project) -> None:
    gates(chain, "{soak: 48h, checks: [smoke]}")
    first = present(chain, "staging")
    begun(chain, "staging", ago(hours=50))
    record(chain, "staging", Verification(first.id, "smoke", True, ago(hours=1), "ci"))
    change(chain)
    applied(chain, "dev")
    applied(chain, "staging")
    pin(chain, "prod", first)
    applied(chain, "prod")
    assert present(chain, "prod").id == first.id
    assert content(chain, "prod") != content(chain, "staging")


def test_checks(chain: Project) -> None:
    gates(chain, "{checks: [smoke, load]}")
    release = present(chain, "staging").id
    record(chain, "staging", Verification(release, "smoke", False, "2026-08-23T09:00:00Z", "ci"))
    refused(
        chain,
        f"load was not verified on {release} in staging; "
        f"smoke failed 2026-08-23 09:00 UTC by ci on {release} in staging",
        advice="Run: planner verify staging --check load --ok",
    )
    passed = [Verification(release, name, True, "2026-08-23T10:00:00Z") for name in ("smoke", "load")]
    record(chain, "staging", *passed)
    applied(chain, "prod")
    proof = "smoke passed 2026-08-23 10:00 UTC; load passed 2026-08-23 10:00 UTC"
    assert gate_of(present(chain, "prod"), "checks") == proof


def test_approvals(chain: Project) -> None:
    """A plan that was made before it was approved is still the one that was reviewed."""
    gates(chain, "{approvals: 1}")
    release = present(chain, "staging").id
    pin(chain, "prod", present(chain, "staging"))
    commit(chain, "promoted")
    refused(
        chain,
        f"{release} has 0 of 1 approvals for prod",
        advice=f"Run: planner release approve {release} prod",
    )
    chain.ok("plan", "-e", "prod", "--out", "p.json")
    record(chain, "prod", Approval(release, "T@Example.invalid", ago(hours=1)))
    done = chain.run("apply", "p.json")
    assert (
        done.code,
        "0 of 1 approvals for prod; whoever promotes cannot approve" in " ".join(done.err.split()),
    ) == (REFUSED, True)
    record(chain, "prod", Approval(release, "ann", ago(hours=1)))
    chain.ok("apply", "p.json")
    proof = f"{release} has 1 of 1 approvals for prod: ann; whoever promotes cannot approve"
    assert gate_of(present(chain, "prod"), "approvals") == proof


def test_what_is_said_moves_no_digest(chain: Project) -> None:
    applied(chain, "prod")
    chain.edit("environments/prod.yaml", "size: 3", "size: 4")
    chain.ok("plan", "-e", "prod", "--out", "p.json")
    digest = json.loads((chain.folder / "p.json").read_text())["digest"]
    record(chain, "prod", Approval(present(chain, "prod").id, "ann", ago(hours=1)))
    applied(chain, "prod", "--expect-digest", digest)


def test_windows(chain: Project) -> None:
    gates(chain, closed_now())
    refused(chain, "prod is closed now; opens 20")
    chain.edit("planner.yaml", closed_now(), "{windows: ['00:00-24:00']}")
    applied(chain, "prod")
    assert gate_of(present(chain, "prod"), "windows") == "open now"


def closed_now() -> str:
    """Gates with a window on the day before yesterday."""
    day = (datetime.now(UTC) - timedelta(days=2)).strftime("%a").lower()
    return f"{{windows: ['{day} 00:00-00:01']}}"


def test_nothing_to_do_needs_no_gate(chain: Project) -> None:
    applied(chain, "prod")
    release = present(chain, "prod").id
    chain.edit("planner.yaml", "gates: {}", f"gates: {closed_now()}")
    record(chain, "prod", Rejection(release, "slow", "ann", ago(hours=1)))
    before = state(chain, "prod")
    applied(chain, "prod")
    assert state(chain, "prod") == before
    chain.edit("environments/prod.yaml", "size: 3", "size: 4")
    assert apply(chain, "prod").code == REFUSED


def test_rejected(chain: Project) -> None:
    release = present(chain, "staging").id
    record(chain, "staging", Rejection(release, "it is slow", "ann", ago(hours=1)))
    refused(chain, f"{release} was rejected by ann: it is slow")


def test_several_at_once(chain: Project) -> None:
    gates(chain, "{soak: 48h, checks: [smoke], approvals: 2}")
    release = present(chain, "staging").id
    done = apply(chain, "prod")
    assert done.code == REFUSED
    flat = " ".join(done.err.split())
    assert f"3 gates of prod hold {release} back: soak, checks, approvals" in flat
    assert "--force soak --force checks --force approvals --reason TEXT" in flat
    lines = [line.split() for line in done.err.splitlines() if line.startswith("  ")]
    assert [line[:2] for line in lines[:6]] == [
        ["promote_from", "met"],
        ["archives", "met"],
        ["converged", "met"],
        ["soak", "closed"],
        ["checks", "closed"],
        ["approvals", "closed"],
    ]


def test_events_for_programs(chain: Project) -> None:
    gates(chain, "{checks: [smoke]}")
    done = apply(chain, "prod", "--json")
    assert done.code == REFUSED
    last = json.loads(done.out.splitlines()[-1])
    assert "smoke was not verified on r-" in json.dumps(last)


# force


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--force", "soak"), "--force needs --reason TEXT"),
        (("--force", "soak", "--reason", "  "), "--force needs --reason TEXT"),
        (("--reason", "x"), "--reason goes with --force GATE"),
        (
            ("--force", "sock", "--reason", "x"),
            "'sock' is not one of 'promote_from', 'archives', 'converged'",
        ),
    ],
)
def test_how_force_cannot_be_used(chain: Project, words: tuple[str, ...], message: str) -> None:
    done = apply(chain, "prod", *words)
    assert done.code == USAGE
    assert message in " ".join(done.err.split())


def test_a_forced_gate_is_recorded_and_holds_for_its_release_alone(chain: Project) -> None:
    gates(chain, "{soak: 48h, checks: [smoke]}")
    release = present(chain, "staging").id
    refused(chain, f"smoke was not verified on {release}", "--force", "soak", "--reason", "a hot fix")
    done = apply(chain, "prod", "--force", "soak", "--force", "checks", "--reason", " a hot fix ")
    assert done.code == 0, done
    run = present(chain, "prod")
    by_gate = {gate.name: gate for gate in run.gates}
    assert by_gate["soak"].detail.startswith(f"{release} soaked ")
    assert by_gate["soak"].forced.startswith("a hot fix (ci, 20")
    assert by_gate["converged"].forced == ""
    forces = log_of(chain, "prod").of(Force)
    assert [(item.release, item.gate, item.reason, item.by) for item in forces] == [
        (release, "soak", "a hot fix", "ci"),
        (release, "checks", "a hot fix", "ci"),
    ]
    change(chain)
    applied(chain, "dev")
    applied(chain, "staging")
    assert apply(chain, "prod").code == REFUSED


def test_what_did_not_run_upstream_can_be_forced(chain: Project) -> None:
    change(chain)
    done = apply(chain, "prod", "--force", "promote_from", "--reason", "the bridge is down")
    assert done.code == 0, done
    run = present(chain, "prod")
    assert run.source is None
    assert run.gates[0].forced.startswith("the bridge is down (ci, ")
    chain.edit("environments/prod.yaml", "size: 3", "size: 4")
    applied(chain, "prod")
    assert present(chain, "prod").since == run.since, "the same release goes on"


# saved plans


def test_a_saved_plan_asks_the_gates_when_it_is_applied(chain: Project) -> None:
    gates(chain, "{checks: [smoke]}")
    chain.ok("plan", "-e", "prod", "--out", "p.json")
    done = chain.run("apply", "p.json")
    assert done.code == REFUSED
    assert "smoke was not verified" in done.err
    release = present(chain, "staging").id
    record(chain, "staging", Verification(release, "smoke", True, ago(hours=1)))
    chain.ok("apply", "p.json")
    run = present(chain, "prod")
    assert (run.id, run.whole) == (release, True)
    assert run.plan_digest == json.loads((chain.folder / "p.json").read_text())["digest"]


def test_a_saved_plan_of_a_part_is_not_whole(chain: Project) -> None:
    chain.ok("plan", "-e", "prod", "--target", "extension.labels", "--out", "p.json")
    chain.ok("apply", "p.json")
    assert not present(chain, "prod").whole


def test_a_saved_destroy_ends_the_run(chain: Project) -> None:
    chain.ok("plan", "-e", "staging", "--destroy", "--out", "p.json")
    chain.ok("apply", "p.json")
    assert log_of(chain, "staging").present is None


def test_a_saved_plan_can_be_forced(chain: Project) -> None:
    gates(chain, "{checks: [smoke]}")
    chain.ok("plan", "-e", "prod", "--out", "p.json")
    chain.ok("apply", "p.json", "--force", "checks", "--reason", "seen by hand")
    assert log_of(chain, "prod").of(Force)[0].gate == "checks"


def test_a_digest_that_was_approved(chain: Project) -> None:
    chain.edit("planner.yaml", "gates: {}", "protected: true, gates: {checks: [smoke]}")
    chain.ok("plan", "-e", "prod", "--out", "p.json")
    digest = json.loads((chain.folder / "p.json").read_text())["digest"]
    refused(chain, "smoke was not verified", "--expect-digest", digest)
    record(chain, "staging", Verification(present(chain, "staging").id, "smoke", True, ago(hours=1)))
    applied(chain, "prod", "--expect-digest", digest)
    assert present(chain, "prod").plan_digest == digest


def test_line_ends_that_git_converts_are_no_proof_until_they_are_not(chain: Project) -> None:
    """What is advised helps."""
    chain.write(".gitattributes", "*.txt text eol=crlf\n")
    (chain.folder / WORDS).write_bytes(b"one\r\ntwo\r\n")
    commit(chain)
    applied(chain, "dev")
    pin(chain, "staging", present(chain, "dev"))
    done = apply(chain, "staging")
    assert done.code == REFUSED
    assert "git ls-files --eol files" in " ".join(done.err.split())
    chain.write(".gitattributes", "*.txt text eol=crlf\nfiles/** -text\n")
    git(chain.folder, "add", "--renormalize", "files")
    commit(chain)
    applied(chain, "dev")
    pin(chain, "staging", present(chain, "dev"))
    applied(chain, "staging")
