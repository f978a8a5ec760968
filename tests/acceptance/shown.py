"""What pages show in fences, and the commands in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest
from attrs import frozen
from markdown_it import MarkdownIt

from .command import Done
from .runner import ROOT, Project


@frozen
class Fence:
    """number: among those of its language on the page, from 1."""

    page: str
    language: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.page} {self.language} {self.number}"

    @property
    def commands(self) -> list[str]:
        """Without the comments behind them; a line that ends in a backslash goes on."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [re.sub(r"\s+# .*", "", line) for line in lines]


@cache
def fences() -> tuple[Fence, ...]:
    found: list[Fence] = []
    for path in sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")}):
        page = path.relative_to(ROOT).as_posix()
        for token in MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8")):
            if token.type == "fence":
                language = token.info.partition(" ")[0]
                number = 1 + sum((each.page, each.language) == (page, language) for each in found)
                found.append(Fence(page, language, number, token.content))
    return tuple(found)


def shown(page: str, *numbers: int, language: str = "sh") -> pytest.MarkDecorator:
    """The test is given each of these fences, the first where none is named."""
    wanted = {(page, language, number) for number in numbers or (1,)}
    found = [each for each in fences() if (each.page, each.language, each.number) in wanted]
    assert len(found) == len(wanted)
    return pytest.mark.parametrize("fence", [pytest.param(fence, id=str(fence)) for fence in found])


def type_in(project: Project, line: str, code: int = 0, names: Mapping[str, str] | None = None) -> Done:
    """A command line of planner, as a shell would run it. names: what is there for what readers have."""
    for name, text in (names or {}).items():
        assert name in line
        line = line.replace(name, text)
    words = shlex.split(line)
    set_before = list(takewhile(lambda word: re.match(r"\w+=", word), words))
    program, *rest = words[len(set_before) :]
    assert Path(program).name == "planner"
    done = project.run(*rest, env=dict(word.split("=", 1) for word in set_before))
    assert done.code == code, done
    return done
