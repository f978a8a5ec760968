"""The end of a comment: what is not affected, what is not known, and how to get it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from planner.model.preview import Preview
from planner.render.markdown.blocks import folded
from planner.render.markdown.detail import Detail
from planner.render.markdown.form import CommentForm
from planner.render.markdown.spans import code, fence, listing, words

OFFLINE: Final = (
    "Compared offline: no installation was asked, so that drift, versions and ids are not known,"
    " and a create may turn out to be there already."
)
_UNAFFECTED_NAMED: Final = 30


def footer(preview: Preview, form: CommentForm, detail: Detail) -> Iterator[str]:
    if preview.fallback:
        yield from (f"All environments were planned: {words(preview.fallback)}.", "")
    if preview.unaffected:
        yield from (f"Not affected: {_unaffected(preview, detail)}.", "")
    if preview.offline:
        yield from (OFFLINE, "")
    again = [*_again(preview)]
    if detail.footer and again:
        digests = any(item.digest for item in preview.environments)
        title = "Digests, and how to make this preview again" if digests else "How to make this preview again"
        yield from folded(title, again, form)


def _unaffected(preview: Preview, detail: Detail) -> str:
    names = [code(name, 60) for name in preview.unaffected]
    return listing(names, _UNAFFECTED_NAMED) if detail.footer else f"{len(names):,} environments"


def _again(preview: Preview) -> Iterator[str]:
    digests = [(item.environment, item.digest) for item in preview.environments if item.digest]
    if digests:
        yield from ("`planner apply --expect-digest` goes on only if the plan is still this one:", "")
        yield from (f"- {code(name, 60)}: {code(digest)}" for name, digest in digests)
        yield ""
    if preview.reproduce:
        yield from fence(preview.reproduce.split("\n"), "sh")
