"""Resources as YAML: as template text that somebody would have written by hand, or as templates render."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final

from planner.model.address import Address, as_read
from planner.model.declarations import Import
from planner.model.value import Deferred, Path, Reference, Value, dotted
from planner.model.value_json import json_text
from planner.render.escaping import escape

_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.*/@+-]*(?: [A-Za-z0-9_.*/@+(),-]+)*\Z")
_JINJA: Final = re.compile("\\{[{%#]|[%#}]\\}|[\uf880-\uf893]")
"""What only jinja can write: its own signs, and the characters that templates may not hold themselves."""

_INDENT: Final = "  "
Resources = Mapping[Address, Mapping[str, Value]]
Origins = Callable[[Address, Path], tuple[str, ...]]


def template_text(resources: Resources, imports: Iterable[Import] = ()) -> str:
    """`resource` and `import` blocks as YAML, in the order of the addresses."""
    lines = [*_block(resources, lambda address: mapping_lines(resources[address]))]
    if found := list(imports):
        lines += ["", "import:", *(f"  - {{to: {i.target}, id: {_in_braces(i.id)}}}" for i in found)]
    return "\n".join(lines) + "\n"


def render_resources(resources: Resources, outputs: Mapping[str, Value], origins: Origins | None) -> str:
    """`resource` and `output` as YAML. origins: names where an attribute's value comes from."""
    lines = [*_block(resources, lambda address: _commented(address, resources[address], origins))]
    if outputs:
        lines += ["output:", *(f"  {line}" for line in mapping_lines(outputs, jinja=False))]
    return "\n".join(lines) + "\n"


def _block(resources: Resources, attributes: Callable[[Address], Iterable[str]]) -> Iterator[str]:
    in_order = sorted(resources, key=lambda address: (address.kind, as_read(address.name)))
    if resources:
        yield "resource:"
    for kind, found in groupby(in_order, key=lambda address: address.kind):
        yield f"  {kind}:"
        for address in found:
            yield f"    {address.name}:"
            yield from (f"      {line}" for line in attributes(address))


def mapping_lines(mapping: Mapping[str, Value], *, jinja: bool = True) -> Iterator[str]:
    """A mapping in block style, one line each. jinja: whether the text is to be rendered again."""
    for key, value in mapping.items():
        yield from _entry(f"{scalar(key, jinja)}:", value, jinja)


def _entry(head: str, value: Value, jinja: bool) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from (_INDENT + line for line in mapping_lines(value, jinja=jinja))
    elif isinstance(value, list | tuple) and value:
        yield head
        for item in value:
            first, *rest = _item_lines(item, jinja)
            yield f"{_INDENT}- {first}"
            yield from (f"{_INDENT}  {line}" for line in rest)
    else:
        yield f"{head} {scalar(value, jinja)}"


def _item_lines(item: Value, jinja: bool) -> list[str]:
    if isinstance(item, Mapping) and item:
        return list(mapping_lines(item, jinja=jinja))
    if isinstance(item, list | tuple) and item:
        return list(_entry("-", item, jinja))[1:]
    return [scalar(item, jinja)]


def scalar(value: Value, jinja: bool = True) -> str:
    """A scalar, or an empty list or mapping, that reads back as itself; with jinja, also through jinja."""
    if isinstance(value, Deferred):
        return f'"{"".join(_printed(part) for part in value.parts)}"'
    if not isinstance(value, str):
        return json_text(value)
    if jinja and _JINJA.search(value):
        return f'"{{{{ {_jinja_text(value)} }}}}"'
    if _PLAIN.match(value) and len(value) <= 80:
        return value if not _looks_like_something_else(value) else json.dumps(value)
    return _quoted(value)


def _printed(part: str | Reference) -> str:
    """A part of a value that refers to others, in YAML's double quotes."""
    if isinstance(part, str):
        return _quoted(part)[1:-1]
    name = part.address.name
    place = f".{name}" if name.isidentifier() else f"['{name}']"
    return f"{{{{ resource.{part.address.kind}{place}.{dotted(part.path)} }}}}"


def _looks_like_something_else(value: str) -> bool:
    """Words that YAML reads as null, a boolean or a number where no text is wanted."""
    return value.lower() in ("null", "true", "false", "nan", "inf") or value[0].isdigit()


def _in_braces(value: str | None) -> str:
    """A text inside {...}, where a comma would end it."""
    text = value or ""
    return scalar(text) if _JINJA.search(text) else _quoted(text)


def _quoted(value: str) -> str:
    return _escaped(json.dumps(value, ensure_ascii=False))


def _escaped(text: str) -> str:
    """What a terminal would act on, or not show, as escapes that YAML and jinja both read."""
    return text if text.isprintable() else "".join(map(_escape, text))


def _escape(char: str) -> str:
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if char <= "\uffff" else f"\\U{ord(char):08x}"


def _jinja_text(value: str) -> str:
    """A jinja text literal that may stand in YAML's double quotes, by escapes that both know."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\x27").replace('"', '\\"').replace("\n", "\\n")
    return f"'{_escaped(escaped)}'"


def _commented(address: Address, attributes: Mapping[str, Value], origins: Origins | None) -> Iterator[str]:
    for name, value in attributes.items():
        first, *rest = mapping_lines({name: value}, jinja=False)
        found = origins(address, (name,)) if origins else ()
        yield f"{first}  # {escape('; '.join(found))}" if found else first
        yield from rest
