from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from planner.model.preview import Preview
from planner.render.html.page import render_html

from .devtools import NAMES, Browser, browser_program, started
from .pages import Page, new_page

Opener = Callable[[Preview], Page]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = browser_program()
    if program is None:
        pytest.skip(
            f"no browser: none of {', '.join(NAMES)} is on the PATH (Debian: apt-get install chromium)"
        )
    with started(program, tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page. Whatever a test does with it, nothing may go wrong in it."""
    with new_page(browser) as found:
        yield found
        assert found.troubles == []


@pytest.fixture
def report(page: Page, tmp_path: Path) -> Opener:
    """Writes a preview's report, and opens it. It may ask for nothing but itself."""

    def open_report(preview: Preview) -> Page:
        file = tmp_path / "report.html"
        file.write_text(render_html(preview), encoding="utf-8")
        page.open(file.as_uri())
        assert page.requests == [file.as_uri()]
        return page

    return open_report
