"""A first kind file from the Swagger of an API: what it says of one operation and its neighbours. Pure.

Swagger 2.0. What it does not say stays for the author: what is immutable, secret, volatile or the server's
own fill, and what errors mean. Nested schemas are followed to a bounded depth, below which mappings are free.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml
from attrs import define, field

from planner.errors import PlannerError
from planner.model.diagnostic import did_you_mean

Data = Mapping[str, Any]

DEEPEST: Final = 4
"""Mappings in each other."""

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_WRITES: Final = ("put", "patch", "post")
_KEPT: Final = ("type", "enum", "description", "readOnly")


def scaffold(swagger: Data, operation: str, name: str = "") -> str:
    """The text of a kind file for what an operation creates or sets. name: of the kind, "" for a guess.

    PlannerError for an operation that there is not, or that sends nothing.
    """
    api = Api(swagger)
    path, method = api.place_of(operation)
    return Scaffold(api, path, method, name or _guessed(path)).text()


def _guessed(path: str) -> str:
    """The last word of a path, as one of them is called."""
    last = [part for part in path.split("/") if part and "{" not in part][-1:]
    word = re.sub(r"[^a-z0-9]+", "_", "".join(last).lower()).strip("_")
    return (f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")) or "kind"


@define
class Api:
    """A Swagger, to be looked things up in."""

    swagger: Data
    _places: dict[str, tuple[str, str]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        paths = self.swagger.get("paths")
        if self.swagger.get("swagger") != "2.0" or not isinstance(paths, Mapping):
            raise PlannerError("this is no Swagger 2.0", advice="Give the API's own description, as JSON.")
        self._places = {
            told["operationId"]: (path, method)
            for path, methods in paths.items()
            for method, told in methods.items()
            if method in _METHODS and "operationId" in told
        }

    def place_of(self, operation: str) -> tuple[str, str]:
        """The path and the method of an operation."""
        if operation not in self._places:
            raise PlannerError(
                f'there is no operation "{operation}"', advice=did_you_mean(operation, self._places)
            )
        return self._places[operation]

    def told(self, path: str, method: str) -> Data:
        """What is said of a call, {} for none."""
        found: Data = self.swagger["paths"].get(path, {}).get(method, {})
        return found

    def body(self, call: Data) -> Data:
        """The schema of what a call sends, {} for nothing."""
        bodies = (each["schema"] for each in call.get("parameters", ()) if each.get("in") == "body")
        return self.followed(next(bodies, {}))

    def reply(self, call: Data) -> Data:
        """The schema of what a call that succeeds answers."""
        replies = call.get("responses", {})
        success = (replies[code].get("schema", {}) for code in sorted(replies) if code.startswith("2"))
        return self.followed(next(success, {}))

    def followed(self, schema: Data) -> Data:
        seen: set[str] = set()
        while "$ref" in schema and schema["$ref"] not in seen:
            seen.add(schema["$ref"])
            schema = self.swagger.get("definitions", {}).get(schema["$ref"].rpartition("/")[2], {})
        return {} if "$ref" in schema else schema

    def attribute(self, schema: Data, depth: int = 1) -> dict[str, Any]:
        """A schema as a kind file has it."""
        rules = self.followed(schema)
        found = {key: rules[key] for key in _KEPT if key in rules}
        found["description"] = _sentence(schema.get("description") or rules.get("description", ""))
        if rules.get("type") == "array":
            found["items"] = self.attribute(rules.get("items", {}), depth)
            found["items"].pop("description")
        elif "properties" in rules and depth < DEEPEST:
            named = rules["properties"].items()
            found |= {"type": "object", "properties": {n: self.attribute(s, depth + 1) for n, s in named}}
        elif "properties" in rules:
            found["type"] = "object"
        return found


def _sentence(text: str) -> str:
    first = re.split(r"(?<=[.!])\s", " ".join(text.split()))[0]
    return f"{first.rstrip('.')}." if first else "To be described."


@define
class Scaffold:
    """One kind file in the making. path, method: of the operation that makes or sets a resource."""

    api: Api
    path: str
    method: str
    name: str

    @property
    def item(self) -> str:
        """The path of one resource: of the operation, or one parameter longer."""
        if self.method != "post":
            return self.path
        longer = re.compile(re.escape(self.path) + r"(/{\w+})+")
        return next((p for p in self.api.swagger["paths"] if longer.fullmatch(p)), f"{self.path}/{{id}}")

    def text(self) -> str:
        call = self.api.told(self.path, self.method)
        sent = self.api.body(call)
        if not sent.get("properties"):
            what = f"{call['operationId']} sends no mapping"
            raise PlannerError(what, advice="Name the operation that creates or sets it.")
        attributes = self._attributes(sent)
        data = {
            "kind": self.name,
            "title": self.name.replace("_", " ").capitalize(),
            "description": _sentence(call.get("summary", "") or call.get("description", "")),
            "attributes": attributes,
            **self._natural_key(attributes),
            "api": self._api(),
        }
        return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110))

    def _attributes(self, sent: Data) -> dict[str, Any]:
        own, parts = self._own, self._parts
        properties = {
            name: {"type": "string", "x-immutable": True, "description": "A part of its id."}
            for name in parts
            if name != own or self.method != "post"
        }
        properties |= {name: self._sent(name, schema) for name, schema in sent["properties"].items()}
        shown = self.api.reply(self.api.told(self.item, "get")).get("properties", {})
        properties |= {
            name: {**self.api.attribute(schema), "readOnly": True}
            for name, schema in shown.items()
            if name not in properties
        }
        if own:
            properties.setdefault(own, {"type": "string", "readOnly": True, "description": "Its id."})
            properties[own] |= {"x-stable": True} if properties[own].get("readOnly") else {}
        required = [n for n in (*parts, *sent.get("required", ())) if not properties[n].get("readOnly")]
        return {"type": "object", "required": [*dict.fromkeys(required)], "properties": properties}

    def _sent(self, name: str, schema: Data) -> dict[str, Any]:
        """A part of the id that users choose lasts as long as what it names."""
        found = self.api.attribute(schema)
        return found if name not in self._parts or found.get("readOnly") else found | {"x-immutable": True}

    def _natural_key(self, attributes: Data) -> dict[str, list[str]]:
        """By what one is looked for whose id the server chooses: how people call it."""
        named = attributes["properties"]
        if not (self._own and named[self._own].get("readOnly")):
            return {}
        others = [name for name in attributes["required"] if name not in self._parts]
        called = [name for name in ("name", *others) if name in named and not named[name].get("readOnly")]
        return {"natural_key": [*self._parts[:-1], *called[:1]]}

    @property
    def _own(self) -> str:
        """The attribute by which a resource is told from others; `id` where the API's replies have that."""
        last = re.findall(r"{(\w+)}", self.item)[-1:] or [""]
        shown = self.api.reply(self.api.told(self.item, "get")).get("properties", {})
        return "id" if self.method == "post" and last[0] not in shown and "id" in shown else last[0]

    @property
    def _parts(self) -> list[str]:
        return [*re.findall(r"{(\w+)}", self.item)[:-1], *filter(None, [self._own])]

    def _api(self) -> dict[str, Any]:
        parts = self._parts
        pattern = "/".join(f"{{{part}}}" for part in parts)
        found: dict[str, Any] = {"id": parts[0] if len(parts) == 1 else pattern}
        collection = self._collection
        calls = {
            "list": (collection, "get"),
            "create": (self.path, self.method),
            "read": (self.item, "get"),
            "update": next(((self.item, m) for m in _WRITES if self._has(self.item, m)), None),
            "delete": (self.item, "delete"),
        }
        found |= {name: self._call(*place) for name, place in calls.items() if place and self._has(*place)}
        found["create"].pop("send_version", None)
        if "list" in found:
            found["list"] |= self._items(self.api.reply(self.api.told(collection, "get")))
        alone = "always" if "delete" not in found else "absent-when-404" if "{" not in self.item else ""
        if not alone:
            return found
        told = {name: call for name, call in found.items() if name not in ("list", "create")}
        return {"singleton": alone, **{k: v for k, v in told.items() if k != "id" or "{" in self.item}}

    @property
    def _collection(self) -> str:
        """The path above the item that lists: the nearest one, since one list may be of several kinds."""
        path = self.item.rpartition("/")[0]
        while path.count("/") > 2 and not self._has(path, "get"):
            path = path.rpartition("/")[0]
        return path

    def _has(self, path: str, method: str) -> bool:
        return bool(self.api.told(path, method))

    def _call(self, path: str, method: str) -> dict[str, Any]:
        told = self.api.told(path, method)
        own = re.findall(r"{(\w+)}", self.item)[-1:]
        shown = path.replace(f"{{{own[0]}}}", f"{{{self._own}}}") if own else path
        call = {"operation": told["operationId"], "method": method.upper(), "path": shown}
        query = {p["name"] for p in told.get("parameters", ()) if p.get("in") == "query"}
        if "version" in query and method != "get":
            call["send_version"] = True
        return call

    def _items(self, reply: Data) -> dict[str, str]:
        """Where the reply to the list has the list."""
        shown = reply.get("properties", {})
        lists = [name for name in shown if self.api.followed(shown[name]).get("type") == "array"]
        if not lists:
            return {}
        item = self.api.followed(self.api.followed(shown[lists[0]]).get("items", {})).get("properties", {})
        inside = (n for n, s in item.items() if self._own in self.api.followed(s).get("properties", {}))
        wrapped = next(inside, "") if self._own not in item else ""
        return {"items": f"/{lists[0]}", **({"item": f"/{wrapped}"} if wrapped else {})}
