"""What installs planner for itself: pipx, uv's tools, pre-commit. Each in folders of the test."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from planner import __version__

ROOT = Path(__file__).parents[2]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
PAGE = (ROOT / "docs/how-to/previews.md").read_text()


def source(folder: Path) -> Path:
    """What is installed from: a repository, as pre-commit wants it."""
    for name in ("planner", "schemas"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, folder)
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all", "--no-verify"]):
        subprocess.run(["git", "-C", str(folder), *author, *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return source(tmp_path_factory.mktemp("tree"))


def run(folder: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """In an environment that has a home of its own, in which everything is installed."""
    kept = {name: text for name, text in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
    path = f"{home}/.local/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        words,
        cwd=folder,
        env={**kept, "PATH": path, "HOME": str(home), "UV_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
@pytest.mark.parametrize("tool", ["pipx", "uv tool"])
def test_the_command_of_the_page_installs_it(tool: str, tree: Path, tmp_path: Path) -> None:
    (command,) = re.findall(rf"`({tool} install [^`]+)`", PAGE)
    before = "uvx pipx==1.8.0" if tool == "pipx" else "uv tool"
    done = run(tree, tmp_path, "sh", "-ec", command.replace(tool, before, 1))
    assert done.returncode == 0, done.stdout + done.stderr
    found = run(tmp_path, tmp_path, f"{tmp_path}/.local/bin/planner", "--version")
    assert found.stdout == f"planner {__version__}\n", found.stderr


def test_the_hooks_look_at_what_a_project_consists_of() -> None:
    validate, lint = yaml.safe_load(HOOKS.read_text())
    read = [
        "planner.yaml",
        "environments/dev.yaml",
        "pins/prod.yaml",
        "templates/macros/a.j2",
        "files/a/b.txt",
    ]
    for folder in ("", "search/"):
        assert all(re.search(validate["files"], folder + name) for name in read)
        assert [name for name in read if re.search(lint["files"], folder + name)] == ["files/a/b.txt"]
    others = ["README.md", "src/planner.yaml.py", "myfiles/a", "src/profiles/a"]
    assert not [name for name in others if re.search(validate["files"], name)]


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("pre-commit"), reason="there is no pre-commit")
def test_the_hooks_stop_what_is_wrong(tree: Path, tmp_path: Path) -> None:
    folder, home = tmp_path / "repository", tmp_path / "home"
    home.mkdir()
    manifest = run(tree, home, "pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")
    assert (manifest.returncode, manifest.stdout) == (0, "")
    shutil.copytree(ROOT / "examples/quickstart", folder / "search")
    commit_of_tree = run(tree, home, "git", "rev-parse", "HEAD").stdout.strip()
    hooks = [
        {"id": "planner-validate", "args": ["-C", "search"]},
        {"id": "planner-lint", "args": ["-C", "search"]},
    ]
    config = {"repos": [{"repo": str(tree), "rev": commit_of_tree, "hooks": hooks}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    commit(folder)
    done = run(folder, home, "pre-commit", "run", "--all-files")
    assert (done.returncode, done.stdout.count("Passed")) == (0, 2), done.stdout + done.stderr
    synonyms = next((folder / "search/files/synonyms").rglob("*.txt"))
    synonyms.write_text("a => b => c\n")
    commit(folder)
    done = run(folder, home, "pre-commit", "run", "--all-files")
    assert done.returncode == 1
    assert "synonyms-two-arrows" in done.stdout
    (folder / "search/planner.yaml").write_text("projekt: x\n")
    commit(folder)
    done = run(folder, home, "pre-commit", "run", "planner-validate", "--all-files")
    assert (done.returncode, "planner.yaml:1" in done.stdout) == (1, True), done.stdout
