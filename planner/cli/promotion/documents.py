"""Results for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from planner.cli.console import Console


def show_document(console: Console, document: Mapping[str, Any]) -> None:
    """As indented JSON, of what was redacted before: in its text a secret could be structure."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    console.out_document(orjson.dumps(document, option=options))
