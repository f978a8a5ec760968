"""A request to a forge, and its reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen


@frozen
class Call:
    """failure: how a message begins when it does not work. makes: it makes something, so that a second one
    would make another."""

    method: str
    url: str
    failure: str
    body: Mapping[str, Any] | None = None
    makes: bool = False


@frozen
class Reply:
    """data: the JSON, None where there is none."""

    status: int
    headers: Mapping[str, str]
    data: Any
