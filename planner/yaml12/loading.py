"""Whole documents as plain data, for files that need neither positions nor tokens."""

from __future__ import annotations

import re
from typing import Any

import yaml

from planner.yaml12.core_schema import plain_value
from planner.yaml12.number import plain_number

_MERGE = ("tag:yaml.org,2002:merge", re.compile("<<"))


class _Loader(yaml.CSafeLoader):
    """Of what YAML 1.1 takes a plain scalar for, only the merge key is left."""

    yaml_implicit_resolvers = {"<": [_MERGE]}  # noqa: RUF012 - PyYAML declares it of an instance


def _text(_loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> Any:
    value = node.value if node.style else plain_value(node.value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return plain_number(value)


_Loader.add_constructor("tag:yaml.org,2002:str", _text)


def load(data: bytes) -> Any:
    """yaml.YAMLError for what is no YAML."""
    return yaml.load(data, Loader=_Loader)  # noqa: S506 - it is a safe one
