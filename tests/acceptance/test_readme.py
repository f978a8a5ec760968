"""Every `console` block of README.md, docs/ and examples/ is run in order, and prints what it says. A
block with a title, ```yaml title="planner.yaml", becomes that file in the folder where commands are by then.

PLANNER_UPDATE_README=1 writes what was printed into the page, for review as text.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.contract import http_state_server, postgres_server, s3_server

from .command import Done, run_here
from .runner import PROCESSES, ROOT

UPDATE = bool(os.environ.get("PLANNER_UPDATE_README"))


def servers() -> Mapping[str, str]:
    """Where a PostgreSQL, an S3 with an empty bucket and a GitLab are, as the page has its reader set it."""
    postgres, s3, gitlab = postgres_server.server(), s3_server.server(), http_state_server.server()
    s3.client().create_bucket(Bucket="planner-state")
    return {
        **{name: text for name, text in os.environ.items() if name.startswith("AWS_")},
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres.port),
        "PGUSER": "planner",
        "AWS_ENDPOINT_URL": s3.endpoint,
        "STATE_URL": gitlab.url(gitlab.new_path(http_state_server.GITLAB)),
    }


BLOCK = re.compile(r"^```(?:console|\w+ title=\"(.+?)\")\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVERS = {"examples/backends/README.md"}
"""Pages whose commands find these set."""

PAGES = [
    "README.md",
    *sorted(
        path.relative_to(ROOT).as_posix()
        for folder in ("docs", "examples")
        for path in (ROOT / folder).rglob("*.md")
        if BLOCK.search(path.read_text(encoding="utf-8"))
    ),
]
QUICK = (
    "README.md",
    "docs/reference/",
    "docs/tutorials/quickstart.md",
    "docs/tutorials/adopt.md",
    "docs/how-to/l",
)
LONG = {page for page in PAGES if not page.startswith(QUICK)}
"""They start servers, wait for a release to have soaked, or run many commands."""

VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b\d+\.\ds\b"), "<seconds>"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "<digest>"),
    (re.compile(r"[\d,]+ bytes"), "<bytes>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "<host>"),
    (re.compile(r"(?<=terraform/state/)[\w-]+"), "<name>"),
    (re.compile(r"sealed1\.\S*"), "<sealed>"),
    (re.compile(r"\br-[0-9a-f]{10}\b"), "<release>"),
    (re.compile(r'"?\b([0-9a-f]{40}|[0-9a-f]{12}|[0-9a-f]{10})\b"?'), "<id or commit>"),  # ten digits: either
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"), "<minute>"),
    (re.compile(r"soaked \w+ of"), "soaked <time> of"),
    (re.compile(r"PostgreSQL [\d.]+ (\(.*?\) )?"), "PostgreSQL <version> "),
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


QUOTED = re.compile(r"'[^']*'|\"[^\"$`\\]*\"")
ONE = re.compile(r"(planner(?: +(?!2>)[\w.,:/@=%+-]+)+)((?: *[|;]| +2?>)(?:[^&\n]|>&\d)*)?")
"""A command of planner, and what the shell does with what comes of it."""


def plain_words(command: str) -> tuple[list[str], str]:
    """The words behind `planner` where a line begins with that and has no other command of it, and what is
    left to the shell; no words for other lines, and where the shell mixes both streams, whose order matters.
    """
    found = ONE.fullmatch(QUOTED.sub(lambda quoted: "q" * len(quoted[0]), command))
    if not found or "planner " in (found[2] or ""):
        return [], command
    return shlex.split(command[: found.end(1)])[1:], command[found.end(1) :]


class Shell:
    """Runs commands one after the other; the folder and the variables that they set stay.

    A command of planner runs in this process, if not each is to have its own, and where it is the only one of
    its line. What it prints and ends with is the shell's then.
    """

    def __init__(self, home: Path, variables: Mapping[str, str]) -> None:
        self.home, self.folder = home, home
        self.variables = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(home),
            "COLUMNS": "100",
            "LANG": "C.UTF-8",
            **variables,
        }

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, command: str) -> str:
        words, rest = plain_words(command)
        if words and not PROCESSES and not UPDATE:
            done = run_here(words, self.folder, self.variables)
            printed = self._run_script(self._stand_in(done) + rest) if rest else done.both
        else:
            printed = self._run_script(command)
        return printed.replace(str(self.home), "~")

    def _stand_in(self, done: Done) -> str:
        """A command that does the same."""
        for name, text in (("out", done.out), ("err", done.err)):
            (self.home / f".{name}").write_text(text)
        return f"(cat {self.home}/.out; cat {self.home}/.err >&2; exit {done.code})"

    def _run_script(self, command: str) -> str:
        kept = self.home / ".kept"
        script = f"set -a\n{command}\n{{ pwd; env -0; }} > {kept}"
        found = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        folder, variables = kept.read_text().split("\n", 1)
        self.folder = Path(folder)
        self.variables = dict(pair.split("=", 1) for pair in variables.split("\0") if pair)
        return found.stdout


def checked_out(folder: Path) -> Path:
    """In a checkout as the reader's, as far as pages go into it."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copy(ROOT / ".gitignore", folder)
    author = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    for words in (["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run(["git", "-C", str(folder), *author, *words], check=True)
    return folder


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=pytest.mark.long) if page in LONG else page for page in PAGES]
)
def test_the_commands_print_what_the_page_says(tmp_path: Path, page: str) -> None:
    shell = Shell(checked_out(tmp_path), servers() if page in SERVERS else {})
    path = ROOT / page
    wrong = []
    for match in list(BLOCK.finditer(path.read_text())):
        title, block = match.groups()
        if title:
            shell.write(title, block)
            continue
        told = ""
        for command, expected in sessions(block):
            printed = shell.run(command)
            same = same_text(printed, expected)
            if not same:
                wrong.append(f"$ {command}\n--- the page says:\n{expected}\n--- printed:\n{printed}")
            shown = (expected if same else printed).strip("\n")
            told += f"$ {command}\n" + (shown + "\n" if shown.strip() else "")
        if UPDATE:
            path.write_text(path.read_text().replace(block, told, 1))
    assert not wrong or UPDATE, "\n\n".join(wrong)
