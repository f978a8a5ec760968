"""What an apply changes is what its plan said, in every format: plans at random, carried out and compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from planner.engine.goal import Goal
from planner.engine.selection import Selection
from planner.engine.workflow import propose_from
from planner.model.codec import encode
from planner.model.compare import is_unset, same
from planner.model.plan import Plan
from planner.model.preview import EnvironmentPreview, Preview
from planner.model.resource import Desired, Lifecycle, Prior
from planner.model.value import Fingerprint, Secret, Value, is_sensitive, leaves
from planner.render.html import render_html
from planner.render.markdown import render_markdown_plan
from planner.render.style import Style
from planner.render.text.plan import render_plan
from tests.unit.render.html_document import Node, read

from .world import SALT, THING, Scene, Stored, address, content, desired, goal_of, later, prior, ref

Said = Mapping[str, Mapping[str, str]]
"""Of each resource, by name, the attributes that a plan says will change, and the words it has for each."""

DECLARABLE: Final = frozenset(THING.declarable) - {a.name for a in THING.attributes.values() if a.local}
SHOWN: Final = (*THING.attributes, "content")
SECRET: Final = Secret("hunter2")
PATHS: Final = (("note",), ("tier",), ("tags",), ("settings", "k"), ("rules", 1), ("source",), ("file",))

# ---- what the plan says ----------------------------------------------------------------------------------


def in_lines(text: str) -> Said:
    """Text and Markdown: a title for each resource, a row for each attribute, `~ note = "a" -> "b"`."""
    found: dict[str, dict[str, str]] = {}
    name = attribute = ""
    for line in text.splitlines():
        if title := re.match(r"[-+~!./ ]+thing\.(\w+)(?:  \(|\Z)", line):
            name, attribute = title[1], ""
            found[name] = {}
        elif not line.strip() or line.startswith("```"):
            name = ""
        elif name:
            row = re.match(r"[-+~! ]+(\w+)\S* += ", line)
            attribute = row[1] if row and row[1] in SHOWN else attribute
            if attribute:
                found[name][attribute] = found[name].get(attribute, "") + line
    return found


def in_text(plan: Plan) -> Said:
    return in_lines(render_plan(plan, width=400, style=Style()).partition("Planned for the")[2])


def in_markdown(plan: Plan) -> Said:
    return in_lines(render_markdown_plan(plan, "").partition("#### Drift in")[0])


def in_html(plan: Plan) -> Said:
    preview = Preview("p", "", "", (EnvironmentPreview("dev", plan=plan),))
    page = read(render_html(preview))
    rows = [node for node in page.all("details", class_="change") if node.attributes["data-group"] != "drift"]
    return {row.one("summary").one("code").text.removeprefix("thing."): _html_rows(row) for row in rows}


def _html_rows(details: Node) -> dict[str, str]:
    found: dict[str, str] = {}
    attribute = ""
    for row in (line for body in details.all("tbody") for line in body.all("tr")):
        heads = [str(head.children[0]) for head in row.all("th")]  # below the name stands what forces it
        attribute = re.split(r"[.\[]", heads[0])[0] if heads else attribute
        found[attribute] = found.get(attribute, "") + "".join(cell.text for cell in row.all("td"))
    return found


def in_json(plan: Plan) -> Said:
    return {
        change["address"].removeprefix("thing."): _json_rows(change) for change in encode(plan)["changes"]
    }


def _json_rows(change: dict[str, Any]) -> dict[str, str]:
    whole = {"create": change.get("after", {}), "delete": change.get("before", {})}.get(change["action"])
    found = {name: _said(value) for name, value in (whole or {}).items() if value is not None}
    for diff in change.get("diffs", ()) if whole is None else ():
        name = diff["path"][0]
        found[name] = found.get(name, "") + _said([diff["before"], diff["after"]])
    loses = change["action"] in ("delete", "replace") and "content_before" in change
    if "content" in change or loses:
        found["content"] = _said([change.get("content_before"), change.get("content")])
    return found


def _said(data: Any) -> str:
    words = json.dumps(data)
    return words.replace("$deferred", "(known after apply)").replace("$sensitive", "(sensitive)")


FORMATS: Final[tuple[Callable[[Plan], Said], ...]] = (in_text, in_markdown, in_html, in_json)

# ---- what the apply does ---------------------------------------------------------------------------------


Sides = tuple[Value, Value]
"""What an attribute was, and what it is."""


def done_to(before: Mapping[str, Value], after: Mapping[str, Value]) -> Iterator[tuple[str, Sides]]:
    """The attributes that differ in the installation."""
    for name in sorted(DECLARABLE):
        was, is_ = before.get(name), after.get(name)
        nothing = is_unset(was) and is_unset(is_)
        if not nothing and not same(was, is_, unordered=THING.attributes[name].unordered):
            yield name, (was, is_)


def file_of(
    scene: Scene, former: Prior | None, latter: Prior | None, name: str, *, there: bool
) -> dict[str, Sides]:
    """What became of the file, by the beginnings of its hashes. That an update makes the server fetch another
    one is said by the attribute that it sends."""
    was = former.content_sha256 if former is not None and there else None
    is_ = latter.content_sha256 if latter is not None else None
    updated = former is not None and latter is not None and former.id == latter.id
    untouched = updated or was == is_ is None
    if untouched and ("upload", name) not in scene.world.calls:
        return {}
    return {"content": (was and was[:8], is_ and is_[:8])}


def stored(world: Mapping[str, Stored], entry: Prior | None) -> Mapping[str, Value]:
    return dict(world[entry.id].attributes) if entry is not None and entry.id in world else {}


# ---- plans at random -------------------------------------------------------------------------------------


def some(name: str) -> st.SearchStrategy[str]:
    return st.integers(1, 3).map(lambda number: f"{name}{number}")


VALUES: Final[Mapping[str, st.SearchStrategy[Value]]] = {
    "note": some("n"),
    "tier": some("t"),
    "tags": st.lists(some("g"), max_size=3),
    "rules": st.lists(some("r"), max_size=5),
    "settings": st.dictionaries(
        st.sampled_from(["k", "l", "__m"]), some("s") | st.lists(some("i"), max_size=2), max_size=3
    ),
}


def attributes(**more: st.SearchStrategy[Value]) -> st.SearchStrategy[dict[str, Value]]:
    return st.fixed_dictionaries({}, optional={**VALUES, **more})


@st.composite
def priors(draw: st.DrawFn, name: str) -> Prior:
    secret: dict[str, Any] = draw(attributes(password=st.just(Fingerprint.of("before", SALT))))
    held: dict[str, Any] = draw(
        st.sampled_from(
            [{}, {"source": "u1"}, {"content_sha256": "two" * 8, "marker": "m", "file": "files/a"}]
        )
    )
    return prior(name, **secret, **held)


LIFECYCLES: Final = st.builds(
    Lifecycle,
    create_before_destroy=st.booleans(),
    ignore_changes=st.lists(st.sampled_from(PATHS), max_size=3, unique=True).map(tuple),
    replace_triggered_by=st.sampled_from([(), (ref("a"),)]),
)


@st.composite
def wanted(draw: st.DrawFn, name: str) -> Desired:
    values = draw(attributes(password=st.just(SECRET)))
    values |= draw(st.sampled_from([{}, {}, {"settings": {"k": SECRET, "l": "s1"}}]))
    lifecycle = draw(LIFECYCLES)
    if name == "a":
        lifecycle = evolve(lifecycle, replace_triggered_by=())
    else:
        values |= draw(
            st.sampled_from([{}, {"note": later(ref("a", "url"))}, {"tier": later(ref("a", "tier"))}])
        )
    file = draw(st.sampled_from([None, content("one"), content("two")]))
    if file is None:
        values |= draw(st.sampled_from([{}, {"source": "u1"}, {"source": "u2"}]))
    return desired(name, depends_on=["a"] * (name != "a"), lifecycle=lifecycle, file=file, **values)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Scene, Goal]:
    names = draw(st.sets(st.sampled_from("abc")))
    scene = Scene.of(*(draw(priors(name)) for name in sorted(names)))
    for id_ in sorted(scene.world.stored):
        happened = draw(st.sampled_from(["nothing", "nothing", "an edit", "gone"]))
        if happened == "an edit":
            scene.world.change(id_, **draw(attributes()))
        elif happened == "gone":
            del scene.world.stored[id_]
    others = draw(st.sets(st.sampled_from("bc")))
    resources = [draw(wanted(name)) for name in ("a", *sorted(others))]
    replaces = draw(st.sets(st.sampled_from([str(item.address) for item in resources])))
    return scene, goal_of(*resources, selection=Selection(replaces=tuple(sorted(replaces))))


@given(scenes())
def test_an_apply_changes_what_every_format_of_its_plan_said(given_: tuple[Scene, Goal]) -> None:
    scene, goal = given_
    session, state = scene.session(goal), scene.state
    before = {id_: Stored(dict(item.attributes), 0, None) for id_, item in scene.world.stored.items()}
    proposal = propose_from(session, state)
    assume(not proposal.forbidden)
    said = [form(proposal.plan) for form in FORMATS]

    ledger = scene.carry_out(session, proposal.plan, state)

    assert ledger.complete, ledger
    steps = [(step.operation, step.address.name) for step in proposal.plan.steps]
    assert sorted(scene.world.calls) == sorted(steps)
    for name in "abc":
        former, latter = (held.resources.get(address(name)) for held in (state, scene.state))
        changes = dict(done_to(stored(before, former), stored(scene.world.stored, latter)))
        changes |= file_of(scene, former, latter, name, there=former is not None and former.id in before)
        for words in said:
            check(changes, words.get(name, {}))


def check(changes: Mapping[str, Sides], words: Mapping[str, str]) -> None:
    """The attributes are these, and what differs is named unless it is a secret or not known yet.

    What is not known yet may turn out to be as it was.
    """
    unknown = {name for name, said in words.items() if "(known after apply)" in said}
    told = {*words} & {*DECLARABLE, "content"}
    assert {*changes} <= told, words
    assert told - {*changes} <= unknown, words
    for name, (was, is_) in changes.items():
        hidden = is_sensitive([was, is_])
        assert ("(sensitive)" in words[name]) == hidden, words[name]
        left, right = ({leaf for _, leaf in leaves(side) if leaf is not None} for side in (was, is_))
        for leaf in () if hidden else left ^ right:
            assert str(leaf) in words[name] or (leaf in right and name in unknown), (leaf, words[name])
