"""What is known of a kind without calling anything: its attributes and how they behave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from attrs import define, frozen

from planner.model.facets import NEEDED, Attribute, declaration, twice
from planner.model.identity import BY_ID, Identity
from planner.model.value import UNKNOWN, Path, Value, dotted

SHARED: Final = "shared"


def one(kind: str) -> str:
    """The name of a kind with its article: "a user", "an extension"."""
    return f"an {kind}" if kind[:1] in "aeio" else f"a {kind}"


@frozen
class ContentFacts:
    """Kinds with an uploaded file. attribute: the path in the template; marker: what the server says of the
    stored file, so that a change of it means the file was replaced. fetched: the attributes that make the
    server fetch a file by itself; they say nothing while it holds an uploaded one. at_once: a create sends
    the file."""

    attribute: str
    marker: str
    fetched: tuple[str, ...] = ()
    at_once: bool = False


@frozen
class Settles:
    """Kinds of which the API only accepts a write. every: seconds between two looks, at first. timeout:
    seconds until planner gives up waiting, where nobody says otherwise."""

    every: float
    timeout: float


@define(slots=False, frozen=True)
class Kind:
    """What is known of one kind: its name, a title for people, attributes in the order of the file, and the
    JSON Schema of the attributes.

    natural_key: the attributes by which a resource without known id is looked for; not always unique.
    user_id: the user chooses the id, so that a create may bring one that was there before. identity: of what
    the id is made. list_shows: "all" that a read shows but version and users; "less" than that.
    singleton: "always" there, "absent-when-404", or SHARED: others have a part of it, and what is declared is
    all that is ours; "" for a kind of which there may be many. by_name: the attribute, of the id, in whose
    place people may write a name; "" for none. resets: what
    leaves the project can be left as it was installed. user: the attribute by which an installation names the
    users of what a resource of this kind refers to; "" where such a resource makes nothing used. settles:
    what is written takes time to become so. one_at_a_time: the group of kinds of whose resources one at a
    time is written, and has settled before the next; "" for none.
    changeable: whether a change of one is an update; else it takes another resource, also where nothing was
    set.
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
    user: str = ""
    settles: Settles | None = None
    one_at_a_time: str = ""
    by_name: str = ""
    changeable: bool = True

    @cached_property
    def uses(self) -> frozenset[str]:
        """The kinds that its resources refer to by x-reference."""
        nodes = (node for attribute in self.attributes.values() for node in attribute.schemas)
        return frozenset(n["x-reference"].partition(".")[0] for n in nodes if "x-reference" in n)

    @property
    def stays(self) -> bool:
        """Whether an installation has it whatever is declared, so that it is never deleted."""
        return self.singleton not in ("", SHARED)

    @cached_property
    def computed(self) -> tuple[str, ...]:
        """The server's attributes that are kept in the state."""
        return tuple(a.name for a in self.attributes.values() if a.read_only and not a.volatile)

    @cached_property
    def shown(self) -> frozenset[str]:
        """The attributes that a reply may show as they are: all but secrets."""
        return frozenset(a.name for a in self.attributes.values() if not a.write_only)

    @cached_property
    def once(self) -> tuple[Attribute, ...]:
        """The attributes with something in them that only the reply to a create shows."""
        return tuple(a for a in self.attributes.values() if a.holds_once)

    @cached_property
    def needed(self) -> str:
        """The attribute shown once without which a resource is of no use; "" where it is of use."""
        return next((a.name for a in self.once if a.once == NEEDED), "")

    @property
    def why_not_imported(self) -> str:
        """Why nothing that an installation holds of it can be taken over; "" where it can."""
        shows = f"only the reply to its creation shows the {self.needed}"
        return f"{shows}, without which nobody can use it" if self.needed else ""

    def is_lost(self, attributes: Mapping[str, Value]) -> bool:
        """Whether a resource of which the state holds these lacks what it is of no use without."""
        return bool(self.needed) and attributes.get(self.needed) is None

    @cached_property
    def cleared(self) -> frozenset[str]:
        """The attributes that an update empties which leaves them out."""
        return frozenset(a.name for a in self.attributes.values() if a.cleared)

    @cached_property
    def kept(self) -> Mapping[str, Attribute]:
        """The attributes that are kept of a reply."""
        return {a.name: a for a in self.attributes.values() if not a.volatile}

    @cached_property
    def partial(self) -> tuple[Attribute, ...]:
        """The attributes of which only some is kept."""
        return tuple(a for a in self.kept.values() if a.holds_partial)

    @cached_property
    def accepting(self) -> frozenset[str]:
        """The attributes by which secrets that are there are taken for what is declared."""
        nodes = (node for a in self.attributes.values() for node in a.schemas)
        return frozenset(str(node["x-accept"]) for node in nodes if "x-accept" in node)

    @cached_property
    def builds_on_found(self) -> bool:
        """Whether the body of an update is completed from what is there."""
        return any(a.holds_partial or a.holds_key for a in self.kept.values())

    def at(self, path: Path) -> Attribute:
        """What lies at a path."""
        name, *below = path
        attribute = self.attributes.get(str(name)) or Attribute(str(name), {})
        return [*attribute.along(tuple(below))][-1]

    def fixed(self, path: Path) -> Path:
        """The beginning of path at which nothing may change; path itself where all may."""
        return next((path[:end] for end in range(1, len(path)) if self.at(path[:end]).immutable), path)

    def find(self, attributes: Mapping[str, Value], path: Path) -> Value:
        """What lies among attributes at path, UNKNOWN where there is none."""
        name, *below = path or ("",)
        value = attributes.get(str(name), UNKNOWN) if path else attributes
        return self.at(path[:1]).find(value, tuple(below)) if below else value

    def by_index(self, path: Path) -> str:
        """How to say instead where path names a member of a set by its place; "" where it does not."""
        for end in range(1, len(path)):
            attribute = self.at(path[:end])
            if attribute.key and isinstance(path[end], int):
                keys = " and ".join(attribute.key)
                return f'Members are told by their {keys}, not by their place: {dotted(path[:end])}["..."].'
        return ""

    def without_value(self, path: Path) -> str:
        """The beginning of path that nothing can refer to: there is none, or it is not kept. Else ""."""
        if path[0] not in self.kept:
            return str(path[0])
        gone = (end for end in range(2, len(path) + 1) if self.at(path[:end]).volatile)
        end = next(gone, 0)
        return dotted(path[:end])

    def twice(self, attributes: Mapping[str, Value]) -> Iterator[tuple[Path, str]]:
        """The sets among attributes that have two members with one key: where, and the key."""
        for attribute in self._keyed:
            found = twice(attribute, attributes.get(attribute.name))
            yield from (((attribute.name, *path), key) for path, key in found)

    @cached_property
    def _keyed(self) -> tuple[Attribute, ...]:
        return tuple(a for a in self.attributes.values() if a.holds_key)

    def key_of(self, attributes: Mapping[str, Value]) -> tuple[Value, ...]:
        """The values of the natural key among attributes, null where there is none."""
        return tuple(attributes.get(name) for name in self.natural_key)

    @cached_property
    def said_elsewhere(self) -> Mapping[str, str]:
        """Attributes that a resource of another kind says for all, where one is declared -> that kind."""
        return {a.name: a.unless for a in self.attributes.values() if a.unless}

    @cached_property
    def referring(self) -> tuple[Attribute, ...]:
        """The attributes that refer to other resources, or in which something does."""
        return tuple(a for a in self.attributes.values() if any("x-reference" in node for node in a.schemas))

    @cached_property
    def unshown(self) -> frozenset[str]:
        """The attributes of which a reply that is without them says nothing at all."""
        found = (a for a in self.attributes.values() if a.unshown and not a.shown_as)
        return frozenset(a.name for a in found)

    @cached_property
    def definitions(self) -> Mapping[str, Any]:
        """The schemas that others of the kind refer to."""
        found: Mapping[str, Any] = self.schema.get("$defs", {})
        return found

    @cached_property
    def declaration_schema(self) -> Mapping[str, Any]:
        """The JSON Schema of what a template may declare: not what the server sets, at any depth."""
        mine = {
            a.name: declaration(a.schema, self.definitions)
            for a in self.attributes.values()
            if not a.read_only
        }
        rules = {**self.schema, "properties": mine, "additionalProperties": False}
        if self.definitions:
            rules["$defs"] = {n: declaration(rule, self.definitions) for n, rule in self.definitions.items()}
        return rules

    @cached_property
    def declarable(self) -> tuple[str, ...]:
        return tuple(a.name for a in self.attributes.values() if not a.read_only)
