"""Two people at once: on one state they take turns, on one installation nobody overwrites the other."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .command import Done
from .ece import Ece
from .runner import Project, finished, wait_until
from .serving import listening, reaching

PAIR = """
resource:
  extension:
    first:
      name: first
      extension_type: bundle
      version: {{ var.version }}
    second:
      name: second
      extension_type: bundle
      version: {{ var.version }}
      depends_on: [extension.first]
"""


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Project, Project, Ece]]:
    """Two clones of one project, each with a state file of its own, and the installation they share."""
    with listening(tmp_path / "ece.db") as served:
        one = reaching(tmp_path / "one", served.url, template=PAIR)
        one.apply()
        shutil.copytree(one.folder, tmp_path / "two")
        yield one, Project(tmp_path / "two", one.environ), served.ece


def flat(text: str) -> str:
    return " ".join(text.split())


def break_lock(project: Project) -> None:
    """Whoever holds it."""
    project.ok("lock", "break", json.loads((project.folder / "state/dev.lock.json").read_text())["id"])


def test_the_second_machine_gets_a_conflict(machines: tuple[Project, Project, Ece]) -> None:
    one, two, ece = machines
    two.ok("plan", "--var", "version=7.*", "--out", "plan.json")
    one.apply("--var", "version=9.*")
    ece.forget_requests()
    done = two.run("apply", "--var", "version=7.*", "plan.json")
    assert done.code == 3, done
    assert re.search(r"desired +prior +observed", done.out)
    assert len(re.findall(r'version +"7\.\*" +"8\.\*" +"9\.\*"', done.out)) == 2
    assert ece.writes() == []
    assert {item["version"] for item in ece.extensions().values()} == {"9.*"}


def test_a_change_while_it_applies_is_not_overwritten(machines: tuple[Project, Project, Ece]) -> None:
    """Between its plan and its own turn the second resource is changed by the other machine."""
    _, two, ece = machines
    two.edit("planner.yaml", "{endpoint", "{read_again_after: 0, endpoint")
    done = edited_meanwhile(two, ece)
    assert done.code == 5, done
    assert "extension.second" in done.out
    assert "changed by somebody else" in flat(done.out)
    assert re.search(r'version +"7\.\*" +"8\.\*" +"9\.\*"', done.out)
    assert ece.extensions()["second"]["version"] == "9.*"
    assert "Failed (1):" in done.out
    plan = two.ok("plan", "--var", "version=7.*").out
    assert "Plan: 0 to create, 1 to update" in plan
    assert '"8.*" -> "9.*"' in plan, "their change is shown as drift"


def test_a_change_seconds_after_it_was_read_is_told(machines: tuple[Project, Project, Ece]) -> None:
    """Which the read of the plan, that stands for one just before the write, could not see."""
    _, two, ece = machines
    done = edited_meanwhile(two, ece)
    assert done.code == 0, done
    lost = "version 1 had become 2 just before: what somebody else changed may be overwritten"
    assert f"Noted (1): extension.second: updated, {lost}" in flat(done.out)
    assert ece.extensions()["second"]["version"] == "7.*"
    two.settled("--var", "version=7.*")


def test_an_upload_after_somebody_elses_change_leaves_that_alone(
    machines: tuple[Project, Project, Ece],
) -> None:
    """It is seen in the reply to the upload: no success, and the next plan shows it."""
    one, _, ece = machines
    one.write("templates/more.yaml", THIRD)
    ece.fault("PUT /deployments/extensions/* hold")
    with one.started("apply", "--auto-approve") as process:
        wait_until(ece.holds, "its upload is on the way")
        ece.update("third", description="somebody else's")
        ece.no_faults()
        done = finished(process)
    assert done.code == 5, done
    assert "meanwhile somebody else had changed description" in flat(done.out)
    assert ece.extensions()["third"]["description"] == "somebody else's"
    assert '- description = "somebody else\'s"' in one.ok("plan").out
    one.apply()
    one.settled()


THIRD = """
resource:
  extension:
    third: {name: third, extension_type: bundle, version: "*", file: files/alpha}
"""


def edited_meanwhile(project: Project, ece: Ece) -> Done:
    """An apply of both, while whose first write the second is changed by the other machine."""
    ece.forget_requests()
    first = ece.extensions()["first"]["id"]
    ece.fault(f"POST /deployments/extensions/{first} hold")
    with project.started("apply", "--auto-approve", "--var", "version=7.*") as process:
        wait_until(ece.holds, "its first write is on the way")
        ece.update("second", version="9.*")
        ece.no_faults()
        return finished(process)


def test_an_apply_waits_for_the_other_as_long_as_it_is_told(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.fault("POST /deployments/extensions/* hold nth=1")
        words = ("apply", "--auto-approve", "--var", "version=9.*")
        with applied.started(*words) as process, ExitStack() as later:
            wait_until(ece.holds, "it holds the lock")
            refused = applied.run("apply", "--auto-approve")
            waiting = later.enter_context(applied.started(*words, "--lock-timeout", "3600"))
            assert waiting.stderr is not None
            said = waiting.stderr.readline()
            ece.no_faults()
            assert finished(process).code == 0
            waited = finished(waiting)
    assert refused.code == 4
    assert f"process {process.pid}" in refused.err
    assert "apply since" in refused.err
    assert "planner lock break" in flat(refused.err)
    assert waited.code == 0, waited
    assert "Waiting up to 3600 s for the lock, held by" in said
    assert "No changes" in waited.out


def test_a_broken_lock_stops_its_former_holder(applied: Project) -> None:
    """Whoever lost the lock makes no further call and writes nothing more."""
    applied.edit("templates/main.yaml", 'version: "*"', "version: {{ var.version }}")
    with applied.sandbox() as ece:
        ece.forget_requests()
        ece.fault("POST /deployments/extensions/* hold nth=1")
        with applied.started("apply", "--auto-approve", "--var", "version=9.*") as process:
            wait_until(ece.holds, "it holds the lock")
            break_lock(applied)
            ece.no_faults()
            done = finished(process)
        assert len(ece.writes()) == 1
    assert done.code == 5, done
    assert "the lock of state/dev.json was broken while apply held it" in flat(done.err)
    assert "extension.alpha is" in flat(done.err)
    assert applied.state()["serial"] == 1
    applied.apply("--var", "version=9.*")
    assert "No changes" in applied.ok("plan", "--var", "version=9.*").out


def test_whoever_lost_the_lock_does_not_try_a_call_again(applied: Project) -> None:
    """Before it sends a refused create once more, somebody else takes over and makes it."""
    applied.write("templates/more.yaml", MORE)
    with applied.sandbox() as ece:
        ece.forget_requests()
        refused = "POST /deployments/extensions 429 retry-after=0 nth=1"
        ece.fault("POST /deployments/extensions hold nth=1", refused)
        with applied.started("apply", "--auto-approve") as process:
            wait_until(ece.holds, "its create is on the way")
            break_lock(applied)
            applied.apply()
            ece.no_faults()
            done = finished(process)
        assert done.code == 1, done
        assert "was broken while apply held it" in flat(done.err)
        assert len([post for post in ece.requests("POST") if not post[1]]) == 2
        assert set(ece.extensions()) == {"alpha", "beta", "gamma"}
    applied.settled()


MORE = """
resource:
  extension:
    gamma:
      name: gamma
      extension_type: bundle
      version: "*"
"""
