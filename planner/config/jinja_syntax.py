"""How templates are read and compiled otherwise than jinja does it.

Also which variables and locals a printed value was made of, read off the syntax; only a marked rendering
looks for them, so they cost nothing while nobody asks.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import count
from typing import Any, cast

from attrs import frozen
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import TemplateRuntimeError, TemplateSyntaxError
from jinja2.ext import Extension
from jinja2.lexer import TOKEN_FLOAT, TOKEN_INTEGER, Lexer, Token, TokenStream
from jinja2.visitor import NodeTransformer

from planner.config.jobs import PER_MACRO
from planner.config.tokens import MARK_CLOSE, MARK_OPEN, encode
from planner.yaml12.number import Number, is_written, written

MAX_RENDERED = 64 * 1024 * 1024


class TextTooLong(TemplateRuntimeError):
    def __init__(self) -> None:
        super().__init__(f"the rendered text is longer than {MAX_RENDERED // 1024 // 1024} MiB")


class LineMarks(Extension):
    """Puts (template, line) marks into template text, so that a rendered line finds its template line.

    Only used when a problem has to be shown; see templates.py.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        marks: dict[str, int] | None = self.environment.marks  # type: ignore[attr-defined]  # ours has them
        for token in stream:
            if marks is None or token.type != "data":
                yield token
                continue
            file = encode(marks.setdefault(stream.filename or "", len(marks)))
            lines = [
                f"{MARK_OPEN}{file}{MARK_OPEN}{encode(token.lineno + offset)}{MARK_CLOSE}{line}"
                for offset, line in enumerate(token.value.split("\n"))
            ]
            yield Token(token.lineno, token.type, "\n".join(lines))


_Parts = Iterable[tuple[int, str, str]]
"""What jinja cuts a template into: line, kind, text."""

_TAG_ENDS = frozenset({"block_end", "comment_end", "raw_end", "variable_end"})


class KeepingLexer(Lexer):
    """Keeps how numbers are written, and line ends that trim_blocks takes where a line holds more than tags.

    So `8.10` is printed as 8.10; `a: 1 {# why #}` and `a: {% if b %}1{% endif %}` stay lines of their own.
    A line that begins with `#` ends where it ends, whatever trims it: no more is drawn into the comment.
    """

    def wrap(self, stream: _Parts, name: str | None = None, filename: str | None = None) -> Iterator[Token]:
        texts: deque[str] = deque()
        for token in super().wrap(_with_numbers(_with_line_ends(stream), texts), name, filename):
            if token.type in _NUMBERS:
                yield Token(token.lineno, token.type, cast(Any, number_of(texts.popleft())))
            else:
                yield token


_NUMBERS = frozenset({TOKEN_INTEGER, TOKEN_FLOAT})


def _with_numbers(stream: _Parts, texts: deque[str]) -> Iterator[tuple[int, str, str]]:
    """stream, and into texts how its numbers are written: jinja's tokens have their values only."""
    for part in stream:
        if part[1] in _NUMBERS:
            texts.append(part[2])
        yield part


@lru_cache(maxsize=4096)
def number_of(text: str) -> Number:
    """A number of an expression, as 0x1F or -1_000.50, that remembers how it is written there."""
    sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    digits = digits.replace("_", "")
    value: Number = float(digits) if _FLOAT.search(digits) else int(digits, 0)
    return written(-value if sign == "-" else value, text)


_FLOAT = re.compile(r"\A\d+(\.|[eE])")


def _with_line_ends(stream: _Parts) -> Iterator[tuple[int, str, str]]:
    begun, here = "", 1  # the text of the line so far, and the line
    for line, kind, value in stream:
        if line > here and begun.startswith("#"):  # `{%-` took the end of that line
            yield here, "data", "\n"
            begun = ""
        yield line, kind, value
        here = line + value.count("\n")
        if kind == "data":
            _, end, tail = value.rpartition("\n")
            begun = (tail if end else begun + tail).lstrip()
        elif kind == "variable_begin":
            begun += value
        elif kind in _TAG_ENDS:
            _, end, indent = value[len(value.rstrip()) :].partition("\n")
            if end and (kept := _keeps_end(begun, value)):
                yield line, "data", end + indent
            if end and (kept or kind != "variable_end"):
                begun = ""


def _keeps_end(begun: str, tag_end: str) -> bool:
    trims = tag_end.rstrip().endswith(("-%}", "-#}", "-}}"))
    return begun.startswith("#") or (bool(begun) and not trims)


class Buffer(list[str]):
    """Where a template, a macro or a set block collects its output."""

    room = MAX_RENDERED

    def append(self, piece: str) -> None:
        self.room -= str.__len__(piece)  # TemplateText has the length of its value
        if self.room < 0:
            raise TextTooLong
        super().append(piece)

    def extend(self, pieces: Iterator[str]) -> None:  # type: ignore[override]  # compiled templates give tuples
        for piece in pieces:
            self.append(piece)


NUMBER = "number_of"
"""The name of `number_of` in compiled templates."""


class BoundedCode(CodeGenerator):
    """Compiles templates so that no buffer grows without bounds, and numbers stay as they are written."""

    def buffer(self, frame: Frame) -> None:
        frame.buffer = self.temporary_identifier()
        self.writeline(f"{frame.buffer} = Buffer()")

    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:  # noqa: N802 - jinja's name
        if is_written(node.value):
            self.write(f"{NUMBER}({str(node.value)!r})")
        else:
            super().visit_Const(node, frame)


TURN, WEIGHED, MADE, ORIGINS = "#turn", "#weighed", "#made", "#origins"
"""Filters that the rewriting puts in. No template can name them: `#` is no part of a name."""


def rewritten(tree: nodes.Template, name: str | None, filename: str | None) -> nodes.Template:
    """The tree of a template as it is compiled. TemplateSyntaxError for `{% autoescape %}`."""
    for found in tree.find_all(nodes.EvalContextModifier):
        raise TemplateSyntaxError("autoescape cannot be switched", found.lineno, name, filename)
    whole = cast(nodes.Template, _FilteredBlocks().visit(tree))
    return cast(nodes.Template, _Counted().visit(whole).set_environment(tree.environment))


class _FilteredBlocks(NodeTransformer):
    """Filters on blocks become filters in expressions, so that their results are printed like any value.

    `{% filter f %}body{% endfilter %}` is read as `{% set x %}body{% endset %}{{ x | f }}`, and
    `{% set x | f %}body{% endset %}` as `{% set y %}body{% endset %}{% set x = y | f %}`.
    """

    def __init__(self) -> None:
        self._numbers = count()

    def visit_FilterBlock(self, node: nodes.FilterBlock) -> list[nodes.Node]:  # noqa: N802 - jinja's name
        self.generic_visit(node)
        block, filtered = self._split(node.body, node.filter, node.lineno)
        return [block, nodes.Output([filtered], lineno=node.lineno)]

    def visit_AssignBlock(self, node: nodes.AssignBlock) -> nodes.Node | list[nodes.Node]:  # noqa: N802
        self.generic_visit(node)
        if node.filter is None:
            return node
        block, filtered = self._split(node.body, node.filter, node.lineno)
        return [block, nodes.Assign(node.target, filtered, lineno=node.lineno)]

    def _split(
        self, body: list[nodes.Node], chain: nodes.Filter, line: int
    ) -> tuple[nodes.AssignBlock, nodes.Filter]:
        name = f"_filtered_{next(self._numbers)}"
        innermost = chain
        while isinstance(innermost.node, nodes.Filter):
            innermost = innermost.node
        innermost.node = nodes.Name(name, "load", lineno=line)
        return nodes.AssignBlock(nodes.Name(name, "store", lineno=line), None, body, lineno=line), chain


_Body = nodes.For | nodes.Macro | nodes.CallBlock | nodes.Block | nodes.Template


class _Counted(NodeTransformer):
    """Puts the counting of turns into every body, and of what is looked through into comparisons and slices.

    `{% for x in y if c %}...` is read as `{% for x in y if (n | turn) and c %}{% do n | turn %}...`, where n
    is the size of the body.
    """

    def generic_visit(self, node: nodes.Node, *_args: Any, **_kwargs: Any) -> nodes.Node:
        if isinstance(node, _Body):
            goes_round = isinstance(node, nodes.For) and not node.recursive  # the others are called
            size = _size(node) + (0 if goes_round else PER_MACRO)
            super().generic_visit(node)
            node.body = [nodes.ExprStmt(_turn(size, node.lineno), lineno=node.lineno), *node.body]
            if isinstance(node, nodes.For) and node.test is not None:
                node.test = nodes.And(_turn(size, node.lineno), node.test, lineno=node.lineno)
            return node
        super().generic_visit(node)
        if isinstance(node, nodes.Neg | nodes.Pos):
            return _signed(node)
        if isinstance(node, nodes.Compare):
            node.expr = _weighed(node.expr)
            for operand in node.ops:
                operand.expr = _weighed(operand.expr)
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
            node.node = _weighed(node.node)
            return _through(node, MADE)
        elif isinstance(node, nodes.Assign) and isinstance(node.node, nodes.List | nodes.Dict):
            node.node = _through(node.node, MADE)
        return node


def _signed(node: nodes.Neg | nodes.Pos) -> nodes.Expr:
    """A sign before a number as a part of it, as `-8.10` is written; other expressions as they are."""
    number = node.node.value if isinstance(node.node, nodes.Const) else None
    if isinstance(number, bool) or not isinstance(number, int | float) or repr(number)[0] in "+-":
        return node
    return nodes.Const(number_of(f"{node.operator}{number!r}"), lineno=node.lineno)


def _size(body: nodes.Node) -> int:
    """How many nodes are in body, without those of the bodies in it: they are counted on their own."""
    inner = (child for child in body.iter_child_nodes() if not isinstance(child, _Body))
    return 1 + sum(map(_size, inner))


def _turn(size: int, line: int) -> nodes.Filter:
    return _through(nodes.Const(size, lineno=line), TURN)


def _weighed(node: nodes.Expr) -> nodes.Expr:
    return node if isinstance(node, nodes.Const) else _through(node, WEIGHED)


def _through(node: nodes.Expr, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, [*args], [], None, None, lineno=node.lineno)


@frozen
class Originated:
    """A value on its way to be printed. names: as "var.bundle_version"."""

    value: Any
    names: tuple[str, ...]


def annotated(tree: nodes.Template) -> nodes.Template:
    """tree with each printed expression that uses a variable or a local wrapped, so that its names stay."""
    known = _targets(tree)
    for output in tree.find_all(nodes.Output):
        output.nodes = [_wrapped(child, known) for child in output.nodes]
    return tree


def with_origins(value: Any, *names: str) -> Originated:
    """The filter that annotated puts around expressions."""
    return Originated(value, names)


def _wrapped(child: nodes.Expr, known: Mapping[str, tuple[str, ...]]) -> nodes.Expr:
    names = _names(child, known)
    return _through(child, ORIGINS, *map(nodes.Const, names)) if names else child


def _targets(tree: nodes.Template) -> dict[str, tuple[str, ...]]:
    """Names that loops and set statements give to what comes from variables."""
    known: dict[str, tuple[str, ...]] = {}
    given = [(loop.target, loop.iter) for loop in tree.find_all(nodes.For)]
    given += [(assignment.target, assignment.node) for assignment in tree.find_all(nodes.Assign)]
    for target, source in given:
        if isinstance(target, nodes.Name):
            known[target.name] = _names(source, known)
    return known


def _names(node: nodes.Node, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_found(node, known)))


def _found(node: nodes.Node, known: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    owner = node.node if isinstance(node, nodes.Getattr) else None
    if isinstance(owner, nodes.Name) and owner.name in ("var", "local"):
        yield f"{owner.name}.{cast(nodes.Getattr, node).attr}"
        return
    if isinstance(node, nodes.Name):
        yield from known.get(node.name, ())
    for child in node.iter_child_nodes():
        yield from _found(child, known)
