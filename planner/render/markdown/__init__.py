"""Previews and plans as Markdown: the pull-request comment, and `plan --format markdown`.

Two rules hold everywhere. Foreign text (values, names, ids, messages) stands in code, in a span or a fence,
and nowhere else: no forge looks for mentions, links, commands or markup there. And no line begins with
foreign text, so that none can be a quick action or end its block.

A comment is composed again with less detail until it fits its limit; deletes, replaces and the table are the
last to give way, and what is missing is said. Nothing here reads a file, a clock or the environment.
"""

from planner.render.markdown.comment import render_comment, render_markdown_plan
from planner.render.markdown.form import CommentForm

__all__ = ["CommentForm", "render_comment", "render_markdown_plan"]
