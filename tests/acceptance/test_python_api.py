"""planner as a library: what a program gets of it, and what it does not do behind the program's back."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import planner
from planner.app.redaction import Redactor
from planner.app.stores import States
from planner.config.project import open_project
from planner.errors import InvalidConfiguration, LockHeld, PartlyApplied, PlannerError, Refused, StalePlan
from planner.model.ledger import Event, StepFinished, StepStarted

from .runner import PROJECT, ROOT, Project

PAGE = ROOT / "docs/reference/python.md"
TWO = PROJECT + "  prod: {endpoint: sandbox, protected: true}\n"


def opened(project: Project, name: str = "dev", **given: object) -> planner.Environment:
    return planner.open_project(project.folder).environment(name, variables=given)


def test_the_page_shows_what_runs(
    example: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(example.folder.parent)
    _, _, rest = PAGE.read_text().partition("```python\n")
    code = rest.partition("```")[0]
    assert len(code.splitlines()) <= 10
    exec(compile(code, str(PAGE), "exec"), {})  # noqa: S102 - our own page
    shown = capsys.readouterr().out
    assert "Plan: 4 to create" in shown
    assert "applied" in shown
    example.settled()


def test_a_plan_is_a_value(project: Project) -> None:
    plan = opened(project).plan()
    assert [str(change.address) for change in plan.changes] == ["extension.alpha", "extension.beta"]
    assert plan.has_changes
    assert plan.digest in project.ok("plan").err
    assert plan.text() in project.ok("plan").out
    assert "extension.alpha" in plan.markdown()
    assert plan == opened(project).plan()


def test_what_is_applied_is_known_to_the_command_line(project: Project) -> None:
    here = opened(project)
    done = here.apply(here.plan())
    assert done.ledger.complete
    assert done.outputs == here.outputs()
    assert sorted(str(address) for address in here.state().resources) == ["extension.alpha", "extension.beta"]
    project.settled()
    assert not here.plan().has_changes


def test_what_templates_become(project: Project) -> None:
    found = opened(project, version="8.15.*").resources()
    assert {str(address): desired.attributes["version"] for address, desired in found.items()} == {
        "extension.alpha": "8.15.*",
        "extension.beta": "*",
    }


def test_everything_is_deleted(applied: Project) -> None:
    here = opened(applied)
    plan = here.plan(destroy=True)
    here.apply(plan)
    assert here.state().is_empty


def test_importing_it_loads_nothing_else() -> None:
    code = "import planner, sys; print([name for name in sys.modules if name.startswith('planner.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", planner.__all__)
def test_every_public_name_is_there_and_told_of(name: str) -> None:
    assert getattr(planner, name).__doc__ or name == "__version__"


def test_there_are_no_other_names() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = planner.nonsense


def test_it_prints_nothing_and_leaves_signals_alone(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    during = []
    here = opened(project)

    def look(_event: Event) -> None:
        during.append([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)])

    here.apply(here.plan(), on_event=look)
    assert all(item == before for item in during)
    assert during
    assert capfd.readouterr() == ("", "")
    assert not [h for h in logging.getLogger("planner").handlers if not isinstance(h, logging.NullHandler)]


def test_the_process_environment_is_read_only_where_it_is_given(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANNER_VAR_version", "7.*")
    for environ, version in (({}, "8.*"), (os.environ, "7.*")):
        here = planner.open_project(project.folder, environ=environ).environment()
        assert next(iter(here.resources().values())).attributes["version"] == version


def test_keys_of_a_state_are_read_only_where_they_are_given(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANNER_STATE_PASSPHRASE", "correct horse battery staple")
    (project.folder / "planner.yaml").write_text(PROJECT.replace("sandbox}", "sandbox, encrypted: true}"))
    with pytest.raises(PlannerError, match="no key to it is set"):
        planner.open_project(project.folder).environment().state()
    assert planner.open_project(project.folder, environ=os.environ).environment().state().is_empty


def test_events_come_from_one_thread(project: Project) -> None:
    here, seen = opened(project), []
    here.apply(here.plan(), on_event=lambda event: seen.append((threading.get_ident(), type(event))))
    assert {ident for ident, _ in seen} == {threading.get_ident()}
    assert {kind for _, kind in seen} >= {StepStarted, StepFinished}


def test_it_is_cancelled_by_a_value(project: Project) -> None:
    here, cancel = opened(project), planner.Cancel()
    with pytest.raises(PartlyApplied) as raised:
        here.apply(here.plan(), on_event=lambda _event: cancel.ask(), cancel=cancel)
    assert raised.value.ledger is not None
    assert raised.value.ledger.interrupted
    held = {str(address) for address in here.state().resources}
    assert held == {"extension.alpha"}
    here.apply(here.plan())
    project.settled()


def test_what_was_cancelled_before_changes_nothing(project: Project) -> None:
    here, cancel = opened(project), planner.Cancel()
    cancel.ask()
    with pytest.raises(PlannerError, match="stopped before its turn"):
        here.apply(here.plan(), cancel=cancel)
    assert here.state().is_empty


def test_an_error_of_the_callback_comes_out_and_nothing_is_lost(project: Project) -> None:
    here = opened(project)

    def fail(_event: Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        here.apply(here.plan(), on_event=fail)
    assert not here.state().in_doubt
    here.apply(here.plan())
    project.settled()


def test_two_environments_in_two_threads(project: Project) -> None:
    (project.folder / "planner.yaml").write_text(TWO)

    def work(name: str) -> planner.Applied:
        here = opened(project, name)
        return here.apply(here.plan())

    with ThreadPoolExecutor(2) as pool:
        assert all(done.ledger.complete for done in pool.map(work, ("dev", "prod")))
    assert not any(opened(project, name).plan().has_changes for name in ("dev", "prod"))


def test_a_plan_of_before_is_stale(project: Project) -> None:
    here = opened(project)
    plan = here.plan()
    here.apply(plan)
    with pytest.raises(StalePlan):
        here.apply(plan)


def test_a_plan_with_errors_is_refused(applied: Project) -> None:
    template = applied.folder / "templates" / "main.yaml"
    text = template.read_text()
    template.write_text(
        text.replace("      name: beta\n", "      name: beta\n      lifecycle: {prevent_destroy: true}\n")
    )
    here = opened(applied)
    here.apply(here.plan())
    plan = here.plan(destroy=True)
    assert [item.summary for item in plan.errors]
    with pytest.raises(Refused):
        here.apply(plan)


def test_a_lock_that_is_held(project: Project) -> None:
    here = opened(project)
    plan = here.plan()
    dev = open_project(project.folder).environments["dev"]
    with States(project.folder, "small", {}, Redactor()).open(dev).lock("apply"), pytest.raises(LockHeld):
        here.apply(plan)
    here.apply(plan)


def test_a_project_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PlannerError, match="there is no planner"):
        planner.open_project(tmp_path)


def test_secrets_are_not_in_a_plan(project: Project) -> None:
    (project.folder / "planner.yaml").write_text(
        PROJECT.replace('default: "8.*"}', 'default: "8.*"}\n  word: {type: string, sensitive: true}')
    )
    template = project.folder / "templates" / "main.yaml"
    template.write_text(template.read_text().replace("Goes with", "{{ var.word }} goes with"))
    plan = opened(project, word="hunter2hunter2").plan()
    assert "hunter2" not in f"{plan}{plan.text()}{plan.markdown()}"


WORD = "hunter2hunter2"


def test_a_credential_is_in_no_plan(project: Project) -> None:
    template = project.folder / "templates" / "main.yaml"
    template.write_text(template.read_text().replace("Goes with", f"{WORD} goes with"))
    environ = {"EC_API_KEY": WORD}
    here = planner.open_project(project.folder, environ=environ).environment()
    assert WORD not in f"{here.plan()}{here.plan().text()}"
    assert WORD in f"{opened(project).plan()}"  # so that it can be found


@pytest.mark.parametrize("known", [True, False])
def test_an_error_quotes_no_credential(project: Project, known: bool) -> None:
    template = project.folder / "templates" / "main.yaml"
    template.write_text(template.read_text().replace("extension_type: bundle", f"extension_type: {WORD}"))
    environ = {"EC_API_KEY": WORD if known else "another"}
    with pytest.raises(InvalidConfiguration) as raised:
        planner.open_project(project.folder, environ=environ).environment().plan()
    assert (WORD in f"{raised.value.diagnostics}") is not known


def test_files_are_read_anew_by_each_call(project: Project) -> None:
    here = opened(project)
    before = here.plan()
    (project.folder / "planner.yaml").write_text(PROJECT.replace("8.*", "7.*"))
    (project.folder / "files/alpha/words.txt").write_text("two\n")
    after = here.plan()
    assert "8.*" in before.text()
    assert "8.*" not in after.text()
    assert before.changes[0].content != after.changes[0].content


def test_nothing_temporary_stays(project: Project) -> None:
    """In a process of its own: others use the temporary folder meanwhile."""
    place = project.folder / "temporary"
    place.mkdir()
    code = "import planner; e = planner.open_project('.').environment(); e.apply(e.plan())"
    environ = {**os.environ, "TMPDIR": str(place)}
    subprocess.run(
        [sys.executable, "-c", code + "; import os; os._exit(0)"], cwd=project.folder, env=environ, check=True
    )
    assert list(place.iterdir()) == []
