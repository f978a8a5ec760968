"""The project and its environments, as planner.yaml declares them, and where its files are."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from planner.model.times import Window
from planner.model.value import Value

PREFIX: Final = "PLANNER_VAR_"
"""What the process environment has before the name of a variable."""


@frozen
class Variable:
    """A variable as planner.yaml declares it. schema: JSON Schema keywords of its values. has_default tells a
    default of null from none at all.
    """

    name: str
    schema: Mapping[str, Any]
    sensitive: bool = False
    has_default: bool = False
    default: Value = None


@frozen
class GateRules:
    """What a release must have behind it before it comes into an environment.

    soak: how long it has to run upstream. checks: to be verified there. approvals: by how many people.
    windows: when applies may run, always when there is none.
    """

    soak: timedelta = timedelta()
    checks: tuple[str, ...] = ()
    approvals: int = 0
    windows: tuple[Window, ...] = ()


@frozen
class Promotable:
    """What a release is made of. templates: whether templates/ and files/ belong to it, by their commit."""

    variables: tuple[str, ...] = ()
    templates: bool = False


READ_AGAIN_AFTER: Final = 10.0
"""Seconds, where an environment that is not protected says nothing else."""


@frozen
class Environment:
    """An environment as planner.yaml declares it. options: the keys of planner.yaml that say how to reach it
    (endpoint, auth, region, ...).

    state: where it is kept. encrypted: there, only ever sealed with a key. names_only: of changed content no
    lines are shown.
    promote_from: the environments that releases come from; none for the first ones.
    """

    name: str
    options: Mapping[str, Value] = field(factory=dict)
    state: str = ""
    protected: bool = False
    encrypted: bool = False
    names_only: bool = False
    promote_from: tuple[str, ...] = ()
    gates: GateRules = field(factory=GateRules)

    @property
    def endpoint(self) -> str:
        return str(self.options.get("endpoint", ""))

    @property
    def sandbox(self) -> Mapping[str, Any]:
        """`file`, `seed`, `mask_secrets` and `speed` of the embedded ECE, as far as they are given."""
        given = self.options.get("sandbox") or {}
        return given if isinstance(given, Mapping) else {"file": given}

    @property
    def read_again_after(self) -> float:
        """Seconds that the read of a plan stands for the read before a write, in the same run."""
        given = self.options.get("read_again_after", READ_AGAIN_AFTER)
        return float(given) if isinstance(given, int | float) and not self.protected else 0.0


@frozen
class Project:
    """A project as planner.yaml declares it. locals: their texts are jinja expressions, not yet rendered.
    promote: None where nothing is. default_environment: that of a command line which names none, "" for none.
    """

    name: str
    variables: Mapping[str, Variable] = field(factory=dict)
    locals: Mapping[str, Value] = field(factory=dict)
    environments: Mapping[str, Environment] = field(factory=dict)
    promote: Promotable | None = None
    default_environment: str = ""

    @property
    def promotes_templates(self) -> bool:
        return self.promote is not None and self.promote.templates

    @property
    def promoted_variables(self) -> tuple[str, ...]:
        return self.promote.variables if self.promote else ()


@frozen
class Given:
    """Where a setting of an environment may be given. options: in a file, by its name there.

    The variable with the environment's name (EC_ENDPOINT_PROD) wins over the file, and the file over the
    plain variable (EC_ENDPOINT), which may be meant for another environment.
    """

    environment: str
    options: Mapping[str, Any]
    environ: Mapping[str, str]

    def named(self, variable: str) -> str:
        return f"{variable}_{re.sub('[^A-Z0-9]', '_', self.environment.upper())}"

    def variable(self, name: str) -> str | None:
        """An empty variable counts as none: it is how a shell or a CI job switches one off."""
        return self.environ.get(name, "").strip() or None

    def find(self, option: str, *variables: str) -> tuple[Any, str]:
        """(value, where it is from) of a setting, (None, "") when it is nowhere."""
        for name in map(self.named, variables):
            if (value := self.variable(name)) is not None:
                return value, name
        if self.options.get(option) is not None:
            return self.options[option], f"environments.{self.environment}.{option} in planner.yaml"
        for name in variables:
            if (value := self.variable(name)) is not None:
                return value, name
        return None, ""


@frozen
class Assigned:
    """A variable's value in one environment; a sensitive one is made of Secret texts.

    origin: where it comes from: a file and line, a flag, or an environment variable. pin: where another value
    is pinned, which this one stands in place of; "" for none.
    """

    value: Value
    origin: str
    pin: str = ""


PINNED: Final = ("templates", "files")
"""The folders that a pin fixes, and that belong to a release."""

TEMPLATES: Final = "templates"
"""What a promotion calls the commit of the templates, so that no promotable variable may have this name."""


def root_of(name: str, root: Path, pinned: Path | None) -> Path:
    """The folder that a project-relative name is looked for in.

    pinned: a folder with the PINNED ones as of the commit that an environment is pinned to, or None.
    """
    first = posixpath.normpath(name).split("/", 1)[0]
    return pinned if pinned is not None and first in PINNED else root


def is_hidden_path(parts: Iterable[str]) -> bool:
    """Whether a file is hidden or in a hidden folder, as those of credentials are: `.git`, `.env`, `.ssh`."""
    return any(part.startswith(".") and part not in (".", "..") for part in parts)
