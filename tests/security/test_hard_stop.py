"""Work that nothing counts, as one long call inside C, ends with an error, and nothing else ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from planner.config.apart import apart
from planner.config.jobs import Bounds, Ended, Job, Link, Runner, TooMuchWork
from planner.config.sources import Sources
from planner.config.template_jobs import Workpiece
from planner.config.templates import Templates
from planner.errors import PlannerError
from planner.model.diagnostic import Diagnostic, Diagnostics
from planner.model.value import UNKNOWN
from tests.acceptance.runner import Project, small, wait_until
from tests.unit.config.projects import Folder, shown

TOO_MUCH = str(TooMuchWork()).partition("\n")[0]
SHORT = Bounds(seconds=1, memory=256 * 1024**2)

SEARCH = "('a' * 10**6).rfind('ab' ~ 'a' * 5 * 10**5)"
IN_TEMPLATES = {
    "a search": SEARCH,
    "a regular expression": "('a' * 10**6) | wordwrap(1)",
    "a hash of what is shared": "{ns.t: 1}",
}
SHARED = "{% set ns = namespace(t=(1,)) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}"


def rendered(root: Path, template: str, run: Runner) -> list[Diagnostic]:
    folder, diagnostics = Folder(root), Diagnostics()
    folder.write({"templates/a.yaml": "output: {a: 1}\n", "templates/ü.yaml": template})
    documents = list(Templates(Workpiece(Sources(root)), diagnostics, run).documents())
    assert [document.template for document in documents] == ["templates/a.yaml"]
    return list(diagnostics)


@pytest.mark.seldom(call=["a regular expression", "a hash of what is shared"])
@pytest.mark.parametrize("call", IN_TEMPLATES)
def test_a_call_in_a_template_is_ended_at_its_line(tmp_path: Path, call: str) -> None:
    text = f"{SHARED}\noutput:\n  b: {{{{ {IN_TEMPLATES[call]} }}}}\n"
    (found,) = rendered(tmp_path, text, apart(SHORT))
    assert (found.summary, str(found.position)) == (TOO_MUCH, "templates/ü.yaml:3")
    assert found.advice
    assert found.position
    assert found.position.text
    assert IN_TEMPLATES[call] in found.position.text


@pytest.mark.long
def test_a_call_in_a_macro_is_ended_at_its_line(tmp_path: Path) -> None:
    macro = f"{{% macro m() %}}\n\n{{% set x = {SEARCH} %}}{{% endmacro %}}"
    Folder(tmp_path).write({"templates/macros/m.j2": macro})
    text = "{% import 'macros/m.j2' as all %}\n{{ all.m() }}"
    (found,) = rendered(tmp_path, text, apart(SHORT))
    assert (found.summary, str(found.position)) == (TOO_MUCH, "templates/macros/m.j2:3")


@pytest.mark.long
def test_a_call_in_a_local_is_ended_at_its_line(folder: Folder) -> None:
    folder.write({"planner.yaml": "project: p\nenvironments: {dev: {endpoint: sandbox}}\nlocals:\n"
                  f'  a: 1\n  b: {{c: "{{{{ {SEARCH} }}}}"}}\n'})  # fmt: skip
    folder.write({"templates/a.yaml": "output: {}\n"})
    assert shown(folder.load(run=apart(SHORT)).diagnostics) == [f'planner.yaml:5: local "b": {TOO_MUCH}']


@pytest.mark.parametrize("ended", ["b", pytest.param("bd", marks=pytest.mark.long)])
def test_a_check_that_is_ended_is_one_that_failed_and_the_others_are_evaluated(
    folder: Folder, ended: str
) -> None:
    conditions = {"a": "1 == 1", "b": SEARCH, "c": "1 == 2", "d": f"{SEARCH} == 1", "e": "1 == 1"}
    conditions = {name: text for name, text in conditions.items() if name in f"ace{ended}"}
    checks = "\n".join(f'  {name}: {{condition: "{text}", message: m}}' for name, text in conditions.items())
    folder.write({"templates/a.yaml": f"check:\n{checks}\n"})
    folder.write({"planner.yaml": "project: p\nenvironments: {dev: {endpoint: sandbox}}\n"})
    declared = folder.load(run=apart(SHORT)).declarations
    found = list(declared.verdicts(declared.checks, lambda _reference: UNKNOWN))
    assert [item for item in found if not isinstance(item, PlannerError)] == [True, False, True]
    told = [item.summary for item in found if isinstance(item, PlannerError)]
    assert told == [f"check {name} cannot be evaluated: {TOO_MUCH}" for name in ended]


def power(_link: Link) -> Iterator[Any]:
    yield pow(7, 10**8)


def regular_expression(_link: Link) -> Iterator[Any]:
    yield re.match("(a|aa)+$", "a" * 60 + "b")


def loop(_link: Link) -> Iterator[Any]:
    while True:
        yield from ()


def text(_link: Link) -> Iterator[Any]:
    yield len("a" * 10**9)


def numbers(_link: Link) -> Iterator[Any]:
    yield len(list(range(10**9)))


def many_texts(_link: Link) -> Iterator[Any]:
    yield len([str(number) * 1000 for number in range(10**6)])


@pytest.mark.seldom(job=[power, loop])
@pytest.mark.parametrize("job", [power, regular_expression, loop])
def test_time(job: Job) -> None:
    with pytest.raises(Ended, match=TOO_MUCH):
        list(apart(SHORT)(job))


@pytest.mark.parametrize("job", [text, numbers, many_texts])
def test_memory(job: Job) -> None:
    """Whatever time it takes to fill it."""
    with pytest.raises(Ended, match="it needs more memory than there is"):
        list(apart(evolve(SHORT, seconds=60))(job))


def counted(link: Link) -> Iterator[Any]:
    """Two seconds of work, each allowed before it is done."""
    for _ in range(4):
        link.allow(20_000_000)
        end = os.times().user + os.times().system + 0.5
        while os.times().user + os.times().system < end:
            pass
        yield 1


@pytest.mark.long
def test_effort_that_is_counted_allows_more_time() -> None:
    assert list(apart(SHORT)(counted)) == [1, 1, 1, 1]


def asking(link: Link) -> Iterator[Any]:
    yield link.ask(1)
    with suppress(PlannerError):
        yield link.ask(2)
    yield link.ask(3)


def test_questions() -> None:
    def answer(question: int) -> Any:
        if question == 2:
            raise PlannerError("no", advice="Ask again.")
        return UNKNOWN

    found = list(apart(SHORT)(asking, answer))
    assert [item is UNKNOWN for item in found] == [True, True]


def wrong(_link: Link) -> Iterator[Any]:
    yield 1
    raise KeyError("what is wrong")


def test_what_a_job_raises_is_raised_here_with_its_place() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)in wrong\n.*what is wrong"):
        list(apart(SHORT)(wrong))


def process(_link: Link) -> Iterator[Any]:
    yield os.getpid(), os.getppid()
    yield from loop(_link)


def test_a_job_that_somebody_ends(tmp_path: Path) -> None:
    run = apart(SHORT)
    work = run(process)
    os.kill(next(work)[0], signal.SIGKILL)
    with pytest.raises(Ended, match="ended from outside"):
        next(work)


def test_it_goes_on_where_the_process_that_does_jobs_was_ended() -> None:
    run = apart(SHORT)
    work = run(process)
    own, parent = next(work)
    os.kill(parent, signal.SIGKILL)
    os.kill(own, signal.SIGKILL)
    os.waitid(os.P_PID, parent, os.WEXITED | os.WNOWAIT)
    with pytest.raises(Ended):
        next(work)
    assert list(run(asking, str))[-1] == "3"


def descriptors(_link: Link) -> Iterator[Any]:
    found = set()
    for number in range(64):
        try:
            found.add(str(Path(f"/proc/self/fd/{number}").readlink()))
        except OSError:
            continue
    yield found


@pytest.mark.parametrize("in_a_thread", [False, True])
def test_it_holds_nothing_open_of_this_process(tmp_path: Path, in_a_thread: bool) -> None:
    """A lock would be held, a pipe have no end, for as long as it is there."""
    found: list[set[str]] = []

    def look() -> None:
        found.extend(apart(SHORT)(descriptors))

    with (tmp_path / "lock").open("w") as lock, socket.socket() as other:
        os.set_inheritable(lock.fileno(), True)
        assert other.fileno()
        if in_a_thread:
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
        else:
            look()
    assert not [name for name in found[0] if name.startswith(str(tmp_path))]
    assert len([name for name in found[0] if name.startswith("socket:")]) == 1


KINDS_OF_VALUES = """
{% set ns = namespace(x=[1, 8.10, true, none]) %}
resource:
  thing:
    a: {name: a, free: {{ ns.x }}, note: "{{ var.s }}-x", token: {{ var.t }}, version: {{ local.l }}}
    b: {name: b, free: [{{ resource.thing.a.id }}, "{{ resource.thing.a.id }}!"], nothing: 1}
output:
  o: {{ nope }}
  p: {{ 'x' | nope2(1) if false else 0o17 }}
check:
  c: {condition: "resource.thing.a.name == local.l", message: m}
  d: {condition: "1 =", message: m}
"""


def test_it_gives_what_is_given_here(folder: Folder) -> None:
    planner = (
        "project: p\nenvironments: {dev: {endpoint: sandbox}}\n"
        "locals: {l: '{{ var.s }}.1', m: '{{ 1 / 0 }}'}\n"
        "variables: {s: {type: string}, t: {type: string, sensitive: true}}\n"
    )
    folder.write({"planner.yaml": planner, "templates/a.yaml": KINDS_OF_VALUES})
    folder.write({"environments/dev.yaml": "variables: {s: ü, t: secret}\n"})
    folder.write({"templates/b.yaml": "output: {q: [}\n", "templates/c.yaml": "output: {r: {{ local.l }}}\n"})
    one, other = folder.load(), folder.load(run=apart())
    assert len(one.diagnostics) > 4
    assert one == other
    assert one.resources == other.resources
    for address in one.resources:
        for path in ((), ("name",), ("free",), ("note",)):
            assert one.locate(address, path) == other.locate(address, path)
            assert one.origins(address, path) == other.origins(address, path)


BEFORE = f'check: {{c: {{condition: "{SEARCH}", message: m}}}}\n'
AFTERWARDS = BEFORE.replace('"(', '"resource.extension.alpha.file_metadata.size > 0 and (')


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return small(tmp_path / "small")


def whole(project: Project, resources: int) -> None:
    """State, lock and journal are as after any other command."""
    assert len(project.ok("state", "list").out.splitlines()) == resources
    assert project.ok("lock", "show").out == "dev is free.\n"
    assert list(project.folder.rglob("*.journal*")) == []


@pytest.mark.long
def test_a_template_is_ended_before_the_lock_is_taken(project: Project) -> None:
    project.write("templates/more.yaml", f"output:\n  o: {{{{ {SEARCH} }}}}\n")
    done = project.run("apply", "--auto-approve")
    assert done.code == 1
    assert f"Error: {TOO_MUCH}\n  templates/more.yaml:2" in done.err
    assert not (project.folder / "state" / "dev.json").exists()
    assert not [*project.folder.rglob("*.lock")]


@pytest.mark.long
def test_a_check_is_ended_before_an_apply(project: Project) -> None:
    project.write("templates/more.yaml", BEFORE)
    done = project.run("apply", "--auto-approve")
    assert done.code == 3
    assert f"Error: check c cannot be evaluated: {TOO_MUCH}\n  templates/more.yaml:1" in done.err
    whole(project, 0)
    project.write("templates/more.yaml", "")
    assert "2 to create" in project.ok("plan").out


@pytest.mark.long
def test_a_check_is_ended_after_an_apply(project: Project) -> None:
    project.write("templates/more.yaml", AFTERWARDS)
    done = project.run("apply", "--auto-approve")
    assert done.code == 5
    assert f"Error: check c cannot be evaluated: {TOO_MUCH}\n  templates/more.yaml:1" in done.err
    assert "Applied: 2 created" in done.both
    whole(project, 2)
    project.write("templates/more.yaml", "")
    project.settled()


def working(group: int) -> int:
    """How many processes of a group there are."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended
            state, _parent, its_group, *_ = path.read_text().rpartition(")")[2].split()
            found += int(its_group) == group and state != "Z"
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_command_that_is_ended(project: Project, number: signal.Signals) -> None:
    project.write("templates/more.yaml", f"output:\n  o: {{{{ {SEARCH} }}}}\n")
    with project.started("validate", start_new_session=True) as process:
        wait_until(lambda: working(process.pid) == 3, "a job is under way")
        process.send_signal(number)
        process.wait()
        wait_until(lambda: not working(process.pid), "nothing is left")
