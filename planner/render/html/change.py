"""A row that opens: one change, or one resource that moved behind the plan's back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from planner.model.address import Address
from planner.model.plan import Action, AttributeDiff, Change, Drift
from planner.model.resource import Content
from planner.model.value import dotted
from planner.render.escaping import ELLIPSIS, escape
from planner.render.html.attributes import diff_rows, sides_rows, value_row
from planner.render.html.markup import NOTHING, Html, element, join, lines, span, text
from planner.render.html.sides import hidden_value, shown, sides
from planner.render.values import human_size, is_unknown, plural
from planner.render.view import ChangeView

_NAMED: Final = 3

_HEADLINES: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.CREATE: "will be created",
        Action.UPDATE: "will be updated in place",
        Action.REPLACE: "must be replaced",
        Action.DELETE: "will be deleted",
        Action.FORGET: "will be forgotten: it leaves the state and stays where it is",
        Action.IMPORT: "will be imported",
        Action.MOVE: "will be moved in the state",
    }
)
_GROUPS: Final[Mapping[Action, str]] = MappingProxyType(
    {
        Action.CREATE: "create",
        Action.UPDATE: "update",
        Action.REPLACE: "replace",
        Action.DELETE: "delete",
    }
)
_SAY_NOTHING: Final = frozenset({"", "it is new", "it is not in the state"})


def loses_content(change: Change) -> bool:
    gone = change.action in {Action.DELETE, Action.REPLACE}
    return gone and change.content is None and change.content_before is not None


def content_text(content: Content) -> str:
    return f"{escape(_short(content.sha256))} ({human_size(content.size)}, {escape(content.source)})"


@frozen
class ShownChange:
    """anchor: the id of its row. table: its attributes, which say nothing of the environment but values."""

    change: Change
    anchor: str
    table: Html

    def reads_as(self, other: ShownChange) -> bool:
        return (ChangeView(self.change).sign, self.table) == (ChangeView(other.change).sign, other.table)


@frozen
class Elsewhere:
    """The same resource in another environment. same: whether what happens there reads the same."""

    environment: str
    anchor: str
    same: bool


def group_of(change: Change) -> str:
    """What a change is filtered by: create, update, replace, delete, or state for what calls nothing."""
    return _GROUPS.get(change.action, "state")


def address_text(address: Address) -> Html:
    return element("code", text(f"{address.kind}."), element("b", text(address.name)))


def sign_text(sign: str, group: str) -> Html:
    return element("b", text(sign), class_=f"sign {group}")


def shown_change(change: Change, anchor: str) -> ShownChange:
    return ShownChange(change, anchor, _table(change))


def change_row(shown: ShownChange, elsewhere: tuple[Elsewhere, ...] = ()) -> Html:
    """The closed row says what and where; the open one why, the attributes, and who is touched."""
    change, group = shown.change, group_of(shown.change)
    head = (
        sign_text(ChangeView(change).sign, group),
        address_text(change.address),
        _gist(change),
        _tags(change),
    )
    body = (_sentence(change), shown.table, _unchanged(change), _used_by(change.used_by))
    return _row(group, shown.anchor, head, join([*body, _elsewhere(elsewhere)]))


def drift_row(drift: Drift, *, anchor: str) -> Html:
    gist = "is gone" if drift.gone else _names(drift.diffs)
    head = (
        sign_text("-" if drift.gone else "~", "drift"),
        address_text(drift.address),
        span("gist", text(gist)),
        span("tags"),
    )
    happened = "is not there any more" if drift.gone else "was changed outside of planner"
    sentence = _paragraph(f"{drift.address} {happened}.", drift.id)
    table = sides_table(
        [row for diff in drift.diffs for row in diff_rows(diff)], "Attribute", "In the state", "Observed"
    )
    return _row("drift", anchor, head, join([sentence, table]))


def _row(group: str, anchor: str, head: tuple[Html, ...], body: Html) -> Html:
    summary = element("summary", *head)
    return element(
        "details", summary, element("div", body, class_="body"), class_="change", id=anchor, data_group=group
    )


def _gist(change: Change) -> Html:
    """What a closed row tells: which attributes change, or why the resource goes."""
    if change.action is Action.MOVE:
        return span("gist", text(f"from {change.moved_from}"))
    names = _names(change.diffs)
    if change.content is not None and change.action is not Action.CREATE:
        names = f"{names}, content" if names else "content"
    if change.action in {Action.UPDATE, Action.REPLACE} and names:
        return span("gist", text(names))
    return span("gist", text(change.reason if _adds_something(change) else ""))


def _names(diffs: tuple[AttributeDiff, ...]) -> str:
    """`description, version`; `a, b, c and 4 more`. What forces a replacement comes first."""
    ordered = sorted(diffs, key=lambda diff: (not diff.forces_replacement, dotted(diff.path)))
    names = [dotted(diff.path) for diff in ordered]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _tags(change: Change) -> Html:
    words = [
        *(["left over from a replacement"] if change.deposed else []),
        *(["imported"] if change.imported and change.action is not Action.IMPORT else []),
        *(["moved"] if change.moved_from is not None and change.action is not Action.MOVE else []),
    ]
    used = span("tag used", text(f"used by {len(change.used_by):,}")) if change.used_by else NOTHING
    return span("tags", used, *(span("tag", text(word)) for word in words))


def _sentence(change: Change) -> Html:
    left_over = " (left over from a replacement)" if change.deposed else ""
    said = f"{change.address}{left_over} {_HEADLINES[change.action]}"
    if change.action is Action.MOVE:
        said = f"{change.moved_from} has moved to {change.address}"
    if change.action is Action.REPLACE:
        said += ", created before the earlier one is deleted" if change.create_before_destroy else ""
    if _adds_something(change):
        said += f": {change.reason}"
    if change.moved_from is not None and change.action is not Action.MOVE:
        said += f" (moved from {change.moved_from})"
    if change.imported and change.action is not Action.IMPORT:
        said += " (imported first)"
    return _paragraph(f"{said}.", change.id)


def _paragraph(sentence: str, resource_id: str | None) -> Html:
    about = span("aside", text(" id "), element("code", text(resource_id))) if resource_id else NOTHING
    return element("p", text(sentence), about)


def _adds_something(change: Change) -> bool:
    """Whether the reason says more than the headline."""
    return not change.deposed and change.reason.strip(" .").lower() not in _SAY_NOTHING


def _table(change: Change) -> Html:
    if change.action is Action.CREATE:
        return _values_table(_all_rows("+", change))
    if change.action is Action.DELETE:
        return _values_table(_all_rows("-", change))
    diffs = sorted((*change.diffs, *_unknown_after_replace(change)), key=_by_path)
    rows = [row for diff in diffs for row in diff_rows(diff)]
    return sides_table([*rows, *_content_sides(change)], "Attribute", "Before", "After")


def _by_path(diff: AttributeDiff) -> list[tuple[bool, int, str]]:
    """Names in alphabetical order, indexes by number."""
    return [(True, 0, key) if isinstance(key, str) else (False, key, "") for key in diff.path]


def _values_table(rows: Iterator[Html]) -> Html:
    found = join(rows)
    return element("table", element("tbody", found)) if found else NOTHING


def sides_table(rows: list[Html], *titles: str) -> Html:
    if not rows:
        return NOTHING
    named = (element("th", text(title), scope="col") for title in titles)
    head = element("thead", element("tr", *named))
    return element("table", head, element("tbody", *rows), class_="sides")


def _all_rows(sign: str, change: Change) -> Iterator[Html]:
    """Every attribute that is set, then the file."""
    secret = {str(diff.path[0]) for diff in change.diffs if diff.sensitive and diff.path}
    attributes = change.after if sign == "+" else change.before
    for name, value in sorted(attributes.items()):
        if value is not None:
            yield value_row(sign, name, hidden_value() if name in secret else shown(value))
    if sign == "+" and change.content is not None:
        yield value_row(sign, "content", lines([content_text(change.content)]))
    if sign == "-" and change.content_before:
        yield value_row(sign, "content", text(_short(change.content_before)))


def _content_sides(change: Change) -> Iterator[Html]:
    if change.content is None and not loses_content(change):
        return
    before = text(_short(change.content_before)) if change.content_before else None
    after = lines([content_text(change.content)]) if change.content is not None else None
    yield from sides_rows("content", [sides(before, after)])


def _short(sha256: str) -> str:
    return f"sha256 {sha256[:8]}{ELLIPSIS}"


def _touched(change: Change) -> set[str | int]:
    return {diff.path[0] for diff in change.diffs if diff.path}


def _unknown_after_replace(change: Change) -> Iterator[AttributeDiff]:
    """What the server sets anew on a replacement; the diffs have declared attributes only."""
    if change.action is Action.REPLACE:
        touched = _touched(change)
        for name, after in change.after.items():
            if is_unknown(after) and name not in touched:
                yield AttributeDiff((name,), change.before.get(name), after)


def _unchanged(change: Change) -> Html:
    if change.action in {Action.CREATE, Action.DELETE}:
        return NOTHING
    touched = _touched(change)
    known = (name for name, value in change.after.items() if value is not None and not is_unknown(value))
    count = sum(1 for name in known if name not in touched)
    return element("p", text(plural(count, "unchanged attribute")), class_="aside") if count else NOTHING


def _used_by(users: tuple[str, ...]) -> Html:
    """Who uses the resource, all of them; many are behind a line that opens."""
    if not users:
        return NOTHING
    names = join((element("code", text(user)) for user in users), " ")
    count = element("b", text(f"Used by {plural(len(users), 'deployment')}"))
    if len(users) <= _NAMED:
        return element("p", count, text(": "), names, class_="users")
    return element("details", element("summary", count), element("p", names), class_="users")


def _elsewhere(found: tuple[Elsewhere, ...]) -> Html:
    if not found:
        return NOTHING
    links = join(map(_elsewhere_link, found), ", ")
    return element("p", text("Also in "), links, class_="elsewhere", data_across="")


def _elsewhere_link(item: Elsewhere) -> Html:
    link = element("a", text(item.environment), href=f"#{item.anchor}")
    return join([link, text(" (the same)" if item.same else " (differs)")])
