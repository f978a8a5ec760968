"""Why something could not be planned, or would be refused."""

from __future__ import annotations

from planner.render.escaping import escape
from planner.render.html.markup import NOTHING, Html, element, lines, text


def failure(what: str, error: str, advice: str) -> Html:
    """what: begins it. error: with line breaks, if it has any."""
    shown = element("pre", lines(map(escape, error.split("\n"))))
    next_ = element("p", text(advice)) if advice else NOTHING
    return element("div", element("p", element("b", text(what))), shown, next_, class_="failure")
