"""`locals` of planner.yaml: values computed from variables and from each other."""

from __future__ import annotations

from typing import Any

from jinja2.exceptions import TemplateError

from planner.config.plain_files import PlainFile
from planner.config.scope import LaterValue, Lazy, Scope
from planner.config.templates import Templates
from planner.config.tokens import INVALID
from planner.config.yaml_document import Literal
from planner.model.project import Project
from planner.model.value import Deferred, Path, Value


def compute_locals(project: Project, file: PlainFile, templates: Templates) -> Scope:
    """The scope `local`. Every local is computed, so that each problem is reported, used or not."""
    lazy = Lazy(lambda name: _later(_computed(project.locals[name], ("locals", name))), tuple(project.locals))
    scope = Scope("local", "local", lazy)

    def _computed(value: Value, path: Path) -> Value:
        if isinstance(value, Literal):
            return value.value
        if isinstance(value, dict):
            return {key: _computed(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [_computed(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, str) and "{" in value:
            return templates.expression(value, lambda: file.position(path))
        return value

    templates.scope = {**templates.scope, "local": scope}
    for name in project.locals:
        try:
            lazy[name]
        except (TemplateError, ValueError, ArithmeticError, TypeError) as error:
            message = getattr(error, "message", None) or str(error)
            templates.diagnostics.error(
                f'local "{name}": {message}', position=file.position(("locals", name))
            )
            lazy.settle(name, INVALID)
    return scope


def _later(value: Value) -> Any:
    """Deferred values as templates see them."""
    if isinstance(value, Deferred):
        return LaterValue(value)
    if isinstance(value, dict):
        return {key: _later(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_later(item) for item in value]
    return value
