"""Progress of an apply, one line for each finished step; `planner.render.live` adds what is running."""

from __future__ import annotations

from types import TracebackType
from typing import IO, Final, Protocol, Self

from attrs import field, frozen

from planner.model.ledger import Event, StepFinished, StepProgress, StepStarted
from planner.render.finished import finished_line
from planner.render.style import Style
from planner.render.values import human_size

LARGE_UPLOAD: Final = 10_000_000


class Progress(Protocol):
    """Takes the events of an apply while it is entered; safe to call from several threads."""

    def __call__(self, event: Event) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def plain_progress(stream: IO[str], *, style: Style) -> Progress:
    """For pipes and logs: whole lines, flushed one by one."""
    return _Plain(stream, style)


@frozen
class _Plain:
    _stream: IO[str]
    _style: Style
    _uploading: set[int] = field(factory=set)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepFinished):
            self._write(finished_line(event, self._style))
        elif isinstance(event, StepStarted):
            self._uploading.discard(event.step)
        else:
            self._upload(event)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def _upload(self, event: StepProgress) -> None:
        if event.total > LARGE_UPLOAD and event.step not in self._uploading:
            self._uploading.add(event.step)
            self._write(f"{event.address}: uploading {human_size(event.total)}")

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()
