"""The HTML report of a preview: one file that needs nothing else and asks for nothing.

    page.py         the whole document, from page.html, page.css and page.js
    overview.py     what the preview comes to, what to beware of
    cards.py        a card for each environment; failure.py says why there is none
    across.py       the same resource in several environments
    environment.py  everything about one environment
    change.py       one row that opens: a change, or a resource that drifted
    attributes.py   before and after, side by side
    graph.py        the dependency graph as SVG; layers.py finds the places
    markup.py       text to HTML; nothing else writes a tag

The page can be read without its script, which adds filters, search, keys and comparing. Values are text
wherever they go: `Html` can only be made in markup.py, which escapes, and the script builds no HTML.
"""

from planner.render.html.page import render_html

__all__ = ["render_html"]
