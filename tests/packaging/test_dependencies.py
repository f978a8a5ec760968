"""What the program imports is what pyproject.toml declares, and the lock holds all of it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = ("encryption", "postgres", "s3")


def requirements(*extras: str) -> dict[str, Requirement]:
    """Declared ones by name, as `requests-toolbelt`."""
    lists = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in extras)]
    found = [Requirement(text) for items in lists for text in items]
    return {normal(item.name): item for item in found}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> Iterator[str]:
    """The top packages that the program imports anywhere, but for Python's own."""
    for path in (ROOT / "planner").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0]


def locked() -> dict[str, Version]:
    lines = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    return {normal(name): Version(version) for name, version in lines}


def test_every_import_is_declared_and_every_declaration_is_imported() -> None:
    providers = packages_distributions()
    outside = set(imported()) - sys.stdlib_module_names - {"planner", "_typeshed"}
    names = {normal(providers[name][0]) for name in outside}
    assert names == requirements(*EXTRAS).keys()


def test_the_lock_holds_what_is_declared() -> None:
    versions = locked()
    declared = requirements(*EXTRAS, "test")
    assert not {name for name in declared if name not in versions}
    assert not {name for name, item in declared.items() if versions[name] not in item.specifier}


def test_each_version_in_the_lock_has_hashes_and_nothing_of_it_is_built() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith((" ", "#", "--only-binary :all:"))]
    assert len(pins) >= len(locked())
    assert not [line for line in pins if not re.fullmatch(r"[\w.-]+==\S+( ; .+)? \\", line)]


def test_the_lock_names_no_host() -> None:
    assert "://" not in (ROOT / "requirements.txt").read_text()
