"""What is made of a secret is one, and an error over a secret does not quote it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from jinja2.exceptions import TemplateRuntimeError
from jinja2.runtime import LoopContext, Undefined

from planner.config.effort import Effort, TooMuchWork
from planner.config.scope import UNTOLD, NotKnownYet, holds_secret, looked_through, seal
from planner.config.template_text import TemplateText
from planner.model.value import Secret

_NO_ITERATORS: Final = frozenset({str, int, bool, type(None), dict, list, tuple, Secret})
_QUOTES_NOTHING: Final = (NotKnownYet, TooMuchWork, MemoryError, RecursionError)


class Untold(TemplateRuntimeError):
    def __init__(self) -> None:
        super().__init__(f"{UNTOLD}\nWhy is not said: the reason might quote it.")


def kept_secret(result: Any, *sources: Any) -> Any:
    """result, sealed when a source holds a secret. Template text keeps its secrets behind its tokens."""
    if isinstance(result, TemplateText) or not any(map(holds_secret, sources)):
        return result
    return _sealed_items(result) if isinstance(result, Iterator) else seal(result)


def _sealed_items(items: Iterator[Any]) -> Iterator[Any]:
    """What is lazy fails where it is used, far from the secret."""
    try:
        yield from map(seal, items)
    except Exception as error:  # noqa: BLE001 - see untold
        raise untold(error, Secret()) from None


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
    if isinstance(error, (*_QUOTES_NOTHING, Untold)) or not any(map(holds_secret, sources)):
        return error
    if any(isinstance(source, Undefined) and source._undefined_message == str(error) for source in sources):
        return error  # of a name in the template, which hides it where it is a secret itself
    return Untold().with_traceback(error.__traceback__)


def settled(value: Any) -> Any:
    """An iterator as a list, so that what is in it can be looked at."""
    if type(value) in _NO_ITERATORS or not isinstance(value, Iterator) or isinstance(value, LoopContext):
        return value
    return list(value)
