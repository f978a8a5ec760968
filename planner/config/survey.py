"""One walk over a value: the references and secrets in it, and what no API can be sent."""

from __future__ import annotations

import math
from collections.abc import Mapping

from attrs import define, field

from planner.model.value import Deferred, Path, Reference, Secret, Value

SMALLEST, LARGEST = -(2**63), 2**64 - 1


@define
class Survey:
    """flaws: (path, what is wrong) of texts that are not Unicode, and of numbers that JSON cannot hold."""

    references: list[Reference] = field(factory=list)
    secrets: list[str] = field(factory=list)
    flaws: list[tuple[Path, str]] = field(factory=list)

    def visit(self, value: Value, path: Path = ()) -> None:
        if isinstance(value, str):
            self._text(value, path)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                if key.__class__ is not str or not key.isascii():
                    self._text(key, path)
                if item.__class__ is not str or not item.isascii():  # most hold nothing to be found
                    self.visit(item, (*path, key))
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                self.visit(item, (*path, index))
        elif isinstance(value, Deferred):
            self._deferred(value, path)
        elif isinstance(value, int | float):
            self._number(value, path)

    def _text(self, value: str, path: Path) -> None:
        if isinstance(value, Secret):
            self.secrets.append(str(value))
        try:
            value.encode()
        except UnicodeEncodeError as error:
            code = ord(str(value)[error.start])
            self.flaws.append((path, f"holds U+{code:04X}, half of a surrogate pair and no character"))

    def _deferred(self, value: Deferred, path: Path) -> None:
        for part in value.parts:
            if isinstance(part, Reference):
                self.references.append(part)
            else:
                self._text(part, path)

    def _number(self, value: int | float, path: Path) -> None:
        if isinstance(value, float):
            if not math.isfinite(value):
                self.flaws.append((path, "must be a finite number"))
        elif not SMALLEST <= value <= LARGEST:
            self.flaws.append((path, "is a number of more than 64 bits"))


def survey(value: Value) -> Survey:
    found = Survey()
    found.visit(value)
    return found


_NAMES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (Secret, "a sensitive text"),
    (str, "a text"),
    (bool, "a boolean"),
    ((int, float), "a number"),
    ((list, tuple), "a list"),
    (Mapping, "a mapping"),
    (type(None), "null"),
    (Deferred, "a value known only after apply"),
)


def describe(value: object) -> str:
    for kinds, name in _NAMES:
        if isinstance(value, kinds):
            return name
    return "a function or macro" if callable(value) else f"a {type(value).__name__}"
