"""The documentation as a site: what is shown there of the tree, and how its pages lead to each other.

Forges show the same pages where they lie in the tree. On the site the README is the first page, and a link to
what is not shown is text. `python -m tests.documentation FOLDER` makes it, by zensical, of the extra `docs`.
It takes no network.
"""
