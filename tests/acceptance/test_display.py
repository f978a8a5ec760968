"""What a terminal shows: while a command runs, how far it is and what it waits for; afterwards every line
that was printed, once and in full, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from attrs import define, frozen

from tests.unit.ece.servers import refusing
from tests.unit.render.terminal import Terminal

from .chain_project import git
from .runner import Project, small
from .serving import Served, listening, reaching
from .terminal import Sitting, at_terminal

COUNT = 40
CTRL_C = "\x03"
LONG_ENOUGH = 80
LONG = "a_bundle_whose_name_is_longer_than_any_line_that_shows_it_" * 2
NAMES = [LONG, *(f"bundle_{n}" for n in range(1, COUNT))]
TEMPLATE = f"""
resource:
  extension:
{{% for n in range({COUNT}) %}}
    {{{{ "bundle_" ~ n if n else "{LONG}" }}}}:
      name: bundle-{{{{ n }}}}
      extension_type: bundle
      version: "*"
      file: files/alpha
{{% endfor %}}
"""
STEP = r"extension\.(\w+?):(created|uploaded)in\d+\.\ds\(id\d+\)"
CAUSE = "create-extension: The sandbox was asked to fail this request. (400 Bad Request root.fault)"
NOTICE = (
    r"Interrupted:nothingnewisstarted\.(Beingfinished:[^()]+\(\w+\)(,[^()]+\(\w+\))*\.)?Oncemorestopsnow\."
)
SELDOM = pytest.mark.long
COLOUR = re.compile("\x1b\\[([0-9;]*)m")
LEGIBLE = {"0", "1", "2", "31", "32", "33", "1;31", "1;33"}
"""Of the terminal's own palette, on its own background: neither black nor white, be it dark or light."""

FIRST = 12
"""So many calls are answered before the server wants a pause."""


@define
class Paper:
    """What was left on the terminal, without blanks and line breaks: long lines were wrapped."""

    text: str

    @classmethod
    def of(cls, sitting: Sitting, columns: int, rows: int) -> Paper:
        terminal = Terminal(columns, rows)
        terminal.write(sitting.shown)
        assert terminal.cursor_shown
        return cls(squeezed("".join(terminal.lines())))

    def take(self, pattern: str) -> list[tuple[str, ...]]:
        """The groups of pattern wherever it is found; that is taken off the paper."""
        found = [match.groups() for match in re.finditer(pattern, self.text)]
        self.text = re.sub(pattern, "", self.text)
        return found

    def take_text(self, text: str) -> None:
        assert self.text.count(squeezed(text)) == 1, f"{text!r} in {self.text}"
        self.text = self.text.replace(squeezed(text), "")


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with listening(tmp_path / "ece.db") as made:
        yield made


@pytest.fixture
def many(tmp_path: Path, served: Served) -> Project:
    return reaching(tmp_path / "many", served.url, template=TEMPLATE)


def plan_of(project: Project, columns: int) -> str:
    return project.ok("plan", env={"COLUMNS": str(columns)}).out


@pytest.mark.parametrize(
    ("columns", "rows", "colour"), [(100, 30, True), pytest.param(50, 10, False, marks=SELDOM)]
)
def test_each_line_once_and_nothing_else(
    many: Project, served: Served, columns: int, rows: int, colour: bool
) -> None:
    plan = plan_of(many, columns)
    many.environ |= {} if colour else {"NO_COLOR": "1"}
    served.ece.fault("POST /deployments/extensions status:400 nth=20", "POST,PUT ** delay:0.05")
    with at_terminal(many, "apply", "--auto-approve", columns=columns, rows=rows) as sitting:
        assert sitting.end() == 5, sitting.shown
    assert bool(COLOUR.search(sitting.shown)) is colour
    paper = Paper.of(sitting, columns, rows)
    paper.take_text(plan)
    [(failed,)] = paper.take(rf"extension\.(\w+):createfailedafter\d+\.\ds:{re.escape(squeezed(CAUSE))}")
    done = [name for name in NAMES if name != failed]
    assert sorted(paper.take(STEP)) == sorted((name, how) for name in done for how in ("created", "uploaded"))
    listed = "".join(f"extension.{name}: created" for name in done)
    assert paper.text == squeezed(
        f"Applied: 39 created, 0 updated, 0 replaced, 0 deleted. Applied (39): {listed}"
        f"Failed (1): extension.{failed}: create {CAUSE} Correct what the message names."
        "1 of 40 changes to the dev environment are left to do. To go on: planner apply -e dev"
    )


@pytest.mark.long
@pytest.mark.parametrize(("columns", "rows"), [pytest.param(100, 30, marks=SELDOM), (50, 10)])
def test_each_line_of_an_interrupted_run(many: Project, served: Served, columns: int, rows: int) -> None:
    plan = plan_of(many, columns)
    served.ece.fault("POST,PUT ** delay:0.05")
    with at_terminal(many, "apply", "--auto-approve", columns=columns, rows=rows) as sitting:
        sitting.wait_for(": \x1b[32muploaded")
        assert sitting.keeps_output()
        sitting.type(CTRL_C)
        assert sitting.end() == 130, sitting.shown
        assert not sitting.keeps_output()
    paper = Paper.of(sitting, columns, rows)
    paper.take_text(plan)
    assert len(paper.take(NOTICE)) == 1, paper.text
    steps = paper.take(STEP)
    assert len(set(steps)) == len(steps)
    assert [(how == "created") for _, how in steps].count(True) == len(served.ece.requests("POST"))
    done = {name for name, how in steps if how == "uploaded"}
    half = {name for name, _ in steps} - done
    listed = "".join(f"extension.{name}: created" for name in NAMES if name in done)
    paper.text = paper.text.replace(",therun", "therun")  # the reason, on the same line where there is room
    before = {name: " (create done before)" if name in half else "" for name in NAMES if name not in done}
    alone = [(before[name], [name]) for name in before]  # where the reason has room beside the name
    skipped = "".join(
        "".join(f"extension.{name}: create" for name in names) + "the run was stopped before its turn" + more
        for more, names in (groupby(before, before.__getitem__) if columns < LONG_ENOUGH else alone)
    )
    assert paper.text == squeezed(
        f"Applied: {len(done)} created, 0 updated, 0 replaced, 0 deleted. Applied ({len(done)}): {listed}"
        f"Skipped ({COUNT - len(done)}): {skipped}"
        f"Interrupted. {COUNT - len(done)} of 40 changes to the dev environment are left to do. "
        "To go on: planner apply -e dev"
    )


def test_a_second_ctrl_c_leaves_the_screen_clean(tmp_path: Path) -> None:
    project = small(tmp_path / "many", template=TEMPLATE)
    plan = plan_of(project, 100)
    with project.sandbox() as ece:
        ece.fault("POST ** delay:20")
    with at_terminal(project, "apply", "--auto-approve", columns=100, rows=30) as sitting:
        sitting.wait_for("bundle_17: create 0:0")
        sitting.type(CTRL_C)
        sitting.wait_for("Once more")
        sitting.type(CTRL_C)
        assert sitting.end() == 130, sitting.shown
        assert not sitting.keeps_output()
    paper = Paper.of(sitting, 100, 30)
    paper.take_text(plan)
    assert len(paper.take(NOTICE)) == 1, paper.text
    flying = ", ".join(f"extension.{name} (create)" for name in sorted(NAMES)[:10])
    assert paper.text == squeezed(f"Stopped. The next command settles what was in flight: {flying}.")


@frozen
class Size:
    columns: int
    rows: int

    def lines(self, shown: str) -> str:
        """What the terminal shows when so much was written, in colours that can be read on any."""
        assert set(COLOUR.findall(shown)) <= LEGIBLE
        terminal = Terminal(self.columns, self.rows)
        terminal.write(shown)
        return "\n".join(terminal.lines())

    def wait_for(self, sitting: Sitting, drawn: str) -> None:
        """drawn: a pattern for the last lines."""
        terminal, written = Terminal(self.columns, self.rows), 0

        def holds(shown: str) -> bool:
            nonlocal written
            whole = shown.rstrip("\ufffd")  # a character of which a part was read
            terminal.write(whole[written:])
            written = len(whole)
            return re.search(f"(^|\n){drawn}$", "\n".join(terminal.lines())) is not None

        sitting.wait_until(holds)

    def interrupted(self, sitting: Sitting) -> str:
        """What is left when a Ctrl-C has ended it: nothing that was drawn."""
        sitting.type(CTRL_C)
        assert sitting.end() == 130, sitting.shown
        left = self.lines(sitting.shown)
        assert not re.search(r" … \d|limits the rate|again in|attempt \d", left), left
        return left


WIDE, NARROW = Size(80, 24), Size(50, 10)
LIMIT = {
    WIDE: r"127\.0\.0\.1:\d+ limits the rate of calls; again in \d+ s, 10 wait",
    NARROW: r"127\.0\.0\.1:\d+ limits the rate of calls\n  again in \d+ s, 10 wait",
}
GONE = {
    WIDE: r"127\.0\.0\.1:\d+: the connection was refused; attempt [2-5] of 5( in \d s)?",
    NARROW: r"127\.0\.0\.1:\d+: the connection was refused\n  attempt [2-5] of 5( in \d s)?",
}


@pytest.mark.seldom(size=[NARROW])
@pytest.mark.parametrize("size", LIMIT)
def test_how_much_of_a_plan_is_answered(many: Project, served: Served, size: Size) -> None:
    """And that the server limits the rate of calls, who ask it in parallel."""
    many.apply()
    many.edit("templates/main.yaml", 'version: "*"', 'version: "8.*"')
    served.ece.fault(f"GET /deployments/extensions/* rate-limit:3600 from={FIRST + 1}")
    with at_terminal(many, "plan", columns=size.columns, rows=size.rows) as sitting:
        size.wait_for(sitting, rf"Asking the installation … {FIRST}/{COUNT} · 0:\d\d.*\n{LIMIT[size]}")
        assert size.interrupted(sitting).split() == ["Interrupted."]


@pytest.mark.seldom(size=[WIDE])
@pytest.mark.parametrize("size", LIMIT)
def test_how_much_of_an_apply_is_done(many: Project, served: Served, size: Size) -> None:
    served.ece.fault(f"POST ** rate-limit:3600 from={FIRST + 1}")
    words = ("apply", "--auto-approve")
    with at_terminal(many, *words, columns=size.columns, rows=size.rows) as sitting:
        size.wait_for(sitting, rf"Applying … \d+/{COUNT} · 0:\d\d.*\n{LIMIT[size]}")
        assert size.interrupted(sitting).endswith("planner apply -e dev")


@pytest.mark.seldom(doing=["Comparing and planning"])
@pytest.mark.parametrize(
    ("words", "doing"),
    [(("env", "status"), "Looking at the environments"), (("preview",), "Comparing and planning")],
)
def test_how_many_environments_were_looked_at(
    tmp_path: Path, served: Served, words: tuple[str, ...], doing: str
) -> None:
    project = reaching(tmp_path / "some", served.url)
    line = f"  dev: {{endpoint: '{served.url}'}}\n"
    project.edit("planner.yaml", line, "".join(line.replace("dev", name) for name in ("a", "b", "c")))
    project.edit("templates/main.yaml", "name: alpha", "name: {{ env.name }}-alpha")
    project.edit("templates/main.yaml", "name: beta", "name: {{ env.name }}-beta")
    for name in ("a", "b", "c"):
        project.apply("-e", name)
    git(project.folder, "init", "-q", "-b", "main")
    git(project.folder, "add", ".")
    git(project.folder, "commit", "-q", "-m", "one")
    project.edit("templates/main.yaml", "Goes with", "Goes well with")
    served.ece.fault("GET /deployments/extensions hold from=2")
    size = NARROW
    with at_terminal(project, *words, columns=size.columns, rows=size.rows) as sitting:
        size.wait_for(sitting, rf"{doing} … 1/3 · 0:\d\d.*")
        size.interrupted(sitting)
    served.ece.no_faults()


@pytest.mark.seldom(size=[WIDE])
@pytest.mark.parametrize("size", GONE)
def test_each_attempt_at_a_server_that_is_not_there(tmp_path: Path, size: Size) -> None:
    with refusing() as port:
        project = reaching(tmp_path / "gone", f"http://127.0.0.1:{port}")
        with at_terminal(project, "plan", columns=size.columns, rows=size.rows) as sitting:
            size.wait_for(sitting, GONE[size])


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("rate-limit:0", "limits the rate of calls; again in 1 s"),
        ("status:503", ": 503 Service Unavailable; attempt 2 of 5 in 1 s"),
    ],
)
def test_without_a_terminal_a_log_says_it_once(many: Project, served: Served, fault: str, line: str) -> None:
    many.apply()
    many.edit("templates/main.yaml", 'version: "*"', 'version: "8.*"')
    served.ece.fault(f"GET /deployments/extensions/* {fault} times={FIRST}")
    done = many.ok("plan")
    told = [told for told in done.err.splitlines() if line.partition(" in ")[0] in told]
    assert len(told) == 1, done.err
