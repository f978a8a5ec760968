"""What is made of a secret is one, and an error over a secret does not quote it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from jinja2.exceptions import SecurityError, TemplateRuntimeError, UndefinedError
from jinja2.runtime import LoopContext

from planner.config.effort import Effort, TooMuchWork
from planner.config.scope import NotKnownYet, holds_secret, looked_through, seal
from planner.config.template_text import TemplateText
from planner.model.value import Secret

_NO_ITERATORS: Final = frozenset({str, int, bool, type(None), dict, list, tuple, Secret})
_QUOTES_NOTHING: Final = (
    NotKnownYet,
    TooMuchWork,
    SecurityError,
    UndefinedError,
    MemoryError,
    RecursionError,
)


def kept_secret(result: Any, *sources: Any) -> Any:
    """result, sealed when a source holds a secret. Template text keeps its secrets behind its tokens."""
    if isinstance(result, TemplateText) or not any(map(holds_secret, sources)):
        return result
    return seal(result)


def made(effort: Effort, result: Any, *sources: Any) -> Any:
    """What a filter, a call or an operator gives: paid for, a secret where it must be, and looked through."""
    result = kept_secret(result, *sources)
    if isinstance(result, str):
        effort.spend(2 * str.__len__(result))
    elif type(result) in (list, dict):
        effort.weigh((result,))
        return looked_through(result)
    return result


def untold(error: Exception, *sources: Any) -> Exception:
    """error, or one in its place that quotes nothing, when a source of what failed holds a secret."""
    if isinstance(error, _QUOTES_NOTHING) or not any(map(holds_secret, sources)):
        return error
    told = TemplateRuntimeError(
        "the expression failed on a sensitive text\nWhy is not said: the reason might quote it."
    )
    return told.with_traceback(error.__traceback__)


def settled(value: Any) -> Any:
    """An iterator as a list, so that what is in it can be looked at."""
    if type(value) in _NO_ITERATORS or not isinstance(value, Iterator) or isinstance(value, LoopContext):
        return value
    return list(value)
