"""Work of no known length: what a job is, and how its effort is counted.

A Job is a function that can be pickled; it takes a Link and yields messages. planner.config.apart has it done
where it can be ended.

What is counted ends the same on every machine. A unit is about ten nanoseconds. Turns of loops, calls and
filters have a price, and so has the size of what they look through and make. Honest projects stay far below
the budget: 10,000 resources, each with a macro and five filters, take a fiftieth of it; the same many empty
turns of a loop, a thousandth.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from typing import Any, Final, Protocol

from attrs import frozen

from planner.model.value import text_length

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
        """Tells what was compiled, for the line at which the job is ended. name: of a template's file."""


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


BUDGET: Final = 500_000_000
MARKED_BUDGET: Final = 10 * BUDGET
PORTION: Final = 10_000_000
PER_TURN: Final = 50
PER_CALL: Final = 100
PER_PRINT: Final = 200
PER_MACRO: Final = 500
PER_NODE: Final = 50
PER_WEIGHED: Final = 10
_LIGHT: Final = frozenset({type(None), bool, float})
LISTS: Final = (list, tuple, KeysView, ValuesView, ItemsView)


class Weighted:
    """A list or mapping that knows its weight: ten for each value in it, and one for each character."""

    weight: int


class TooMuchWork(Exception):
    """No exception of jinja's: an effort is also counted where there are no templates."""

    def __init__(self) -> None:
        super().__init__(
            "the templates make more work than planner takes on\n"
            "Look for loops inside loops, macros that call themselves, and values that grow."
        )


def _nobody_waits(_units: int) -> None:
    """Does nothing; it has a name so that an Effort can be sent to another process."""


class Effort:
    """Counts what a job does, against a budget that comes in portions. left: units of the present portion.
    Every method raises TooMuchWork once all portions are spent.

    allow: told of each portion that begins; whoever bounds the time, too, gives more for it.
    """

    __slots__ = ("_given", "_rest", "allow", "left")

    def __init__(self, budget: int = BUDGET) -> None:
        self.allow: Callable[[int], None] = _nobody_waits
        self.left = self._given = min(budget, PORTION)
        self._rest = budget - self.left

    @property
    def spent(self) -> int:
        return self._given - self.left

    def spend(self, units: int) -> None:
        self.left -= units
        if self.left < 0:
            self._go_on()

    def turn(self, units: int) -> bool:
        """Called at the start of each turn of a loop, and of each macro, block and template. Always True."""
        self.left -= PER_TURN + abs(units)
        if self.left < 0:
            self._go_on()
        return True

    def _go_on(self) -> None:
        portion = min(self._rest, max(PORTION, -self.left))
        self._rest -= portion
        self._given += portion
        self.left += portion
        if self.left < 0:
            raise TooMuchWork
        self.allow(portion)

    def weigh(self, values: Iterable[Any]) -> int:
        """Spends what looking through values takes, and gives it back. Iterators are not started."""
        before = self.spent
        units = 0
        for value in values:
            kind = value.__class__
            if kind is str:
                units += PER_WEIGHED + len(value)
            elif kind in _LIGHT or (kind is int and value.bit_length() <= 64):
                units += PER_WEIGHED
            else:
                self._look_through(value)
        self.spend(units)
        return self.spent - before

    def _look_through(self, value: Any) -> None:
        waiting = [value]
        while waiting:
            item = waiting.pop()
            self.spend(_shallow(item))
            if isinstance(item, Weighted):
                continue
            if isinstance(item, Mapping):
                waiting.extend(item)
                waiting.extend(item.values())
            elif isinstance(item, LISTS):
                waiting.extend(item)


def _shallow(item: Any) -> int:
    if isinstance(item, str):
        return PER_NODE + str.__len__(item)  # of the text itself, also of TemplateText
    if isinstance(item, Weighted):
        return PER_WEIGHED + (item.weight >> 4)  # Python's own methods go through it, fast
    if isinstance(item, range):
        return PER_WEIGHED * (1 + len(item))
    if isinstance(item, int):
        return PER_NODE + PER_WEIGHED * item.bit_length() + text_length(item)
    return PER_NODE + text_length(item)
