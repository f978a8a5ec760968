from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from planner.forge.registry import KINDS
from planner.model.address import Address
from planner.model.members import ContentChange, LineChange, MemberChange, MemberText
from planner.model.plan import Action, AttributeDiff, Change, CheckResult, Drift
from planner.model.preview import NEW, REMOVED, EnvironmentPreview
from planner.render.markdown import CommentForm, render_comment, render_markdown_plan
from planner.render.markdown.form import LEAST

from . import plans
from .previews import MARKDOWN_PLANS, PREVIEWS, created, deleted, form_for, planned, preview, updated

MARKER = "<!-- planner-preview v1 id=search-extensions -->"
WIDE = 65_536
SHAPES = [
    *((name, "github", WIDE) for name in PREVIEWS if not name.startswith("many")),
    ("everything", "gitlab", WIDE),
    ("everything", "bitbucket", 30_000),
    ("everything", "azure", 30_000),
    ("everything", "github", 5_000),
    ("everything", "github", 2_600),
    ("rolled_out", "github", 9_000),
    ("rolled_out", "github", 3_000),
    ("hostile", "bitbucket", 30_000),
    ("hostile", "github", 7_000),
    ("long_update", "github", 2_800),
    ("many_creates", "github", 15_000),
    ("many_deletes", "github", 26_000),
    ("many_deletes", "github", 14_000),
    ("many_deletes", "github", 6_000),
]


def golden_name(name: str, forge: str, limit: int) -> str:
    return f"markdown-{name}.{forge}.{limit}"


def github(limit: int = WIDE) -> CommentForm:
    return form_for("github", marker=MARKER, limit=limit)


@pytest.mark.parametrize(("name", "forge", "limit"), SHAPES)
def test_golden(name: str, forge: str, limit: int, golden: Callable[[str, str], None]) -> None:
    text = render_comment(PREVIEWS[name], form_for(forge, marker=MARKER, limit=limit))
    golden(golden_name(name, forge, limit), text)


@pytest.mark.parametrize("name", MARKDOWN_PLANS)
def test_golden_plan(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"markdown-{name}", render_markdown_plan(MARKDOWN_PLANS[name], "sha256:3b7e"))


def test_every_golden_file_is_used() -> None:
    found = {path.stem for path in (Path(__file__).parent / "golden").glob("markdown-*")}
    assert found == {golden_name(*shape) for shape in SHAPES} | {
        f"markdown-{name}" for name in MARKDOWN_PLANS
    }


def test_bytes_are_counted_where_the_form_says_so() -> None:
    wide = (evolve(created(number), after={"name": "日本語" * 12}) for number in range(60))
    view = preview(planned("dev", *wide))
    assert len(render_comment(view, github(8_000)).encode()) <= 8_000
    gitlab = render_comment(view, form_for("gitlab", marker=MARKER, limit=8_000))
    assert len(gitlab) <= 8_000 < len(gitlab.encode())


@pytest.mark.parametrize("forge", KINDS)
def test_what_a_forge_does_not_draw_is_not_there(forge: str) -> None:
    dialect = KINDS[forge].facts.dialect
    text = render_comment(PREVIEWS["everything"], form_for(forge, marker="planner-preview v1", limit=WIDE))
    shown = tuple(sign in text for sign in ("<details", "mermaid", "[!CAUTION]"))
    assert shown == (dialect.details, dialect.mermaid, dialect.alerts)


def test_bitbucket_gets_no_html_at_all() -> None:
    form = form_for("bitbucket", marker="planner-preview v1", limit=WIDE)
    text = render_comment(PREVIEWS["everything"], form)
    assert re.search(r"<[a-z/!]", text) is None


@pytest.mark.parametrize(
    ("limit", "marker", "says"),
    [
        (2_500, MARKER, "too small"),
        (0, "x", "too small"),
        (WIDE, "a\nb", "one line"),
    ],
)
def test_a_form_that_cannot_hold_a_comment(limit: int, marker: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        CommentForm(limit, marker)


def test_a_comment_without_a_marker() -> None:
    text = render_comment(PREVIEWS["create"], form_for("github", limit=WIDE))
    assert text.startswith("### `search-extensions`: 1 to create\n")


DESTRUCTIVE = planned("prod", *map(deleted, range(60)), plans.REPLACE)


@pytest.mark.parametrize("limit", [4_500, 6_000, 9_000, 12_000, WIDE])
def test_deletes_and_replaces_are_never_cut(limit: int) -> None:
    view = preview(DESTRUCTIVE, planned("dev", *map(created, range(200)), plans.LONG_UPDATE))
    text = render_comment(view, github(limit))
    caution = text.partition("\n| ")[0]
    assert "not whole" not in text
    assert "60 deletes and 1 replace" in caution
    for change in (*map(deleted, range(60)), plans.REPLACE):
        assert re.search(rf"\b{re.escape(str(change.address))}\b", caution), change.address
    assert "`prod`" in caution
    if limit > 6_000:
        assert all(f"`{deleted(number).id}`" in caution for number in range(60))


@pytest.mark.parametrize("limit", [4_500, 6_000, 9_000, 40_000])
@pytest.mark.parametrize("forge", KINDS)
def test_lines_of_files_come_after_what_is_lost_and_go_before_it(forge: str, limit: int) -> None:
    texts = [LineChange("+", f"word {number}, another word for it") for number in range(200)]
    file = MemberChange("update", "words.txt", text=MemberText(200, 0, tuple(texts)))
    changes = (plans.CONTENT, *map(deleted, range(40)))
    told = ContentChange(plans.CONTENT.address, (file,))
    view = preview(planned("prod", *changes, contents=(told,)))
    text = render_comment(view, form_for(forge, marker=MARKER, limit=limit))
    named = [text.index(str(change.address)) for change in map(deleted, range(40))]
    shown = [text.index(line.text) for line in texts if f"{line.text}\n" in text]
    assert not shown or max(named) < min(shown)
    assert (len(shown) == 200) is (limit == 40_000)
    assert ("some of what changes in archives" in text or "all details" in text) is (limit < 40_000)


def test_a_list_that_is_not_whole_says_so_with_the_exact_count() -> None:
    item = planned("prod", *map(deleted, range(200)), plans.REPLACE)
    text = render_comment(preview(evolve(item, protected=True)), github(2_600))
    missing = re.search(r"not whole: (\d+) of them are not named here", text)
    assert missing is not None
    named = re.findall(r"extension\.(?:stopwords_\d+|icu)", text)
    assert len(named) + int(missing[1]) == 201
    assert len(named) > 10
    assert "Do not approve from this comment alone" in text
    assert "| `prod` (protected) |" in text
    assert "**200**" in text


def test_protected_environments_come_first_where_not_all_fit() -> None:
    view = preview(
        planned("dev", *map(deleted, range(200))),
        evolve(planned("prod", *map(deleted, range(9000, 9010))), protected=True),
    )
    text = render_comment(view, github(3_000))
    assert "not whole" in text
    assert all(f"extension.stopwords_{number}" in text for number in range(9000, 9010))


def test_more_environments_than_the_table_can_hold() -> None:
    view = preview(*(planned(f"env{number}", plans.UPDATE) for number in range(300)))
    text = render_comment(view, github(6_000))
    kept = len(re.findall(r"^\| `env", text, re.MULTILINE))
    assert 10 < kept < 300
    assert f"{300 - kept} rows of this table left out" in text
    assert "300 to update" in text


def detail_of(limit: int, *changes: Change) -> str:
    return render_comment(preview(planned("dev", *changes)), github(limit))


def test_what_is_left_out_is_counted() -> None:
    attributes = {f"attribute_{number:02}": "x" * 60 for number in range(47)}
    diffs = tuple(AttributeDiff((name,), "y" * 60, value) for name, value in attributes.items())
    update = evolve(plans.UPDATE, after=attributes, diffs=diffs)
    text = detail_of(6_000, update)
    assert "      ... 41 attributes omitted\n" in text
    assert "most attributes of 1 update" in text
    assert "`planner preview --out FOLDER` writes the full plan." in text
    wrote = form_for("github", marker=MARKER, limit=6_000, files=True)
    text = render_comment(preview(planned("dev", update)), wrote)
    assert "The full plan is in the files that this run wrote." in text


def test_updates_shrink_before_creates_and_deletes() -> None:
    changes = [evolve(updated(10 + number), dependencies=()) for number in range(40)]
    text = detail_of(6_000, *changes, plans.CREATE, plans.DELETE)
    assert "  ... 80 attributes omitted" in text
    assert '+     version        = "8.*"' in text
    assert '-     version        = "8.*"' in text


def test_long_ids_do_not_make_changes_disappear() -> None:
    changes = [evolve(updated(10), address=Address("extension", f"e{n}"), id="x" * 9_000) for n in range(40)]
    text = detail_of(WIDE, *changes)
    assert text.count("will be updated in place") == 40


def test_creates_end_as_a_count() -> None:
    text = detail_of(5_000, *map(created, range(1_000)), plans.CREATE_FILTER)
    assert "+ 1,001 to create: 1,000 extension, 1 traffic_filter\n" in text
    assert "the names of 1,001 creates" in text


def test_the_same_changes_are_told_once() -> None:
    text = render_comment(PREVIEWS["folded"], github())
    assert "<code>dev</code>, <code>staging</code>: 1 to create, 1 to update (2 environments" in text
    assert text.count("+ traffic_filter.office") == 1
    assert "(id <id>)" in text
    assert "(id 4013376513)" in text


@pytest.mark.parametrize(
    "other",
    [
        planned("staging", evolve(plans.UPDATE, diffs=plans.UPDATE.diffs[:1])),
        planned("staging", evolve(plans.UPDATE, id="401337655")),
        planned("staging", plans.UPDATE, plans.CREATE_FILTER),
        planned("staging", plans.UPDATE, outputs=plans.OUTPUTS),
    ],
)
def test_different_changes_are_told_apart(other: EnvironmentPreview) -> None:
    text = render_comment(preview(planned("dev", plans.UPDATE), other), github())
    same = other.plan is not None and other.plan.changes[0].diffs == plans.UPDATE.diffs
    alike = same and other.plan is not None and len(other.plan.changes) == 1 and not other.plan.outputs
    assert ("the same changes" in text) == alike
    assert ("(id <id>)" in text) == alike


def test_an_id_inside_another_word_is_not_masked() -> None:
    def at(environment: str, number: str) -> EnvironmentPreview:
        diffs = (
            AttributeDiff(("url",), None, f"repo://{number}"),
            AttributeDiff(("version",), None, "8.88"),
        )
        return planned(environment, Change(plans.ICU, Action.UPDATE, "", id=number, diffs=diffs))

    text = render_comment(preview(at("dev", "88"), at("staging", "89")), github())
    assert 'url     = "repo://<id>"' in text
    assert 'version = "8.88"' in text


@pytest.mark.parametrize("name", ["nothing", "none_affected"])
def test_nothing_changed_is_short(name: str) -> None:
    text = render_comment(PREVIEWS[name], github())
    assert "no changes" in text
    assert "|" not in text
    assert len(text) < 900


def test_failed_environments_are_counted_apart() -> None:
    text = render_comment(PREVIEWS["failed"], github())
    assert "2 to update; 1 environment could not be planned" in text
    assert "refused the key" in text
    assert "Set EC_API_KEY_PROD" in text
    row = next(line for line in text.splitlines() if line.startswith("| `prod`"))
    assert row.count("| ? ") == 5


def test_the_caution_has_the_order_of_the_table() -> None:
    items = [planned(name, plans.DELETE) for name in ("dev", "staging", "prod")]
    items[2] = evolve(items[2], protected=True)
    text = render_comment(preview(*items), github())
    assert "in `dev` (id `4013376551`), `staging` (id `4013376551`), `prod` (id `4013376551`)" in text


@pytest.mark.parametrize(
    ("why", "cell"),
    [
        pytest.param((NEW,), "it is new", id="in words"),
        pytest.param((REMOVED,), "it is removed from `planner.yaml`", id="in words with a file"),
        pytest.param(("var.x", "a/b.yaml"), "`var.x`, `a/b.yaml`", id="names"),
        pytest.param(("it is now",), "`it is now`", id="a file whose name looks like words"),
    ],
)
def test_reasons_that_are_prose_are_no_code(why: tuple[str, ...], cell: str) -> None:
    text = render_comment(preview(planned("dev", plans.CREATE, why=why)), github())
    assert f"| `dev` | {cell} | 1 |" in text


def test_what_was_not_looked_at_is_said_at_every_size() -> None:
    item = planned("dev", *map(deleted, range(200)))
    view = preview(item, unaffected=("qa",), left_out=("staging", "prod"))
    assert "Only looked at: `dev`, `qa`; not looked at: `staging`, `prod`." in render_comment(view, github())
    assert "Only looked at 2 environments; not looked at 2." in render_comment(view, github(2_600))


def test_a_check_that_waits_does_not_read_as_failed() -> None:
    checks = (CheckResult("shop", "unknown", "The shop does not answer.", "error"),)
    text = render_comment(preview(planned("dev", plans.CREATE, checks=checks)), github())
    assert "- `shop` in `dev` is checked after the apply\n" in text
    assert "does not answer" not in text


def test_the_same_error_is_told_once() -> None:
    text = render_comment(PREVIEWS["same_error"], github())
    assert "**`dev`, `staging` could not be planned.**" in text
    assert text.count("langage") == 1
    assert text.count("refused the key") == 1


def test_a_plan_that_would_be_refused_is_shown_with_the_reason() -> None:
    text = render_comment(PREVIEWS["refused"], github())
    assert "2 to delete; 1 plan would be refused" in text
    assert "**Apply would refuse the plan of `prod`.**" in text
    assert "extension.synonyms must not be destroyed" in text
    assert "<code>prod</code>: 1 to update, 1 to delete" in text
    assert "| `prod` (protected, **refused**) |" in text


@pytest.mark.parametrize("limit", [WIDE, 4_000, LEAST + len(MARKER)])
def test_a_preview_that_failed_says_why_at_every_size(limit: int) -> None:
    view = preview(error="planner.yaml:41: not YAML\n" + "more\n" * 5_000)
    text = render_comment(view, github(limit))
    assert "### `search-extensions`: the preview failed" in text
    assert "planner.yaml:41: not YAML" in text
    assert "no changes" not in text


def test_warnings_are_counted_where_not_all_fit() -> None:
    left = [
        EnvironmentPreview(f"e{n}", (REMOVED,), removed=True, cautions=("left behind",)) for n in range(40)
    ]
    assert render_comment(preview(*left), github()).count(": left behind") == 20
    assert "> - 20 warnings not shown here." in render_comment(preview(*left), github())
    assert "40 environments removed" in render_comment(preview(*left), github(LEAST + len(MARKER)))


def test_a_graph_is_bounded() -> None:
    hub = Address("deployment_template", "hub")
    changes = (evolve(created(number), dependencies=(hub,)) for number in range(300))
    text = render_comment(preview(planned("dev", *changes)), form_for("gitlab", marker=MARKER, limit=10**6))
    assert len(re.findall(r"^  n\d+\[", text, re.MULTILINE)) == 40
    assert "The first 40 of 300 changes" in text


def test_a_comment_of_ten_thousand_changes() -> None:
    lost = (Drift(Address("extension", f"d{number}"), "1", gone=True) for number in range(10_000))
    item = planned("dev", *map(created, range(10_000)), *map(deleted, range(10_000)), drift=tuple(lost))
    text = render_comment(preview(item), github())
    assert "10,000 to create, 10,000 to delete" in text
    assert "not whole" in text


WIDE_NAME = "\U0001f600e\u0301" * 200
CROWDED = evolve(
    preview(
        *(EnvironmentPreview(f"{number}{WIDE_NAME}", (WIDE_NAME,), error="no") for number in range(20)),
        evolve(planned("prod", *map(deleted, range(100)), plans.REPLACE), on_merge=WIDE_NAME),
    ),
    project=WIDE_NAME,
    base=WIDE_NAME,
    head=WIDE_NAME,
    unaffected=(WIDE_NAME,) * 50,
    fallback=WIDE_NAME,
)


def test_roll_outs_give_way_before_deletes_and_say_so() -> None:
    whole, less, least = (
        render_comment(PREVIEWS["rolled_out"], github(limit)) for limit in (WIDE, 9_000, 3_000)
    )
    assert "- ... 13 more roll-outs" in whole
    assert "- `search_0` in `prod` (switch)" in less
    assert "some of what is rolled out" in less
    assert "**Roll-outs:**" not in least
    for text in (whole, less, least):
        assert "30 roll-outs to 350 deployments, 2 roll-outs held back" in text


@pytest.mark.parametrize("forge", ["github", "gitlab", "bitbucket"])
def test_the_limit_holds_at_every_size(forge: str) -> None:
    for limit in [LEAST + len(MARKER), *range(2_600, 12_000, 787)]:
        form = form_for(forge, marker=MARKER, limit=limit)
        text = render_comment(CROWDED, form)
        assert form.size(text) <= limit
        assert "100 to delete" in text
