"""What is known of a kind without calling anything: its attributes and how they behave."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from attrs import define, frozen

from planner.model.identity import BY_ID, Identity
from planner.model.value import Path, Value


@frozen
class Attribute:
    """One top-level attribute of a kind, read from its JSON Schema.

    read_only: set by the server (`readOnly`). write_only: a secret the server never returns (`writeOnly`).
    immutable: a change is a replacement (`x-immutable`). unordered: a list compared as a set (`x-unordered`).
    local: concerns files here, never sent (`x-local`). stable: set by the server and kept through updates
    (`x-stable`). cleared: left out means empty on the server (`x-cleared`); else left out means unmanaged.
    echoed: False when the server may leave it out of its replies (`x-echoed`).
    volatile: changes by itself, never kept (`x-volatile`).
    """

    name: str
    schema: Mapping[str, Any]
    required: bool = False
    read_only: bool = False
    write_only: bool = False
    immutable: bool = False
    unordered: bool = False
    local: bool = False
    stable: bool = False
    cleared: bool = False
    echoed: bool = True
    volatile: bool = False

    @property
    def unshown(self) -> bool:
        """Whether a reply may be without it though the resource has it."""
        return self.local or self.write_only or not self.echoed

    @property
    def description(self) -> str:
        return str(self.schema.get("description", ""))


@frozen
class ContentFacts:
    """Kinds with an uploaded file. attribute: the path in the template; marker: what the server says of the
    stored file, so that a change of it means the file was replaced. fetched: the attributes that make the
    server fetch a file by itself; they say nothing while it holds an uploaded one."""

    attribute: str
    marker: str
    fetched: tuple[str, ...] = ()


@define(slots=False, frozen=True)
class Kind:
    """What is known of one kind: its name, a title for people, attributes in the order of the file, and the
    JSON Schema of the attributes.

    natural_key: the attributes by which a resource without known id is looked for; not always unique.
    user_id: the user chooses the id, so that a create may bring one that was there before. identity: of what
    the id is made. list_shows: "all" that a read shows but version and users; "less" than that.
    singleton: "always" there, or "absent-when-404"; "" for a kind of which there may be many. resets: what
    leaves the project can be left as it was installed.
    """

    name: str
    title: str
    attributes: Mapping[str, Attribute]
    schema: Mapping[str, Any]
    natural_key: tuple[str, ...] = ()
    content: ContentFacts | None = None
    user_id: bool = False
    identity: Identity = BY_ID
    list_shows: str = "all"
    singleton: str = ""
    resets: bool = False

    @cached_property
    def computed(self) -> tuple[str, ...]:
        """The server's attributes that are kept in the state."""
        return tuple(a.name for a in self.attributes.values() if a.read_only and not a.volatile)

    @cached_property
    def shown(self) -> frozenset[str]:
        """The attributes that a reply may show as they are: all but secrets."""
        return frozenset(a.name for a in self.attributes.values() if not a.write_only)

    @cached_property
    def cleared(self) -> frozenset[str]:
        """The attributes that an update empties which leaves them out."""
        return frozenset(a.name for a in self.attributes.values() if a.cleared)

    @cached_property
    def kept(self) -> Mapping[str, frozenset[str]]:
        """The attributes that are kept of a reply -> the keys below them that change by themselves."""
        return {a.name: _volatile_below(a.schema) for a in self.attributes.values() if not a.volatile}

    def without_value(self, path: Path) -> str:
        """The beginning of path that nothing can refer to: there is none, or it is not kept. Else ""."""
        name, *below = map(str, path)
        if name not in self.kept:
            return name
        return f"{name}.{below[0]}" if below and below[0] in self.kept[name] else ""

    def key_of(self, attributes: Mapping[str, Value]) -> tuple[Value, ...]:
        """The values of the natural key among attributes, null where there is none."""
        return tuple(attributes.get(name) for name in self.natural_key)

    @cached_property
    def local(self) -> frozenset[str]:
        return frozenset(a.name for a in self.attributes.values() if a.local)

    @cached_property
    def declaration_schema(self) -> Mapping[str, Any]:
        """The JSON Schema of what a template may declare: the server's own attributes are left out."""
        properties = {a.name: a.schema for a in self.attributes.values() if not a.read_only}
        return {**self.schema, "properties": properties, "additionalProperties": False}

    @cached_property
    def declarable(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.attributes.values() if not a.read_only)


def _volatile_below(schema: Mapping[str, Any]) -> frozenset[str]:
    properties = schema.get("properties", {})
    return frozenset(
        key for key, below in properties.items() if isinstance(below, Mapping) and below.get("x-volatile")
    )
