"""Whatever a preview holds, the comment keeps its shape: read back with a Markdown parser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from planner.forge.registry import KINDS
from planner.model.address import Address
from planner.model.plan import Action, AttributeDiff, Change, CheckResult, Drift, OutputChange, Plan
from planner.model.preview import EnvironmentPreview, Preview
from planner.model.release import Gate
from planner.model.value import UNKNOWN, Fingerprint, Secret
from planner.render.escaping import escape
from planner.render.markdown import CommentForm, render_comment, render_markdown_plan

from .previews import HOSTILE_TEXTS, PREVIEWS, form_for

MARKER = "<!-- planner-preview v1 -->"
PARSER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
FORGES = tuple(KINDS)
LIMITS = (2_600, 3_000, 4_000, 6_000, 10_000, 20_000, 200_000)

TEXT = st.sampled_from(HOSTILE_TEXTS) | st.text(max_size=8) | st.sampled_from(["plain", "plain words"])
FEW_TEXTS = st.lists(TEXT, max_size=3).map(tuple)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
ADDRESSES = st.builds(Address, st.sampled_from(["extension", "user"]), NAMES)
VALUES = TEXT | st.none() | st.just(UNKNOWN) | st.just(Secret("hunter2")) | st.lists(TEXT, max_size=2)
ATTRIBUTES = st.dictionaries(TEXT, VALUES, max_size=2)
DIFFS = st.lists(
    st.builds(
        AttributeDiff,
        st.tuples(TEXT),
        VALUES,
        VALUES | st.just(Fingerprint("00", "11")),
        forces_replacement=st.booleans(),
        origins=FEW_TEXTS,
    ),
    max_size=3,
).map(tuple)
CHANGES = st.builds(
    Change,
    ADDRESSES,
    st.sampled_from(Action),
    TEXT,
    id=st.none() | TEXT,
    before=ATTRIBUTES,
    after=ATTRIBUTES,
    diffs=DIFFS,
    used_by=FEW_TEXTS,
    dependencies=st.lists(ADDRESSES, max_size=2).map(tuple),
    create_before_destroy=st.booleans(),
    deposed=st.booleans(),
    moved_from=st.none() | ADDRESSES,
)
PLANS = st.builds(
    Plan,
    project=st.just("p"),
    environment=TEXT,
    mode=st.sampled_from(["normal", "destroy"]),
    lineage=st.just("l"),
    serial=st.just(1),
    config_digest=st.just("d"),
    changes=st.lists(CHANGES, max_size=4).map(tuple),
    drift=st.lists(st.builds(Drift, ADDRESSES, TEXT, st.booleans(), DIFFS), max_size=1).map(tuple),
    outputs=st.lists(st.builds(OutputChange, TEXT, VALUES, VALUES), max_size=1).map(tuple),
    notes=FEW_TEXTS,
    checks=st.lists(
        st.builds(CheckResult, TEXT, st.sampled_from(["failed", "unknown", "passed"]), TEXT, TEXT), max_size=2
    ).map(tuple),
)
ENVIRONMENTS = st.builds(
    EnvironmentPreview,
    TEXT,
    FEW_TEXTS,
    st.none() | PLANS,
    TEXT,
    TEXT,
    TEXT,
    st.booleans(),
    st.lists(st.builds(Gate, TEXT, st.booleans(), TEXT, st.just(""), TEXT), max_size=2).map(tuple),
    TEXT,
    removed=st.booleans(),
    cautions=FEW_TEXTS,
)
ANY_PREVIEW = st.builds(
    Preview,
    TEXT,
    TEXT,
    TEXT,
    st.lists(ENVIRONMENTS, max_size=3).map(tuple),
    FEW_TEXTS,
    st.booleans(),
    TEXT,
    TEXT,
    left_out=FEW_TEXTS,
    error=st.just("") | TEXT,
    advice=TEXT,
    target=TEXT,
    ahead=st.integers(0, 2),
    folder=TEXT,
)
FORMS = st.builds(
    lambda forge, limit: form_for(forge, marker=MARKER, limit=limit),
    st.sampled_from(FORGES),
    st.sampled_from(LIMITS),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(preview=ANY_PREVIEW, form=FORMS)
def test_any_preview(preview: Preview, form: CommentForm) -> None:
    text = render_comment(preview, form)
    assert form.size(text) <= form.limit
    assert_well_formed(text, form.dialect.details)
    assert_rows(text, preview)
    assert_losses_named(text, preview)


@pytest.mark.parametrize("limit", [2_600, 5_000, 14_000, 65_536])
@pytest.mark.parametrize("forge", ["github", "gitlab", "bitbucket"])
@pytest.mark.parametrize("name", PREVIEWS)
def test_every_sample_is_well_formed(name: str, forge: str, limit: int) -> None:
    form = form_for(forge, marker=MARKER, limit=limit)
    text = render_comment(PREVIEWS[name], form)
    assert form.size(text) <= limit
    assert text.endswith("\n")
    assert_well_formed(text, form.dialect.details)
    assert_losses_named(text, PREVIEWS[name])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(preview=ANY_PREVIEW, forge=st.sampled_from(FORGES))
def test_what_is_found_is_read_as_it_is(preview: Preview, forge: str) -> None:
    """Where nothing has to be left out, a reader sees each text whole, whatever of it is in code."""
    text = render_comment(preview, form_for(forge, marker=MARKER, limit=200_000))
    read = [plain(token) for token in PARSER.parse(text) if token.type == "inline"]
    for said in () if preview.error else findings(preview):
        assert any(visible(said) in line for line in read), said


def findings(preview: Preview) -> Iterator[str]:
    """What people and rules say, of which all is shown."""
    for item in preview.environments:
        yield from item.cautions
        yield item.on_merge
        yield from (gate.detail for gate in item.gates if not gate.met and not gate.forced)
        for change in item.plan.changes if item.plan else ():
            lost = change.action in (Action.DELETE, Action.REPLACE) and not change.deposed
            if lost and not any(diff.forces_replacement for diff in change.diffs):
                yield change.reason
        for check in item.plan.checks if item.plan else ():
            if check.status == "failed":
                yield check.message


def visible(text: str) -> str:
    """As it is shown: what steers anything escaped, and of several spaces one."""
    return " ".join(escape(text).replace("|", "\\x7c").replace("<!--", "\\x3c!--").replace("`", "").split())


def plain(token: Token) -> str:
    """What a reader sees of a line; backticks do not count, since some texts say with them what is code."""
    shown = "".join(child.content for child in token.children or ())
    return " ".join(shown.replace("(empty)", "").replace("`", "").split())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(PLANS, TEXT)
def test_any_plan(plan: Plan, digest: str) -> None:
    text = MARKER + "\n" + render_markdown_plan(plan, digest)
    assert_well_formed(text, details=False)


def assert_well_formed(text: str, details: bool) -> None:
    lines = text.split("\n")
    assert lines[0] == MARKER
    assert "<!--" not in text.removeprefix(MARKER)
    assert "hunter2" not in text
    assert text.replace("\n", "").isprintable()
    assert not any(line.startswith("/") for line in lines)
    tokens = PARSER.parse(text.removeprefix(MARKER + "\n"))
    for token in tokens:
        assert token.type in ALLOWED, token
        if token.type == "fence":
            assert token.map is not None
            assert lines[1:][token.map[1] - 1].lstrip("> ") == token.markup, "a fence that is not closed"
        elif token.type == "html_block":
            assert details, token.content
            assert OWN_HTML.match(token.content), token.content
    html = "".join(token.content for token in tokens if token.type == "html_block")
    assert html.count("<details") == html.count("</details>")
    assert_inline([child for token in tokens for child in token.children or ()])


ALLOWED = {
    "inline", "fence", "html_block", "paragraph_open", "paragraph_close", "heading_open", "heading_close",
    "blockquote_open", "blockquote_close", "bullet_list_open", "bullet_list_close", "list_item_open",
    "list_item_close", "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close",
    "tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close",
}  # fmt: skip
OWN_HTML = re.compile(
    r"(?:<details(?: open)?><summary>(?:[\w ,:();-]|<code>[^<>]*</code>)*</summary>|</details>)\s*\Z"
)
AUTOLINKED = re.compile(r"[@#!~%&$/\\`<>|\[\]]|\w\.\w|\b(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b")


def assert_inline(children: Sequence[Token]) -> None:
    """Foreign text in code only: no markup but ours, and nothing in the prose that a forge resolves."""
    for child in children:
        assert child.type in {
            "text",
            "code_inline",
            "strong_open",
            "strong_close",
            "softbreak",
            "em_open",
            "em_close",
        }
        if child.type == "text":
            text = child.content.replace("[!CAUTION]", "").replace("[!WARNING]", "")
            assert AUTOLINKED.search(text) is None, child.content


def outside_fences(text: str) -> list[str]:
    lines = text.split("\n")
    for token in PARSER.parse(text):
        if token.type == "fence" and token.map:
            lines[slice(*token.map)] = [""] * (token.map[1] - token.map[0])
    return lines


def assert_rows(text: str, preview: Preview) -> None:
    """A row for each environment, all of the same width; or what is missing is said, or all is quiet."""
    rows = [line for line in outside_fences(text) if line.startswith("| ")]
    assert len({line.count("|") for line in rows}) <= 1
    if rows and "of this table left out." not in text:
        assert len(rows) == len(preview.environments) + 2


def assert_losses_named(text: str, preview: Preview) -> None:
    quoted = "\n".join(line for line in outside_fences(text) if line.startswith(">"))
    caution = re.split(r"^> (?:\[!WARNING\]|\*\*Warning\*\*)$", quoted, maxsplit=1, flags=re.MULTILINE)[0]
    lost = [
        str(change.address)
        for item in preview.environments
        if not preview.error
        for change in (item.plan.changes if item.plan else ())
        if change.action in (Action.DELETE, Action.REPLACE)
    ]
    named = " ".join(line for line in caution.split("\n") if line.startswith("> - "))
    missing = re.search(r"not whole: ([\d,]+) of them", caution)
    absent = set(lost) - set(re.findall(r"\b(?:extension|user)\.[\w-]+", named))
    assert len(absent) <= (int(missing[1].replace(",", "")) if missing else 0)
    assert bool(caution) == bool(lost)
