"""What a campaign gives, and how it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import frozen


class Broken(Exception):
    """A promise that did not hold, with what shows it again."""


@frozen
class Order:
    """What to run. rounds: each campaign says what one is. folder: empty. tell: takes a line of progress."""

    rounds: int
    seed: int
    folder: Path
    tell: Callable[[str], None]


Figures = Mapping[str, int]
"""What was counted, by name: "kills", "orphans", ..."""


@frozen
class Campaign:
    """A promise, and how it is put to the test. promise: in words, for people. long: how many rounds the long
    run takes.
    """

    promise: str
    long: int
    run: Callable[[Order], Figures]
