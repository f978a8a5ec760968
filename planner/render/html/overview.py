"""The top of the page and its end: what the preview comes to, what to beware of, how to make it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from planner.model.plan import Action, Plan
from planner.model.preview import Preview
from planner.render.html.change import ShownChange, address_text, group_of, sign_text
from planner.render.html.failure import failure
from planner.render.html.markup import NOTHING, Html, element, join, span, text
from planner.render.values import plural
from planner.render.view import ChangeView

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
    folder = (span("aside", text(f"in {preview.folder}:")),) if preview.folder else ()
    commits = (*folder, *base, _commit(preview.head), *changes)
    return element(
        "header",
        element("p", text(kind_of(preview)), class_="eyebrow"),
        element("h1", text(preview.project)),
        element("p", *commits, class_="commits"),
        element("p", text(_headline(preview)), class_="headline"),
        NOTHING if preview.error else _numbers(total(preview)),
        *_notices(preview),
        failure("Nothing could be planned: ", preview.error, preview.advice) if preview.error else NOTHING,
        class_="top",
    )


def kind_of(preview: Preview) -> str:
    return "Plan" if _is_plan(preview) else "Plan preview"


def _is_plan(preview: Preview) -> bool:
    """Whether it is the plan of one environment, which nobody merges."""
    return not (preview.head or preview.error) and len(preview.environments) == 1


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
    if preview.error:
        return "The preview failed: what merging would change is not known."
    items = preview.environments
    changed = sum(1 for item in items if item.plan is not None and item.plan.has_changes)
    failed = sum(1 for item in items if item.failed and not item.refused)
    refused = sum(1 for item in items if item.refused)
    removed = sum(1 for item in items if item.removed)
    nothing = "nothing that is known" if failed else "nothing"
    doing = "Applying" if _is_plan(preview) else "Merging"
    said = [f"{doing} would change {plural(changed, 'environment') if changed else nothing}."]
    said += [f"{plural(failed, 'environment')} could not be planned."] if failed else []
    said += [f"{plural(refused, 'plan')} would be refused."] if refused else []
    said += [f"{plural(removed, 'environment')} removed."] if removed else []
    return " ".join(said)


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
    if preview.ahead:
        ahead = f"{preview.target} is {plural(preview.ahead, 'commit')} ahead of what this is compared with."
        yield element("p", text(ahead), class_="notice")
    if preview.offline:
        yield element("p", text(_OFFLINE), class_="notice")
    if preview.fallback:
        yield element("p", text(f"All environments were planned: {preview.fallback}"), class_="notice")
    if preview.left_out:
        yield element("p", text(f"Not looked at: {', '.join(preview.left_out)}"), class_="notice")


def _caution(environment: str, items: Sequence[ShownChange]) -> Html:
    rows = (element("li", _caution_link(item)) for item in items)
    return element("div", element("h3", text(environment)), element("ul", *rows))


def _caution_link(item: ShownChange) -> Html:
    change = item.change
    parts = (sign_text(ChangeView(change).sign, group_of(change)), address_text(change.address))
    used = [f"used by {plural(len(change.used_by), 'deployment')}"] if change.used_by else []
    about = "; ".join([change.reason, *used] if change.reason else used)
    return join(
        [element("a", *parts, href=f"#{item.anchor}"), span("aside", text(about)) if about else NOTHING]
    )


def _reproduce(preview: Preview) -> Html:
    if not preview.reproduce:
        return NOTHING
    return element("p", text("Make this preview again: "), element("code", text(preview.reproduce)))
