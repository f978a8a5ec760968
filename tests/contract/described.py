"""Kind files held to the API's own description, of which api.json has what they are about.

api.json is an extract of the Swagger of ECE 3.8. An operation says its request, the media type of a body
that is no JSON, the parameters of its query with their types, the shape that it takes, what it gives by
status, and its error codes by status. A shape has a type for each property: a word, [of a list], {of a
mapping}, the name of a shape, and what is needed ends in !. Where a kind file goes no deeper, a shape is
"object".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from planner.kinds.binding import Call
from planner.kinds.registry import KindFile
from planner.model.facets import Attribute

EXTRACT = Path(__file__).with_name("api.json")
Shape = Mapping[str, str]
SENT = {"update-user": "User", "update-proxies-settings": "ProxiesSettings"}
"""The Swagger has a text there; Elastic's own client sends an object with what changes."""

PLACEHOLDER = re.compile(r"{\w+}")
CONFLICT = re.compile(r"version_conflict|update_failed|in_use")
SECRET = re.compile(r"password|secret|access_key|cookie_key|^auth$")
OWN = ("builtin", "system_owned")
"""What says of an object that it is the installation's own."""

REGIONAL = ("/platform/", "/comments/", "/stack/")
"""What Elastic's own clients prefix with the region."""


@cache
def extract() -> Any:
    return json.loads(EXTRACT.read_bytes())


def differences(kind_file: KindFile) -> Iterator[str]:
    """Where a kind file is not as the description: "where: what"."""
    return _Held(kind_file).differences()


@frozen
class _Held:
    """A kind file beside the description."""

    file: KindFile

    def differences(self) -> Iterator[str]:
        for name, call in self.file.binding.calls.items():
            told = extract()["operations"].get(call.operation.name)
            if told is None:
                yield f"{name}: there is no operation {call.operation.name}"
            else:
                yield from (f"{name}: {what}" for what in self._of_call(name, call, told))
        yield from self._of_wait()
        yield from self._of_errors()
        yield from self._of_replies()
        yield from self._of_identity()
        yield from self._of_own()
        content = self.file.kind.content
        shown = {a.shown_as for a in self.file.kind.attributes.values()} | {content and content.marker}
        for attribute in self.file.kind.attributes.values():
            yield from _of_secrets(attribute, attribute.name)
            if attribute.read_only and not (
                attribute.stable or attribute.volatile or attribute.name in shown
            ):
                yield f"{attribute.name}: it stays through updates, or changes by itself"

    def _of_call(self, name: str, call: Call, told: Any) -> Iterator[str]:
        operation = call.operation
        ours = f"{operation.method} {operation.path}"
        if PLACEHOLDER.sub("{}", ours) != PLACEHOLDER.sub("{}", told["request"]):
            yield f"{ours} is {told['request']}"
        names = told["query"]
        yield from _of_query(call.query, names)
        if name in ("update", "delete") and bool(call.send_version) != ("version" in names):
            yield "its version is compared" if "version" in names else "no version is compared"
        if operation.regional != operation.path.startswith(REGIONAL):
            yield "it is of the region" if not operation.regional else "it is of no region"
        if call.merge_patch != (operation.method == "PATCH"):
            yield "a PATCH is a merge patch, and nothing else is one"
        yield from self._of_repeats(name, call)
        if name in ("create", "update") and (call.text or "consumes" in told):
            yield from self._of_text(call, told)
        elif name in ("create", "update"):
            yield from self._of_body(name, call, shape(SENT.get(operation.name, told["takes"])))

    def _of_text(self, call: Call, told: Any) -> Iterator[str]:
        content = self.file.kind.content
        ours = ("multipart/form-data", "") if content and content.at_once else ()
        if call.text:
            ours = (call.text.type, self.file.kind.attributes[call.text.attribute].schema["type"])
        theirs = (told.get("consumes"), told["takes"])
        if ours != theirs:
            yield f"its body is {theirs}"

    def _of_repeats(self, name: str, call: Call) -> Iterator[str]:
        """A second delete finds nothing. A second update finds another version, where one is compared."""
        repeatable, method = call.operation.repeatable, call.operation.method
        if name == "delete" and not repeatable:
            yield "it can be repeated"
        if name in ("update", "upload") and method == "PUT" and not (repeatable or call.send_version):
            yield "it can be repeated"
        if repeatable and (method == "POST" or (name == "update" and call.send_version)):
            yield "it cannot be repeated"

    def _of_body(self, doing: str, call: Call, body: Shape) -> Iterator[str]:
        at = followed(body, call.wrap)
        if at is None:
            yield f"its body has no {call.wrap}"
            return
        named = {self._name(a.name): a for a in self.file.kind.attributes.values() if not a.local}
        sent = {n: a for n, a in named.items() if not (a.read_only or a.name in self.file.binding.in_path)}
        taken = {n for n, a in named.items() if a.read_only and n in at and a.name not in self._in_path(call)}
        yield from (f"{name} is taken, and not sent" for name in sorted(taken))
        for name, attribute in sent.items():
            yield from self._of_sent(name, attribute, at)
            if doing == "update" and attribute.immutable and name in at and attribute.name not in call.params:
                yield f"{name} can be changed"
        if call.merge_patch:
            free = {name: attribute for name, attribute in sent.items() if at.get(name, "!")[-1] != "!"}
            kept = {n for n, a in free.items() if not (a.cleared or a.holds_partial)}
            yield from (f"{name} cannot be taken away" for name in sorted(kept))
        else:
            required = {*self.file.kind.schema.get("required", ())} & {a.name for a in sent.values()}
            yield from _of_required(at, {self._name(name) for name in required}, "its body")

    def _of_sent(self, name: str, attribute: Attribute, at: Shape) -> Iterator[str]:
        if name not in at:
            if not attribute.immutable:
                yield f"its body has no {name}"
        else:
            yield from _of_value(attribute, at[name], name)

    def _in_path(self, call: Call) -> frozenset[str]:
        return self.file.binding.in_path | frozenset(call.params)

    def _name(self, name: str) -> str:
        return self.file.binding.names.get(name, name)

    def _of_replies(self) -> Iterator[str]:
        binding, reading = self.file.binding, self.file.binding.reading
        reply = extract()["operations"].get(reading.operation.name, {}).get("gives", "")
        if not reply:
            return
        if "list" in binding.calls:
            items = extract()["operations"].get(binding.calls["list"].operation.name, {}).get("gives", "")
            listed = listed_at(items, binding.listing.items, keyed=binding.listing.keyed)
            if listed is None:
                yield f"list: no list is at {binding.listing.items or 'the whole reply'}"
            else:
                item = followed(shape(listed), binding.listing.item)
                if item is None:
                    yield f"list: an item has no {binding.listing.item}"
                elif "read" not in binding.calls or item == shape(reply):
                    yield from self._of_reply("list", item)
                elif self.file.kind.list_shows == "all":
                    yield f"list: an item is no {reply}"
                else:
                    yield from (f"list: an item has no {n}" for n in {*self.file.kind.natural_key} - {*item})
        if "read" in binding.calls:
            yield from self._of_reply("read", shape(reply))

    def _of_reply(self, call: str, reply: Shape) -> Iterator[str]:
        binding, kind = self.file.binding, self.file.kind
        pointer = binding.id_pointer
        minted = kind.identity.own in kind.attributes and kind.identity.own not in binding.in_path
        if minted and followed_word(reply, pointer) is None:
            yield f"{call}: a reply has no {pointer}"
        at = followed(reply, binding.attributes)
        if at is None:
            yield f"{call}: a reply has no {binding.attributes}"
            return
        if not at:
            return
        for attribute in kind.attributes.values():
            name = self._name(attribute.name)
            told = at.get(name, reply.get(name))
            if told is None and not (attribute.local or attribute.write_only):
                if attribute.name not in kind.identity.parts:
                    yield f"{call}: a reply has no {name}"
            elif told is not None and attribute.read_only:
                yield from _of_value(attribute, told, name)

    def _of_wait(self) -> Iterator[str]:
        """What is looked at is in the reply."""
        wait = self.file.binding.wait
        if wait is None:
            return
        call = wait.call or self.file.binding.reading
        told = extract()["operations"].get(call.operation.name, {"gives": "", "request": "", "query": {}})
        yield from (f"wait: {what}" for what in self._of_call("wait", call, told))
        for pointer in (*wait.until, *wait.failed, *filter(None, [wait.reason])):
            if not reaches(shape(told["gives"]), pointer):
                yield f"wait: a reply has no {pointer}"

    def _of_errors(self) -> Iterator[str]:
        """Codes are of an operation; what says that nothing is there, of a 404; a repeat of a 409."""
        statuses: dict[str, set[str]] = {}
        for call in self.file.binding.calls.values():
            told = extract()["operations"].get(call.operation.name, {"errors": {}})
            for status, codes in told["errors"].items():
                for code in codes:
                    statuses.setdefault(code, set()).add(status)
        errors = self.file.binding.errors
        yield from (f"errors: no operation answers {code}" for code in errors.keys() - statuses.keys())
        yield from (f"errors: {code} has no advice" for code in statuses.keys() - errors.keys())
        for code, facts in errors.items():
            found = statuses.get(code, set())
            if facts.absent != ("404" in found):
                yield f"errors: {code} is of {sorted(found)}, absent: {facts.absent}"
            if facts.conflict != bool(CONFLICT.search(code)):
                yield f"errors: {code}, conflict: {facts.conflict}"
            if facts.repeat and "409" not in found:
                yield f"errors: {code} is of {sorted(found)}, and not to be repeated"

    def _of_own(self) -> Iterator[str]:
        kind, listing = self.file.kind, self.file.binding.listing
        yield from (
            f"list: those that are {name} are not to be had"
            for name in OWN
            if name in kind.attributes and listing.unless.get(name) is not True
        )

    def _of_identity(self) -> Iterator[str]:
        kind, binding = self.file.kind, self.file.binding
        for name in binding.in_path:
            attribute = kind.attributes[name]
            if not (attribute.immutable or attribute.read_only):
                yield f"{name}: it is in the path of the create, and can be changed"
            if name not in kind.schema.get("required", ()):
                yield f"{name}: it is in the path of the create, and not required"
        read = extract()["operations"].get(binding.reading.operation.name, {"errors": {}})
        if kind.singleton:
            gone = "404" in read["errors"] and not kind.identity.parts
            if (kind.singleton == "absent-when-404") != gone:
                yield f"singleton: {kind.singleton}, and a read answers {sorted(read['errors'])}"


def shape(name: str | None) -> Shape:
    """{} where the description goes no deeper."""
    found: Shape = extract()["shapes"].get((name or "").rstrip("!"), {})
    return found


def reaches(at: Shape, pointer: str) -> bool:
    """Whether a pointer leads to something; a * in it to each item of a list."""
    head, star, rest = pointer.partition("/*")
    word = followed_word(at, head)
    if not star:
        return word is not None
    return word is not None and word.startswith("[") and reaches(shape(word.strip("[]")), rest)


def followed_word(at: Shape, pointer: str) -> str | None:
    """What a pointer leads to: a type, or the name of a shape."""
    word = None
    for key in pointer.split("/")[1:]:
        if key not in at:
            return None
        word = at[key].rstrip("!")
        at = shape(word)
    return word


def followed(at: Shape, pointer: str) -> Shape | None:
    """The shape that a pointer leads to; {} where the description goes no deeper. None for nothing."""
    if not pointer:
        return at
    word = followed_word(at, pointer)
    known = word == "object" or word in extract()["shapes"]
    return shape(word) if word is not None and known else None


def listed_at(reply: str, pointer: str, *, keyed: bool) -> str | None:
    """Of what shape the items of a list are, or of a mapping."""
    word = followed_word(shape(reply), pointer) if pointer else reply
    return word[1:-1] if word and word.startswith("{" if keyed else "[") else None


def _of_query(ours: Mapping[str, str], theirs: Shape) -> Iterator[str]:
    for name, value in ours.items():
        if name not in theirs:
            yield f"the query {name} is unknown"
        elif theirs[name].startswith("boolean") and value not in ("true", "false"):
            yield f"the query {name} is true or false"
    needed = {name for name, word in theirs.items() if word.endswith("!")}
    yield from (f"the query {name} is needed" for name in sorted(needed - {*ours}))


def _of_required(at: Shape, ours: set[str], where: str) -> Iterator[str]:
    theirs = {name for name, word in at.items() if word.endswith("!")}
    yield from (f"{where} needs {name}" for name in sorted(theirs - ours))
    yield from (f"{where} does not need {name}" for name in sorted(ours - theirs))


def _of_type(schema: Mapping[str, Any], told: str, where: str) -> Iterator[str]:
    """Whether the type is the description's, as far as the kind file says one, with that of items."""
    said, word = schema.get("type"), told.rstrip("!")
    theirs = {"[": "array", "{": "object"}.get(word[0], "object" if word[0].isupper() else word.split(" ")[0])
    if said and theirs != said:
        yield f"{where} is of the type {theirs}"
    for below in ("items", "additionalProperties"):
        if word[0] in "[{" and isinstance(schema.get(below), Mapping):
            yield from _of_type(schema[below], word[1:-1], f"{where}.{below}")


def _of_value(attribute: Attribute, told: str, where: str) -> Iterator[str]:
    yield from _of_type(attribute.schema, told, where)
    word = told.rstrip("!")
    if "enum" in attribute.schema and " " in word:
        theirs = set(word.partition(" ")[2].split("|"))
        if theirs != {*attribute.schema["enum"]}:
            yield f"{where} is one of {sorted(theirs)}"
    holder = attribute.item if word.startswith("[") else attribute
    below = shape(word.strip("[]{}"))
    if not below or not holder.properties:
        return
    for name, nested in holder.properties.items():
        if name not in below:
            yield f"{where} has no {name}"
            continue
        yield from _of_value(nested, below[name], f"{where}.{name}")
        if nested.read_only and not attribute.read_only:
            yield f"{where}.{name} is taken, and not sent"
    written = {n for n, a in holder.properties.items() if not a.read_only}
    yield from _of_required(below, {*holder.schema.get("required", ())} & written, where)


def _of_secrets(attribute: Attribute, where: str) -> Iterator[str]:
    if SECRET.search(attribute.name) and not attribute.write_only:
        yield f"{where}: it is a secret by its name, and shown"
    holder = attribute.item if "items" in attribute.schema else attribute
    for name, below in holder.properties.items():
        yield from _of_secrets(below, f"{where}.{name}")
