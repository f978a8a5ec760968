"""What an embedded Elastic Cloud Enterprise holds before the first call, as a file tells it."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from planner.config.sources import PlainFile, Sources, read_plain
from planner.config.validation import Checker, Place
from planner.config.values import shaped
from planner.errors import InvalidConfiguration
from planner.model.diagnostic import Diagnostics
from planner.model.value import Path as ValuePath
from planner.model.value import Value, plain_numbers
from planner.resources import schema

SCHEMA = "sandbox-seed.schema.json"


@frozen
class Seed:
    """A seed as its schema lets it through (schemas/sandbox-seed.schema.json)."""

    document: dict[str, Value]
    file: PlainFile

    def refusal(self, path: ValuePath, problem: str) -> InvalidConfiguration:
        """That what is at a path cannot be planted."""
        diagnostics = Diagnostics()
        diagnostics.error(problem, position=self.file.position(path))
        return InvalidConfiguration(diagnostics.items)


def read_seed(folder: Path, name: str) -> Seed:
    """The seed in a file, named from a folder. InvalidConfiguration with every problem found."""
    diagnostics, rules = Diagnostics(), schema(SCHEMA)
    found = read_plain(Sources(folder, confined=False), name, diagnostics, begin="deployments:")
    document = {} if found is None else dict(plain_numbers(shaped(found.document, rules)))
    if found is not None:
        Place(found.position, diagnostics).report(Checker(rules, "key").problems(document))
    if found is None or diagnostics.has_errors:
        raise InvalidConfiguration(diagnostics.items)
    return Seed(document, found)
