"""What a template raises, in words: what is wrong, where, what next."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from typing import Final

from attrs import frozen
from jinja2.exceptions import SecurityError, TemplateError, TemplateNotFound, TemplateSyntaxError

from planner.config.filters import filters, tests
from planner.config.jobs import TooMuchWork
from planner.config.sources import FOLDER, Hidden, Outside, UnreadableSource
from planner.config.yaml_problem import MAX_MESSAGE
from planner.model.diagnostic import did_you_mean
from planner.model.value import Secret

Explained = tuple[str, str]
"""summary, advice"""

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
_ADVICE: Final = (
    ("not iterable", "A loop goes over a list; over a mapping with {% for key, value in it.items() %}."),
    ("values to unpack", "Over a mapping a loop goes with {% for key, value in it.items() %}."),
    ("concatenate", "Texts and numbers are joined with ~, as in a ~ b."),
    ("unsupported operand", "Texts and numbers are joined with ~, as in a ~ b."),
    ("interpreted as an integer", "A number stands without quotes; | int makes one of a text."),
    ("not callable", "What is no function or macro stands without parentheses."),
)
"""Part of what an expression raised, advice"""
_RELATIVE = "Includes and imports are named relative to templates/."


def place_of(error: BaseException, name: str) -> tuple[str, int]:
    """File and line of the template where error was raised; line 0 when it is not known."""
    if isinstance(error, TemplateSyntaxError):
        return error.filename or name, _line(error)
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename.startswith(FOLDER)]
    return (inside[-1].filename, inside[-1].lineno or 0) if inside else (name, 0)


def explain(error: Exception) -> Explained:
    """What a template raised, in words."""
    message = getattr(error, "message", None) or str(error)
    if isinstance(error, TemplateNotFound):
        return _not_found(error)
    if isinstance(error, TemplateSyntaxError):
        return explain_syntax(error)
    for kind, words, said, advice in _IN_OTHER_WORDS:
        if isinstance(error, kind) and words in message:
            return said, advice
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {_short(message)}", ""
    if isinstance(error, TemplateError) and (unnamed := _unnamed(message)):
        return unnamed
    summary, _, advice = message.partition("\n")
    if isinstance(error, TemplateError | TooMuchWork):
        return _short(summary), advice
    advice = next((advice for words, advice in _ADVICE if words in summary), "")
    for ours, told in _OUR_CLASSES:
        summary = summary.replace(ours, told)
    return f"the expression failed: {_short(summary)}", advice


def _short(message: str) -> str:
    return (message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…").rstrip(".")


def _unnamed(message: str) -> Explained | None:
    """For a filter or a test that there is not, whenever jinja finds that."""
    for kind, known in (("filter", filters()), ("test", tests())):
        if found := re.match(rf"No {kind} named '(.*?)'", message):
            method = f"It is a method of texts: value.{found[1]}(...)" if hasattr(str, found[1]) else ""
            return f'there is no {kind} "{_short(found[1])}"', did_you_mean(found[1], known) or method
    return None


def _not_found(error: TemplateNotFound) -> Explained:
    name = "(sensitive)" if isinstance(error.name, Secret) else str(error.name)
    cause = error.__cause__
    if isinstance(cause, Outside):
        return f'the include "{name}" leaves the project', _RELATIVE
    if isinstance(cause, Hidden):
        return f'the include "{name}" names a hidden file', cause.advice
    if isinstance(cause, UnreadableSource) and not cause.missing:
        return f'"{name}" cannot be included: {cause.summary}', cause.advice
    near = cause.advice if isinstance(cause, UnreadableSource) else ""
    return f'there is no template "{name}" to include', near or _RELATIVE


_ENDED: Final = ("for", "if", "macro", "call", "filter", "block", "set", "with")
"""Tags that another one ends. `set` only as `{% set x %}`."""
_TAGS: Final = (*_ENDED, "elif", "else", "do", "include", "import", "from", "extends", "break", "continue")
_NOT_TAGS: Final = re.compile(r"\{#.*?#\}|\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw", re.DOTALL)
_TAG: Final = re.compile(r"\{%[-+]?\s*(?:(set)\s[^=%]*%|(\w+))")
_UNKNOWN_TAG: Final = re.compile(r"Encountered unknown tag '(\w+)'")
_INNERMOST: Final = re.compile(r"innermost block that needs to be closed is '(\w+)'")
_IN_SIGNS: Final = {
    "end of print statement": "}}",
    "begin of print statement": "{{",
    "end of statement block": "%}",
    "begin of statement block": "{%",
}
_OTHER_LANGUAGES: Final = (
    ("unexpected char '&'", 'It is written "and" here.'),
    ("expected token 'name', got '|'", 'It is written "or" here.'),
    ("unexpected char '!'", 'It is written "not" here.'),
    ("unexpected char '?'", 'It is written "a if condition else b" here.'),
    ("expected token %}, got '='", "Values are compared with ==."),
    ("expected token %}, got 'if'", "It is written {% elif ... %} here."),
)
_OTHER_TAGS: Final = {"elseif": "elif", "elsif": "elif", "foreach": "for", "then": "if", "let": "set"}
EXPRESSION: Final = "a jinja expression"
_CLOSING: Final = "An expression ends with }}, a statement with %}, a comment with #}."


@frozen
class _Opened:
    """A tag that waits for its end. line: from 1."""

    tag: str
    line: int

    @property
    def place(self) -> str:
        return f"the {{% {self.tag} %}} of line {self.line}"


def _tags(source: str) -> Iterator[_Opened]:
    """All tags of a template, as far as they can be told without understanding it."""
    blanked = _NOT_TAGS.sub(lambda found: "\n" * found[0].count("\n"), source)
    for found in _TAG.finditer(blanked):
        tag = found[1] or found[2]
        if found[1] or tag != "set":
            yield _Opened(tag, blanked.count("\n", 0, found.start()) + 1)


def _innermost(error: TemplateSyntaxError) -> _Opened | None:
    """What jinja was inside of, when it is known where that begins."""
    name, unknown = _INNERMOST.search(error.message or ""), _UNKNOWN_TAG.search(error.message or "")
    opened: list[_Opened] = []
    for tag in _tags(error.source or "") if name else ():
        if unknown and tag.line == error.lineno and tag.tag == unknown[1]:
            break
        if tag.tag in _ENDED:
            opened.append(tag)
        elif opened and tag.tag == f"end{opened[-1].tag}":
            opened.pop()
    return opened[-1] if opened and name and opened[-1].tag == name[1] else None


def _is_cut_off(error: TemplateSyntaxError) -> bool:
    return (error.message or "").startswith("Unexpected end of template. Jinja was looking for")


def _line(error: TemplateSyntaxError) -> int:
    """Where it begins, for what is never ended: jinja names the last line of the file."""
    opened = _innermost(error) if _is_cut_off(error) else None
    return opened.line if opened else error.lineno


def explain_syntax(error: TemplateSyntaxError, what: str = "a jinja template") -> Explained:
    message = error.message or ""
    if unnamed := _unnamed(message):
        return unnamed
    opened = _innermost(error)
    if opened and _is_cut_off(error):
        end = f"{{% end{opened.tag} %}}"
        return f"the {{% {opened.tag} %}} has no {end}", f"Write {end} where it ends."
    if unknown := _UNKNOWN_TAG.match(message):
        return _unknown_tag(unknown[1], opened)
    for words, signs in _IN_SIGNS.items():
        message = message.replace(f"'{words}'", signs)
    advice = next((advice for words, advice in _OTHER_LANGUAGES if message.startswith(words)), "")
    if what == EXPRESSION:  # it stands by itself: in no template, and without braces
        message = message.replace("'end of template'", "end").replace("end of template", "end")
        message = message.replace("chunk after expression", "more after its end")
    elif not advice and message.startswith(("unexpected", "Missing end")):
        advice = _CLOSING
    return f"not {what}: {_short(re.sub(r' at [0-9]+$', '', message))}", advice


def _unknown_tag(tag: str, opened: _Opened | None) -> Explained:
    begins = tag.removeprefix("end")
    advice = f"T{opened.place[1:]} ends with {{% end{opened.tag} %}}." if opened else ""
    if begins not in _TAGS:
        other = _OTHER_TAGS.get(tag, "")
        near = f'Did you mean "{other}"?' if other else did_you_mean(tag, _TAGS)
        return f'there is no tag "{_short(tag)}"', (advice or near) if begins != tag else (near or advice)
    if opened:
        return f"{{% {tag} %}} stands inside of {opened.place}", advice
    if tag == begins:
        return f"{{% {tag} %}} belongs to nothing: there is no {{% if %}} before it", ""
    return f"{{% {tag} %}} ends nothing: there is no {{% {begins} %}} before it", ""
