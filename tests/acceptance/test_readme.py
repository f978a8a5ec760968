"""Every `console` block of the README, and of the example's, is run in order and prints what the page says.

PLANNER_UPDATE_README=1 writes what was printed into the page, for review as text.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "examples/quickstart/README.md", "examples/team/README.md")

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b\d{10}\b"), "<id>"),
    (re.compile(r"\b\d+\.\ds\b"), "<seconds>"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "<digest>"),
    (re.compile(r"[\d,]+ bytes"), "<bytes>"),
)


def same_text(left: str, right: str) -> bool:
    """Whether outputs say the same, but for ids, times and digests; parallel steps end in any order."""
    return sorted(_steady(left).splitlines()) == sorted(_steady(right).splitlines())


def _steady(text: str) -> str:
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return re.sub(r"[ \t]+$", "", text.strip(), flags=re.MULTILINE)


def sessions(block: str) -> Iterator[tuple[str, str]]:
    """(command, output) of a block; a command line that ends in a backslash goes on."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.split("\n")
        count = next(i for i, line in enumerate(lines) if not line.endswith("\\")) + 1
        yield "\n".join(lines[:count]), "\n".join(lines[count:])


class Shell:
    """Runs commands one after the other; the folder and the variables that they set stay."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.memory = home / ".memory"
        self.memory.write_text(f"cd {home}\n")

    def run(self, command: str) -> str:
        script = f"source {self.memory}\n{command}\n{{ declare -px; echo cd $(pwd); }} > {self.memory}"
        environ = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "COLUMNS": "100",
            "LANG": "C.UTF-8",
            **{key: value for key, value in os.environ.items() if key.startswith("COVERAGE_")},
        }
        found = subprocess.run(
            ["bash", "-c", script],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return found.stdout.replace(str(self.home), "~")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return Shell(tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_print_what_the_page_says(shell: Shell, page: str) -> None:
    readme = ROOT / page
    text = readme.read_text()
    wrong = []
    for match in list(BLOCK.finditer(text)):
        told = ""
        for command, expected in sessions(match.group(1)):
            printed = shell.run(command)
            same = same_text(printed, expected)
            if not same:
                wrong.append(f"$ {command}\n--- the page says:\n{expected}\n--- printed:\n{printed}")
            shown = (expected if same else printed).strip("\n")
            told += f"$ {command}\n" + (shown + "\n" if shown.strip() else "")
        if os.environ.get("PLANNER_UPDATE_README"):
            readme.write_text(readme.read_text().replace(match.group(1), told, 1))
    assert not wrong or os.environ.get("PLANNER_UPDATE_README"), "\n\n".join(wrong)
