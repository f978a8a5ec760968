"""The HTML report of a preview: one file that needs nothing else and asks for nothing.

    page.py       what stands on the page, and what its templates may call; page.css and page.js go into it
    across.py     the same resource in several environments; own.py knows what differs everywhere
    sides.py      before and after, side by side
    graph.py      the dependency graph as SVG; layers.py finds the places
    promotion.py  the chain of environments

    page.html <- overview, cautions, cards, promotion, across, filter; environment <- change, graph

The page can be read without its script, which adds filters, search, keys and comparing. Values are text
wherever they go: templates escape, and the script builds no HTML.
"""

from planner.render.html.page import render_html

__all__ = ["render_html"]
