"""What the client's log and messages keep to themselves: known secrets, and fields that hold one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from planner.app.caller import Caller
from planner.config.load import Configuration
from planner.config.variables import PREFIX
from planner.ece import SECRET_VARIABLES, Discretion
from planner.forge import registry as forges
from planner.model.project import Project
from planner.model.value import Value, is_sensitive, leaves
from planner.state import registry
from planner.state.store import Store

_SECRET_VARIABLES: Final = (
    *SECRET_VARIABLES,
    *registry.SECRET_VARIABLES,
    *forges.SECRET_VARIABLES,
)


def given_credentials(environ: Mapping[str, str]) -> tuple[str, ...]:
    """All that the process environment holds, whichever of them a command is going to use: a template, a
    reply or git may repeat any. With names of environments behind theirs too, as EC_API_KEY_PROD. What ends
    in _FILE names a file.
    """
    found = {
        text.strip()
        for name, text in environ.items()
        if any(name == known or name.startswith(f"{known}_") for known in _SECRET_VARIABLES)
        and not name.endswith("_FILE")
    }
    return tuple(sorted(found - {""}))


def given_values(project: Project, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Of the sensitive variables that are set here, for what reads no templates."""
    names = (f"{PREFIX}{name}" for name, variable in project.variables.items() if variable.sensitive)
    return tuple(environ[name] for name in names if environ.get(name))


def discretion(caller: Caller, configuration: Configuration, store: Store) -> Discretion:
    """A field that is sensitive in the configuration or in the state is hidden by its name, in every body.

    What was its value before a secret was changed is not known any more, so it cannot be searched for.
    """
    fields: frozenset[str] = frozenset()
    if caller.logs_bodies:
        desired = (dict(resource.attributes) for resource in configuration.resources.values())
        prior = (dict(resource.attributes) for resource in store.load().resources.values())
        fields = frozenset(_names((*desired, *prior)))
    return Discretion(texts=lambda: caller.redact.secrets, fields=lambda: fields)


def _names(attributes: Iterable[Mapping[str, Value]]) -> Iterator[str]:
    for values in attributes:
        for path, leaf in leaves(values):
            if is_sensitive(leaf):
                yield next((key for key in reversed(path) if isinstance(key, str)), "")
