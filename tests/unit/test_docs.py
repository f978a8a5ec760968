"""The pages: what they name is there, and what they say of imports is what is enforced."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import cast

import click
import pytest
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from planner.cli.main import cli
from tests.unit.test_architecture import ALL, MAY_IMPORT

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
)
NAMED = re.compile(
    r"(?:\.venv/bin|\.ci|planner|tests|schemas|docs|examples)/[\w./-]*\w|(?<=-m )tests(?:\.\w+)*"
)
"""What a page takes for a file or a module of the project. One with NAME is to be made by the reader."""


@cache
def tokens(page: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text(encoding="utf-8"))


def anchors(page: str) -> set[str]:
    """Of its headings, as forges make them."""
    found = tokens(page)
    titles = (found[i + 1].content for i, token in enumerate(found) if token.type == "heading_open")
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def links(page: str) -> Iterator[str]:
    """Those that lead to a file, or to a place on this page."""
    for token in tokens(page):
        for child in token.children or ():
            href = str(child.attrs.get("href", ""))
            if child.type == "link_open" and "://" not in href:
                yield href


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent.joinpath(path).resolve() if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.relative_to(ROOT).as_posix()), link


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_taken_for_html(page: str) -> None:
    """As `<name>` outside of code would be: it would not be seen."""
    all_of_it = [each for token in tokens(page) for each in (token, *(token.children or ()))]
    html = [each.content for each in all_of_it if each.type in {"html_inline", "html_block"}]
    assert [text for text in html if not text.startswith("<!--")] == []


def code(page: str) -> Iterator[str]:
    """Spans of code, and blocks of commands; those in text are the examples of `--help`."""
    for token in tokens(page):
        if token.type == "fence" and token.info in ("sh", "text"):
            yield token.content
        yield from (child.content for child in token.children or () if child.type == "code_inline")


@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith("examples/")])
def test_files_and_programs_that_it_names_are_there(page: str) -> None:
    named = {name for text in code(page) for name in NAMED.findall(text) if "NAME" not in name}
    assert {name for name in named if not _is_there(name)} == set()


def commands(page: str) -> Iterator[list[str]]:
    """The words of planner's commands, without quoted ones and what the shell does with them."""
    for text in code(page):
        for line in re.split(r"\n *| && | \| ", text.replace("\\\n", " ")):
            found = re.match(
                r"(?:\w+=\S* )*(?:\.venv/bin/)?planner ([a-z-].*?)(?: +#.*| [|>&2].*|;.*)?$", line
            )
            if found:
                yield re.sub(r"'[^']*'|\"[^\"]*\"|-C \S+", "", found[1]).split()


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_that_it_shows_are_there(page: str) -> None:
    """Which is enough in running text and in `--help`: their resources, files and ids stand for the reader's.
    Blocks in `sh` and `console` are run, by tests/acceptance/test_commands_shown.py and test_readme.py.
    """
    assert [words for words in commands(page) if not _can_be_typed(words)] == []


def _can_be_typed(words: list[str]) -> bool:
    context, command = click.Context(cli), cast("click.Command | None", cli)
    options = [*cli.params]
    for word in words:
        if isinstance(command, click.Group) and re.fullmatch(r"[a-z][a-z-]*", word):
            command = command.get_command(context, word)
            options += command.params if command else []
    names = {name for option in options for name in (*option.opts, *option.secondary_opts)}
    given = {word.split("=")[0] for word in words if word.startswith("-")}
    return command is not None and given <= {*names, "--help", "-h"}


@pytest.mark.parametrize(
    ("words", "fits"),
    [
        ("plan -e prod --out plan.json", True),
        ("state restore 3", True),
        ("apply --no-refresh", True),
        ("plan --outt plan.json", False),
        ("state restor 3", False),
        ("plann", False),
    ],
)
def test_what_can_be_typed(words: str, fits: bool) -> None:
    assert _can_be_typed(words.split()) == fits


def _is_there(name: str) -> bool:
    if name.startswith(".venv/bin/"):
        return name.endswith("/pip") or (Path(sys.executable).parent / Path(name).name).exists()
    if name.startswith("tests."):
        module = ROOT.joinpath(*name.split("."))
        return module.with_suffix(".py").is_file() or (module / "__main__.py").is_file()
    return (ROOT / name).exists()


def test_the_table_of_imports_is_what_is_enforced() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| (.*) \|$", (ROOT / "docs/explanation/architecture.md").read_text(), re.MULTILINE
    )
    told = {
        room: set(re.findall(r"`(\w+)`", cell)) or cell for room, cell in rows if "everything" not in cell
    }
    assert told == {room: set(others) or "nothing" for room, others in MAY_IMPORT.items() if others != ALL}
    rest = {room: cell for room, cell in rows if "everything" in cell}
    assert rest == {"app": "everything except `cli`", "cli": "everything"}


def test_hooks_and_workflow_do_what_ci_does() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    commands = (ROOT / ".ci/run").read_text().splitlines()
    assert [
        hook["entry"] for hook in hooks if hook["entry"] not in {line.removesuffix(" .") for line in commands}
    ] == []
    workflow = ROOT / ".github/workflows/ci.yml"
    steps = yaml.safe_load(workflow.read_text())["jobs"]["ci"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    check = ["-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(workflow)]
    done = subprocess.run([sys.executable, *check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
