"""Progress on a terminal, drawn by rich. Imported only when an apply runs on one: rich is slow to import."""

from __future__ import annotations

from types import TracebackType
from typing import IO, Final, Self

from attrs import field, frozen
from rich.console import Console
from rich.progress import Progress as Display
from rich.progress import ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from planner.model.ledger import Event, StepFinished, StepProgress, StepStarted
from planner.render.finished import finished_line
from planner.render.style import Style
from planner.render.values import human_size

_BAR: Final = 20
_SHORT_BAR: Final = 8
_WIDE: Final = 100


@frozen
class Live:
    """Running steps below, finished steps above. Made by `planner.render.live_progress`."""

    _display: Display
    _style: Style
    _tasks: dict[int, TaskID] = field(factory=dict)

    @classmethod
    def on(cls, stream: IO[str], style: Style) -> Live:
        console = Console(
            file=stream,
            force_terminal=True,
            no_color=not style.colours,
            markup=False,
            emoji=False,
            highlight=False,
        )
        columns = (
            SpinnerColumn(),
            Resource(),
            TextColumn("{task.fields[operation]}", markup=False),
            TimeElapsedColumn(),
            Upload(_BAR if console.width >= _WIDE else _SHORT_BAR),
        )
        return cls(Display(*columns, console=console, transient=True), style)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepStarted):
            self._tasks[event.step] = self._display.add_task(
                str(event.address), total=None, operation=event.operation
            )
        elif isinstance(event, StepProgress):
            self._progress(event)
        else:
            self._finish(event)

    def __enter__(self) -> Self:
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()

    def _progress(self, event: StepProgress) -> None:
        task = self._tasks.get(event.step)
        if task is not None:
            self._display.update(task, completed=event.sent, total=event.total)

    def _finish(self, event: StepFinished) -> None:
        task = self._tasks.pop(event.step, None)
        if task is not None:
            self._display.remove_task(task)
        self._display.console.print(Text.from_ansi(finished_line(event, self._style)), soft_wrap=True)


class Resource(ProgressColumn):
    """The address: the one column that gives way when the terminal is narrow."""

    def __init__(self) -> None:
        super().__init__(Column(no_wrap=False))

    def render(self, task: Task) -> Text:
        return Text(f"{task.description}:", no_wrap=True, overflow="ellipsis")


class Upload(ProgressColumn):
    """A bar of that many columns and the bytes for steps that upload; nothing for others."""

    def __init__(self, columns: int) -> None:
        super().__init__(Column(no_wrap=True))
        self._columns = columns

    def render(self, task: Task) -> Text:
        if not task.total:
            return Text("")
        filled = round(self._columns * min(task.completed / task.total, 1))
        bar = "━" * filled + "╌" * (self._columns - filled)
        return Text(f"{bar} {human_size(int(task.completed))} of {human_size(int(task.total))}")
