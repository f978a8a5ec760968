"""Small projects on disk, loaded."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from planner.config.jobs import Answer, Job, Lines, Runner, unasked
from planner.config.load import Configuration, Projects, load
from planner.config.project import choose_environment
from planner.config.sources import Sources
from planner.config.variables import Inputs
from planner.errors import InvalidConfiguration
from planner.kinds.registry import load_kinds
from planner.model.diagnostic import Diagnostic
from planner.model.facets import attributes_of
from planner.model.kind import Kind
from planner.model.value import Value

THING_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z-]+$", "x-advice": "Use small letters."},
        "version": {"type": "string"},
        "size": {"type": "integer", "minimum": 1},
        "on": {"type": "boolean"},
        "mode": {"enum": ["fast", "safe"]},
        "note": {"type": ["string", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "settings": {
            "type": "object",
            "required": ["level"],
            "additionalProperties": False,
            "properties": {"level": {"type": "integer"}, "label": {"type": "string"}},
        },
        "free": {},
        "token": {"type": "string", "writeOnly": True},
        "id": {"type": "string", "readOnly": True},
        "rules": {"type": "array", "x-key": "source", "items": {"$ref": "#/$defs/rule"}},
    },
    "$defs": {
        "rule": {
            "type": "object",
            "properties": {
                "source": {"type": "string"},
                "key": {"type": "string", "writeOnly": True},
                "id": {"type": "string", "readOnly": True},
            },
        }
    },
}
THING = Kind(
    "thing",
    "Thing",
    attributes_of(THING_SCHEMA),
    THING_SCHEMA,
)
KINDS = {**{name: file.kind for name, file in load_kinds().items()}, "thing": THING}

Text = str | bytes


@frozen
class _Here:
    ask: Answer

    def at(self, place: Any) -> None: ...

    def allow(self, units: int) -> None: ...

    def compiled(self, name: str, lines: Lines) -> None: ...


def here(job: Job, answer: Answer = unasked, /) -> Iterator[Any]:
    """Does a job at once, in this process, with no bounds but those that are counted."""
    return job(_Here(answer))


@frozen
class Folder:
    """A project folder."""

    root: Path

    def write(self, files: Mapping[str, Text]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def load(
        self, inputs: Inputs | None = None, environment: str | None = None, run: Runner = here
    ) -> Configuration:
        declared = Projects().at(self.root)
        chosen = choose_environment(declared.project, environment)
        return load(Sources(self.root), declared, chosen, KINDS, inputs or Inputs(), run)

    def problems(self, inputs: Inputs | None = None, environment: str | None = None) -> list[str]:
        """What is wrong, as `file:line: summary`, sorted by file and line."""
        try:
            return shown(self.load(inputs, environment).diagnostics)
        except InvalidConfiguration as error:
            return shown(error.diagnostics)

    def render(
        self,
        template: Text,
        variables: Mapping[str, Value] | None = None,
        *,
        sensitive: Collection[str] = (),
        local: Mapping[str, Value] | None = None,
        files: Mapping[str, Text] | None = None,
    ) -> Configuration:
        """The configuration of one template, with variables of any type and their values."""
        given = variables or {}
        project: dict[str, Value] = {
            "project": "shop",
            "environments": {"dev": {"endpoint": "sandbox"}},
            "variables": {name: {"sensitive": name in sensitive} for name in given},
            "locals": local or {},
        }
        self.write(
            {
                "planner.yaml": as_yaml(project),
                "environments/dev.yaml": as_yaml({"variables": given}),
                "templates/main.yaml": template,
                **(files or {}),
            }
        )
        return self.load()

    def value(self, expression: str, variables: Mapping[str, Value] | None = None, **options: Any) -> Value:
        """What an expression prints as a whole scalar. Fails when anything is wrong."""
        found = self.render("output:\n  o: {{ " + expression + " }}\n", variables, **options)
        assert shown(found.diagnostics) == []
        return found.outputs["o"]

    def refusal(
        self, expression: str, variables: Mapping[str, Value] | None = None, **options: Any
    ) -> Diagnostic:
        """The one thing that is wrong with an expression."""
        found = self.render("output:\n  o: {{ " + expression + " }}\n", variables, **options)
        assert len(found.diagnostics) == 1, shown(found.diagnostics)
        return found.diagnostics[0]


def as_yaml(data: Value) -> str:
    """data as JSON that every YAML parser takes: what is not ASCII is escaped as YAML does it."""
    text = json.dumps(data, ensure_ascii=False)
    return re.sub(r"[^\x20-\x7e]", lambda found: f"\\U{ord(found.group()):08x}", text)


def shown(diagnostics: Collection[Diagnostic]) -> list[str]:
    """`file:line: summary`, sorted by file and line."""

    def order(item: Diagnostic) -> tuple[str, int]:
        return (item.position.file, item.position.line or 0) if item.position else ("", 0)

    return [
        f"{item.position}: {item.summary}" if item.position else item.summary
        for item in sorted(diagnostics, key=order)
    ]
