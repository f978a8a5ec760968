"""How well a deployment is: what it is to show after a change, and what it showed before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from planner.model.redaction import IDENTITY, WORD
from planner.model.value import Value

GREEN: Final = "green"
YELLOW: Final = "yellow"
RED: Final = "red"
"""The status of shards."""


@frozen
class Analysis:
    """What an analyzer of an index is to make of a text. tokens: in their order.

    All of it is kept as it is: with a mark in the place of a secret it would ask for something else.
    """

    index: str = field(metadata=IDENTITY)
    analyzer: str = field(metadata=IDENTITY)
    text: str = field(metadata=IDENTITY)
    tokens: tuple[str, ...] = field(metadata=IDENTITY)


@frozen
class Health:
    """What a deployment has to show after its change. status: GREEN, or YELLOW where that is enough. plugins:
    each node has loaded what its plan names. within: seconds.
    """

    status: str = field(default=GREEN, metadata=WORD)
    plugins: bool = False
    analyze: tuple[Analysis, ...] = ()
    within: int = 1800


USUAL: Final = Health()


@frozen
class Reading:
    """A deployment as it was before its change. status: of its shards. attempts: ids of the attempts there
    were, by resource. alerts: what the platform had told of restarts.
    """

    status: str = field(default="", metadata=WORD)
    attempts: Mapping[str, Value] = field(factory=dict)
    alerts: tuple[str, ...] = field(default=(), metadata=IDENTITY)


UNREAD: Final = Reading()
