"""Plain scalars as YAML 1.2's core schema reads them (https://yaml.org/spec/1.2.2/#103-core-schema), and
whole documents as plain data, for files that need neither positions nor tokens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from planner.yaml12.number import Number, plain_number, read_number

_BEGINS: Final = frozenset("0123456789+-.~nNtTfF")
"""What all but a text begins with."""
_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def plain_value(text: str) -> bool | Number | str | None:
    """The value that a plain scalar stands for: None, a bool, a number, or text itself."""
    if text and text[0] not in _BEGINS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    number = read_number(text)
    return text if number is None else number


class _Loader(yaml.CSafeLoader):
    """Of what YAML 1.1 takes a plain scalar for, only the merge key is left."""

    yaml_implicit_resolvers = {"<": [("tag:yaml.org,2002:merge", re.compile("<<"))]}  # noqa: RUF012 - as PyYAML's


def _text(_loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> Any:
    value = node.value if node.style else plain_value(node.value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return plain_number(value)


_Loader.add_constructor("tag:yaml.org,2002:str", _text)


def load(data: bytes) -> Any:
    """A document as plain data. yaml.YAMLError for what is no YAML."""
    return yaml.load(data, Loader=_Loader)  # noqa: S506 - it is a safe one
