"""A card for each environment: what happens there, why, and what then."""

from __future__ import annotations

from collections.abc import Iterable

from planner.model.plan import Plan
from planner.model.preview import IN_WORDS, EnvironmentPreview, Preview
from planner.render.html.change import sign_text
from planner.render.html.failure import failure
from planner.render.html.markup import NOTHING, Html, element, join, marked, span, text
from planner.render.html.overview import SIGNS, WORDS, groups
from planner.render.html.promotion import gate_line
from planner.render.values import plural
from planner.render.view import PlanView


def cards(preview: Preview) -> Html:
    """One for each environment, and the names of those that the change does not touch."""
    if not preview.environments:
        return _unaffected(preview)
    same: dict[tuple[str, str], str] = {}
    found = [
        _card(number, item, same.setdefault((item.error, item.advice), item.environment))
        for number, item in enumerate(preview.environments)
    ]
    title = element("h2", text("Environments"), id="environments")
    grid = element("div", *found, class_="cards")
    return element(
        "section", title, grid, _unaffected(preview), aria_labelledby="environments", data_overview=""
    )


def _card(number: int, item: EnvironmentPreview, first: str) -> Html:
    """first: the first environment with the same error, if it has one."""
    tags = [*(["protected"] if item.protected else []), *(["removed"] if item.removed else [])]
    name = text(item.environment)
    title = element(
        "h3",
        name if item.plan is None else element("a", name, href=f"#e{number}"),
        *(span("tag", text(tag)) for tag in tags),
    )
    content = (
        _failure(item, first) if item.failed else NOTHING,
        _counts(item.plan) if item.plan is not None else NOTHING,
        *(
            element("p", marked(caution[:1].upper() + caution[1:]), class_="notice")
            for caution in item.cautions
        ),
        element("dl", *_facts(item), class_="facts"),
    )
    return element("article", title, *content, class_="card failed" if item.failed else "card")


def _failure(item: EnvironmentPreview, first: str) -> Html:
    what = "Apply would refuse this plan: " if item.refused else "Could not be planned: "
    if item.error and first != item.environment:
        same = text(f"for the same reason as {first}.")
        return element("div", element("b", text(what)), same, class_="failure")
    return failure(what, item.error, item.advice)


def _counts(plan: Plan) -> Html:
    count = groups(plan)
    words = [_count(name, count[name]) for name in SIGNS if count[name]]
    if plan.outputs:
        words.append(span("count", text(plural(len(plan.outputs), "output"))))
    return element("p", *(words or [text(f"{PlanView(plan).no_changes.capitalize()}.")]), class_="counts")


def _count(name: str, count: int) -> Html:
    word = WORDS.get(name, f"to {name}")
    return element("span", sign_text(SIGNS[name], name), text(f" {count:,} {word}"))


def _facts(item: EnvironmentPreview) -> Iterable[Html]:
    if item.why and not item.removed:
        yield _fact("Planned because of", element("ul", *(element("li", _why(why)) for why in item.why)))
    if users := _users(item.plan):
        yield _fact("In use", text(f"Changed resources are used by {plural(users, 'deployment')}."))
    if item.gates:
        yield _fact("Gates", element("ul", *map(gate_line, item.gates)))
    if item.on_merge:
        yield _fact("On merge", text(item.on_merge))
    if item.digest:
        yield _fact("Plan digest", element("code", text(item.digest), class_="digest"))


def _why(reason: str) -> Html:
    return text(reason) if reason in IN_WORDS else element("code", text(reason))


def _fact(name: str, content: Html) -> Html:
    return element("div", element("dt", text(name)), element("dd", content))


def _users(plan: Plan | None) -> int:
    """How many deployments use a resource that changes."""
    return len({user for change in plan.changes for user in change.used_by}) if plan else 0


def _unaffected(preview: Preview) -> Html:
    if not preview.unaffected:
        return NOTHING
    names = join((element("code", text(name)) for name in preview.unaffected), " ")
    return element("p", text("Not affected: "), names, class_="unaffected")
