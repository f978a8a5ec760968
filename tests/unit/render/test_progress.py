from __future__ import annotations

import re
import threading
from io import StringIO
from typing import IO, cast

import pytest
from attrs import evolve

from planner.model.address import Address
from planner.model.ledger import Event, StepFinished, StepProgress, StepStarted
from planner.model.plan import DESTROY, Action, Plan, Step
from planner.render.progress import finished_line, live_progress, plain_progress
from planner.render.screen import Screen
from planner.render.style import Style

from .plans import plan as planned
from .terminal import Terminal

SYNONYMS = Address("extension", "synonyms")
OTHER = Address("extension", "other")
CREATE = Action.CREATE
PLAIN = Style()
ANSI = re.compile("\x1b\\[[0-9;]*m")


def finished(**more: object) -> StepFinished:
    facts = {"operation": "create", "ok": True, "seconds": 0.31} | more
    return StepFinished(1, SYNONYMS, CREATE, **facts)  # type: ignore[arg-type]


def plain(*events: Event) -> str:
    stream = StringIO()
    with plain_progress(stream, style=Style()) as progress:
        for event in events:
            progress(event)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (finished(id="123"), "extension.synonyms: created in 0.3s (id 123)"),
        (finished(operation="upload", message="again"), "extension.synonyms: uploaded in 0.3s, again"),
        (finished(operation="settle"), "extension.synonyms: settled in 0.3s"),
        (finished(operation="close"), "extension.synonyms: close done in 0.3s"),
        (
            finished(ok=False, message="no\x1b[31m"),
            "extension.synonyms: create failed after 0.3s: no\\x1b[31m",
        ),
        (finished(ok=False), "extension.synonyms: create failed after 0.3s"),
    ],
)
def test_a_line_for_each_finished_step(event: Event, line: str) -> None:
    assert plain(StepStarted(1, SYNONYMS, CREATE, "create"), event) == line + "\n"


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (finished(id="1234567890"), ["extension.synonyms: created in 0.3s", "  (id 1234567890)"]),
        (finished(id="123"), ["extension.synonyms: created in 0.3s", "  (id 123)"]),
        (finished(), ["extension.synonyms: created in 0.3s"]),
        (finished(operation="close"), ["extension.synonyms: close done in 0.3s"]),
        (
            finished(ok=False, message="the server said no"),
            ["extension.synonyms: create failed", "  after 0.3s: the server said no"],
        ),
    ],
)
def test_a_narrow_terminal_has_it_in_whole_words(event: StepFinished, lines: list[str]) -> None:
    assert finished_line(event, PLAIN, 40).split("\n") == lines
    painted = finished_line(event, Style(colours=True), 40)
    assert ANSI.sub("", painted).split("\n") == lines
    assert ANSI.findall(painted.split(" ", 1)[1].split(" ")[0])


def test_a_line_for_each_large_upload() -> None:
    small, large = (
        StepProgress(step, SYNONYMS, 1, total) for step, total in ((1, 10_000_000), (2, 12_300_000))
    )
    started = StepStarted(2, SYNONYMS, CREATE, "upload")
    assert plain(small, large, large, started, large) == "extension.synonyms: uploading 12.3 MB\n" * 2


def steps_of(*names: str) -> tuple[Step, ...]:
    """The steps of changes, a name for each step."""
    return tuple(Step(n, Address("extension", name), "create") for n, name in enumerate(names, 1))


PLAN = planned(steps=steps_of("synonyms"))


class Live:
    """A progress on a terminal, and what it shows. Nothing is drawn but where a test asks for it."""

    def __init__(self, columns: int = 80, *, style: Style = PLAIN, plan: Plan = PLAN) -> None:
        self.terminal = Terminal(columns, 24)
        self.seconds = 0.0
        self._screen = Screen(
            cast(IO[str], self.terminal), size=lambda: self.terminal.size, tick=threading.Event.wait
        )
        self.progress = live_progress(plan, self._screen, style=style, clock=lambda: self.seconds)

    def lines(self) -> list[str]:
        self._screen.draw()
        return self.terminal.lines()


@pytest.mark.parametrize("colours", [True, False])
def test_running_steps_are_below_finished_ones(colours: bool) -> None:
    live = Live(style=Style(colours))
    with live.progress as progress:
        progress(StepStarted(1, SYNONYMS, CREATE, "upload"))
        progress(StepStarted(2, OTHER, CREATE, "create"))
        live.seconds = 3723.9
        progress(StepStarted(3, OTHER, CREATE, "settle"))
        progress(StepProgress(7, SYNONYMS, 5, 10))
        progress(finished(operation="upload", id="[red]1"))
        progress(finished(operation="upload", ok=False, message="twice.\n" + "漢字" * 20))
        live.seconds += 65
        running = live.lines()
    stay = [
        "extension.synonyms: uploaded in 0.3s (id [red]1)",
        "extension.synonyms: upload failed after 0.3s:",
        "  twice.\\n" + "漢字" * 17 + "漢",
        "字" + "漢字" * 2,
    ]
    assert running == [*stay, "extension.other: create 1:03:08", "extension.other: settle 1:05"]
    assert live.lines() == stay


@pytest.mark.parametrize(
    ("columns", "name", "line"),
    [
        (80, "synonyms", "extension.synonyms: upload 0:00 ━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌ 5.0 MB of 10.0 MB"),
        (60, "synonyms", "extension.synonyms: upload 0:00 ━━━━╌╌╌╌╌ 5.0 MB of 10.0 MB"),
        (50, "synonyms", "extension.synonyms: upload 0:00 5.0 MB of 10.0 MB"),
        (50, "x" * 100, "extension…xxxxxxxx: upload 0:00 5.0 MB of 10.0 MB"),
        (20, "synonyms", "e…s: uplo…f 10.0 MB"),
    ],
)
def test_the_bar_gives_way_before_the_address(columns: int, name: str, line: str) -> None:
    live = Live(columns)
    with live.progress as progress:
        progress(StepStarted(1, Address("extension", name), CREATE, "upload"))
        progress(StepProgress(1, SYNONYMS, 5_000_000, 10_000_000))
        assert live.lines() == [line]


def test_an_upload_of_nothing_has_no_bar() -> None:
    live = Live()
    with live.progress as progress:
        progress(StepStarted(1, SYNONYMS, CREATE, "upload"))
        progress(StepProgress(1, SYNONYMS, 0, 0))
        assert live.lines() == ["extension.synonyms: upload 0:00"]


@pytest.mark.parametrize(
    ("names", "ended", "line"),
    [
        pytest.param("aabb", "", "Applying … 0/2 · 1:00", id="nothing yet"),
        pytest.param("aabb", "ab", "Applying … 0/2 · 1:00", id="half of each"),
        pytest.param("aabb", "aab", "Applying … 1/2 · 1:00 · about 1 min left", id="one of two"),
        pytest.param("aabb", "aabb", "Applying … 2/2 · 1:00", id="all"),
        pytest.param(
            "aabbc", "Ab", "Applying … 1/3 · 1:00 · about 2 min left", id="one failed at its first step"
        ),
        pytest.param("aabbc", "AAb", "Applying … 1/3 · 1:00 · about 2 min left", id="failed twice"),
        pytest.param("aa", "a", "", id="a single change has its own line"),
        pytest.param("", "", "", id="no step"),
    ],
)
def test_changes_are_counted(names: str, ended: str, line: str) -> None:
    """ended: steps by the name of their change, in capitals where they failed."""
    live = Live(plan=planned(steps=steps_of(*names)))
    with live.progress as progress:
        live.seconds += 60
        for name in ended:
            address = Address("extension", name.lower())
            progress(StepFinished(1, address, CREATE, "create", name.islower(), 0.1))
        shown = live.lines()[len(ended) :]
    assert shown == ([line] if line else [])


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (
            80,
            [
                "extension.a: upload 1:00 ━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌ 5.0 MB of 10.0 MB",
                "Destroying … 1/3 · 1:00 · about 2 min left",
            ],
        ),
        (
            50,
            [
                "extension.a: upload 1:00 ━━━╌╌╌ 5.0 MB of 10.0 MB",
                "Destroying … 1/3 · 1:00 · about 2 min left",
            ],
        ),
    ],
)
def test_how_far_all_is_stands_below_the_steps(columns: int, lines: list[str]) -> None:
    live = Live(columns, plan=evolve(PLAN, mode=DESTROY, steps=steps_of("a", "b", "c")))
    with live.progress as progress:
        progress(StepStarted(1, Address("extension", "a"), CREATE, "upload"))
        progress(StepProgress(1, SYNONYMS, 5_000_000, 10_000_000))
        live.seconds += 60
        progress(StepFinished(2, Address("extension", "b"), CREATE, "create", True, 0.1))
        assert live.lines()[1:] == lines
