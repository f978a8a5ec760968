"""What the index has of a document, by the names of fields. As Elasticsearch: objects below one of NESTED are
documents of their own, that only a nested query sees; what TEXTS name is analyzed, and its exact value is at
`<field>.keyword`; all else is exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from attrs import field, frozen

from planner.sandbox.deployment_request import KINDS

NESTED: Final = frozenset({"metadata.tags", *(f"resources.{kind}" for kind in KINDS)})
TEXTS: Final = frozenset({"name", "resources.elasticsearch.info.cluster_name"})
EVERYWHERE: Final = "*"


class BadQuery(ValueError):
    """It is no query, or one that the sandbox does not know; the message says which."""


@frozen
class Scope:
    """A document, or what is at the nested path `at` of one."""

    body: Any
    at: str = ""
    _terms: dict[str, frozenset[str]] = field(factory=dict, init=False)

    def terms(self, name: str) -> frozenset[str]:
        """What the index has of a field: words of an analyzed one, else the values. Looked up once."""
        if name not in self._terms:
            found = self.values(name)
            self._terms[name] = frozenset(
                word for value in found for word in (words(value) if name in TEXTS else (value,))
            )
        return self._terms[name]

    def values(self, name: str) -> Iterator[str]:
        """The values of a field, as texts; exact where the field is a keyword."""
        inside = f"{self.at}." if self.at else ""
        if name == EVERYWHERE:
            yield from (text_of(value) for _, value in leaves(self.body, self.at))
        elif name.startswith(inside):
            keys = name.removeprefix(inside).split(".")
            yield from map(text_of, _at(self.body, keys, self.at))

    def below(self, path: str) -> Iterator[Scope]:
        for body in _objects(self.body, path.removeprefix(f"{self.at}." if self.at else "").split(".")):
            yield Scope(body, path)


Test = Callable[[Scope], bool]
"""Whether a document fits."""


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def text_of(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _at(value: Any, keys: list[str], path: str) -> Iterator[Any]:
    """The leaves at keys below what is at path, but for those that are documents of their own."""
    if isinstance(value, list):
        for item in value:
            yield from _at(item, keys, path)
    elif not keys or keys == ["keyword"]:
        if value is not None and not isinstance(value, dict):
            yield value
    elif isinstance(value, dict):
        inner = f"{path}.{keys[0]}" if path else keys[0]
        if inner not in NESTED:
            yield from _at(value.get(keys[0]), keys[1:], inner)


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    elif isinstance(value, dict):
        for key, inner in value.items():
            name = f"{path}.{key}" if path else key
            if name not in NESTED:
                yield from leaves(inner, name)
    elif value is not None:
        yield path, value


def _objects(value: Any, keys: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, keys)
    elif not keys:
        yield value
    elif isinstance(value, dict):
        yield from _objects(value.get(keys[0]), keys[1:])
