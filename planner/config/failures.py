"""What a template raised, in words."""

from __future__ import annotations

import traceback

from jinja2.exceptions import SecurityError, TemplateError, TemplateNotFound, TemplateSyntaxError

from planner.config.filters import filters, tests
from planner.config.sources import FOLDER, Outside, UnreadableSource
from planner.model.diagnostic import did_you_mean
from planner.model.value import Secret

Explained = tuple[str, str, str]
"""summary, detail, advice"""

_OUR_CLASSES = (("LaterValue", "a value known only after apply"), ("Secret", "a sensitive text"))
_ENDLESS = "Look for a macro, include or local that needs itself."
_RELATIVE = "Includes and imports are named relative to templates/."


def place_of(error: BaseException, name: str) -> tuple[str, int]:
    """File and line of the template where error was raised; line 0 when it is not known."""
    if isinstance(error, TemplateSyntaxError):
        return error.filename or name, error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename.startswith(FOLDER)]
    return (inside[-1].filename, inside[-1].lineno or 0) if inside else (name, 0)


def explain(error: Exception) -> Explained:
    message = getattr(error, "message", None) or str(error)
    if isinstance(error, TemplateNotFound):
        return _not_found(error)
    if isinstance(error, TemplateSyntaxError):
        return _syntax(message)
    if isinstance(error, MemoryError):
        return "it needs more memory than there is", "", ""
    if isinstance(error, RecursionError):
        return "nested too deeply, perhaps without end", "", _ENDLESS
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {message.rstrip('.')}", "", ""
    if isinstance(error, OverflowError) and message.startswith("Range too big"):
        return "range() gives at most 100,000 numbers", "", ""
    summary, _, advice = message.partition("\n")
    if isinstance(error, TemplateError):
        return summary.rstrip("."), "", advice
    for ours, words in _OUR_CLASSES:
        summary = summary.replace(ours, words)
    return f"the expression failed: {summary.rstrip('.')}", "", ""


def _not_found(error: TemplateNotFound) -> Explained:
    wanted = "(sensitive)" if isinstance(error.name, Secret) else str(error.name)
    cause = error.__cause__
    if isinstance(cause, Outside):
        return f'the include "{wanted}" leaves the project', "", _RELATIVE
    if isinstance(cause, UnreadableSource) and not cause.missing:
        return f'"{wanted}" cannot be included: {cause.summary}', "", cause.advice
    return f'there is no template "{wanted}" to include', "", _RELATIVE


def _syntax(message: str) -> Explained:
    for what, known in (("filter", filters()), ("test", tests())):
        if message.startswith(f"No {what} named "):
            word = message.removeprefix(f"No {what} named ").strip("'.")
            return f'there is no {what} "{word}"', "", did_you_mean(word, known)
    return f"not a jinja template: {message.rstrip('.')}", "", ""
