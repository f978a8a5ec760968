"""`locals` of planner.yaml: values computed from variables and from each other."""

from __future__ import annotations

from planner.config.plain_files import PlainFile
from planner.config.scope import Lazy, Scope, looked_through, seen
from planner.config.templates import Templates
from planner.config.yaml_document import Literal
from planner.model.project import Project
from planner.model.value import Path, Value


def compute_locals(project: Project, file: PlainFile, templates: Templates) -> None:
    """Puts `local` into the scope. Every local is computed, so that each problem is reported, used or not."""
    lazy = Lazy(
        lambda name: looked_through(seen(computed(project.locals[name], ("locals", name)))),
        tuple(project.locals),
    )

    def computed(value: Value, path: Path) -> Value:
        if isinstance(value, Literal):
            return value.value
        if isinstance(value, dict):
            return {key: computed(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [computed(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, str) and "{" in value:
            return templates.expression(value, lambda: file.position(path), f'local "{path[1]}"')
        return value

    templates.scope = {**templates.scope, "local": Scope("local", lazy)}
    for name in project.locals:
        lazy[name]
