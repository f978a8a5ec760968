"""The site is made without a warning, says what the pages say, and every way on it leads somewhere."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from .build import HAVE, build
from .pages import ROOT, navigation, shown, text_on_site
from .reading import Reading, read

pytestmark = pytest.mark.skipif(not HAVE, reason="there is no zensical, of the extra docs")

PAGES = {path: name for path, name in shown().items() if name.endswith(".md")}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "site"
    build(folder)
    return folder


@cache
def reading(file: Path) -> Reading:
    return read(file.read_text(encoding="utf-8"))


def test_it_says_what_the_pages_say(site: Path) -> None:
    """Markdown is read otherwise there: lists, fences and tables that forges take for such may be none."""
    plain = MarkdownIt("commonmark").enable("table")
    different = {}
    for path, name in PAGES.items():
        meant = read(f"<article>{plain.render((ROOT / path).read_text())}</article>").words
        said = reading(site / name.replace(".md", ".html")).words
        if "".join(said) != "".join(meant):
            i = next(i for i, pair in enumerate(zip(said, meant, strict=False)) if pair[0] != pair[1])
            different[path] = (" ".join(said[i : i + 8]), " ".join(meant[i : i + 8]))
    assert different == {}


def test_every_link_leads_somewhere(site: Path) -> None:
    wrong = []
    for file in site.rglob("*.html"):
        for link in reading(file).links:
            path, _, anchor = unquote(link).partition("#")
            target = (file.parent / path).resolve() if path else file
            target = target / "index.html" if target.is_dir() else target
            if re.match(r"\w+:", link) or file.name == "404.html":
                continue
            if not target.exists() or (anchor and anchor not in reading(target).anchors):
                wrong.append((file.name, link))
    assert wrong == []


def test_it_fetches_nothing_from_elsewhere(site: Path) -> None:
    fetched = {address for file in site.rglob("*.html") for address in reading(file).fetched}
    assert fetched
    assert {address for address in fetched if "//" in address} == set()
    styles = [text for file in site.rglob("*.css") for text in re.findall(r"url\((.*?)\)", file.read_text())]
    assert [text for text in styles if re.match(r"['\"]?(https?:)?//", text)] == []


def test_every_page_is_in_the_navigation_once() -> None:
    def pages(nav: object) -> list[str]:
        if isinstance(nav, str):
            return [nav]
        below = nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ()
        return [page for each in below for page in pages(each)]

    assert sorted(pages(navigation(shown()))) == sorted(PAGES.values())


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("README.md", "index.md"),
        ("SECURITY.md", "project/security.md"),
        ("docs/reference/lint/README.md", "reference/lint/index.md"),
        ("examples/team/README.md", "examples/team.md"),
        ("schemas/plan.schema.json", "schemas/plan.schema.json"),
    ],
)
def test_where_pages_stand(path: str, name: str) -> None:
    assert shown()[path] == name


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("README.md", "[examples/quickstart](examples/quickstart.md)"),
        ("docs/explanation/security.md", "[SECURITY.md](../project/security.md)"),
        ("docs/explanation/promises.md", "| tests/acceptance/test_disk.py: size limits"),
        ("docs/how-to/how-to-add.md", "[places](../reference/state.md#where-the-state-is-kept)"),
        ("docs/how-to/drift.md", "[schemas/drift.schema.json](../schemas/drift.schema.json)"),
    ],
)
def test_how_links_lead(page: str, link: str) -> None:
    assert link in text_on_site(page, shown())
