"""What is wrong, as text: all of it, each with its place and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve

from planner.config.load import Configuration
from planner.errors import InvalidConfiguration, PlannerError
from planner.model.diagnostic import Diagnostic, Position


def told(diagnostics: Iterable[Diagnostic]) -> str:
    """The errors by file and line, one below the other, the same one once."""
    errors = sorted((item for item in diagnostics if item.is_error), key=_place)
    return "\n".join(dict.fromkeys("\n".join(_lines(item)) for item in errors))


def told_of(error: PlannerError) -> str:
    if isinstance(error, InvalidConfiguration) and error.diagnostics:
        return told(error.diagnostics)
    return error.summary


def advice_of(error: PlannerError) -> str:
    if isinstance(error, InvalidConfiguration):
        return "planner validate shows the lines."
    return error.advice


def located(
    diagnostics: Iterable[Diagnostic], now: Configuration | None, before: Configuration | None
) -> tuple[Diagnostic, ...]:
    """diagnostics, those about a resource with the place where it is declared, or was before the change."""
    return tuple(_located(item, now, before) for item in diagnostics)


def _located(item: Diagnostic, now: Configuration | None, before: Configuration | None) -> Diagnostic:
    if item.position is not None:
        return item
    if (position := _declared(item.address, now)) is not None:
        return evolve(item, position=position)
    if (position := _declared(item.address, before)) is not None:
        return evolve(item, position=position, detail=f"It was declared there before. {item.detail}")
    return item


def _declared(name: str | None, configuration: Configuration | None) -> Position | None:
    if name is None or configuration is None:
        return None
    found = (address for address in configuration.resources if str(address) == name)
    return next((configuration.locate(address, ()) for address in found), None)


def _place(item: Diagnostic) -> tuple[str, int]:
    return (item.position.file, item.position.line or 0) if item.position else ("", 0)


def _lines(item: Diagnostic) -> Iterator[str]:
    yield f"{item.position}: {item.summary}" if item.position else item.summary
    for text in (item.detail, item.advice):
        yield from (f"  {line}" for line in text.split("\n") if line)
