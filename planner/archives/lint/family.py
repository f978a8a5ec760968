"""What a family of rules is: files of one format, how they are recognised, and what is checked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Final

from attrs import field, frozen

from planner.archives.lint.tree import BUNDLE, File, Tree
from planner.model.lint import Finding, Rule, Unchecked

MOST_OF_A_FILE: Final = 1000
"""Errors and warnings of a file that are told."""


class Strength(IntEnum):
    """How well a file is recognised. The family with the strongest sign takes it; of equal ones the first."""

    REST = 1
    """Nothing else it could be, where it lies."""
    NAME = 2
    """By a word in its name."""
    PLACE = 3
    """By folder and ending, as Elasticsearch looks for it."""
    CONTENT = 4
    """By what stands in it."""


@frozen
class Sign:
    """Why a file is taken for one of a family: "its name has `synonym`"."""

    strength: Strength
    why: str


def first_line(start: bytes) -> str:
    """The first line that is neither empty nor a comment, of the first bytes of a text."""
    lines = start.decode("utf-8-sig", "replace").splitlines()
    return next((line for line in lines if line.strip() and not line.startswith("#")), "")


def _knows_none(_name: str, _start: bytes) -> Sign | None:
    return None


def _finds_nothing(_subject: object) -> Iterator[Finding | Unchecked]:
    return iter(())


@frozen
class Family:
    """A format, and its rules. A module in `families` has one as FAMILY; nothing else is to be registered.

    name: one or two words with a hyphen, with which the ids of its rules begin. title: what a file of it is
    called. recognise: from the name of a file and its first 4 KiB. check: streams one such file.
    look_over: sees all files of an archive, for what is about their names or about several of them. kind: of
    the archives that it is for.
    """

    name: str
    title: str
    rules: tuple[Rule, ...]
    recognise: Callable[[str, bytes], Sign | None] = field(default=_knows_none)
    check: Callable[[File], Iterator[Finding | Unchecked]] = field(default=_finds_nothing)
    look_over: Callable[[Tree], Iterator[Finding | Unchecked]] = field(default=_finds_nothing)
    kind: str = BUNDLE
