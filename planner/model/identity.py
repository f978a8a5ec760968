"""What tells a resource from the others of its kind: an id made of attributes, and what it lives below."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from attrs import frozen

Parent = tuple[str, ...]
"""The values of Identity.parents of one resource, () where its kind lives below nothing."""


@frozen
class Identity:
    """What an id is made of. pattern: as "{ruleset_id}/{entity_type}/{entity_id}", with an attribute in each
    pair of braces. parents: those of them that say which list the resource is in.
    """

    pattern: str = "{id}"
    parents: tuple[str, ...] = ()

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The attributes in the id, in order."""
        return tuple(re.findall(r"{(\w+)}", self.pattern))

    @cached_property
    def own(self) -> str:
        """The attribute that tells it from the others of its list, "" for the only one there."""
        return self.parts[-1] if len(self.parts) > len(self.parents) else ""

    @cached_property
    def is_plain(self) -> bool:
        """Whether the id is the value of one attribute."""
        return self.pattern == f"{{{self.own}}}"

    def id_of(self, attributes: Mapping[str, Any]) -> str:
        """The id of a resource with these attributes, "" where one of its parts is not known."""
        if self.is_plain:
            return _text(attributes.get(self.own))
        known = {name: _text(attributes.get(name)) for name in self.parts}
        return self.pattern.format_map(known) if all(known.values()) else ""

    def parts_of(self, id_: str) -> dict[str, str]:
        """The attributes in an id. ValueError when it is none of this form."""
        if self.is_plain:
            return {self.own: id_}
        found = self._form.fullmatch(id_)
        if found is None:
            raise ValueError(f"an id has the form {self.pattern}")
        return found.groupdict()

    @cached_property
    def _form(self) -> re.Pattern[str]:
        pieces = re.split(r"({\w+})", self.pattern)
        return re.compile("".join(re.escape(p) if p[:1] != "{" else f"(?P<{p[1:-1]}>[^/]+)" for p in pieces))

    def parent_of(self, attributes: Mapping[str, Any]) -> Parent | None:
        """What a resource with these attributes lives below; None where that is not known."""
        found = tuple(_text(attributes.get(name)) for name in self.parents)
        return found if all(found) else None


BY_ID: Final = Identity()
"""The id is one attribute of that name."""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, int) and not isinstance(value, bool) else ""
