"""What is in use and in order is not found fault with: `pytest -m material` asks package registries."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from planner.app.lint import lint_paths
from tests.acceptance.runner import ROOT
from tests.unit.archives.lint.cases import zipped

from .fetched import Package, fetch, members, packages

pytestmark = pytest.mark.material
PAGE = ROOT / "docs/reference/lint/README.md"
JUDGED = re.compile(r"^\| ([^ |]+) (\S+) \| ([\w-]+) \| (\d+) \| .+ \|$", re.MULTILINE)


def judged(package: Package) -> Counter[str]:
    """Of each rule, how many files of the package break it, in the judgement of a person."""
    rows = JUDGED.findall(PAGE.read_text(encoding="utf-8"))
    return Counter(
        {rule: int(n) for name, v, rule, n in rows if (name, v) == (package.name, package.version)}
    )


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
def test_a_package_has_only_the_faults_that_were_judged(tmp_path: Path, package: Package) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    path = fetch(package, folder)
    if path == folder:
        found = members(folder)
        assert found
        path = tmp_path / "bundle.zip"
        path.write_bytes(zipped(found))
    (report,) = lint_paths(tmp_path, [path])
    assert Counter(fault.rule for fault in report.faults()) == judged(package)


def test_what_was_judged_is_of_packages_that_are_fetched() -> None:
    rows = JUDGED.findall(PAGE.read_text(encoding="utf-8"))
    assert {(name, version) for name, version, *_ in rows} <= {(p.name, p.version) for p in packages()}
    assert len(packages()) >= 60
