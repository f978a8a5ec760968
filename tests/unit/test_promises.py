"""What the pages promise, and the figures they give, each stands on one of them, once.

promises.txt lists them: bullets, rows of tables, and sentences that have a number or a word of those that
promises have. A line is the first part of a text's digest, and how the text begins. When a text is changed or
taken back on purpose, its line is changed or goes in the same commit.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("promises.txt")
SENTENCE = re.compile(r"(?<=[.:;!?)`*]) (?=[A-Z`*\[(])")
WEIGHTY = re.compile(r"\d|\b(never|nothing|nobody|none|no|always|only|once|twice|refused?s?|must|error)\b")


def items(text: str) -> Iterator[str]:
    """Of a page, as plain text in one line each."""
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(text))
    for node in tree.walk():
        if node.type == "list_item" or (node.type == "tr" and node.parent and node.parent.type == "tbody"):
            yield _words(node)
        elif node.type == "paragraph" and node.parent is tree:
            yield from filter(WEIGHTY.search, SENTENCE.split(_words(node)))


def _words(node: SyntaxTreeNode) -> str:
    texts = (below.content for below in node.walk() if below.type in {"text", "code_inline"})
    return " ".join(" ".join(texts).split())


def line(item: str) -> str:
    return f"{hashlib.sha256(item.encode()).hexdigest()[:8]} {item[:56].rstrip()}"


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_each_stands_once() -> None:
    found = Counter(line(item) for page in pages() for item in items(page.read_text(encoding="utf-8")))
    kept = LIST.read_text(encoding="utf-8").splitlines()
    assert len(kept) > 200
    wrong = {item: [near for near in found if near[9:30] == item[9:30]] for item in kept if found[item] != 1}
    assert wrong == {}, "lines of promises.txt, and those that the pages have of texts that begin alike"
