"""A preview as one HTML file, with its style and its script inside."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from string import Template

from planner.model.plan import Action, Plan
from planner.model.preview import Preview
from planner.render.blame import blamed
from planner.render.html.across import Across
from planner.render.html.cards import cards
from planner.render.html.change import ShownChange, shown_change, sign_text
from planner.render.html.environment import environment_section
from planner.render.html.markup import NOTHING, Html, element, join, text, void
from planner.render.html.overview import (
    SIGNS,
    WORDS,
    Planned,
    cautions,
    footer,
    header,
    kind_of,
    total,
)
from planner.render.html.promotion import promotion_section


def render_html(preview: Preview) -> str:
    """The whole document, to be written as UTF-8. It loads nothing, and may run no script but its own.

    A preview of one environment and no commit is the plan that somebody made of it.
    """
    preview = blamed(preview)
    planned = {
        item.environment: _shown_changes(number, item.plan)
        for number, item in enumerate(preview.environments)
        if item.plan is not None
    }
    across = Across(planned)
    style, script = _part("page.css"), _part("page.js")
    return Template(_part("page.html")).substitute(
        title=text(f"{preview.project}: {kind_of(preview).lower()}"),
        policy=_policy(style, script),
        style=style,
        script=script,
        header=header(preview),
        overview=join(_overview(preview, planned, across)),
        choices=_choices(preview, planned),
        environments=join(_environments(preview, planned, across)),
        footer=footer(preview),
    )


def _overview(preview: Preview, planned: Planned, across: Across) -> Iterator[Html]:
    yield cautions(planned)
    yield cards(preview)
    yield promotion_section(preview.chain)
    yield across.section()


def _shown_changes(number: int, plan: Plan) -> list[ShownChange]:
    changes = (change for change in plan.changes if change.action is not Action.NO_OP)
    return [shown_change(change, f"c{number}-{index}") for index, change in enumerate(changes)]


def _environments(preview: Preview, planned: Planned, across: Across) -> Iterator[Html]:
    for number, item in enumerate(preview.environments):
        if item.plan is not None:
            yield environment_section(number, item.plan, planned[item.environment], across)


def _choices(preview: Preview, planned: Planned) -> Html:
    """What can be filtered by: the actions there are, and the environments when there are several."""
    count = total(preview)
    actions = [
        _choice("group", name, join([sign_text(SIGNS[name], name), text(f" {WORDS.get(name, name)}")]))
        for name in SIGNS
        if count[name]
    ]
    names = [(number, item.environment) for number, item in enumerate(preview.environments)]
    shown = [_choice("env", str(number), text(name)) for number, name in names if name in planned]
    return join([_field("Action", actions), _field("Environment", shown)])


def _field(title: str, choices: list[Html]) -> Html:
    if len(choices) < 2:
        return NOTHING
    return element("fieldset", element("legend", text(title)), *choices)


def _choice(name: str, value: str, label: Html) -> Html:
    box = void("input", type="checkbox", name=name, value=value)
    return element("label", box, element("span", label), class_="choice")


@cache
def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Content-Security-Policy: the page's own style and script, and nothing from anywhere.

    The empty icon is data: without one a browser asks the server of the page for it.
    """
    sources = {"style-src": style, "script-src": script}
    hashes = (f"{name} '{_hash(content)}'" for name, content in sources.items())
    return "; ".join(
        ["default-src 'none'", "img-src data:", *hashes, "base-uri 'none'", "form-action 'none'"]
    )


def _hash(content: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
