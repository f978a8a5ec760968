"""How two environments differ, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from planner.model.release import Comparison, RenderedDiff, TextDiff
from planner.render.escaping import wrap
from planner.render.rows import Row, Words, content_words, rows_of
from planner.render.style import BOLD, Style
from planner.render.text.files import file_lines
from planner.render.text.rows import row_lines
from planner.render.values import plural


def render_comparison(found: Comparison, *, width: int, style: Style) -> str:
    """Sections for what a promotion moves, what it does not, and what the templates make of both."""
    sections = (
        _section("Promotable", found, list(_promotable(found)), width, style),
        _section("Local", found, list(_local(found)), width, style),
        _rendered(found, width, style),
        _secrets(found, width),
        wrap(_end(found), width),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines)


def _section(title: str, found: Comparison, rows: Sequence[Row], width: int, style: Style) -> Iterator[str]:
    if rows:
        yield style.paint(BOLD, f"{title}, {found.left} -> {found.right}:")
        yield from _lines(rows, found.archives, 2, width, style)


def _lines(
    rows: Sequence[Row], archives: Sequence[TextDiff], indent: int, width: int, style: Style
) -> Iterator[str]:
    """rows, those of archives with what differs in them."""
    told = {diff.name: diff.content for diff in archives}
    for row, lines in row_lines(rows, indent=indent, width=width):
        content = told.get(row.name)
        below = file_lines(content, indent=indent + 2, width=width) if content else ()
        yield from (line.painted(style) for line in (*lines, *below))


def _promotable(found: Comparison) -> Iterator[Row]:
    if found.promotes:
        yield from rows_of(found.variables)
        if (diff := found.templates) is not None:
            before, after = (Words(text[:10] or "(not committed)") for text in (diff.before, diff.after))
            yield Row(diff.name, "~", before, after)
        yield from map(_hashes, found.archives)


def _local(found: Comparison) -> Iterator[Row]:
    yield from rows_of(found.local)
    if not found.promotes:
        yield from map(_hashes, found.archives)


def _hashes(diff: TextDiff) -> Row:
    before, after = (content_words(text) if text else None for text in (diff.before, diff.after))
    return Row(diff.name, "~" if before and after else "+" if after else "-", before, after)


def _rendered(found: Comparison, width: int, style: Style) -> Iterator[str]:
    rendered = found.rendered
    if rendered is None:
        return
    if not rendered.count:
        yield from wrap(f"The templates make the same of {found.left} and {found.right}.", width)
        return
    yield style.paint(BOLD, f"Rendered, {found.left} -> {found.right}:")
    yield from _alone(rendered, found, style)
    for item in rendered.both:
        yield f"  {style.sign('~')} {item.address}"
        contents = [item.content] if item.content else []
        rows = [*rows_of(item.attributes), *map(_hashes, contents)]
        yield from _lines(rows, contents, 6, width, style)
    if rendered.outputs:
        yield "  outputs:"
        yield from _lines(rows_of(rendered.outputs), (), 6, width, style)


def _alone(rendered: RenderedDiff, found: Comparison, style: Style) -> Iterator[str]:
    """What only one has."""
    sides = (("-", rendered.only_left, found.left), ("+", rendered.only_right, found.right))
    for sign, addresses, name in sides:
        yield from (f"  {style.sign(sign)} {address}  (only in {name})" for address in addresses)


def _secrets(found: Comparison, width: int) -> Iterator[str]:
    if found.equal_secrets:
        yield from wrap(f"Sensitive, and the same in both: {_names(found.equal_secrets)}.", width)
    if found.unset_secrets:
        text = f"Sensitive, and without a value here, so not compared: {_names(found.unset_secrets)}."
        yield from wrap(text, width)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"var.{name}" for name in names)


def _end(found: Comparison) -> str:
    if not found.differs:
        return f"{found.left} and {found.right} do not differ."
    promotable = f"{found.promotable:,} promotable and " if found.promotes else ""
    rendered = f", {found.rendered.count:,} in what is rendered" if found.rendered else ""
    return f"{found.left} and {found.right}: {promotable}{plural(found.own, 'local difference')}{rendered}."
