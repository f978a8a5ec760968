"""Work of no known length: what a job is, and how one is done in this process.

A Job is a function that can be pickled; it takes a Link and yields messages. `here` does it at once, with no
bounds but those that are counted. planner.config.apart has it done where it can be ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from attrs import frozen

Answer = Callable[[Any], Any]
Lines = Sequence[tuple[int, int]]
"""(line of a template, first line that was compiled of it), in order."""


class Link(Protocol):
    """What a job has to whoever waits for it."""

    @property
    def ask(self) -> Answer:
        """Gives what the other side answers, and raises what it raises."""

    def at(self, place: Any) -> None:
        """The job comes to place, which is named should it be ended there."""

    def allow(self, units: int) -> None:
        """Allows more time, for units of an effort that is bounded."""

    def compiled(self, name: str, lines: Lines) -> None:
        """For the line at which the job is ended. name: of a template's file."""


Job = Callable[[Link], Iterator[Any]]


class Runner(Protocol):
    """Does a job. Raises Ended, and what the job raises."""

    def __call__(self, job: Job, answer: Answer = ..., /) -> Iterator[Any]: ...


@frozen
class Bounds:
    """What a job may take where it is done apart. seconds: of processor time, beside what it is allowed for
    effort that is counted. memory: bytes, beyond what its process begins with.

    little: seconds of processor time after which its process takes no other job. They would be missing to
    that one, as the system counts whole seconds; they also bound what is left of one job in the next.
    """

    seconds: int = 5
    memory: int = 2 * 1024**3
    little: float = 0.25


class Ended(Exception):
    """A job was ended. summary, advice: why. place: as the job told it, None before it told any. file, line:
    of the innermost template, "" and 0 where no template was at work."""

    def __init__(self, summary: str, advice: str, place: Any, file: str = "", line: int = 0) -> None:
        super().__init__(summary)
        self.summary, self.advice, self.place, self.file, self.line = summary, advice, place, file, line


def unasked(question: Any) -> Any:
    raise AssertionError(f"nobody answers {question!r}")


@frozen
class _Here:
    ask: Answer

    def at(self, place: Any) -> None: ...

    def allow(self, units: int) -> None: ...

    def compiled(self, name: str, lines: Lines) -> None: ...


def here(job: Job, answer: Answer = unasked, /) -> Iterator[Any]:
    return job(_Here(answer))
