"""Which files of the tree are pages of the site, under which names, and in which order."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SECTIONS: Final = {
    "tutorials": "Tutorials",
    "how-to": "How to",
    "reference": "Reference",
    "explanation": "Explanation",
    "examples": "Examples",
    "project": "The project",
}
_PATTERNS: Final = ("*.md", "docs/**/*.md", "examples/**/*.md", "schemas/*.json")
_FENCE: Final = re.compile(r"(^ *(`{3,})[^`].*?^ *\2 *$)", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
_CODE_IN_ROW: Final = re.compile(r"(?<=[| ])`[^`\n]*`(?=.*\|$)", re.MULTILINE)
"""A forge wants a pipe there escaped, and the site's maker does not."""

Nav = list[str | dict[str, "Nav"]]


def shown() -> dict[str, str]:
    """Path in the tree -> name on the site, of pages, and of schemas, which are files to fetch."""
    paths = (path for pattern in _PATTERNS for path in sorted(ROOT.glob(pattern)))
    return {(name := path.relative_to(ROOT).as_posix()): _on_site(PurePosixPath(name)) for path in paths}


def _on_site(path: PurePosixPath) -> str:
    if path == PurePosixPath("README.md"):
        return "index.md"
    if path.parts[0] == "docs":
        path = PurePosixPath(*path.parts[1:])
    elif len(path.parts) == 1:
        path = PurePosixPath("project", path.name.lower())
    if path.name == "README.md":
        return str(
            path.with_name("index.md") if path.parts[0] != "examples" else path.parent.with_suffix(".md")
        )
    return str(path)


def text_on_site(path: str, names: dict[str, str]) -> str:
    """A page with its links as they lead on the site; what is in a fence stays as it is."""
    text = (ROOT / path).read_text(encoding="utf-8")
    parts = _FENCE.split(text)
    for i in range(0, len(parts), 3):  # text, fence, its marks
        linked = _LINK.sub(lambda link: _link(path, link, names), parts[i])
        parts[i] = _CODE_IN_ROW.sub(lambda code: code[0].replace(r"\|", "|"), linked)
        parts[i + 2 : i + 3] = [""]
    return "".join(parts)


def _link(page: str, link: re.Match[str], names: dict[str, str]) -> str:
    text, target = link.groups()
    if re.match(r"\w+:|#", target):
        return link[0]
    path, _, anchor = target.partition("#")
    full = os.path.normpath(PurePosixPath(page).parent / path)
    found = names.get(full) or names.get(f"{full}/README.md")
    if not found:
        return text
    way = os.path.relpath(found, PurePosixPath(names[page]).parent)
    return f"[{text}]({way}{'#' + anchor if anchor else ''})"


def navigation(names: dict[str, str]) -> Nav:
    """Sections; in them, what the README names in its order, then the rest."""
    ways = [link[2] for link in _LINK.finditer((ROOT / "README.md").read_text(encoding="utf-8"))]
    named = [names[way] for way in ways if way in names]
    pages = [name for name in dict.fromkeys([*named, *names.values()]) if name.endswith(".md")]
    return ["index.md", *({title: list(_below(f"{folder}/", pages))} for folder, title in SECTIONS.items())]


def _below(folder: str, pages: list[str]) -> Iterator[str | dict[str, Nav]]:
    """Pages of a folder, and, under the title of its first page, each folder in it."""
    seen = set()
    for page in pages:
        inside, _, deeper = page.removeprefix(folder).partition("/")
        if not page.startswith(folder) or inside in seen:
            continue
        seen.add(inside)
        yield (
            {_title(f"{folder}{inside}/index.md"): list(_below(f"{folder}{inside}/", pages))}
            if deeper
            else page
        )


def _title(name: str) -> str:
    """What the first page of a folder is called."""
    source = next(path for path, on_site in shown().items() if on_site == name)
    return (ROOT / source).read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ").replace("`", "")
