"""Plan and apply Elastic Cloud Enterprise and Elastic Cloud resources as code.

Data flows one way: files -> render -> parse and validate -> resources -> graph -> refresh -> plan (a value)
-> save or show -> apply (interprets the plan) -> journal -> snapshot. Imports point the same way; the package
docstrings say what lives where. As a library: `planner.app.api`, whose names are loaded when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.app.api import Applied, Cancel, Environment, Plan, Project, open_project

__version__ = "0.1.0"
__all__ = ["Applied", "Cancel", "Environment", "Plan", "Project", "__version__", "open_project"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("planner.app.api"), name)
