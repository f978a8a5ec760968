"""The families of rules: one module for each, found by being here; each has a Family named FAMILY."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from planner.archives.lint.family import Family
from planner.model.lint import Rule


@cache
def families() -> tuple[Family, ...]:
    """All of them, by the names of their modules."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").FAMILY for name in names)


def rules() -> dict[str, Rule]:
    """Every rule by its id."""
    return {rule.id: rule for family in families() for rule in family.rules}
