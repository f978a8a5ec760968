"""What a template raised, in words."""

from __future__ import annotations

import traceback

from jinja2.exceptions import SecurityError, TemplateError, TemplateNotFound, TemplateSyntaxError

from planner.config.filters import filters, tests
from planner.config.sources import FOLDER, Hidden, Outside, UnreadableSource
from planner.config.yaml_document import MAX_MESSAGE
from planner.model.diagnostic import did_you_mean
from planner.model.value import Secret

Explained = tuple[str, str, str]
"""summary, detail, advice"""

_OUR_CLASSES = (
    ("LaterValue", "a value known only after apply"),
    ("ResourceScope", "resource"),
    ("Secret", "a sensitive text"),
)
_ENDLESS = "Look for a macro, include or local that needs itself."
_IN_OTHER_WORDS: tuple[tuple[type[Exception], str, str, str], ...] = (
    (MemoryError, "", "it needs more memory than there is", ""),
    (RecursionError, "", "nested too deeply, perhaps without end", _ENDLESS),
    # of Python, which jinja compiles templates to
    (SyntaxError, "", "nested too deeply: too many loops and conditions inside each other", ""),
    (OverflowError, "Range too big", "range() gives at most 100,000 numbers", ""),
    (ValueError, "integer string conversion", "a number has more than 4,300 digits", ""),
)
"""class of the error, part of its message, what is said, advice"""
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
    for kind, words, said, advice in _IN_OTHER_WORDS:
        if isinstance(error, kind) and words in message:
            return said, "", advice
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {_short(message)}", "", ""
    summary, _, advice = message.partition("\n")
    if isinstance(error, TemplateError):
        return _short(summary), "", advice
    for ours, told in _OUR_CLASSES:
        summary = summary.replace(ours, told)
    return f"the expression failed: {_short(summary)}", "", ""


def _short(message: str) -> str:
    return (message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…").rstrip(".")


def _not_found(error: TemplateNotFound) -> Explained:
    wanted = "(sensitive)" if isinstance(error.name, Secret) else str(error.name)
    cause = error.__cause__
    if isinstance(cause, Outside):
        return f'the include "{wanted}" leaves the project', "", _RELATIVE
    if isinstance(cause, Hidden):
        return f'the include "{wanted}" names a hidden file', "", cause.advice
    if isinstance(cause, UnreadableSource) and not cause.missing:
        return f'"{wanted}" cannot be included: {cause.summary}', "", cause.advice
    return f'there is no template "{wanted}" to include', "", _RELATIVE


def _syntax(message: str) -> Explained:
    for what, known in (("filter", filters()), ("test", tests())):
        if message.startswith(f"No {what} named "):
            word = message.removeprefix(f"No {what} named ").strip("'.")
            return f'there is no {what} "{_short(word)}"', "", did_you_mean(word, known)
    return f"not a jinja template: {_short(message)}", "", ""
