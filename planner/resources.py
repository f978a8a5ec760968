"""Files shipped with the program: the JSON Schemas of every file format, and the resource kinds.

In a wheel they lie in `planner/schemas/`, where the build puts them; in a source tree in `schemas/` at its
root, beside the package.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

import orjson


@cache
def _folder() -> Path:
    package = Path(__file__).resolve().parent
    shipped = package / "schemas"
    return shipped if shipped.is_dir() else package.parent / "schemas"


@cache
def schema_text(name: str) -> str:
    """The text of a file in schemas/, as "state.schema.json". FileNotFoundError when there is none."""
    return (_folder() / name).read_text(encoding="utf-8")


@cache
def schema(name: str) -> dict[str, Any]:
    """`schema_text` parsed. Everybody gets the same object: treat it as frozen."""
    return cast(dict[str, Any], orjson.loads(schema_text(name)))


def kind_files() -> list[Path]:
    """The files of the shipped kinds, `kinds/*.yaml`, in order of their names."""
    return sorted((_folder() / "kinds").glob("*.yaml"))
