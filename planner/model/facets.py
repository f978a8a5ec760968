"""Facets: what a kind file says of its attributes, at every depth. They are one tree, compiled from the JSON
Schema of the attributes node by node, where somebody looks. Pure.

What a node hands down: a secret's parts are secret, what is read-only, local, partial, immutable or left out
of replies is so with all that it holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from attrs import define, field

from planner.model.value import Deferred, Path, StandIn, Value, at, scalar_text, with_each
from planner.yaml12.number import is_written

Schema = Mapping[str, Any]

KEEP, CLEAR = "keep", "clear"
NEEDED, EXTRA = "needed", "extra"

KEYWORDS: Final[Mapping[str, str]] = {"read_only": "readOnly", "write_only": "writeOnly"} | {
    mark: f"x-{mark.replace('_', '-')}"
    for mark in (
        *("immutable", "unordered", "key", "partial", "leave", "volatile", "stable", "cleared", "echoed"),
        *("local", "reference", "unless", "leading", "shown_as", "once", "present", "accept"),
    )
}
"""The fields of an Attribute -> the keywords that set them."""

HANDED_DOWN: Final = ("read_only", "write_only", "immutable", "partial", "leave", "local", "echoed", "once")


@define(slots=False, frozen=True)
class Attribute:
    """One attribute of a kind, or what is below one: a key of a mapping, an item of a list.

    read_only: set by the server (`readOnly`). write_only: a secret the server never returns (`writeOnly`).
    immutable: a change is a replacement (`x-immutable`). unordered: a list compared as a set (`x-unordered`).
    local: concerns files here, never sent (`x-local`). stable: set by the server and kept through updates
    (`x-stable`). cleared: left out means empty on the server (`x-cleared`); else left out means unmanaged.
    echoed: False when the server may leave it out of its replies (`x-echoed`). volatile: changes by itself,
    never kept (`x-volatile`). key: of a set whose members the server gives ids: by what they are matched and
    addressed (`x-key`). partial: of a mapping only what is declared is compared (`x-partial`); leave: what
    becomes of what is no longer declared, KEEP or CLEAR (`x-leave`). leading: a list that is partial by its
    places: the declared ones come first (`x-leading`). reference: the kind and attribute that it names
    (`x-reference`). unless: the kind that says it for all, where a resource of it is declared (`x-unless`).
    shown_as: where the server shows a part of a secret (`x-shown-as`). once: a secret of the server's that
    only the reply to the create shows (`x-once`): NEEDED where a resource is of no use without it, or EXTRA.
    present: replies show it whenever it is there, so that a secret in it goes with it (`x-present`). accept:
    of a secret the attribute, true or false, by which what is there is taken for what is declared
    (`x-accept`).

    schema: with references followed. definitions: `$defs` of the kind file. nested: it is below an attribute.
    """

    name: str
    schema: Schema
    required: bool = False
    read_only: bool = False
    write_only: bool = False
    immutable: bool = False
    shown_as: str = ""
    present: bool = False
    accept: str = ""
    unordered: bool = False
    local: bool = False
    stable: bool = False
    cleared: bool = False
    echoed: bool = True
    volatile: bool = False
    key: tuple[str, ...] = ()
    partial: bool = False
    leave: str = KEEP
    reference: str = ""
    unless: str = ""
    leading: bool = False
    once: str = ""
    nested: bool = False
    definitions: Schema = field(factory=dict, eq=False, repr=False)

    @property
    def unshown(self) -> bool:
        """Whether a reply may be without it though the resource has it."""
        return self.local or self.write_only or not self.echoed

    @property
    def description(self) -> str:
        return str(self.schema.get("description", ""))

    @cached_property
    def properties(self) -> Mapping[str, Attribute]:
        """The keys of a mapping that the file names."""
        required = self.schema.get("required", ())
        named = self.schema.get("properties", {})
        return {name: self._holds(name, below, name in required) for name, below in named.items()}

    @cached_property
    def others(self) -> Attribute:
        """Any other key of a mapping. Where there can be none, nothing is kept of what a reply has there."""
        said = self.schema.get("additionalProperties")
        return self._holds("", {"readOnly": True, "x-volatile": True} if said is False else said)

    @cached_property
    def item(self) -> Attribute:
        """An item of a list."""
        return self._holds("", self.schema.get("items"))

    @cached_property
    def is_plain(self) -> bool:
        """Whether neither it nor anything below it has a facet that a comparison minds."""
        handed = any(
            getattr(self, mark) for mark in ("read_only", "write_only", "partial", "local", "volatile")
        )
        return not (handed or self.unordered or self.key or not self.echoed or self._minds_below)

    @cached_property
    def _minds_below(self) -> bool:
        below = any(_MINDED & node.keys() for node in self.schemas if node is not self.schema)
        return below or any(map(_is_closed, self.schemas))

    @cached_property
    def holds_volatile(self) -> bool:
        """Whether anything in it changes by itself, is shown once, or is more than it can have."""
        return self._holds_one("x-volatile") or self.holds_once or any(map(_is_closed, self.schemas))

    @cached_property
    def holds_once(self) -> bool:
        """Whether it is shown once, or anything in it is."""
        return bool(self.once) or self._holds_one("x-once")

    @cached_property
    def holds_partial(self) -> bool:
        """Whether it is partial, or anything in it is."""
        return self.partial or self._holds_one("x-partial")

    @cached_property
    def may_stay(self) -> bool:
        """Whether it, or anything in it, is kept where it is no longer declared."""
        return self.leave == KEEP or any(node.get("x-leave") == KEEP for node in self.schemas)

    @cached_property
    def holds_key(self) -> bool:
        """Whether it is a set of members with keys, or anything in it is."""
        return bool(self.key) or self._holds_one("x-key")

    @cached_property
    def holds_secret(self) -> bool:
        """Whether it is a secret, or anything in it is."""
        return self.write_only or self._holds_one("writeOnly") or self.holds_once

    def _holds_one(self, keyword: str) -> bool:
        return any(node.get(keyword) for node in self.schemas)

    @property
    def schemas(self) -> Iterator[Schema]:
        return _nodes(self.schema, self.definitions)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Of a member of a set: what the server knows it by, which is sent back."""
        return tuple(n for n, below in self.properties.items() if below.read_only and below.stable)

    def below(self, key: str | int) -> Attribute:
        """What is at key of a mapping, at an index of a list, or the member of a set by that key."""
        if self.key or self.leading or isinstance(key, int):
            return self.item
        return self.properties.get(key) or self.others

    def along(self, path: Path) -> Iterator[Attribute]:
        """It, and each below it on the way along path."""
        node = self
        yield node
        for key in path:
            node = node.below(key)
            yield node

    def find(self, value: Value, path: Path) -> Value:
        """What lies in value at path, UNKNOWN where there is none."""
        for node, key in zip(self.along(path), path, strict=False):
            members = None if node.leading and isinstance(key, int) else node.members(value)
            value = at(value if members is None else members, (key,))
        return value

    def members(self, value: Value) -> Mapping[str, Value] | None:
        """What value holds by the keys that paths have; None for no mapping and no set of members.

        Of members with one key the later ones are numbered, so that none is lost. Of a leading list the
        places are the keys.
        """
        if self.leading and isinstance(value, list | tuple):
            return {str(place): item for place, item in enumerate(value)}
        if not self.key:
            return value if isinstance(value, Mapping) else None
        if not isinstance(value, list | tuple):
            return None
        found: dict[str, Value] = {}
        for item in value:
            name = key = self.key_of(item)
            number = 2
            while key in found:
                key, number = f"{name} ({number})", number + 1
            found[key] = item
        return found

    def key_of(self, member: Value) -> str:
        """By what a member is matched, as a text."""
        if type(member) is StandIn:
            return member.noted(self.key, self._key_of)
        return self._key_of(member)

    def _key_of(self, member: Value) -> str:
        held = member if type(member) is dict or isinstance(member, Mapping) else {}
        texts = [value if type(value) is str else _text(value) for value in map(held.get, self.key)]
        return ", ".join(filter(None, texts))

    def rebuilt(self, members: Mapping[str, Value]) -> Value:
        """The value whose members these are."""
        return [*members.values()] if self.key or self.leading else dict(members)

    def _holds(self, name: str, schema: Any, required: bool = False) -> Attribute:
        handed = {mark: getattr(self, mark) for mark in HANDED_DOWN}
        return compiled(name, schema, self.definitions, required=required, nested=True, **handed)


def _is_closed(schema: Schema) -> bool:
    """Whether it has nothing but its properties: all else in a reply is nothing to keep."""
    return schema.get("additionalProperties") is False


_MINDED: Final = frozenset(KEYWORDS.values()) - {
    *("x-reference", "x-cleared", "x-immutable", "x-leave", "x-shown-as", "x-stable", "x-unless"),
    *("x-accept", "x-present"),
}
"""The keywords that a comparison minds."""


def compiled(
    name: str, schema: Any, definitions: Schema, *, required: bool = False, **handed: Any
) -> Attribute:
    """The node of a schema. handed: facets that it has from above, unless it says otherwise."""
    rules = followed(schema, definitions)
    said = {mark: rules[keyword] for mark, keyword in KEYWORDS.items() if keyword in rules}
    if said.get("leading"):
        said["partial"] = True
    if "key" in said:
        said["key"] = (said["key"],) if isinstance(said["key"], str) else tuple(said["key"])
    if "once" in said:  # a secret that no later reply shows, and that nothing changes
        said |= {"write_only": True, "stable": True}
    return Attribute(name, rules, required, definitions=definitions, **{**handed, **said})


def attributes_of(rules: Schema) -> dict[str, Attribute]:
    """The attributes of a kind file, by name: the top of the tree. A kind may be x-partial as a whole."""
    handed = {mark: rules[KEYWORDS[mark]] for mark in ("partial", "leave") if KEYWORDS[mark] in rules}
    definitions, required = rules.get("$defs", {}), rules.get("required", ())
    return {
        name: compiled(name, schema, definitions, required=name in required, **handed)
        for name, schema in rules["properties"].items()
    }


def sealed(attribute: Attribute, value: Any, seal: Callable[[Any], Any]) -> Any:
    """A declared value with its secrets sealed."""
    if attribute.write_only:
        return seal(value)
    if not attribute.holds_secret:
        return value
    if isinstance(value, Mapping):
        return {key: sealed(attribute.below(key), item, seal) for key, item in value.items()}
    return with_each(value, lambda item: sealed(attribute.item, item, seal))


def twice(attribute: Attribute, value: Value, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The sets in value that have two members with one key."""
    items = value if isinstance(value, list | tuple) else ()
    if attribute.key:
        keys = Counter(attribute.key_of(item) for item in items)
        yield from ((path, key) for key, count in keys.items() if count > 1)
    held = value.items() if isinstance(value, Mapping) else enumerate(items)
    for key, item in held:
        below = attribute.below(key)
        if below.holds_key:
            yield from twice(below, item, (*path, key))


def followed(schema: Any, definitions: Schema) -> Schema:
    """A schema with the one that it refers to put in; {} for what says nothing: planner.model.flaws tells."""
    seen = set()
    while isinstance(schema, Mapping) and "$ref" in schema:
        name = str(schema["$ref"]).removeprefix(DEFINITION)
        target = definitions.get(name)
        if name in seen or not isinstance(target, Mapping):
            return {}
        seen.add(name)
        schema = {**target, **{word: rule for word, rule in schema.items() if word != "$ref"}}
    return schema if isinstance(schema, Mapping) else {}


DEFINITION: Final = "#/$defs/"


def declaration(schema: Schema, definitions: Schema) -> Schema:
    """A schema without what the server sets in it: declared, that fits nothing."""
    found = dict(schema)
    if isinstance(named := schema.get("properties"), Mapping):
        read_only = {n for n, below in named.items() if followed(below, definitions).get("readOnly")}
        found["properties"] = {
            n: False if n in read_only else declaration(below, definitions) for n, below in named.items()
        }
        if read_only & {*schema.get("required", ())}:
            found["required"] = [name for name in schema["required"] if name not in read_only]
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), Mapping):
            found[word] = declaration(schema[word], definitions)
    return found


def _nodes(schema: Schema, definitions: Schema) -> Iterator[Schema]:
    """Each schema of the tree, once: a definition may hold itself."""
    left, seen = [schema], {id(schema)}
    while left:
        node = left.pop()
        yield node
        target = definitions.get(str(node.get("$ref", "")).removeprefix(DEFINITION))
        for below in (*([target] if target else ()), *(held for _, held in schemas_below(node))):
            if id(below) not in seen:
                seen.add(id(below))
                left.append(below)


def _text(value: Value) -> str:
    if value is None:
        return ""
    if type(value) is Deferred:
        return str(value)
    return scalar_text(value) if isinstance(value, str | int | float) or is_written(value) else str(value)


def schemas_below(schema: Schema) -> Iterator[tuple[Path, Schema]]:
    """The schemas that one holds, and their places in it."""
    for name, below in schema.get("properties", {}).items():
        yield ("properties", name), below
    for word in ("items", "additionalProperties"):
        if isinstance(schema.get(word), Mapping):
            yield (word,), schema[word]
