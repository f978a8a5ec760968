"""A preview as one HTML file, with its style and its script inside, and what its templates may call.

Whatever a template prints is escaped, twice: what would steer a terminal or the direction of writing is made
visible, then markup is. Only `Markup` goes through. Line breaks and indentation of a template are no part of
the page.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Final

from attrs import define
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from planner.model.preview import IN_WORDS, EnvironmentPreview, Preview
from planner.render.escaping import escape
from planner.render.files import remarks_of
from planner.render.html.across import Across, ShownChange
from planner.render.html.graph import graph_of
from planner.render.html.promotion import Chain
from planner.render.html.sides import file_rows, lines, side, sides
from planner.render.preview import losses_in_words, rolled_out, troubles
from planner.render.renames import Renames
from planner.render.resource_view import CALLS, LOSSES
from planner.render.values import plural
from planner.render.view import CHECKED, PlanView

_OFFLINE: Final = (
    "Offline: base and head were compared without asking any installation, so that drift, versions and ids "
    "are not known."
)
_AS_IT_IS: Final = frozenset({Markup, int})
_SIGNS: Final = {
    "create": "+",
    "update": "~",
    "replace": "-/+",
    "delete": "-",
    "restart": "^",
    "state": ".",
    "drift": "~",
}
_WORDS: Final = {"state": "state only", "drift": "drifted"}


def render_html(preview: Preview) -> str:
    """The whole document, to be written as UTF-8. It loads nothing, and may run no script but its own.

    A preview of one environment and no commit is the plan that somebody made of it.
    """
    style, script = (Markup(part(name)) for name in ("page.css", "page.js"))  # noqa: S704 - files of ours
    page, policy = Page(preview), _policy(style, script)
    template = _environment().get_template("page.html")
    return template.render(page=page, policy=policy, style=style, script=script)


@define(slots=False, frozen=True)
class Shown:
    """One environment on the page. first: the first one that failed in the same way."""

    number: int
    item: EnvironmentPreview
    first: str

    @cached_property
    def view(self) -> PlanView | None:
        return PlanView(self.item.plan) if self.item.plan is not None else None

    @cached_property
    def changes(self) -> list[ShownChange]:
        name, number = self.item.environment, self.number
        changes = self.view.changes if self.view else ()
        return [ShownChange(change, name, f"c{number}-{index}") for index, change in enumerate(changes)]

    @property
    def losses(self) -> list[ShownChange]:
        return [shown for shown in self.changes if shown.item.group in LOSSES]

    @property
    def counts(self) -> Counter[str]:
        return self.view.counts if self.view else Counter()

    @property
    def users(self) -> int:
        """How many deployments use a resource that changes."""
        return len({user.id for shown in self.changes for user in shown.item.users})


@define(slots=False, frozen=True)
class Page:
    """What stands on the page, for the templates to lay out."""

    preview: Preview

    @cached_property
    def environments(self) -> list[Shown]:
        first: dict[tuple[str, str], str] = {}
        return [
            Shown(number, item, first.setdefault((item.error, item.advice), item.environment))
            for number, item in enumerate(self.preview.environments)
        ]

    @cached_property
    def across(self) -> Across:
        return Across([shown.changes for shown in self.environments])

    @cached_property
    def chain(self) -> Chain:
        return Chain(self.preview.chain)

    @cached_property
    def counts(self) -> Counter[str]:
        return sum((shown.counts for shown in self.environments), Counter())

    @property
    def kind(self) -> str:
        return "Plan" if self.is_plan else "Plan preview"

    @property
    def is_plan(self) -> bool:
        """Whether it is the plan of one environment, which nobody merges."""
        return not (self.preview.head or self.preview.error) and len(self.preview.environments) == 1

    @property
    def headline(self) -> str:
        if self.preview.error:
            return "The preview failed: what merging would change is not known."
        plans = [item.plan for item in self.preview.environments if item.plan is not None]
        told = [*rolled_out(plans), *troubles(self.preview)]
        return " ".join([self._doing, *(f"{text}." for text in told)])

    @property
    def _doing(self) -> str:
        items = self.preview.environments
        changed = sum(1 for item in items if item.plan is not None and item.plan.has_changes)
        unknown = any(item.failed and not item.refused for item in items)
        nothing = "nothing that is known" if unknown else "nothing"
        if self.is_plan:
            return f"Applying would change {'' if changed else f'{nothing} in '}{items[0].environment}."
        return f"Merging would change {plural(changed, 'environment') if changed else nothing}."

    @property
    def notices(self) -> list[str]:
        preview = self.preview
        ahead = f"{preview.target} is {plural(preview.ahead, 'commit')} ahead of what this is compared with."
        told = (
            (preview.ahead, ahead),
            (preview.offline, _OFFLINE),
            (preview.fallback, f"All environments were planned: {preview.fallback}"),
            (preview.left_out, f"Not looked at: {', '.join(preview.left_out)}"),
        )
        return [text for holds, text in told if holds]

    @property
    def losses(self) -> list[ShownChange]:
        return [loss for shown in self.environments for loss in shown.losses]

    @cached_property
    def renames(self) -> Renames:
        return Renames.of(shown.item.plan for shown in self.environments if shown.item.plan)

    @property
    def moved_block(self) -> str:
        return "\n".join(self.renames.block)

    @property
    def caution(self) -> str:
        return losses_in_words(loss.item.group for loss in self.losses)


def _policy(style: str, script: str) -> str:
    """Content-Security-Policy: the page's own style and script, and nothing from anywhere.

    The empty icon is data: without one a browser asks the server of the page for it.
    """
    sources = {"style-src": style, "script-src": script}
    hashes = (f"{name} '{_hash(content)}'" for name, content in sources.items())
    nothing = ("base-uri 'none'", "form-action 'none'")
    return "; ".join(["default-src 'none'", "img-src data:", *hashes, *nothing])


def _hash(content: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def macro(name: str, template: str) -> Any:
    """A macro as a function that returns Markup."""
    return getattr(_environment().get_template(template).module, name)


@cache
def _environment() -> Environment:
    loader = FunctionLoader(lambda name: "".join(map(str.strip, part(name).splitlines())))
    environment = Environment(loader=loader, autoescape=True, finalize=_visible, undefined=StrictUndefined)
    environment.filters |= {"code": _code, "paragraphs": lambda value: lines(map(escape, value.split("\n")))}
    environment.globals |= {
        "calls": CALLS,
        "checked": CHECKED,
        "file_rows": file_rows,
        "graph_of": graph_of,
        "group_words": _WORDS,
        "in_words": IN_WORDS,
        "plural": plural,
        "remarks_of": remarks_of,
        "rolled_out": rolled_out,
        "side": side,
        "sides": sides,
        "signs": _SIGNS,
    }
    return environment


def _visible(value: object) -> object:
    return value if type(value) in _AS_IT_IS else escape(str(value))


def _code(value: str) -> Markup:
    """What stands between backticks in it as code."""
    code = Markup("<code>{}</code>")
    parts = enumerate(lines([escape(part)]) for part in value.split("`"))
    return Markup().join(code.format(part) if index % 2 else part for index, part in parts)


def part(name: str) -> str:
    """A file of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
