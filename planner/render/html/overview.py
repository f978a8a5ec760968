"""The top of the page: what the preview comes to, what to beware of, and a card for each environment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from planner.model.plan import Action, Plan
from planner.model.preview import EnvironmentPreview, GateState, Preview
from planner.render.changes import sign_of
from planner.render.html.change import ShownChange, address_text, group_of, sign_text
from planner.render.html.markup import NOTHING, Html, element, join, span, text
from planner.render.values import plural

Planned = Mapping[str, Sequence[ShownChange]]
"""Environment -> its changes, in order; an environment that could not be planned is not in it."""

SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {"create": "+", "update": "~", "replace": "-/+", "delete": "-", "state": ".", "drift": "~"}
)
WORDS: Final[Mapping[str, str]] = MappingProxyType({"state": "state only", "drift": "drifted"})
_ALWAYS: Final = ("create", "update", "replace", "delete")
_OFFLINE: Final = (
    "Offline: base and head were compared without asking any installation, so that drift, versions and ids "
    "are not known."
)
_COMMIT: Final = 12
_MANY: Final = 20


def groups(plan: Plan) -> Counter[str]:
    """How many rows there are to filter by."""
    found = Counter(group_of(change) for change in plan.changes if change.action is not Action.NO_OP)
    return found + Counter(drift=len(plan.drift))


def total(preview: Preview) -> Counter[str]:
    return sum((groups(item.plan) for item in preview.environments if item.plan), Counter())


def header(preview: Preview) -> Html:
    """What is compared with what, in one sentence and four numbers."""
    base = (_commit(preview.base), span("aside", text(".."))) if preview.base else ()
    changes = (span("aside", text("and uncommitted changes")),) if preview.uncommitted else ()
    commits = (*base, _commit(preview.head), *changes)
    return element(
        "header",
        element("p", text("Plan preview"), class_="eyebrow"),
        element("h1", text(preview.project)),
        element("p", *commits, class_="commits"),
        element("p", text(_headline(preview)), class_="headline"),
        _numbers(total(preview)),
        *_notices(preview),
        class_="top",
    )


def cautions(planned: Planned) -> Html:
    """Every delete and replace, however many there are."""
    risky = {
        name: [item for item in changes if item.change.action in {Action.DELETE, Action.REPLACE}]
        for name, changes in planned.items()
    }
    count = Counter(item.change.action for items in risky.values() for item in items)
    if not count:
        return NOTHING
    words = [(count[Action.DELETE], "delete"), (count[Action.REPLACE], "replace")]
    title = " and ".join(plural(number, word) for number, word in words if number)
    lists = (_caution(name, items) for name, items in risky.items() if items)
    return element(
        "details",
        element("summary", element("h2", text(f"Caution: {title}"))),
        *lists,
        class_="caution",
        open="" if count.total() <= _MANY else None,
        data_overview="",
    )


def cards(preview: Preview) -> Html:
    """One for each environment, and the names of those that the change does not touch."""
    if not preview.environments:
        return _unaffected(preview)
    found = (_card(number, item) for number, item in enumerate(preview.environments))
    title = element("h2", text("Environments"), id="environments")
    grid = element("div", *found, class_="cards")
    return element(
        "section", title, grid, _unaffected(preview), aria_labelledby="environments", data_overview=""
    )


def footer(preview: Preview) -> Html:
    keys = (
        ("/", "search"),
        ("j k", "next, previous"),
        ("Enter", "open or close"),
        ("Esc", "clear the filters"),
    )
    shown = (join([element("kbd", text(key)), text(f" {what}")]) for key, what in keys)
    return element(
        "footer", _reproduce(preview), element("p", join(shown, " · "), class_="keys needs-script")
    )


def _commit(commit: str) -> Html:
    return element("code", text(commit[:_COMMIT]), title=commit) if commit else NOTHING


def _headline(preview: Preview) -> str:
    changed = sum(1 for item in preview.environments if item.plan is not None and item.plan.has_changes)
    failed = sum(1 for item in preview.environments if item.failed)
    nothing = "nothing that is known" if failed else "nothing"
    said = f"Merging would change {plural(changed, 'environment') if changed else nothing}."
    return f"{said} {plural(failed, 'environment')} could not be planned." if failed else said


def _numbers(count: Counter[str]) -> Html:
    named = [name for name in SIGNS if name in _ALWAYS or count[name]]
    return element("dl", *(_number(name, count[name]) for name in named), class_="numbers")


def _number(name: str, count: int) -> Html:
    words = WORDS.get(name, f"to {name}")
    return element(
        "div",
        element("dt", text(words)),
        element("dd", text(f"{count:,}")),
        class_=name if count else "zero",
    )


def _notices(preview: Preview) -> Iterable[Html]:
    if preview.offline:
        yield element("p", text(_OFFLINE), class_="notice")
    if preview.fallback:
        yield element("p", text(f"All environments were planned: {preview.fallback}"), class_="notice")


def _caution(environment: str, items: Sequence[ShownChange]) -> Html:
    rows = (element("li", _caution_link(item)) for item in items)
    return element("div", element("h3", text(environment)), element("ul", *rows))


def _caution_link(item: ShownChange) -> Html:
    change = item.change
    parts = (sign_text(sign_of(change), group_of(change)), address_text(change.address))
    used = [f"used by {plural(len(change.used_by), 'deployment')}"] if change.used_by else []
    about = "; ".join([change.reason, *used] if change.reason else used)
    return join(
        [element("a", *parts, href=f"#{item.anchor}"), span("aside", text(about)) if about else NOTHING]
    )


def _card(number: int, item: EnvironmentPreview) -> Html:
    protected = span("tag", text("protected")) if item.protected else NOTHING
    name = text(item.environment)
    title = element("h3", name if item.failed else element("a", name, href=f"#e{number}"), protected)
    content = _failure(item) if item.plan is None else _counts(item.plan)
    facts = element("dl", *_facts(item), class_="facts")
    return element("article", title, content, facts, class_="card failed" if item.failed else "card")


def _failure(item: EnvironmentPreview) -> Html:
    advice = element("p", text(item.advice)) if item.advice else NOTHING
    error = element("p", element("b", text("Could not be planned: ")), text(item.error))
    return element("div", error, advice, class_="failure")


def _counts(plan: Plan) -> Html:
    count = groups(plan)
    words = [_count(name, count[name]) for name in SIGNS if count[name]]
    if plan.outputs:
        words.append(span("count", text(plural(len(plan.outputs), "output"))))
    return element("p", *(words or [text("No changes.")]), class_="counts")


def _count(name: str, count: int) -> Html:
    word = WORDS.get(name, f"to {name}")
    return element("span", sign_text(SIGNS[name], name), text(f" {count:,} {word}"))


def _facts(item: EnvironmentPreview) -> Iterable[Html]:
    if item.why:
        yield _fact(
            "Planned because of",
            element("ul", *(element("li", element("code", text(why))) for why in item.why)),
        )
    if users := _users(item.plan):
        yield _fact("In use", text(f"Changed resources are used by {plural(users, 'deployment')}."))
    if item.gates:
        yield _fact("Gates", element("ul", *map(_gate, item.gates)))
    if item.on_merge:
        yield _fact("On merge", text(item.on_merge))
    if item.digest:
        yield _fact("Plan digest", element("code", text(item.digest), class_="digest"))


def _fact(name: str, content: Html) -> Html:
    return element("div", element("dt", text(name)), element("dd", content))


def _users(plan: Plan | None) -> int:
    """How many deployments use a resource that changes."""
    return len({user for change in plan.changes for user in change.used_by}) if plan else 0


def _gate(gate: GateState) -> Html:
    state = span("met", text("met ")) if gate.met else span("open", text("open "))
    detail = span("aside", text(f" {gate.detail}")) if gate.detail else NOTHING
    return element("li", state, element("b", text(gate.name)), detail, class_="gate")


def _unaffected(preview: Preview) -> Html:
    if not preview.unaffected:
        return NOTHING
    names = join((element("code", text(name)) for name in preview.unaffected), " ")
    return element("p", text("Not affected: "), names, class_="unaffected")


def _reproduce(preview: Preview) -> Html:
    if not preview.reproduce:
        return NOTHING
    return element("p", text("Make this preview again: "), element("code", text(preview.reproduce)))
