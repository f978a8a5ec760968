"""The project and its environments, as planner.yaml declares them."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from planner.model.value import Value


@frozen
class Variable:
    """schema: JSON Schema keywords of its values. has_default tells a default of null from none at all."""

    name: str
    schema: Mapping[str, Value]
    sensitive: bool = False
    has_default: bool = False
    default: Value = None


@frozen
class Environment:
    """options: the keys of planner.yaml that say how to reach it (endpoint, auth, region, ...).

    state: where it is kept. encrypted: there, only ever sealed with a key.
    """

    name: str
    options: Mapping[str, Value] = field(factory=dict)
    state: str = ""
    protected: bool = False
    encrypted: bool = False

    @property
    def endpoint(self) -> str:
        return str(self.options.get("endpoint", ""))


@frozen
class Project:
    """locals: their texts are jinja expressions, not yet rendered."""

    name: str
    variables: Mapping[str, Variable] = field(factory=dict)
    locals: Mapping[str, Value] = field(factory=dict)
    environments: Mapping[str, Environment] = field(factory=dict)


@frozen
class Origin:
    """Where a variable's value comes from. place: a file and line, a flag, or an environment variable."""

    place: str


@frozen
class Assigned:
    """A variable's value in one environment; a sensitive one is made of Secret texts."""

    value: Value
    origin: Origin
