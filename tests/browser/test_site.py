"""The documentation as a reader has it: wide or narrow, light or dark, searching without a network."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.documentation.build import HAVE, build

from .pages import Page

pytestmark = pytest.mark.skipif(not HAVE, reason="there is no zensical, of the extra docs")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("made") / "site"
    build(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["index.html", "reference/state.html", "explanation/promises.html"])
def test_nothing_stands_out_of_the_window(page: Page, address: str, name: str, width: int) -> None:
    page.size(width)
    page.open(address + name)
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    assert all(asked.startswith((address, "data:")) for asked in page.requests)


@pytest.mark.parametrize(("scheme", "shade"), [("light", "default"), ("dark", "slate")])
def test_it_is_as_light_as_the_reader_wants(page: Page, address: str, scheme: str, shade: str) -> None:
    page.medium(prefers_color_scheme=scheme)
    page.open(address + "index.html")
    assert page.run("document.body.getAttribute('data-md-color-scheme')") == shade


def test_it_searches_without_a_network(page: Page, address: str) -> None:
    page.open(address + "index.html")
    page.press("/")
    found = "[...document.querySelectorAll('*')].map((each) => each.shadowRoot).filter((root) => root)"
    page.until(f"{found}.some((root) => root.activeElement)")
    page.type("read_again_after")
    page.until(f"{found}.some((root) => root.textContent.includes('Extensions'))")
    assert all(asked.startswith((address, "data:")) for asked in page.requests)
