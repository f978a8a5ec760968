"""A wheel built from the tree works outside of it, with everything it needs inside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of a freshly built wheel, in a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    # a copy, so that the build leaves nothing in the tree
    source = folder / "source"
    for name in ("planner", "schemas"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(source)], check=True)
    wheel = next(folder.glob("ece_planner-*.whl"))
    target = folder / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def outside_of_the_tree(unpacked: Path) -> dict[str, str]:
    """An environment that finds the wheel's package."""
    return {**os.environ, "PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}


def planner(unpacked: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "planner", *arguments]
    return subprocess.run(
        command, cwd=folder, env=outside_of_the_tree(unpacked), capture_output=True, text=True, check=False
    )


@pytest.mark.long
def test_the_package_comes_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    code = "import planner; print(planner.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=outside_of_the_tree(unpacked),
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()).is_relative_to(unpacked)


@pytest.mark.long
def test_every_schema_is_inside(unpacked: Path) -> None:
    in_tree = {p.relative_to(ROOT / "schemas") for p in (ROOT / "schemas").rglob("*") if p.is_file()}
    shipped = unpacked / "planner" / "schemas"
    assert {p.relative_to(shipped) for p in shipped.rglob("*") if p.is_file()} == in_tree


@pytest.mark.long
def test_it_plans_and_applies(unpacked: Path, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "planner.yaml").write_text("project: wheel\nenvironments: {dev: {endpoint: sandbox}}\n")
    (tmp_path / "templates" / "one.yaml").write_text(
        "resource:\n  extension:\n    one: {name: one, extension_type: bundle, version: 8.*}\n"
    )
    applied = planner(unpacked, tmp_path, "apply", "--auto-approve")
    assert applied.returncode == 0, applied.stderr
    again = planner(unpacked, tmp_path, "plan", "--detailed-exitcode")
    assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.long
def test_the_parts_of_the_report_are_inside(unpacked: Path) -> None:
    folder = unpacked / "planner" / "render" / "html"
    sources = (ROOT / "planner" / "render" / "html").iterdir()
    parts = {path.name for path in sources if path.suffix in (".html", ".css", ".js")}
    assert "page.html" in parts
    assert parts <= {path.name for path in folder.iterdir()}
