"""What a page of the site says, as a reader of its HTML has it."""

from __future__ import annotations

from html.parser import HTMLParser

from attrs import define, field

VOID = {"br", "hr", "img", "input", "link", "meta", "source", "wbr", "col"}
ADDED = ("headerlink", "filename")
"""What the maker of the site adds to an article: links of headings, titles of blocks."""
FETCHING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


@define
class Reading(HTMLParser):
    """words: of the article. links: all of them. anchors: where they can lead. fetched: by the browser."""

    words: list[str] = field(factory=list)
    links: list[str] = field(factory=list)
    anchors: set[str] = field(factory=set)
    fetched: list[str] = field(factory=list)
    _inside: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given["id"]} if "id" in given else set()
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in FETCHING and given.get("rel") != "canonical" and FETCHING[tag] in given:
            self.fetched.append(given[FETCHING[tag]])
        if tag not in VOID:
            self._inside.append(next((name for name in ADDED if name in given.get("class", "").split()), tag))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if "article" in self._inside and not {*ADDED, "script", "form"} & {*self._inside}:
            self.words += data.split()


def read(html: str) -> Reading:
    found = Reading()
    found.feed(html)
    return found
