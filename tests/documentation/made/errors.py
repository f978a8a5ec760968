"""Errors that have advice, of the code that raises them: a page for each class of planner/errors.py; that of
InvalidConfiguration has what is wrong in files. Where a value goes into a text, `…` stands here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from planner import errors
from tests.documentation.pages import ROOT

from .markdown import cell, table

FOLDER = "docs/reference/errors"
OF_FILES = "InvalidConfiguration"
COLLECTORS = ("Diagnostic", "Problem", "error", "warning")
"""What collects, or is, one of the mistakes that InvalidConfiguration carries."""
TREE = re.compile(r"^ *[│├└─ ]*(\w+) +(\d+) +(.*)$", re.MULTILINE)

Said = tuple[str, str]


@cache
def tree() -> dict[str, tuple[int, str]]:
    """Class -> exit code and meaning, as the docstring of planner/errors.py draws it."""
    return {
        name: (int(exit_code), meaning) for name, exit_code, meaning in TREE.findall(errors.__doc__ or "")
    }


def page_of(name: str) -> str:
    return f"{FOLDER}/{re.sub(r'(?<!^)(?=[A-Z])', '-', name).lower()}.md"


def pages() -> dict[str, str]:
    """Whole pages: of each class that is raised with advice."""
    texts = {}
    for name, said in sorted(said_by_class().items()):
        exit_code, meaning = tree()[name]
        head = f"# {name}\n\n{cell(meaning[0].upper() + meaning[1:])}. Exit code {exit_code}.\n"
        texts[page_of(name)] = f"{head}\n{table(['what it says', 'what to do'], _rows(said))}"
    return texts


def index() -> str:
    told = said_by_class()
    rows = [
        (
            f"[{name}]({page_of(name).rpartition('/')[2]})" if name in told else name,
            str(exit_code),
            cell(meaning),
        )
        for name, (exit_code, meaning) in tree().items()
    ]
    return table(["error", "exit code", "meaning"], rows)


def _rows(said: Sequence[Said]) -> Iterator[Sequence[str]]:
    return ((cell(summary), cell(advice)) for summary, advice in sorted(set(said)))


@cache
def said_by_class() -> Mapping[str, Sequence[Said]]:
    found: dict[str, list[Said]] = {}
    for module in _modules():
        names = _constants(module)
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and (name := _class(node)):
                summary, advice = _text(_summary(node), names), _text(_advice(node), names)
                if summary.strip(" …") and advice.strip(" …"):
                    found.setdefault(name, []).append((summary, advice))
    return found


@cache
def _modules() -> Sequence[ast.Module]:
    """All but those of the sandbox, whose errors are an installation's."""
    paths = sorted(path for path in (ROOT / "planner").rglob("*.py") if "sandbox" not in path.parts)
    return [ast.parse(path.read_text(encoding="utf-8")) for path in paths]


def _class(call: ast.Call) -> str:
    """The class of the tree that such a call makes, "" for another call."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in COLLECTORS:
        return OF_FILES
    while name and name not in tree():
        name = _bases().get(name, "")
    return name


@cache
def _bases() -> Mapping[str, str]:
    """Class -> the class that it is made from."""
    classes = [node for module in _modules() for node in ast.walk(module) if isinstance(node, ast.ClassDef)]
    return {one.name: ast.unparse(one.bases[0]) for one in classes if one.bases and one.name not in tree()}


def _summary(call: ast.Call) -> ast.expr | None:
    texts = [one for one in call.args if not isinstance(one, ast.Name | ast.Attribute)]
    return texts[0] if texts else None


def _advice(call: ast.Call) -> ast.expr | None:
    return next((word.value for word in call.keywords if word.arg == "advice"), None)


def _constants(module: ast.Module) -> dict[str, ast.expr]:
    """Texts that have names at the top of a module."""
    found: dict[str, ast.expr] = {}
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node.value for target in targets if isinstance(target, ast.Name)}
    return found


def _text(node: ast.expr | None, names: Mapping[str, ast.expr]) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part, names) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left, names) + _text(right, names)
        case ast.Name(id=name) if name in names:
            return _text(names[name], {})
        case None:
            return ""
    return "…"
