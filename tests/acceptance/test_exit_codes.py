"""Scripts depend on the exit codes: 64 wrong usage, 3 refused, 4 locked, 5 partly applied."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from planner.app.redaction import Redactor
from planner.app.stores import States
from planner.model.project import Environment
from planner.state.locks import Holder

from .runner import PROJECT, TEMPLATE, Project, finished, small, wait_until

PROTECTED = PROJECT.replace("{endpoint: sandbox}", "{endpoint: sandbox, protected: true}")
THREE = (
    TEMPLATE
    + "    gamma: {name: gamma, extension_type: bundle, version: '*', depends_on: [extension.beta]}\n"
)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["plan", "--bad-flag"], "--bad-flag"),
        (["plam"], 'Did you mean "plan"?'),
        (["destory"], 'Did you mean "destroy"?'),
        (["plan", "-e", "dve"], 'Did you mean "dev"?'),
        (["plan", "--var", "version"], "NAME=VALUE"),
        (["plan", "--parallelism", "0"], "--parallelism"),
        (["plan", "--format", "xml"], "--format"),
        (["drift", "--no-refresh"], "drift asks the installation"),
        (["sandbox", "serve", "--fault", "nonsense"], "METHOD PATH EFFECT"),
        (["sandbox", "reset", "-e", "dev", "--data", "x.db"], "--data and -e"),
        (["state", "lst"], 'there is no command "state lst". Did you mean "list"?'),
        (["help", "plam"], 'Did you mean "plan"?'),
        (["help", "state", "lst"], 'Did you mean "list"?'),
        (["help", "plan", "apply"], '"planner plan" has no commands'),
        (["plan", "--color", "red"], "--color"),
    ],
)
def test_wrong_usage(project: Project, words: list[str], told: str) -> None:
    done = project.run(*words)
    assert done.code == 64, done
    assert told in done.err
    assert done.out == ""


def test_one_of_several_environments_has_to_be_named(project: Project) -> None:
    project.edit(
        "planner.yaml", "dev: {endpoint: sandbox}", "dev: {endpoint: sandbox}\n  test: {endpoint: sandbox}"
    )
    done = project.run("plan")
    assert done.code == 64
    assert "Name one with -e: dev, test." in done.err


@pytest.mark.parametrize("words", [["apply"], ["apply", "--destroy"], ["destroy"]])
def test_nobody_to_ask(applied: Project, words: list[str]) -> None:
    applied.edit("templates/main.yaml", "name: beta", "name: gamma")
    done = applied.run(*words)
    assert done.code == 3
    assert "not a terminal" in done.err
    assert "--auto-approve" in done.err
    assert applied.state()["serial"] == 1


def test_without_changes_nobody_is_asked(applied: Project) -> None:
    assert "No changes." in applied.ok("apply").out


def test_protected_takes_no_blind_approval(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = small(tmp_path_factory.mktemp("protected"), project=PROTECTED)
    done = project.run("apply", "--auto-approve")
    assert (done.code, done.out) == (3, "")
    assert "dev is protected" in done.err
    assert "planner plan -e dev --out FILE" in done.err
    project.ok("plan", "--out", "plan.json")
    unasked = project.run("apply", "plan.json")
    assert (unasked.code, "not a terminal" in unasked.err) == (3, True)
    project.ok("apply", "plan.json", "--auto-approve")


def test_prevent_destroy(project: Project) -> None:
    project.edit("templates/main.yaml", "name: beta", "name: beta\n      lifecycle: {prevent_destroy: true}")
    project.apply()
    for words in (["plan", "--destroy"], ["destroy", "--auto-approve"]):
        done = project.run(*words)
        assert done.code == 3, done
        assert "extension.beta must not be destroyed" in done.err
    assert len(project.addresses()) == 2


def test_an_extension_in_use(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.fill("beta")
        shop = ece.deploy("shop", "beta")
        ece.forget_requests()
        done = applied.run("destroy", "--auto-approve")
        assert done.code == 3, done
        assert "extension.beta cannot be deleted" in done.err
        assert f"used by 1 deployment: shop ({shop})" in " ".join(done.err.split())
        assert ece.of_deployments() == ["POST /_search"]
        assert ece.writes() == []


@contextmanager
def locked(project: Project) -> Iterator[Holder]:
    environment = Environment("dev", state="state/dev.json")
    with States(project.folder, "small", {}, Redactor()).open(environment).lock("apply") as holder:
        yield holder


def test_the_lock_is_held(applied: Project) -> None:
    with locked(applied) as holder:
        done = applied.run("apply", "--auto-approve", "--var", "version=9.*")
        assert done.code == 4
        assert f"(process {holder.pid}), apply since" in done.err
        assert applied.ok("plan").code == 0
    assert applied.state()["serial"] == 1


def test_lock_timeout_waits(applied: Project) -> None:
    words = ("apply", "--auto-approve", "--lock-timeout", "30", "--var", "version=9.*")
    with ExitStack() as held:
        held.enter_context(locked(applied))
        with applied.started(*words) as process:
            assert process.stderr is not None
            assert "Waiting up to 30 s for the lock, held by" in process.stderr.readline()
            held.close()
            assert finished(process).code == 0
    assert applied.state()["serial"] == 2


def test_partly_applied_and_the_way_on(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = small(tmp_path_factory.mktemp("partly"), template=THREE)
    with project.sandbox() as ece:
        ece.fault("POST /deployments/extensions 400 nth=2 message=no-room")
        done = project.run("apply", "--auto-approve", "--var", "version=9.*")
        assert done.code == 5, done
        assert "Applied: 1 created" in done.out
        assert "extension.beta: create\n" in done.out
        assert "no-room" in done.out
        assert "extension.gamma: create, it waits for extension.beta, which failed" in done.out
        assert "2 of 3 changes to the dev environment are left to do. To go on:" in done.out
        resume = next(line for line in done.out.splitlines() if line.startswith("    planner "))
        assert shlex.split(resume) == ["planner", "apply", "-e", "dev", "--var", "version=9.*"]
        assert project.state()["applied"]["complete"] is False
        again = project.ok(*shlex.split(resume)[1:], "--auto-approve")
        assert "Applied: 2 created" in again.out
        assert len(ece.extensions()) == 3
    assert project.run("plan", "--detailed-exitcode", "--var", "version=9.*").code == 0


def test_partly_destroyed_goes_on_destroying(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.fault("DELETE /deployments/extensions/* 400 nth=2")
        done = applied.run("destroy", "--auto-approve")
        assert done.code == 5, done
        assert "    planner destroy -e dev" in done.out.splitlines()
    assert applied.addresses() == ["extension.alpha"]
    applied.ok("destroy", "--auto-approve")
    assert applied.addresses() == []


def test_nothing_applied_is_an_error(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.fault("POST /deployments/extensions/* 400")
        done = applied.run("apply", "--auto-approve", "--var", "version=9.*")
        assert done.code == 1, done
        assert "Failed (1):" in done.out


UPDATE = ("apply", "--auto-approve", "--var", "version=9.*")
DESTROY = ("destroy", "--auto-approve")
ITEM = "/deployments/extensions/*"


@pytest.mark.parametrize(
    ("words", "fault", "code"),
    [
        # what it was planned from is not so any more: refused
        (UPDATE, f"POST {ITEM} version-conflict", 3),
        (UPDATE, f"POST {ITEM} 409", 3),
        (UPDATE, f"POST {ITEM} 404 code=extensions.not_found", 3),
        (DESTROY, f"DELETE {ITEM} version-conflict", 3),
        (DESTROY, f"DELETE {ITEM} 400 code=extensions.extension_in_use", 3),
        # so it is, after something was written
        (DESTROY, f"DELETE {ITEM} version-conflict nth=2", 5),
        (DESTROY, f"DELETE {ITEM} 400 code=extensions.extension_in_use nth=2", 5),
        (("apply", "--auto-approve", "--replace", "extension.beta"), f"POST {ITEM[:-2]} 409", 5),
        # anything else that the installation says is an error
        (UPDATE, f"POST {ITEM} 400 code=extensions.request_execution_failed", 1),
        (UPDATE, f"POST {ITEM} 401 code=extensions.unauthorised", 1),
        (UPDATE, f"POST {ITEM} html:404", 1),
        (DESTROY, f"DELETE {ITEM} 403", 1),
    ],
)
def test_what_moved_since_the_plan_is_refused(
    applied: Project, words: tuple[str, ...], fault: str, code: int
) -> None:
    with applied.sandbox() as ece:
        ece.fault(fault)
        done = applied.run(*words)
    assert done.code == code, done
    assert "Failed (1):" in done.out


@pytest.mark.parametrize(
    ("fault", "code"),
    [("404 code=extensions.no_user_id", 1), ("id-exists", 1), ("409 code=extensions.something_conflict", 3)],
)
def test_a_create_that_is_not_taken(project: Project, fault: str, code: int) -> None:
    with project.sandbox() as ece:
        ece.fault(f"POST /deployments/extensions {fault}")
        done = project.run("apply", "--auto-approve")
    assert done.code == code, done


def test_an_upload_that_comes_too_late_is_refused(applied: Project) -> None:
    applied.write("files/alpha/words.txt", "two\n")
    with applied.sandbox() as ece:
        ece.fault(f"PUT {ITEM} version-conflict")
        done = applied.run("apply", "--auto-approve")
    assert done.code == 3, done


def test_what_came_into_use_since_its_deletion_was_planned_is_refused(applied: Project) -> None:
    with applied.sandbox() as ece:
        ece.fill("beta")
        applied.ok("plan", "--destroy", "--out", "plan.json")
        ece.deploy("shop", "beta")
        done = applied.run("apply", "plan.json")
        assert done.code == 3, done
        assert "extension_in_use" in done.out
        assert "Remove it from the plans of these deployments first." in done.out
        assert len(ece.extensions()) == 2
    assert applied.addresses() == ["extension.alpha", "extension.beta"]


def test_an_edit_while_it_is_applied_is_a_conflict(applied: Project) -> None:
    """Between plan and write somebody else was there: refused, with all three views."""
    applied.edit("planner.yaml", "endpoint: sandbox", "endpoint: sandbox, read_again_after: 0")
    id_ = applied.resource("extension.alpha")["id"]
    with applied.sandbox() as ece:
        ece.forget_requests()
        ece.fault(f"GET /deployments/extensions/{id_} hold nth=2")
        with applied.started("apply", "--auto-approve", "--var", "version=9.*") as process:
            wait_until(ece.holds, "the plan has been made")
            ece.update("alpha", version="7.*")
            ece.no_faults()
            done = finished(process)
        assert done.code == 3, done
        assert re.search(r'version +"9\.\*" +"8\.\*" +"7\.\*"', done.out)
        assert ece.extensions()["alpha"]["version"] == "7.*"
