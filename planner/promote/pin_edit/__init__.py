"""Edits of an environment's file as text: what is not edited stays as it is, byte for byte.

The way of an edit: the text is read into nodes that know where they stand (reading, nodes), the place is
found (finding), what must not be overwritten is refused (obstacles), the value is written as YAML (writing)
and spliced in (placing, replacing, splices), and the result is read again: only the edited value may differ
(editing). What never lives here: files, and what the values mean.
"""

from planner.promote.pin_edit.editing import edit

__all__ = ["edit"]
