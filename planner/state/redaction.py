"""Known secrets kept out of what is written, wherever they turn up: in a URL that the API echoes, for one.

Declared secrets never come this far: the model holds their fingerprints. This is for the rest. A text among
the values of a document is replaced as a whole, by what stands for a sensitive value, so that a later
comparison with the same text still finds it equal; in prose only the secret is. Everything else (ids,
addresses, versions, digests) is structure, and stays: that a secret is part of an id must lose no resource.
Records of promotions hold texts where they had texts: whoever reads them takes nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from planner.model.value_json import Data

Redact = Callable[[Data], Data]
"""Encoded data -> the same without secrets. It makes new data where it changes anything."""

_VALUES: Final = frozenset({"attributes", "before", "after", "inputs", "outputs"})
_PROSE: Final = frozenset({"reason", "notes"})
_SAID: Final = frozenset({"reason", "detail", "advice", "forced", "url", "by"})
"""What people and checks say, in a record of a promotion."""
_OPAQUE: Final = ("$sensitive", "$number")


def keep(data: Data) -> Data:
    """When there is nothing to hide."""
    return data


@frozen
class Redaction:
    """value: what stands for a text among values, the text itself when it holds no secret. prose: the same
    for messages.
    """

    value: Callable[[str], Any]
    prose: Callable[[str], str]

    def __call__(self, data: Data) -> Data:
        return {key: self._field(key, item) for key, item in data.items()}

    def _field(self, key: str, item: Any) -> Any:
        if key in _PROSE:
            return self._prose(item)
        # the outputs of a state are a mapping of values, those of a plan a list of changes
        if key in _VALUES and not (key == "outputs" and isinstance(item, list)):
            return self._value(item)
        return self._record(item) if key == "promotions" else self._structure(item)

    def _record(self, item: Any) -> Any:
        if isinstance(item, list):
            return [self._record(entry) for entry in item]
        if not isinstance(item, dict):
            return item
        ways = {**dict.fromkeys(_SAID, self._prose), "variables": self._texts}
        return {key: ways.get(key, self._record)(entry) for key, entry in item.items()}

    def _texts(self, item: Any) -> Any:
        """Values of variables that can be promoted, none of which is declared as a secret."""
        if isinstance(item, str):
            return item if isinstance(self.value(item), str) else self.prose(item)
        if isinstance(item, dict):
            return {key: self._texts(entry) for key, entry in item.items()}
        return [self._texts(entry) for entry in item] if isinstance(item, list) else item

    def _structure(self, item: Any) -> Any:
        if isinstance(item, dict):
            return self(item)
        return [self._structure(entry) for entry in item] if isinstance(item, list) else item

    def _value(self, item: Any) -> Any:
        if isinstance(item, str):
            return self.value(item)
        if isinstance(item, list):
            return [self._value(entry) for entry in item]
        if not isinstance(item, dict) or any(tag in item for tag in _OPAQUE):
            return item
        if "$deferred" in item:
            return {"$deferred": [self._prose(part) for part in item["$deferred"]]}
        return {key: self._value(entry) for key, entry in item.items()}

    def _prose(self, item: Any) -> Any:
        if isinstance(item, str):
            return self.prose(item)
        return [self._prose(entry) for entry in item] if isinstance(item, list) else item
