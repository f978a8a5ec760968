"""How much code there is: `python -m tests.measure_size [FOLDER]`, planner/ when none is named.

A line counts when something of the language stands on it: not a blank, a comment or a docstring.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "planner"

_NOT_CODE = frozenset(
    {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    }
)
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(source: str) -> int:
    """The lines of code of a module. Its text is UTF-8, as all of the project is."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NOT_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - set(_docstring_lines(ast.parse(source))))


def _docstring_lines(tree: ast.Module) -> Iterator[int]:
    """Those of modules, classes and functions. A text below an attribute is a statement and counts."""
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            docstring = node.body[0]
            yield from range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1)


def by_folder(package: Path) -> Counter[str]:
    """The lines of code of each folder of package, those below it included; "." holds its own modules."""
    sizes: Counter[str] = Counter()
    for module in sorted(package.rglob("*.py")):
        parts = module.relative_to(package).parts
        sizes[parts[0] if len(parts) > 1 else "."] += code_lines(module.read_text(encoding="utf-8"))
    return sizes


def report(sizes: Counter[str]) -> str:
    rows = [*sorted(sizes.items(), key=lambda row: (-row[1], row[0])), ("total", sizes.total())]
    return "\n".join(f"{lines:>7,}  {name}" for name, lines in rows)


if __name__ == "__main__":
    sys.stdout.write(report(by_folder(Path(sys.argv[1]) if sys.argv[1:] else PACKAGE)) + "\n")
