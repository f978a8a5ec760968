"""api.json, made of the whole Swagger: what kind files are about, no deeper than they go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import define, field

from planner.kinds.binding import Call
from planner.kinds.registry import KindFile
from planner.model.facets import Attribute

CODE = re.compile(r"code: ['`]([\w.]+)['`]")


def as_text(extract: Mapping[str, Mapping[str, Any]]) -> str:
    """A line for each operation and shape."""
    parts = []
    for section, entries in extract.items():
        lines = ",\n".join(
            f"  {json.dumps(name)}: {json.dumps(told)}" for name, told in sorted(entries.items())
        )
        parts.append(f"{json.dumps(section)}: {{\n{lines}\n}}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def core(word: str) -> str:
    """The name in a word."""
    return word.rstrip("!").strip("[]{}")


@define
class Extracting:
    swagger: Mapping[str, Any]
    shapes: dict[str, dict[str, str]] = field(factory=dict)

    def extract(self, kinds: Iterable[KindFile], instead: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """instead: the shapes that operations take, where the Swagger has none."""
        found = {}
        for kind in kinds:
            for name, call in kind.binding.calls.items():
                told = self._operation(call.operation.name)
                found[call.operation.name] = told
                taken = instead.get(call.operation.name, told["takes"])
                for root in filter(None, (taken, told["gives"])):
                    self._follow(kind, name, call, core(root))
            if kind.binding.wait and (look := kind.binding.wait.call):
                found[look.operation.name] = told = self._operation(look.operation.name)
                self._take(core(told["gives"]))
        shapes = {name: {key: self._pruned(w) for key, w in s.items()} for name, s in self.shapes.items()}
        return {"operations": found, "shapes": shapes}

    def _operation(self, name: str) -> dict[str, Any]:
        for path, methods in self.swagger["paths"].items():
            for method, told in methods.items():
                if told.get("operationId") == name:
                    return {"request": f"{method.upper()} {path}", **self._told(told)}
        raise KeyError(name)

    def _told(self, told: Mapping[str, Any]) -> dict[str, Any]:
        parameters, replies = told.get("parameters", ()), sorted(told["responses"].items())
        queries = {p["name"]: _needed(p, p.get("required")) for p in parameters if p["in"] == "query"}
        takes = [_word(p["schema"]) for p in parameters if p["in"] == "body"]
        gives = [_word(reply["schema"]) for status, reply in replies if status < "3" and "schema" in reply]
        errors = {status: _codes(reply) for status, reply in replies if status >= "3"}
        types = [each for each in told.get("consumes", ()) if each != "application/json"]
        return {
            **({"consumes": types[0]} if types else {}),
            "query": queries,
            "takes": "".join(takes),
            "gives": gives[0],
            "errors": errors,
        }

    def _take(self, name: str) -> None:
        if name in self.swagger["definitions"]:
            told = self.swagger["definitions"][name]
            needed = told.get("required", ())
            properties = told.get("properties", {}).items()
            self.shapes[name] = {key: _needed(each, key in needed) for key, each in properties}

    def _follow(self, kind: KindFile, name: str, call: Call, root: str) -> None:
        listing = kind.binding.listing
        top = self._at(root, listing.items + listing.item if name == "list" else "")
        for head in (top, self._at(top, kind.binding.attributes), self._at(top, call.wrap)):
            for attribute in kind.kind.attributes.values():
                self._walk(attribute, head, kind.binding.names.get(attribute.name, attribute.name))

    def _at(self, name: str, pointer: str) -> str:
        self._take(name)
        for key in pointer.split("/")[1:]:
            name = core(self.shapes.get(name, {}).get(key, ""))
            self._take(name)
        return name

    def _walk(self, attribute: Attribute, shape: str, name: str) -> None:
        below = core(self.shapes.get(shape, {}).get(name, ""))
        holder = attribute.item if "items" in attribute.schema else attribute
        if holder.properties and below in self.swagger["definitions"]:
            self._take(below)
            for key, nested in holder.properties.items():
                self._walk(nested, below, key)

    def _pruned(self, word: str) -> str:
        name = core(word)
        deeper = name in self.swagger["definitions"] and name not in self.shapes
        return word.replace(name, "object") if deeper else word


def _needed(told: Mapping[str, Any], needed: object) -> str:
    return _word(told) + "!" * bool(needed)


def _word(told: Mapping[str, Any]) -> str:
    if "$ref" in told:
        return str(told["$ref"].rpartition("/")[2])
    type_ = str(told.get("type", "object"))
    if type_ == "array":
        return f"[{_word(told['items'])}]"
    if isinstance(told.get("additionalProperties"), dict):
        return f"{{{_word(told['additionalProperties'])}}}"
    return f"{type_} {'|'.join(told['enum'])}" if "enum" in told else type_


def _codes(reply: Mapping[str, Any]) -> list[str]:
    """Of the header, and those that only the prose has; what any operation may say is no kind's."""
    header = (reply.get("headers") or {}).get("x-cloud-error-codes", {}).get("enum", [])
    return sorted(code for code in _unique(header, CODE.findall(reply["description"])) if code[:5] != "root.")


def _unique(*codes: Iterable[str]) -> Iterator[str]:
    yield from dict.fromkeys(code for some in codes for code in some)
