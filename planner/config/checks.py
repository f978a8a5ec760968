"""The conditions of checks: jinja on resources, evaluated when the values are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NoReturn

from attrs import frozen
from jinja2.exceptions import TemplateError, TemplateRuntimeError, TemplateSyntaxError

from planner.config.jinja_errors import EXPRESSION, Explained, explain, explain_syntax
from planner.config.jobs import PORTION, Ended, Link, Runner, TooMuchWork, unasked
from planner.config.template_jobs import Rendering, Workpiece
from planner.config.tokens import Tokens
from planner.errors import PlannerError
from planner.model.address import NAME, Address
from planner.model.declarations import Check, Verdict
from planner.model.diagnostic import Diagnostics
from planner.model.value import UNKNOWN, Lookup, Reference


@frozen(eq=False, repr=False)
class Conditions:
    """Jinja on the conditions of checks. run: how it is done; what is ended is told as any other mistake."""

    piece: Workpiece
    run: Runner

    def report(self, checks: Sequence[Check], diagnostics: Diagnostics) -> None:
        """Report those whose conditions are no expressions."""
        for check, said in zip(checks, self._all(_readable, checks), strict=True):
            if said is not None:
                summary, advice = said
                diagnostics.error(f"check {check.name}: {summary}", position=check.position, advice=advice)

    def verdicts(self, checks: Sequence[Check], lookup: Lookup) -> Iterator[Verdict]:
        for check, found in zip(checks, self._all(_judged, checks, lookup), strict=True):
            if isinstance(found, tuple):
                summary, advice = found
                yield PlannerError(f"check {check.name} cannot be evaluated: {summary}", advice=advice)
            else:
                yield found

    def _all(
        self, work: Callable[..., Iterator[Any]], checks: Sequence[Check], lookup: Lookup = unasked
    ) -> Iterator[Any]:
        """What work yields for each check, Explained where it was ended: it goes on with the next."""
        left = [check.condition for check in checks]
        while left:
            try:
                for found in self.run(partial(work, self.piece.again(), tuple(left)), lookup):
                    del left[0]
                    yield found
            except Ended as end:
                del left[0]
                yield end.summary, end.advice


def _readable(piece: Workpiece, conditions: Iterable[str], link: Link) -> Iterator[Explained | None]:
    for compiled in _expressions(piece, conditions, link):
        try:
            compiled()
            yield None
        except (TemplateSyntaxError, RecursionError, SyntaxError, ValueError) as error:
            if isinstance(error, TemplateSyntaxError):
                yield explain_syntax(error, EXPRESSION)
            else:
                yield f"not {EXPRESSION}: {explain(error)[0]}", ""


def _judged(piece: Workpiece, conditions: Iterable[str], link: Link) -> Iterator[Verdict | Explained]:
    for compiled in _expressions(piece, conditions, link):
        try:
            yield bool(compiled()(resource=_Resources(link.ask)))
        except _NotYet:
            yield None
        except PlannerError as error:  # of whoever knows the values
            yield error
        except _FAILS as error:
            yield explain(error)


_FAILS = (TemplateError, TooMuchWork, ArithmeticError, TypeError, ValueError, LookupError, MemoryError)
Compile = Callable[[], Callable[..., Any]]


def _expressions(piece: Workpiece, conditions: Iterable[str], link: Link) -> Iterator[Compile]:
    """What compiles each. Each has an effort of its own."""
    at_work = Rendering(piece, link)
    for condition in conditions:
        link.allow(PORTION + len(condition))
        tokens = Tokens()
        tokens.effort.allow = link.allow
        environment = at_work.environment(tokens, _never)
        yield partial(environment.compile_expression, condition, undefined_to_none=False)


def _never(message: str, _file: str, _line: int) -> NoReturn:
    raise AssertionError(f"an expression prints nothing: {message}")


class _NotYet(Exception):
    """A value of the condition is not known yet."""


class _Resources:
    """`resource.<kind>.<name>.<attribute>` with the values that lookup knows."""

    __slots__ = ("_lookup", "_path")

    def __init__(self, lookup: Lookup, path: tuple[str, ...] = ()) -> None:
        self._lookup, self._path = lookup, path

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        return self[key]

    def __getitem__(self, key: str) -> Any:
        if not isinstance(key, str):
            raise TemplateRuntimeError(f"{key!r} names no resource")
        path = (*self._path, key)
        if len(path) < 3:
            return _Resources(self._lookup, path)
        kind, name, attribute = path
        if not (NAME.match(kind) and NAME.match(name)):
            raise TemplateRuntimeError(f"resource.{kind}.{name} does not name a resource")
        value = self._lookup(Reference(Address(kind, name), (attribute,)))
        if value is UNKNOWN:
            raise _NotYet
        return value
