"""Releases, runs and logs to test with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from attrs import evolve

from planner.model.release import Release
from planner.promote.log import Log, Run

NOW = datetime(2026, 8, 23, 15, 0, tzinfo=UTC)
SYNONYMS, WORDS = "files/synonyms", "files/words"


def at(hour: int, minute: int = 0, day: int = 23) -> str:
    """On the day of NOW, or on another one of that month."""
    return f"2026-08-{day:02}T{hour:02}:{minute:02}:00Z"


def release(version: str = "8.14", commit: str = "c1", **archives: str) -> Release:
    """archives: synonyms, words -> content."""
    return Release({"version": version}, commit, {f"files/{name}": text for name, text in archives.items()})


ONE = release("8.14", "c1", synonyms="one")
TWO = release("8.15", "c2", synonyms="two")
THREE = release("8.16", "c3", synonyms="three")


def run(of: Release, since: str = at(6), until: str = "", **more: Any) -> Run:
    return evolve(Run(of, since, until), **more)


def log(*records: Any) -> Log:
    return Log(tuple(records))
