"""Whatever ends an apply, nothing is lost and nothing is made twice."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from .runner import PATIENCE, Project, finished, signalled, small, wait_until, words
from .serving import listening, reaching

CHAIN = """
resource:
  extension:
{% for n in range(4) %}
    step_{{ n }}:
      name: step-{{ n }}
      extension_type: bundle
      version: "*"
      file: files/alpha
{% if n %}
      depends_on: [extension.step_{{ n - 1 }}]
{% endif %}
{% endfor %}
"""
SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def chain(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Four bundles that wait for each other."""
    return small(tmp_path_factory.mktemp("chain"), template=CHAIN)


def settle(project: Project) -> str:
    """Applies until nothing is left, and checks that nothing was made twice or lost. What the apply said."""
    done = project.apply()
    project.settled()
    with project.sandbox() as ece:
        found = ece.extensions()
    ids = {item["attributes"]["name"]: item["id"] for item in project.state()["resources"]}
    assert ids == {name: item["id"] for name, item in found.items()}
    assert not (project.folder / "state/dev.journal").exists()
    return done.both


def noted(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """What a command says to its first signal, after which it is silent until what is in flight is done."""
    process.send_signal(number)
    assert process.stderr is not None
    return next(line for line in process.stderr if "nothing new is started" in line)


@pytest.mark.seldom(number=[signal.SIGTERM])
@pytest.mark.parametrize("number", SIGNALS)
def test_an_interrupted_apply_finishes_what_is_in_flight(chain: Project, number: signal.Signals) -> None:
    with chain.sandbox() as ece:
        ece.fault("PUT /deployments/extensions/* hold nth=1")
        with chain.started("apply", "--auto-approve") as process:
            wait_until(ece.holds, "the first upload is begun")
            said = noted(process, number)
            ece.no_faults()
            done = finished(process)
    assert done.code == 130, done
    assert "Interrupted: nothing new is started. Being finished: extension.step_0 (upload)." in said
    assert "extension.step_0: uploaded" in done.err
    assert "Interrupted. 3 of 4 changes to the dev environment are left to do." in done.out
    assert "extension.step_3: create, the run was stopped before its turn" in done.out
    assert chain.addresses() == ["extension.step_0"]
    settle(chain)


@pytest.mark.seldom(number=[signal.SIGTERM])
@pytest.mark.parametrize("number", SIGNALS)
def test_an_interrupted_apply_waits_for_no_rate_limit(chain: Project, number: signal.Signals) -> None:
    with chain.sandbox() as ece:
        ece.fault("POST /deployments/extensions rate-limit:3600")
        with chain.started("apply", "--auto-approve") as process:
            wait_until(lambda: ece.writes() != [], "the first create is refused")
            done = signalled(process, number)
        ece.no_faults()
    assert done.code == 130, done
    assert "extension.step_0: create failed" in words(done.both)
    assert "429" in done.both
    assert chain.addresses() == []
    settle(chain)


def test_a_second_signal_stops_now(chain: Project) -> None:
    with chain.sandbox() as ece:
        ece.fault("PUT /deployments/extensions/* hold nth=1")
        with chain.started("apply", "--auto-approve") as process:
            wait_until(ece.holds, "the first upload is begun")
            noted(process, signal.SIGINT)
            done = signalled(process, signal.SIGINT)
        ece.no_faults()
    assert done.code == 130
    assert "Stopped." in done.err
    settle(chain)


@pytest.mark.seldom(number=[signal.SIGINT])
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve")])
def test_interrupted_while_it_plans(
    applied: Project, command: tuple[str, ...], number: signal.Signals
) -> None:
    with applied.sandbox() as ece:
        ece.fault("GET /deployments/extensions hold")
        with applied.started("-v", *command) as process:
            assert process.stderr is not None
            assert "> GET /deployments/extensions" in process.stderr.readline()
            done = signalled(process, number)
    assert (done.code, done.out) == (130, ""), done
    assert done.err.endswith("Interrupted.\n")
    assert applied.state()["serial"] == 1


CALLS = {
    "a create": "POST /deployments/extensions hold nth=2",
    "an upload": "PUT /deployments/extensions/* hold nth=2",
    "a lost reply, while it is looked up": "POST /deployments/extensions drop-after nth=2",
}


@pytest.mark.seldom(call=list(CALLS)[1:])
@pytest.mark.seldom(number=[signal.SIGTERM])
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("call", CALLS)
def test_a_second_signal_names_what_was_in_flight(chain: Project, call: str, number: signal.Signals) -> None:
    """It stops at once in the middle of a call; the next command says what became of it."""
    with chain.sandbox() as ece:
        ece.fault(CALLS[call], "GET /deployments/extensions hold nth=2")
        with chain.started("apply", "--auto-approve") as process:
            wait_until(ece.holds, "the call is on the way")
            noted(process, number)
            done = signalled(process, number)
        ece.no_faults()
    assert done.code == 130
    assert "Stopped." in done.err
    doing = "upload" if "upload" in call else "create"
    assert "settles what was in flight" in done.err
    assert f": extension.step_1 ({doing})." in done.err or "lost" in call
    told = words(chain.ok("plan").out)
    assert f"Note: extension.step_1: the {doing} begun at" in told
    settle(chain)


def test_interrupted_while_it_reads_one_by_one(tmp_path: Path) -> None:
    """Replies that several threads wait for do not hold it up."""
    with listening(tmp_path / "ece.db") as served:
        chain = reaching(tmp_path / "chain", served.url, template=CHAIN)
        chain.apply()
        chain.edit("templates/main.yaml", 'version: "*"', 'version: "8.*"')
        served.ece.fault("GET /deployments/extensions/* hold")
        with chain.started("plan") as process:
            wait_until(served.ece.holds, "a thread waits")
            done = signalled(process, signal.SIGTERM)
        served.ece.no_faults()
    assert (done.code, done.out) == (130, ""), done


@pytest.mark.parametrize(
    "moment",
    ["POST /deployments/extensions hold nth=3", "PUT /deployments/extensions/* hold nth=2"],
)
def test_killed_before_a_call_takes_effect(chain: Project, moment: str) -> None:
    with chain.sandbox() as ece:
        ece.fault(moment)
        with chain.started("apply", "--auto-approve") as process:
            wait_until(ece.holds, "it is in the middle")
            process.kill()
            process.wait()
        ece.no_faults()
        plan = words(chain.ok("plan").out)
        assert "did not happen" in plan or "was looked up" in plan
    settle(chain)


MANY = """
resource:
  extension:
{% for n in range(9) %}
    many_{{ n }}: {name: many-{{ n }}, extension_type: bundle, version: "*"}
{% endfor %}
"""


@pytest.mark.seldom(parallelism=[1, 2])
@pytest.mark.parametrize("parallelism", [1, 2, 4])
def test_killed_with_steps_handed_out_ahead(tmp_path: Path, parallelism: int) -> None:
    """As many are in doubt as there are workers, and one less; it is seen that none of them happened."""
    project = small(tmp_path / "many", template=MANY)
    with project.sandbox() as ece:
        ece.fault("POST /deployments/extensions hold")
        with project.started("apply", "--auto-approve", "--parallelism", str(parallelism)) as process:
            wait_until(ece.holds, "the first create is begun")
            process.kill()
            process.wait()
        ece.no_faults()
        assert words(project.ok("plan").out).count("did not happen") == 2 * parallelism - 1
    settle(project)


def test_killed_after_a_create_took_effect(chain: Project) -> None:
    """The reply is lost with the process: the next plan finds what was made, the next apply adopts it."""
    with chain.sandbox() as ece:
        # the reply is dropped, and looking the create up takes longer than the process lives
        ece.fault("POST /deployments/extensions drop-after nth=2", "GET /deployments/extensions hold nth=2")
        with chain.started("apply", "--auto-approve") as process:
            wait_until(ece.holds, "the second create is looked up")
            process.kill()
            process.wait()
        ece.no_faults()
        made = ece.extensions()["step-1"]["id"]
        plan = words(chain.ok("plan").out)
        assert f"was carried out; its id is {made}" in plan
        assert "Plan: 2 to create, 1 to update, 0 to replace, 0 to delete." in plan
        assert f"was carried out; its id is {made}" in settle(chain)
        assert len(ece.requests("POST")) == 4


def test_the_lock_of_a_dead_process_is_free(chain: Project) -> None:
    with chain.sandbox() as ece:
        ece.fault("PUT /deployments/extensions/* hold nth=1")
        with chain.started("apply", "--auto-approve") as process:
            wait_until(ece.holds, "it holds the lock")
            assert chain.run("apply", "--auto-approve").code == 4
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        ece.no_faults()
    settle(chain)


def test_a_plan_while_an_apply_runs_says_so(chain: Project) -> None:
    with chain.sandbox() as ece:
        ece.fault("PUT /deployments/extensions/* hold nth=1")
        with chain.started("apply", "--auto-approve") as process:
            wait_until(ece.holds, "it holds the lock")
            plan = chain.ok("plan")
            ece.no_faults()
            assert finished(process).code == 0
    assert "an apply is under way" in words(plan.out)


def test_a_reader_who_goes_away_does_not_stop_an_apply(chain: Project) -> None:
    with chain.started("apply", "--auto-approve") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()
        assert process.wait(timeout=PATIENCE) == 0
        process.stdout = process.stderr = None
    chain.settled()


RENAMED = """
resource:
  extension:
    gamma: {name: alpha, extension_type: TYPE, version: "9.1.0", lifecycle: {create_before_destroy: FIRST}}
    beta: {name: beta, extension_type: bundle, version: "9.1.0", depends_on: [extension.gamma]}
moved: {from: extension.alpha, to: extension.gamma}
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("type_", "first"),
    [("bundle", "false"), pytest.param("plugin", "false", marks=pytest.mark.long), ("plugin", "true")],
)
def test_killed_when_what_moved_was_written(applied: Project, type_: str, first: str) -> None:
    """Where it was updated, or replaced: the next apply finds it at its new address only."""
    template = RENAMED.replace("TYPE", type_).replace("FIRST", first)
    applied.write("templates/main.yaml", template)
    with applied.sandbox() as ece:
        ece.fault("POST /deployments/extensions/* hold" + " nth=2" * (type_ == "bundle"))
        with applied.started("apply", "--auto-approve", "--parallelism", "1") as process:
            wait_until(ece.holds, "beta is begun")
            process.kill()
            process.wait()
        ece.no_faults()
    settle(applied)
    assert applied.addresses() == ["extension.beta", "extension.gamma"]
    with applied.sandbox() as ece:
        assert set(ece.extensions()) == {"alpha", "beta"}
