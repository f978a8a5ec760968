"""The HTML report as a document: whole, closed to the network, and nothing in it but text."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections import Counter

import pytest
from attrs import evolve

from planner.model.address import Address
from planner.model.plan import Action, AttributeDiff, Change, CheckResult, Drift, LeftOut, OutputChange, Plan
from planner.model.preview import EnvironmentPreview, Preview
from planner.model.release import Gate
from planner.model.resource import Content
from planner.model.value import UNKNOWN, Value
from planner.render.html import render_html
from planner.render.resource_view import ChangeView

from .html_document import Node, read
from .plans import CREATE, DELETE, ICU, OFFICE, PLANS, REPLACE, SYNONYMS, UPDATE, plan

BASE, HEAD = "a" * 40, "b" * 40


def preview(*plans: Plan, **more: object) -> Preview:
    """plans: for environments e0, e1 and so on."""
    shown = tuple(EnvironmentPreview(f"e{number}", plan=item) for number, item in enumerate(plans))
    return Preview("search", BASE, HEAD, shown, **more)  # type: ignore[arg-type]


def page(*plans: Plan, **more: object) -> Node:
    return read(render_html(preview(*plans, **more)))


def rows(document: Node) -> list[tuple[str, str]]:
    """What each row does, and its address."""
    found = document.all("details", class_="change")
    return [(row.attributes["data-group"], next(row.all("code")).text) for row in found]


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_makes_a_well_formed_page_without_a_link_outside(name: str) -> None:
    document = page(PLANS[name], PLANS[name])
    ids = [node.attributes["id"] for node in document.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    for node in document.all():
        assert not node.attributes.keys() & {"style", "srcset", "action", "background"}, node.tag
        assert not [key for key in node.attributes if key.startswith("on")], node.tag
        assert "src" not in node.attributes
        link = node.attributes.get("href", "#changes")
        assert link == "data:," if node.tag == "link" else link.removeprefix("#") in ids, link


@pytest.mark.parametrize("name", PLANS)
def test_each_change_and_each_drift_is_there_once(name: str) -> None:
    wanted = Counter(str(change.address) for change in PLANS[name].changes)
    wanted += Counter(str(item.address) for item in PLANS[name].drift)
    assert Counter(address for _, address in rows(page(PLANS[name]))) == wanted


def test_the_policy_lets_only_the_pages_own_style_and_script_run() -> None:
    text = render_html(preview(PLANS["everything"]))
    document = read(text)
    policy = document.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    hashes = {}
    for name in ("style", "script"):
        content = document.one(name).text.encode()
        hashes[name] = b64encode(hashlib.sha256(content).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes['style']}'; "
        f"script-src 'sha256-{hashes['script']}'; base-uri 'none'; form-action 'none'"
    )
    # it counts for what stands after it only
    assert text.index("Content-Security-Policy") < text.index("<style>")


@pytest.mark.parametrize("name", ["style", "script"])
def test_neither_style_nor_script_asks_for_anything(name: str) -> None:
    content = page().one(name).text
    assert not re.findall(r"https?:|//\w|url\(|@import|fetch\(|XMLHttp|WebSocket|import\(", content)
    assert not re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", content
    )


def test_secrets_are_not_in_the_page() -> None:
    document = page(PLANS["create"], PLANS["sensitive"], PLANS["outputs"])
    for secret in ("hunter2", '"plain"', "still plain", '"b"', '"c"', "11" * 32):
        assert secret not in document.one("body").text
    assert document.one("details", id="c1-0").text.count("(sensitive)") == 6


TEXTS = (
    "</script><script>alert(1)</script>",
    "<!-- <img src=x onerror=alert(2)>",
    "\"'><svg onload=alert(3)>",
    "&lt;b&gt;",
    "${title} $$ {{7*7}}",
)


def full_of(text: str) -> Preview:
    """A preview that has the text wherever text comes from outside."""
    planned = plan(
        Change(
            SYNONYMS,
            Action.UPDATE,
            text,
            id=text,
            diffs=(AttributeDiff((text, 0, text), text, {text: text}, origins=(text,)),),
            content=Content(text, text, 1),
            content_before=text,
            used_by=(text,) * 5,
        ),
        Change(ICU, Action.CREATE, text, after={text: text, "list": [text, {text: f"{text}\n{text}"}]}),
        Change(OFFICE, Action.DELETE, text, before={text: text}, used_by=(text,)),
        notes=(text,),
        left_out=(LeftOut(ICU, Action.CREATE, text),),
        checks=(CheckResult(text, "failed", text, text),),
        outputs=(OutputChange(text, text, [text]),),
        drift=(Drift(ICU, text, diffs=(AttributeDiff((text,), text, None),)),),
    )
    gates = (Gate(text, True, text),)
    shown = EnvironmentPreview(text, (text,), planned, text, gates=gates, on_merge=text)
    again = EnvironmentPreview(text + "2", plan=evolve(planned, environment=text))
    failed = EnvironmentPreview("failed", (text,), error=text, advice=text)
    refused = EnvironmentPreview("refused", plan=evolve(planned, changes=()), error=f"{text}2", advice=text)
    gone = EnvironmentPreview("gone", removed=True, cautions=(text,))
    return Preview(
        text,
        text,
        text,
        (shown, again, failed, refused, gone),
        (text,),
        fallback=text,
        reproduce=text,
        left_out=(text,),
    )


@pytest.mark.parametrize("text", TEXTS)
def test_what_looks_like_markup_stays_text_wherever_it_stands(text: str) -> None:
    document, harmless = read(render_html(full_of(text))), read(render_html(full_of("x")))
    assert [node.tag for node in document.all()] == [node.tag for node in harmless.all()]
    assert document.one("h1").text == text
    assert [node.text for node in document.all()].count(text) > 60


@pytest.mark.parametrize("text", TEXTS)
def test_an_error_of_the_whole_stays_text(text: str) -> None:
    document = read(render_html(Preview(text, text, text, error=text, advice=text)))
    harmless = read(render_html(Preview("x", "x", "x", error="x", advice="x")))
    assert [node.tag for node in document.all()] == [node.tag for node in harmless.all()]
    assert document.one("pre").text == text


def test_nothing_that_steers_a_terminal_or_the_direction_of_writing_gets_through() -> None:
    text = render_html(preview(PLANS["hostile"]))
    assert all(char.isprintable() or char == "\n" for char in text)
    body = page(PLANS["hostile"]).one("details", id="c0-0").text
    assert "\\u202e" in body
    assert "\\x00\\x9b\\ud800\\U000e0001 日本語" in body
    assert text.encode("utf-8")


def test_what_does_nothing_is_not_shown() -> None:
    nothing = Change(OFFICE, Action.NO_OP, "")
    assert rows(page(plan(nothing, UPDATE))) == [("update", "extension.synonyms")]


def test_the_same_preview_gives_the_same_page() -> None:
    assert render_html(preview(*PLANS.values())) == render_html(preview(*PLANS.values()))


def test_a_preview_of_nothing_is_a_page_too() -> None:
    document = page(unaffected=("dev", "prod"))
    assert "Merging would change nothing." in document.text
    assert "Not affected: dev prod" in document.text
    assert rows(document) == []


def test_the_filters_are_those_that_can_divide_the_rows() -> None:
    def choices(*plans: Plan) -> list[str]:
        return [box.attributes["value"] for box in page(*plans).all("input", type="checkbox")]

    assert choices(plan(UPDATE)) == []
    assert choices(plan(UPDATE, DELETE)) == ["update", "delete"]
    assert choices(plan(UPDATE), plan(UPDATE)) == ["0", "1"]
    assert choices(PLANS["everything"]) == ["create", "update", "replace", "delete", "drift"]
    assert choices(PLANS["state_only"], PLANS["drift"]) == ["update", "state", "drift", "0", "1"]


@pytest.mark.long
def test_ten_thousand_resources_make_a_page_of_bearable_size() -> None:
    after: dict[str, Value] = {
        "name": "n",
        "extension_type": "bundle",
        "version": "8.*",
        "description": "d" * 40,
        "id": UNKNOWN,
    }
    many = plan(
        *(
            Change(Address("extension", f"e{number}"), Action.CREATE, "", after=after)
            for number in range(10_000)
        )
    )
    text = render_html(preview(many))
    assert len(text) < 10_000_000
    assert text.count('<details class="change"') == 10_000


def test_rows_tell_what_happens_before_they_are_opened() -> None:
    document = page(plan(CREATE, UPDATE, REPLACE, DELETE))
    found = []
    for row in document.all("details", class_="change"):
        assert "open" not in row.attributes
        head = next(row.all("summary"))
        found.append(
            (head.one("b", class_="sign").text, head.one("code").text, head.one("span", class_="gist").text)
        )
    assert found == [
        ("-/+", "extension.icu", "extension_type, content"),
        (ChangeView(CREATE).sign, "extension.synonyms", ""),
        ("~", "extension.synonyms", "description, version"),
        ("-", "extension.synonyms", "it is no longer declared"),
    ]
