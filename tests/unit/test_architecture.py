"""Imports point one way, from the command line down to the model, and never in a circle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import planner
from planner.model.graph import Cycle, ordered

ROOT = Path(planner.__file__).parent
TESTS = Path(__file__).parent.parent

ALL = frozenset({"*"})
MAY_IMPORT: Mapping[str, frozenset[str]] = {
    "yaml12": frozenset(),
    "model": frozenset({"yaml12", "errors"}),
    "errors": frozenset({"model"}),  # for annotations only; see below
    "links": frozenset(),
    "scratch": frozenset(),
    "resources": frozenset(),
    "distribution": frozenset(),
    "net": frozenset(),
    "archives": frozenset({"links", "scratch", "model", "errors"}),
    "ece": frozenset({"net", "model", "errors"}),
    "sandbox": frozenset(),
    "config": frozenset({"yaml12", "links", "model", "errors", "resources"}),
    "engine": frozenset({"model", "errors"}),
    "kinds": frozenset({"yaml12", "links", "net", "ece", "archives", "model", "errors", "resources"}),
    "state": frozenset({"net", "links", "model", "errors", "resources", "distribution"}),
    "render": frozenset({"yaml12", "model", "errors", "resources"}),
    "vcs": frozenset({"errors"}),
    "promote": frozenset({"yaml12", "model", "errors", "resources"}),
    "forge": frozenset({"links", "net", "model", "errors"}),
    "app": ALL,
    "cli": ALL,
}
"""What each package may import of the others. `planner` itself (its version) anybody may."""


def modules() -> dict[str, Path]:
    """`planner.engine.diff` -> its file; a package goes by its own name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, typing_too: bool = True) -> Iterator[str]:
    """The modules that a file imports: what `from a import b` names is a.b where that is one, else a."""
    for node in _statements(parsed(path), typing_too):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else str(node.module)


def _statements(tree: ast.AST, typing_too: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        guard = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if typing_too or not guard:
            yield node
            yield from _statements(node, typing_too)


def package(module: str) -> str:
    """`planner.engine.diff` -> engine; "" for the top."""
    return ([*module.split("."), ""])[1]


def of_project(names: Iterator[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] == "planner"}


def test_imports_point_one_way() -> None:
    wrong = {module: others for module in MODULES if (others := _forbidden(module))}
    assert wrong == {}


def _forbidden(module: str) -> list[str]:
    """The packages that a module imports and may not."""
    own = package(module)
    if own in ("", "__main__") or MAY_IMPORT[own] == ALL:
        return []
    others = {package(name) for name in of_project(imports(MODULES[module]))} - {own, ""}
    return sorted(others - MAY_IMPORT[own])


def test_use_cases_print_nothing_and_know_no_command_line() -> None:
    for module, path in MODULES.items():
        if package(module) == "app":
            others = set(imports(path))
            assert "click" not in others, module
            assert not [name for name in others if package(name) == "cli"], module
            names = {ast.unparse(node) for node in ast.walk(parsed(path)) if isinstance(node, ast.expr)}
            assert not names & {"print", "os.environ", "os.getenv", "sys.stdout", "sys.stderr"}, module


def test_the_sandbox_knows_nothing_of_the_project() -> None:
    for module, path in MODULES.items():
        if package(module) == "sandbox":
            others = {name for name in of_project(imports(path)) if package(name) != "sandbox"}
            assert others == set(), module


def test_nothing_is_imported_in_a_circle() -> None:
    waits = {
        module: sorted(of_project(imports(path, typing_too=False)) & MODULES.keys() - {module})
        for module, path in MODULES.items()
    }
    try:
        ordered(waits)
    except Cycle as cycle:
        pytest.fail(f"import circle: {cycle}")


STARTERS = {
    "planner.vcs.running",
    "planner.config.apart",
    "planner.config.workshop",
    "planner.app.credentials",
}
"""git, which is run within one set of bounds, what templates are rendered in, and what takes credentials."""


def test_git_is_started_in_one_place() -> None:
    starts = re.compile(r"\bsubprocess\b|\bposix_spawn|\bos\.(?:fork|exec|spawn|system|popen)")
    found = {name for name, path in MODULES.items() if starts.search(path.read_text(encoding="utf-8"))}
    assert found == STARTERS


def test_errors_need_the_model_for_annotations_only() -> None:
    assert of_project(imports(MODULES["planner.errors"], typing_too=False)) == {"planner"}


def test_modules_have_at_most_350_lines() -> None:
    long = {
        module: lines
        for module, path in MODULES.items()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 350
    }
    assert long == {}


def test_functions_have_at_most_45_lines() -> None:
    found = {
        f"{module}.{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert len(found) > 1000
    assert {name: lines for name, lines in found.items() if lines > 45} == {}


FIELDS_FIRST = re.compile(r"[a-z_`]+(, [a-z_`]+)*: ")
"""A docstring that begins with what fields hold, as in "at: when it began", and not with what has them."""


@pytest.mark.parametrize("text", ["at: when it began.", "at, until: in UTC.", "`base_url`: as it is sent."])
def test_fields_before_the_thing_itself_are_noticed(text: str) -> None:
    assert FIELDS_FIRST.match(text)
    assert not FIELDS_FIRST.match(f"A stretch of time. {text}")


def test_docstrings_say_first_what_a_thing_is() -> None:
    missing = [module for module, path in MODULES.items() if not ast.get_docstring(parsed(path))]
    parts_first = [
        f"{module}.{node.name}"
        for module, path in MODULES.items()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and FIELDS_FIRST.match(ast.get_docstring(node) or "")
    ]
    assert (missing, parts_first) == ([], [])


@pytest.mark.long
def test_no_test_patches_or_mocks() -> None:
    for path in TESTS.rglob("*.py"):
        found = {name.split(".")[0] + "." + ([*name.split("."), ""])[1] for name in plain_imports(path)}
        assert not found & {"unittest.mock", "mock."}, path


def plain_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
